/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "queue/memory.h"

static uint64_t bin_ready(const mr__bin *bin) {
  const mr__heap_node *top = mr__heap_top(&bin->waiting);
  return MR__OWNER(top, const mr__mdelivery, heap)->ready;
}

static uint64_t slot_ready(const mr__slot *slot) {
  return bin_ready(MR__OWNER(mr__heap_top(&slot->bins), const mr__bin, node));
}

static int delivery_less(const mr__heap_node *a, const mr__heap_node *b) {
  const mr__mdelivery *x = MR__OWNER(a, const mr__mdelivery, heap);
  const mr__mdelivery *y = MR__OWNER(b, const mr__mdelivery, heap);
  if (x->ready != y->ready)
    return x->ready < y->ready;
  return x->node.major != y->node.major ? x->node.major < y->node.major
                                        : x->node.minor < y->node.minor;
}

static int bin_less(const mr__heap_node *a, const mr__heap_node *b) {
  return bin_ready(MR__OWNER(a, const mr__bin, node)) <
         bin_ready(MR__OWNER(b, const mr__bin, node));
}

static int slot_less(const mr__heap_node *a, const mr__heap_node *b) {
  return slot_ready(MR__OWNER(a, const mr__slot, node)) <
         slot_ready(MR__OWNER(b, const mr__slot, node));
}

/* ---- on and off: a heap's keys may change only while the node is off ---- */

static mr__slot *slot_of(const mr__bin *bin) { return &bin->lane->slots[bin->priority]; }

static void slot_off(mr__mindex *index, mr__slot *slot, int priority) {
  if (slot->shelved)
    mr__heap_remove(&index->shelves[priority], &slot->node);
  slot->shelved = 0;
}

static void slot_on(mr__mindex *index, mr__slot *slot, int priority) {
  if (slot->shelved || slot->lane->out || mr__heap_top(&slot->bins) == NULL)
    return;
  slot->shelved = 1;
  mr__heap_add(&index->shelves[priority], &slot->node);
}

static void bin_off(mr__mindex *index, mr__bin *bin) {
  slot_off(index, slot_of(bin), bin->priority);
  if (bin->slotted)
    mr__heap_remove(&slot_of(bin)->bins, &bin->node);
  bin->slotted = 0;
}

static void bin_on(mr__mindex *index, mr__bin *bin) {
  if (!bin->slotted && !bin->tag->out && mr__heap_top(&bin->waiting) != NULL) {
    bin->slotted = 1;
    mr__heap_add(&slot_of(bin)->bins, &bin->node);
  }
  slot_on(index, slot_of(bin), bin->priority);
}

void mr__mindex_add(mr__mindex *index, mr__mdelivery *d) {
  bin_off(index, d->bin);
  d->waiting = 1;
  mr__heap_add(&d->bin->waiting, &d->heap);
  bin_on(index, d->bin);
}

void mr__mindex_remove(mr__mindex *index, mr__mdelivery *d) {
  if (!d->waiting)
    return;
  bin_off(index, d->bin);
  d->waiting = 0;
  mr__heap_remove(&d->bin->waiting, &d->heap);
  bin_on(index, d->bin);
}

/* ---- bins ---- */

typedef struct bin_key { /* no padding: it is hashed as octets */
  uint64_t lane, tag, priority;
} bin_key;

static bin_key key_of(const mr__mlane *lane, uint64_t tag, int priority) {
  return (bin_key){(uint64_t)(uintptr_t)lane, tag, (uint64_t)priority};
}

static mr__mlane *lane_get(mr__mindex *index, const char *name) {
  mr__mlane *lane = mr__map_get(&index->lanes, name, strlen(name));
  if (lane != NULL)
    return lane;
  lane = mr__calloc(index->env, 1, sizeof *lane);
  char *copy = lane != NULL ? mr__strdup(index->env, name) : NULL;
  if (copy == NULL ||
      mr__map_put(&index->lanes, name, strlen(name), lane, NULL) != MR_OK) {
    mr__free(index->env, copy);
    mr__free(index->env, lane);
    return NULL;
  }
  lane->name = copy;
  for (int i = 0; i < MR__PRIORITIES; i++) {
    mr__heap_init(&lane->slots[i].bins, bin_less);
    lane->slots[i].lane = lane;
  }
  return lane;
}

static mr__mtag *tag_get(mr__mindex *index, uint64_t tag) {
  mr__mtag *found = mr__map_get(&index->tags, &tag, sizeof tag);
  if (found != NULL)
    return found;
  found = mr__calloc(index->env, 1, sizeof *found);
  if (found != NULL &&
      mr__map_put(&index->tags, &tag, sizeof tag, found, NULL) != MR_OK) {
    mr__free(index->env, found);
    return NULL;
  }
  if (found != NULL)
    found->tag = tag;
  return found;
}

static void lane_tidy(mr__mindex *index, mr__mlane *lane) {
  if (lane == NULL || lane->bins > 0)
    return;
  mr__map_remove(&index->lanes, lane->name, strlen(lane->name));
  mr__free(index->env, lane->name);
  mr__free(index->env, lane);
}

static void tag_tidy(mr__mindex *index, mr__mtag *tag) {
  if (tag == NULL || tag->bins != NULL)
    return;
  mr__map_remove(&index->tags, &tag->tag, sizeof tag->tag);
  mr__free(index->env, tag);
}

static mr__bin *bin_new(mr__mindex *index, const bin_key *key, mr__mlane *lane,
                        mr__mtag *tag) {
  mr__bin *bin = mr__calloc(index->env, 1, sizeof *bin);
  if (bin == NULL || mr__map_put(&index->bins, key, sizeof *key, bin, NULL) != MR_OK) {
    mr__free(index->env, bin);
    return NULL;
  }
  mr__heap_init(&bin->waiting, delivery_less);
  bin->priority = (int)key->priority;
  bin->lane = lane;
  bin->tag = tag;
  bin->next = tag->bins;
  bin->at = &tag->bins;
  if (bin->next != NULL)
    bin->next->at = &bin->next;
  tag->bins = bin;
  lane->bins++;
  return bin;
}

int mr__mindex_bin(mr__mindex *index, const char *lane, uint64_t tag, int priority,
                   mr__bin **out) {
  mr__mlane *l = lane_get(index, lane);
  mr__mtag *t = l != NULL ? tag_get(index, tag) : NULL;
  bin_key key = key_of(l, tag, priority);
  mr__bin *bin = t != NULL ? mr__map_get(&index->bins, &key, sizeof key) : NULL;
  if (bin == NULL && t != NULL)
    bin = bin_new(index, &key, l, t);
  if (bin == NULL) {
    lane_tidy(index, l);
    tag_tidy(index, t);
    return MR_ERR_NOMEM;
  }
  bin->users++;
  *out = bin;
  return MR_OK;
}

void mr__mindex_leave(mr__mindex *index, mr__bin *bin) {
  if (bin == NULL || --bin->users > 0)
    return;
  bin_key key = key_of(bin->lane, bin->tag->tag, bin->priority);
  bin_off(index, bin);
  slot_on(index, slot_of(bin), bin->priority);
  mr__map_remove(&index->bins, &key, sizeof key);
  *bin->at = bin->next;
  if (bin->next != NULL)
    bin->next->at = bin->at;
  bin->lane->bins--;
  tag_tidy(index, bin->tag);
  lane_tidy(index, bin->lane);
  mr__free(index->env, bin);
}

/* ---- claims ---- */

static void lane_out(mr__mindex *index, mr__mlane *lane) {
  if (lane == NULL || lane->out)
    return;
  lane->out = 1;
  lane->next_out = index->lanes_out;
  index->lanes_out = lane;
  for (int i = 0; i < MR__PRIORITIES; i++)
    slot_off(index, &lane->slots[i], i);
}

static void tag_out(mr__mindex *index, mr__mtag *tag) {
  if (tag == NULL || tag->out)
    return;
  tag->out = 1;
  tag->next_out = index->tags_out;
  index->tags_out = tag;
  for (mr__bin *bin = tag->bins; bin != NULL; bin = bin->next) {
    bin_off(index, bin);
    slot_on(index, slot_of(bin), bin->priority);
  }
}

void mr__mindex_limit(mr__mindex *index, const mr_claim_limits *limits) {
  if (limits == NULL)
    return;
  for (size_t i = 0; i < limits->lane_count; i++) {
    const char *name = limits->lanes[i];
    lane_out(index, mr__map_get(&index->lanes, name, strlen(name)));
  }
  for (size_t i = 0; i < limits->tag_count; i++)
    tag_out(index, mr__map_get(&index->tags, &limits->tags[i], sizeof limits->tags[i]));
}

void mr__mindex_restore(mr__mindex *index) {
  while (index->tags_out != NULL) {
    mr__mtag *tag = index->tags_out;
    index->tags_out = tag->next_out;
    tag->out = 0;
    for (mr__bin *bin = tag->bins; bin != NULL; bin = bin->next) {
      bin_off(index, bin);
      bin_on(index, bin);
    }
  }
  while (index->lanes_out != NULL) {
    mr__mlane *lane = index->lanes_out;
    index->lanes_out = lane->next_out;
    lane->out = 0;
    for (int i = 0; i < MR__PRIORITIES; i++)
      slot_on(index, &lane->slots[i], i);
  }
}

static mr__mdelivery *first_of(const mr__heap *shelf) {
  const mr__heap_node *slot = mr__heap_top(shelf);
  if (slot == NULL)
    return NULL;
  const mr__heap_node *bin = mr__heap_top(&MR__OWNER(slot, mr__slot, node)->bins);
  mr__heap_node *top = mr__heap_top(&MR__OWNER(bin, mr__bin, node)->waiting);
  return MR__OWNER(top, mr__mdelivery, heap);
}

mr__mdelivery *mr__mindex_best(const mr__mindex *index, uint64_t now) {
  for (int i = 0; i < MR__PRIORITIES; i++) {
    mr__mdelivery *d = first_of(&index->shelves[i]);
    if (d != NULL && d->ready <= now)
      return d;
  }
  return NULL;
}

uint64_t mr__mindex_next(const mr__mindex *index) {
  uint64_t next = UINT64_MAX;
  for (int i = 0; i < MR__PRIORITIES; i++) {
    const mr__mdelivery *d = first_of(&index->shelves[i]);
    if (d != NULL && d->ready < next)
      next = d->ready;
  }
  return next;
}

int mr__mindex_init(mr__mindex *index, const mr_env *env) {
  memset(index, 0, sizeof *index);
  index->env = env;
  for (int i = 0; i < MR__PRIORITIES; i++)
    mr__heap_init(&index->shelves[i], slot_less);
  int rc = mr__map_init(&index->lanes, env);
  if (rc == MR_OK)
    rc = mr__map_init(&index->tags, env);
  if (rc == MR_OK)
    rc = mr__map_init(&index->bins, env);
  return rc;
}

static void map_free(mr__map *map) {
  if (map->env != NULL)
    mr__map_free(map);
}

void mr__mindex_free(mr__mindex *index) {
  map_free(&index->lanes);
  map_free(&index->tags);
  map_free(&index->bins);
}

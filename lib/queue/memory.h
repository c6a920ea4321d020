/* SPDX-License-Identifier: MIT */
/*
 * The memory store's insides. Records are ordered by (message, part) in trees. What waits
 * is indexed by priority, lane and tag: a bin holds the deliveries of one lane, tag and
 * priority by the time when they may be claimed; a slot holds the bins of one lane and
 * priority; a shelf holds the slots of one priority. To leave out a lane or a tag takes
 * its slots or bins off for the moment, whatever is in them.
 */
#ifndef MR_QUEUE_MEMORY_H
#define MR_QUEUE_MEMORY_H

#include <mailroute/store.h>

#include "base/heap.h"
#include "base/map.h"

enum { MR__PRIORITIES = 10, MR__REAP_AFTER = 24 * 3600 * 1000 };

/* ---- memory_tree.c: an ordered tree by (major, minor) ---- */

typedef struct mr__node {
  struct mr__node *left, *right;
  uint64_t major, minor;
  uint64_t weight; /* random: keeps the tree flat */
} mr__node;

typedef struct mr__tree {
  mr__node *root;
  uint64_t seed;
} mr__tree;

int mr__tree_add(mr__tree *tree, mr__node *node); /* MR_ERR_EXISTS */
void mr__tree_remove(mr__tree *tree, mr__node *node);
mr__node *mr__tree_find(const mr__tree *tree, uint64_t major, uint64_t minor);
mr__node *mr__tree_after(const mr__tree *tree, uint64_t major, uint64_t minor);

/* ---- memory_index.c ---- */

typedef struct mr__shelf mr__shelf;
typedef struct mr__slot mr__slot;
typedef struct mr__bin mr__bin;
typedef struct mr__mlane mr__mlane;

struct mr__slot {
  mr__heap bins;
  mr__heap_node node; /* in its shelf */
  int shelved;
  mr__mlane *lane;
};

struct mr__mlane {
  char *name;
  size_t bins; /* how many use it */
  mr__slot slots[MR__PRIORITIES];
  mr__mlane *next_out;
  int out;
};

typedef struct mr__mtag {
  uint64_t tag;
  mr__bin *bins;
  struct mr__mtag *next_out;
  int out;
} mr__mtag;

struct mr__bin {
  mr__heap waiting;   /* deliveries by ready */
  mr__heap_node node; /* in its slot */
  int slotted;
  int priority;
  size_t users; /* deliveries that name it, waiting or not */
  mr__mlane *lane;
  mr__mtag *tag;
  mr__bin *next, **at; /* of its tag */
};

typedef struct mr__mindex {
  const mr_env *env;
  mr__heap shelves[MR__PRIORITIES];
  mr__map lanes, tags, bins;
  mr__mlane *lanes_out; /* taken off for the claim under way */
  mr__mtag *tags_out;
} mr__mindex;

typedef struct mr__mdelivery mr__mdelivery;

int mr__mindex_init(mr__mindex *index, const mr_env *env);
void mr__mindex_free(mr__mindex *index);
/* A bin to put deliveries into; counts a user. MR_ERR_NOMEM. */
int mr__mindex_bin(mr__mindex *index, const char *lane, uint64_t tag, int priority,
                   mr__bin **out);
void mr__mindex_leave(mr__mindex *index, mr__bin *bin);   /* one user less */
void mr__mindex_add(mr__mindex *index, mr__mdelivery *d); /* waits from now on */
void mr__mindex_remove(mr__mindex *index, mr__mdelivery *d);
/* Takes off what the limits name, and puts it back. */
void mr__mindex_limit(mr__mindex *index, const mr_claim_limits *limits);
void mr__mindex_restore(mr__mindex *index);
/* The best one that may be claimed at `now`; NULL = none. */
mr__mdelivery *mr__mindex_best(const mr__mindex *index, uint64_t now);
/* When the first one may be; UINT64_MAX = none waits. */
uint64_t mr__mindex_next(const mr__mindex *index);

/* ---- records ---- */

typedef struct mr__mchunk {
  uint64_t offset;
  size_t len;
  uint8_t *data;
} mr__mchunk;

typedef struct mr__mkey mr__mkey;

typedef struct mr__mmessage {
  mr__node node;    /* (id, 0) */
  uint64_t tag, at; /* begun, then committed at */
  int committed;
  mr__mkey *key;
  char *data;
  size_t data_len;
  mr__mchunk *chunks;
  size_t chunk_count, chunk_cap;
  uint64_t body_len;
  size_t deliveries;
  struct mr__mmessage *next, *prev; /* begun ones, oldest first */
} mr__mmessage;

/* An idempotency key; it outlives its message for a day. */
struct mr__mkey {
  char *bytes;
  size_t len;
  uint64_t message, tag; /* message 0 = not committed yet */
  size_t users;          /* messages begun under it that are there */
  uint64_t until;        /* kept until then, without its message */
  mr__mkey *next;
};

struct mr__mdelivery {
  mr__node node; /* (message, part) */
  mr__heap_node heap;
  int waiting;    /* it is in its bin */
  uint64_t ready; /* due, or end of the lease */
  mr__bin *bin;
  mr__mmessage *message;
  int state;
  uint64_t due, attempts, lease_token;
  char *data;
  size_t data_len;
  uint64_t touched; /* number of the commit that names it */
};

typedef struct mr__mevent {
  mr__node node;
  uint64_t tag, touched;
  char *data;
  size_t data_len;
} mr__mevent;

struct mr_memory {
  mr_env env;
  mr_store table;
  uint64_t capacity, used;
  uint64_t now;
  uint64_t last_id, last_lease, last_commit;
  mr__tree messages, deliveries, events;
  mr__mindex index;
  mr__map keys, hints;
  size_t hint_sweep; /* hints before the next sweep */
  mr__mmessage *begun_first, *begun_last;
  mr__mkey *ended_first, *ended_last; /* keys without a message, oldest first */
  mr_record *rows;                    /* of the last result */
  const mr_record **row_list;
  size_t row_cap;
};

/* memory.c */
int mr__memory_rows(mr_memory *m, size_t count); /* room; MR_ERR_NOMEM */
void mr__memory_answer(mr_memory *m, mr_store_result *result, size_t count);
mr__mmessage *mr__memory_message(const mr_memory *m, uint64_t id);
void mr__memory_message_free(mr_memory *m, mr__mmessage *message);
void mr__memory_delivery_free(mr_memory *m, mr__mdelivery *d);
void mr__memory_tick(mr_memory *m, uint64_t now);

/* memory_commit.c */
int mr__memory_commit(void *user, uint64_t token, const mr_record_op *const *ops,
                      size_t count, uint64_t now, mr_store_result *result);

/* memory_claim.c */
int mr__memory_claim(void *user, uint64_t token, const char *owner, uint64_t lease,
                     size_t max, const mr_claim_limits *limits, uint64_t now,
                     mr_store_result *result);
int mr__memory_renew(void *user, uint64_t token, uint64_t message, uint64_t part,
                     uint64_t lease_token, uint64_t lease, uint64_t now,
                     mr_store_result *result);
int mr__memory_release(void *user, uint64_t token, uint64_t message, uint64_t part,
                       uint64_t lease_token, uint64_t delay, uint64_t now);
int mr__memory_next_due(void *user, uint64_t token, const mr_claim_limits *limits,
                        uint64_t now, mr_store_result *result);
void mr__memory_show(const mr_memory *m, const mr__mdelivery *d, mr_record *row);

/* memory_body.c */
int mr__memory_begin(void *user, uint64_t token, const void *key, size_t key_len,
                     uint64_t now, mr_store_result *result);
int mr__memory_write(void *user, uint64_t token, uint64_t message, uint64_t offset,
                     const void *data, size_t len, uint64_t now);
int mr__memory_read(void *user, uint64_t token, uint64_t message, uint64_t offset,
                    size_t cap, uint64_t now, mr_store_result *result);
void mr__memory_key_ended(mr_memory *m, mr__mkey *key, uint64_t message);
void mr__memory_key_leave(mr_memory *m, mr__mkey *key);
void mr__memory_keys_free(mr_memory *m);

/* memory_hint.c */
int mr__memory_hint_put(void *user, uint64_t token, const void *key, size_t key_len,
                        const void *data, size_t len, uint64_t ttl, uint64_t now);
int mr__memory_hint_get(void *user, uint64_t token, const void *key, size_t key_len,
                        uint64_t now, mr_store_result *result);
void mr__memory_hints_free(mr_memory *m);

#endif

/* SPDX-License-Identifier: MIT */
#include "base/out.h"

#include <string.h>

struct mr__out_segment {
  mr__out_segment *next;
  uint64_t at; /* offset of its first octet */
  size_t len;
  size_t cap;
  uint8_t data[];
};

void mr__out_init(mr__out *out, const mr_env *env, size_t segment_size, int datagrams) {
  *out = (mr__out){.env = env,
                   .segment_size = segment_size > 0 ? segment_size : 1,
                   .datagrams = datagrams};
}

static void free_chain(const mr__out *out, mr__out_segment *s) {
  while (s != NULL) {
    mr__out_segment *next = s->next;
    mr__free(out->env, s);
    s = next;
  }
}

void mr__out_free(mr__out *out) {
  if (out->first != NULL)
    free_chain(out, out->first);
  out->first = out->last = out->shown = NULL;
  out->exposed = out->sent = out->queued;
}

static mr__out_segment *segment_new(const mr__out *out, size_t cap) {
  if (cap > SIZE_MAX - sizeof(mr__out_segment))
    return NULL;
  mr__out_segment *s = mr__realloc(out->env, NULL, sizeof *s + cap);
  if (s != NULL)
    *s = (mr__out_segment){.cap = cap};
  return s;
}

static void append(mr__out *out, mr__out_segment *chain) {
  if (out->last != NULL)
    out->last->next = chain;
  else
    out->first = chain;
}

static size_t room_left(const mr__out *out) {
  if (out->last == NULL || out->datagrams)
    return 0;
  return out->last->cap - out->last->len;
}

/* Segments for len more octets; NULL in *chain when none is needed. */
static int chain_new(const mr__out *out, size_t len, mr__out_segment **chain) {
  size_t room = room_left(out);
  *chain = NULL;
  if (out->datagrams) {
    *chain = segment_new(out, len);
    return *chain != NULL ? MR_OK : MR_ERR_NOMEM;
  }
  for (; len > room; room += out->segment_size) {
    mr__out_segment *s = segment_new(out, out->segment_size);
    if (s == NULL) {
      free_chain(out, *chain);
      return MR_ERR_NOMEM;
    }
    s->next = *chain;
    *chain = s;
    if (room > SIZE_MAX - out->segment_size)
      break;
  }
  return MR_OK;
}

static void fill(mr__out *out, mr__out_segment *s, const uint8_t **data, size_t *len) {
  size_t n = s->cap - s->len < *len ? s->cap - s->len : *len;
  if (s->len == 0)
    s->at = out->queued;
  memcpy(s->data + s->len, *data, n);
  s->len += n;
  out->queued += n;
  out->last = s;
  *data += n;
  *len -= n;
}

int mr__out_put(mr__out *out, const void *data, size_t len) {
  const uint8_t *p = data;
  mr__out_segment *chain;
  if (len == 0)
    return MR_OK;
  if (chain_new(out, len, &chain) != MR_OK)
    return MR_ERR_NOMEM;
  if (room_left(out) > 0)
    fill(out, out->last, &p, &len);
  append(out, chain);
  for (; chain != NULL; chain = chain->next)
    fill(out, chain, &p, &len);
  return MR_OK;
}

int mr__out_room(mr__out *out, uint8_t **data, size_t *len) {
  if (out->datagrams)
    return MR_ERR_MISUSE;
  if (room_left(out) == 0) {
    mr__out_segment *s = segment_new(out, out->segment_size);
    if (s == NULL)
      return MR_ERR_NOMEM;
    s->at = out->queued;
    append(out, s);
    out->last = s;
  }
  *data = out->last->data + out->last->len;
  *len = room_left(out);
  return MR_OK;
}

void mr__out_filled(mr__out *out, size_t n) {
  size_t room = room_left(out);
  if (n > room)
    n = room;
  if (n == 0)
    return;
  out->last->len += n;
  out->queued += n;
}

void mr__out_peek(mr__out *out, size_t skip, const void **data, size_t *len) {
  static const uint8_t nothing[1] = {0};
  *data = nothing;
  *len = 0;
  if (skip >= out->queued - out->sent)
    return;
  uint64_t position = out->sent + skip;
  mr__out_segment *s = out->shown;
  if (s == NULL || s->at > position)
    s = out->first;
  while (position - s->at >= s->len)
    s = s->next;
  size_t offset = (size_t)(position - s->at);
  *data = s->data + offset;
  *len = s->len - offset;
  out->shown = s;
  if (out->exposed < position + *len)
    out->exposed = position + *len;
}

/* Datagrams leave whole. */
static int is_boundary(const mr__out *out, uint64_t offset) {
  const mr__out_segment *s = out->first;
  while (s != NULL && s->at + s->len < offset)
    s = s->next;
  return s == NULL || s->at + s->len == offset || s->at == offset;
}

int mr__out_sent(mr__out *out, size_t n) {
  if (n > out->exposed - out->sent)
    return MR_ERR_MISUSE;
  if (out->datagrams && !is_boundary(out, out->sent + n))
    return MR_ERR_MISUSE;
  out->sent += n;
  while (out->first != NULL && n > 0 && out->first->at + out->first->len <= out->sent) {
    mr__out_segment *s = out->first;
    out->first = s->next;
    if (out->shown == s)
      out->shown = NULL;
    if (out->last == s)
      out->last = NULL;
    mr__free(out->env, s);
  }
  return MR_OK;
}

size_t mr__out_unsent(const mr__out *out) { return (size_t)(out->queued - out->sent); }

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "store.h"

blob *blob_new(const void *octets, size_t len) {
  blob *b = len < SIZE_MAX - sizeof *b ? malloc(sizeof *b + len) : NULL;
  if (b) {
    b->users = 1;
    b->len = len;
    if (len)
      memcpy(b->octets, octets, len);
  }
  return b;
}

blob *blob_ref(blob *b) {
  if (b)
    b->users++;
  return b;
}

void blob_free(blob *b) {
  if (b && --b->users == 0)
    free(b);
}

static int compare(const row *r, int kind, uint64_t message, uint64_t part) {
  if (r->kind != kind)
    return r->kind < kind ? -1 : 1;
  if (r->message != message)
    return r->message < message ? -1 : 1;
  return (r->part > part) - (r->part < part);
}

/* Where such a row stands or would stand. */
static size_t place(const table *t, int kind, uint64_t message, uint64_t part) {
  size_t low = 0, high = t->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare(&t->rows[middle], kind, message, part) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

row *table_find(const table *t, int kind, uint64_t message, uint64_t part) {
  size_t at = place(t, kind, message, part);
  return at < t->count && !compare(&t->rows[at], kind, message, part) ? &t->rows[at]
                                                                      : NULL;
}

/* The first row of that kind behind (message, part). */
row *table_after(const table *t, int kind, uint64_t message, uint64_t part) {
  size_t at = place(t, kind, message, part);
  if (at < t->count && !compare(&t->rows[at], kind, message, part))
    at++;
  return at < t->count && t->rows[at].kind == kind ? &t->rows[at] : NULL;
}

int table_add(table *t, row **out, int kind, uint64_t message, uint64_t part) {
  size_t at = place(t, kind, message, part);
  if (table_find(t, kind, message, part))
    return MR_ERR_EXISTS;
  row *rows = realloc(t->rows, (t->count + 1) * sizeof *rows);
  if (!rows)
    return MR_ERR_NOMEM;
  t->rows = rows;
  memmove(&rows[at + 1], &rows[at], (t->count++ - at) * sizeof *rows);
  rows[at] = (row){.kind = kind, .message = message, .part = part};
  *out = &rows[at];
  return MR_OK;
}

static void clear(row *r) {
  blob_free(r->data);
  blob_free(r->key);
  blob_free(r->body);
}

void table_remove(table *t, row *r) {
  clear(r);
  size_t at = (size_t)(r - t->rows);
  memmove(r, r + 1, (--t->count - at) * sizeof *r);
}

int table_copy(table *out, const table *t) {
  *out = (table){.rows = malloc((t->count + 1) * sizeof *t->rows)};
  if (!out->rows)
    return MR_ERR_NOMEM;
  out->count = t->count;
  for (size_t i = 0; i < t->count; i++) {
    out->rows[i] = t->rows[i];
    blob_ref(t->rows[i].data);
    blob_ref(t->rows[i].key);
    blob_ref(t->rows[i].body);
  }
  return MR_OK;
}

void table_free(table *t) {
  for (size_t i = 0; i < t->count; i++)
    clear(&t->rows[i]);
  free(t->rows);
  *t = (table){0};
}

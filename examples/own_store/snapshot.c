/* SPDX-License-Identifier: MIT */
/* The file: magic, last id, number of rows; then each row as numbers of eight octets and
 * its strings. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

static const char magic[8] = "ownstor1";

enum { NUMBERS = 15, STRING_MAX = 1 << 30 };

static void write_blob(FILE *file, const blob *b) {
  if (b)
    fwrite(b->octets, 1, b->len, file);
}

/* A length is stored one higher: 0 stands for no string at all. */
static uint64_t length(const blob *b) { return b ? b->len + 1 : 0; }

static void write_row(FILE *file, const row *r) {
  uint64_t n[NUMBERS] = {(uint64_t)r->kind,
                         (uint64_t)r->priority,
                         (uint64_t)r->state,
                         r->message,
                         r->part,
                         r->tag,
                         r->attempts,
                         r->lease_token,
                         (uint64_t)r->due,
                         (uint64_t)r->lease_end,
                         (uint64_t)r->since,
                         strlen(r->lane),
                         length(r->data),
                         length(r->key),
                         length(r->body)};
  fwrite(n, sizeof n, 1, file);
  fwrite(r->lane, 1, n[11], file);
  write_blob(file, r->data);
  write_blob(file, r->key);
  write_blob(file, r->body);
}

/* What is only begun, and hints, may be lost. */
static int is_kept(const row *r) {
  return r->kind != MR_RECORD_BYTES && !(r->kind == MR_RECORD_MESSAGE && !r->state);
}

static int sync_directory(const char *path) {
  char *name = strdup(path);
  char *slash = name ? strrchr(name, '/') : NULL;
  if (slash)
    slash[1] = '\0';
  int fd = name ? open(slash ? name : ".", O_RDONLY) : -1;
  int bad = fd < 0 || fsync(fd);
  if (fd >= 0)
    close(fd);
  free(name);
  return bad;
}

/* Until the rename the old file is whole; from then on the new one is. */
int own_store_save(const own_store *store, const table *t) {
  int fd = open(store->scratch, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
  if (!file)
    return MR_ERR_IO;
  fwrite(magic, sizeof magic, 1, file);
  uint64_t head[2] = {store->last, 0};
  for (size_t i = 0; i < t->count; i++)
    head[1] += (uint64_t)is_kept(&t->rows[i]);
  fwrite(head, sizeof head, 1, file);
  for (size_t i = 0; i < t->count; i++) {
    if (is_kept(&t->rows[i]))
      write_row(file, &t->rows[i]);
  }
  int bad = ferror(file) | fflush(file) | fsync(fileno(file));
  bad |= fclose(file);
  if (bad || rename(store->scratch, store->path))
    return MR_ERR_IO;
  return sync_directory(store->path) ? MR_ERR_IO : MR_OK;
}

static int read_blob(FILE *file, uint64_t stored, blob **out) {
  if (stored == 0)
    return MR_OK;
  if (stored > STRING_MAX)
    return MR_ERR_STORE;
  *out = blob_new(NULL, 0);
  blob *b = *out ? realloc(*out, sizeof *b + stored - 1) : NULL;
  if (!b)
    return MR_ERR_NOMEM;
  *out = b;
  b->len = stored - 1;
  return fread(b->octets, 1, b->len, file) == b->len ? MR_OK : MR_ERR_STORE;
}

static int read_row(FILE *file, table *t, const uint64_t *n) {
  row *r = NULL;
  if (n[0] > MR_RECORD_EVENT || n[1] > 9 || n[11] >= sizeof r->lane)
    return MR_ERR_STORE;
  int err = table_add(t, &r, (int)n[0], n[3], n[4]);
  if (err)
    return err == MR_ERR_EXISTS ? MR_ERR_STORE : err;
  r->priority = (int)n[1];
  r->state = (int)(n[2] & 3);
  r->tag = n[5];
  r->attempts = n[6];
  r->lease_token = n[7];
  r->due = (int64_t)n[8];
  r->lease_end = 0; /* whoever had the lease is gone: it has run out */
  r->since = (int64_t)n[10];
  if (fread(r->lane, 1, n[11], file) != n[11])
    return MR_ERR_STORE;
  err = read_blob(file, n[12], &r->data);
  err = err ? err : read_blob(file, n[13], &r->key);
  return err ? err : read_blob(file, n[14], &r->body);
}

static int read_head(FILE *file, uint64_t *last, uint64_t *rows) {
  char begin[sizeof magic];
  uint64_t head[2];
  if (fread(begin, sizeof begin, 1, file) != 1 || memcmp(begin, magic, sizeof begin) ||
      fread(head, sizeof head, 1, file) != 1)
    return MR_ERR_STORE;
  *last = head[0];
  *rows = head[1];
  return MR_OK;
}

/* No file is an empty store. */
int own_store_load(own_store *store) {
  uint64_t n[NUMBERS], rows = 0;
  FILE *file = fopen(store->path, "rb");
  if (!file)
    return errno == ENOENT ? MR_OK : MR_ERR_IO;
  int err = read_head(file, &store->last, &rows);
  for (; !err && rows > 0; rows--)
    err = fread(n, sizeof n, 1, file) == 1 ? read_row(file, &store->table, n)
                                           : MR_ERR_STORE;
  if (!err && getc(file) != EOF)
    err = MR_ERR_STORE;
  fclose(file);
  return err;
}

/* SPDX-License-Identifier: MIT */
/*
 * A store of your own: rows in memory, and after every change all of them in one file.
 * A change is made on a copy of the table, the copy is written to FILE.tmp, synced and
 * renamed to FILE, and only then does it become the table: all of a commit or nothing of
 * it, whatever fails. That costs time in proportion to what is queued, which is fine for
 * a few hundred messages; a database does the same with less. One process at a time.
 */
#ifndef OWN_STORE_H
#define OWN_STORE_H

#include <mailroute/mailroute.h>

/* Octets that rows of several tables share. */
typedef struct blob {
  size_t users, len;
  char octets[];
} blob;

enum { BEGUN, COMMITTED, ENDED }; /* state of a MESSAGE row */

/* A record of any kind. A hint is a BYTES row, a message's body hangs on its row. */
typedef struct row {
  int kind, priority, state;
  uint64_t message, part, tag, attempts, lease_token;
  int64_t due, lease_end, since; /* calendar time, ms; since = begun, committed, ended */
  char lane[256];
  blob *data, *key, *body;
} row;

/* Rows in the order of (kind, message, part). */
typedef struct table {
  row *rows;
  size_t count;
} table;

typedef struct own_store {
  mr_store operations;
  table table;
  char *path, *scratch;     /* FILE, FILE.tmp */
  int lock;                 /* FILE.lock */
  uint64_t last;            /* last id or lease token that was given */
  int64_t opened;           /* calendar time when the file was opened */
  uint64_t first_now, now;  /* clock of the queue: then, and lately; UINT64_MAX = never */
  mr_record *out;           /* result of the last operation */
  const mr_record **listed; /* pointers to it */
  size_t room;
} own_store;

/* store.c. MR_ERR_IO: errno tells; MR_ERR_STATE: another process has it; MR_ERR_STORE: it
 * is no such file; MR_ERR_NOMEM. */
int own_store_open(own_store *store, const char *path);
void own_store_close(own_store *store);
size_t own_store_deliveries(const own_store *store); /* not ended yet */

/* table.c */
blob *blob_new(const void *octets, size_t len); /* NULL = no memory */
blob *blob_ref(blob *b);
void blob_free(blob *b);
row *table_find(const table *t, int kind, uint64_t message, uint64_t part);
row *table_after(const table *t, int kind, uint64_t message, uint64_t part);
int table_add(table *t, row **out, int kind, uint64_t message, uint64_t part);
void table_remove(table *t, row *r);
int table_copy(table *out, const table *t);
void table_free(table *t);

/* snapshot.c: the file. */
int own_store_save(const own_store *store, const table *t);
int own_store_load(own_store *store);

/* The operations. message.c: begin, body_write, body_read; commit.c: commit; lease.c:
 * claim, renew, release, next_due; look.c: list, hint_put, hint_get. */
int own_store_begin(void *user, uint64_t token, const void *key, size_t key_len,
                    uint64_t now, mr_store_result *result);
int own_store_body_write(void *user, uint64_t token, uint64_t message, uint64_t offset,
                         const void *data, size_t len, uint64_t now);
int own_store_body_read(void *user, uint64_t token, uint64_t message, uint64_t offset,
                        size_t cap, uint64_t now, mr_store_result *result);
int own_store_list(void *user, uint64_t token, const mr_record_filter *filter, size_t max,
                   uint64_t now, mr_store_result *result);
int own_store_hint_put(void *user, uint64_t token, const void *key, size_t key_len,
                       const void *data, size_t len, uint64_t ttl, uint64_t now);
int own_store_hint_get(void *user, uint64_t token, const void *key, size_t key_len,
                       uint64_t now, mr_store_result *result);
int own_store_claim(void *user, uint64_t token, const char *owner, uint64_t lease,
                    size_t max, const mr_claim_limits *limits, uint64_t now,
                    mr_store_result *result);
int own_store_renew(void *user, uint64_t token, uint64_t message, uint64_t part,
                    uint64_t lease_token, uint64_t lease, uint64_t now,
                    mr_store_result *result);
int own_store_release(void *user, uint64_t token, uint64_t message, uint64_t part,
                      uint64_t lease_token, uint64_t delay, uint64_t now);
int own_store_next_due(void *user, uint64_t token, const mr_claim_limits *limits,
                       uint64_t now, mr_store_result *result);
int own_store_commit(void *user, uint64_t token, const mr_record_op *const *ops,
                     size_t count, uint64_t now, mr_store_result *result);

/* store.c: shared by the operations. */
int64_t own_store_time(own_store *store, uint64_t now);
int64_t time_plus(int64_t time, uint64_t ms); /* never beyond INT64_MAX */
/* A committed message, or a hint; NULL = none. */
row *own_store_by_key(const table *t, int kind, const void *key, size_t len);
/* The next record of a result, filled from a row; NULL = no memory. */
mr_record *own_store_show(own_store *store, const row *r, mr_store_result *result);
/* Writes a changed copy and makes it the table; frees it if err or the disk says no. */
int own_store_finish(own_store *store, table *changed, int err);

#endif

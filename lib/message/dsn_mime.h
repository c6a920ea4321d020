/* SPDX-License-Identifier: MIT */
/* MIME parts of a message in memory, as far as a reader of reports needs them: nothing is
 * copied, messages inside are not entered, and what is broken is read as it stands. */
#ifndef MR_MESSAGE_DSN_MIME_H
#define MR_MESSAGE_DSN_MIME_H

#include "message/dsn_slice.h"

enum {
  MR__DSN_DEPTH = 16,
  MR__DSN_PARTS = 1000,
  MR__DSN_HEADER = 64 * 1024, /* octets of a header that are looked at */
  MR__DSN_TYPE = 80,
  MR__DSN_CHARSET = 40,
  MR__DSN_BOUNDARY = 200 /* RFC 2046 says 70 */
};

enum mr__dsn_encoding { MR__DSN_IDENTITY = 0, MR__DSN_QP = 1, MR__DSN_BASE64 = 2 };

typedef struct mr__dsn_part {
  mr__slice header;        /* without the blank line */
  mr__slice body;          /* as it stands, without the line end before the boundary */
  int depth;               /* 0 = the message */
  int encoding;            /* #mr__dsn_encoding */
  char type[MR__DSN_TYPE]; /* in lower case; "text/plain" unless it says otherwise */
  char charset[MR__DSN_CHARSET];
} mr__dsn_part;

typedef struct mr__dsn_mime {
  const mr_env *env;
  mr__dsn_part *parts; /* in their order, the message first */
  size_t count, cap;
} mr__dsn_mime;

/* MR_ERR_DEPTH, MR_ERR_LIMIT, MR_ERR_NOMEM. To be freed in any case. */
int mr__dsn_mime_read(mr__dsn_mime *mime, const mr_env *env, const void *data,
                      size_t len);
void mr__dsn_mime_free(mr__dsn_mime *mime);
/* First part of that type, NULL = none. */
const mr__dsn_part *mr__dsn_part_of(const mr__dsn_mime *mime, const char *type);

#endif

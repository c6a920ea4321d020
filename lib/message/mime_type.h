/* SPDX-License-Identifier: MIT */
/* What the header of a MIME entity says about its content (RFC 2045, RFC 2046). */
#ifndef MR_MESSAGE_MIME_TYPE_H
#define MR_MESSAGE_MIME_TYPE_H

#include "base/buf.h"

enum {
  MR__MIME_PARAMS = 256,  /* parameters of a field that are looked at (bug 45) */
  MR__MIME_BOUNDARY = 255 /* octets of a boundary; RFC 2046 5.1.1 allows 70 */
};

enum mr__mime_kind { MR__MIME_LEAF = 0, MR__MIME_MULTIPART, MR__MIME_MESSAGE };

/* Content-Transfer-Encoding. */
enum mr__mime_label {
  MR__LABEL_7BIT = 0, /* or none */
  MR__LABEL_8BIT,
  MR__LABEL_BINARY,
  MR__LABEL_QP,
  MR__LABEL_BASE64,
  MR__LABEL_OTHER
};

typedef struct mr__mime_entity {
  int kind;       /* #mr__mime_kind: what is inside is read as such */
  int label;      /* #mr__mime_label */
  int is_root;    /* the message itself */
  int is_message; /* its header is that of a message, not of a part */
  int is_text;    /* text/…, or nothing said */
  int is_closed;  /* a composite type that cannot be read, and may not be encoded */
  int is_signed;  /* multipart/signed */
  int in_signed;  /* inside of one */
  int is_digest;  /* multipart/digest */
  int has_type, has_label, has_version;
  size_t boundary_len;
  char boundary[MR__MIME_BOUNDARY];
} mr__mime_entity;

/* One field of its header, name without colon, value still folded. The first of a name
 * counts. */
void mr__mime_field(mr__mime_entity *e, const char *name, size_t name_len,
                    const char *value, size_t len);
/* The name of what a Content-Transfer-Encoding says, "x-unknown" for what is none. */
const char *mr__mime_label_name(const char *value, size_t len);
/* The header is over. in_digest: a part of multipart/digest, which is a message unless it
 * says otherwise (RFC 2046 5.1.5). */
void mr__mime_settle(mr__mime_entity *e, int in_digest);

/* Splits a field at its colon; 0 = there is none, or no name. The name is without white
 * space. */
int mr__mime_split(const uint8_t *field, size_t len, size_t *name_len, size_t *value);
/* Whether a name of that length is this one, any case. */
int mr__mime_is_name(const char *name, size_t len, const char *want);

typedef struct mr__mime_param {
  const char *raw; /* from the name to the end of the value; all there is if name_len 0 */
  size_t raw_len;
  const char *name;
  size_t name_len; /* 0 = no parameter */
  const char *value;
  size_t value_len; /* of a quoted one: without the quotes */
  int quoted;
} mr__mime_param;

/* What stands in front of the first ';'. */
size_t mr__mime_main(mr__cur *cur, const char **text);
/* The next parameter; cur at a ';'. 1, 0 = the end. */
int mr__mime_param_next(mr__cur *cur, mr__mime_param *param);

#endif

/* SPDX-License-Identifier: MIT */
/* The fields of raw input that matter here. */
#ifndef MR_MESSAGE_RAW_FIELDS_H
#define MR_MESSAGE_RAW_FIELDS_H

#include "message/object.h"
#include "text/header.h"

enum mr__field_kind {
  MR__FIELD_OTHER = 0,
  MR__FIELD_DATE,
  MR__FIELD_ID,
  MR__FIELD_DKIM,
  MR__FIELD_FROM,
  MR__FIELD_SENDER,
  MR__FIELD_TO,
  MR__FIELD_CC,
  MR__FIELD_BCC,
  MR__FIELD_RESENT_FROM, /* from here on fields of resent blocks (RFC 5322 3.6.6) */
  MR__FIELD_RESENT_SENDER,
  MR__FIELD_RESENT_TO,
  MR__FIELD_RESENT_CC,
  MR__FIELD_RESENT_BCC,
  MR__FIELD_RESENT_DATE,
  MR__FIELD_RESENT_ID,
  MR__FIELD_KINDS
};

typedef struct mr__raw_fields {
  const mr__buf *section;
  size_t count;
  /* the first of each kind, name NULL = none; of resent fields only in the newest block
   */
  mr__header_field first[MR__FIELD_KINDS];
  int resent;        /* the newest resent block has recipients */
  size_t resent_end; /* where that block is over */
} mr__raw_fields;

int mr__field_kind(const mr__header_field *field);
int mr__field_is_hidden(int kind); /* must not reach the wire */
/* Walks all fields; records what is wrong. MR_ERR_HDR_NAME, MR_ERR_HDR_CHAR,
 * MR_ERR_LIMIT. */
int mr__raw_fields_read(mr_message *message, mr__raw_fields *fields,
                        const mr__buf *section);
/* Adds the recipients that the header names, and the sender unless it is set. */
int mr__raw_envelope(mr_message *message, const mr__raw_fields *fields);
/* First address of a field in canonical form, "" = none that can be read. */
int mr__raw_first(mr_message *message, const mr__header_field *field, char **out);

#endif

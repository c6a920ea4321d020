/* SPDX-License-Identifier: MIT */
/* Parameters of MIME fields (RFC 2045 5.1, RFC 2231). */
#ifndef MR_TEXT_PARAMS_H
#define MR_TEXT_PARAMS_H

#include "text/words.h"

enum {
  MR__PARAM_NAME = 32,   /* octets of a name */
  MR__PARAM_VALUE = 1024 /* octets of a value */
};

/* RFC 2045 token: visible ASCII without tspecials. */
int mr__is_token(const char *text, size_t len);
/* "type/subtype" of tokens within 127 octets each (RFC 6838 4.2). MR_ERR_HDR_CHAR. */
int mr__type_check(const char *type);
/* MR_ERR_HDR_NAME: no token, or with one of "*'%" that RFC 2231 needs; MR_ERR_LIMIT. */
int mr__param_name_check(const char *name);

/*
 * Appends "; name=value" with a fold where the line would get longer than 78. A value of
 * printable ASCII that fits is a token or a quoted-string; any other one, of UTF-8, is
 * name*=UTF-8''… in as many continuations as it takes, no character split. fallback (of
 * a file name): always in quotes, and in the second case name="…" comes as well, in
 * ASCII, for readers that know no RFC 2231; it stands behind, because readers that know
 * both take the first.
 */
void mr__param_put(mr__fold *fold, const char *name, const char *value, int fallback);

#endif

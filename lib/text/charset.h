/* SPDX-License-Identifier: MIT */
/* Charsets of one octet a character that mail still has, into UTF-8. */
#ifndef MR_TEXT_CHARSET_H
#define MR_TEXT_CHARSET_H

#include "base/buf.h"

enum mr__charset {
  MR__CHARSET_NONE = 0, /* not known here */
  MR__CHARSET_UTF8,     /* and US-ASCII */
  MR__CHARSET_LATIN1,
  MR__CHARSET_LATIN9,
  MR__CHARSET_WINDOWS
};

/* #mr__charset of a name, in any case. */
int mr__charset_find(const char *name, size_t len);
/* Appends one octet of such text; of UTF-8 as it is. */
void mr__charset_put(mr__buf *out, int charset, unsigned octet);

#endif

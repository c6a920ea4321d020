/* SPDX-License-Identifier: MIT */
/* Text of parts and of header fields, as clean UTF-8. */
#ifndef MR_MESSAGE_DSN_DECODE_H
#define MR_MESSAGE_DSN_DECODE_H

#include "message/dsn_mime.h"

enum { MR__DSN_TEXT_MAX = 256 * 1024 }; /* octets of a part that are decoded */

/* All of these append at most what out->max lets in and leave the rest; MR_OK or
 * MR_ERR_NOMEM. */
/* Content-Transfer-Encoding taken off. */
int mr__dsn_decode(mr__buf *out, mr__slice body, int encoding);
/* Into UTF-8 with LF line ends: Latin-1 and its kin by charset; what is no text in
 * either becomes '?' and controls become spaces. */
int mr__dsn_clean(mr__buf *out, mr__slice s, const char *charset);
/* Tags taken off, with line breaks where a reader sees them. UTF-8 stays. */
int mr__dsn_html(mr__buf *out, mr__slice s);
/* Both, by what the part says of itself. */
int mr__dsn_part_text(mr__buf *out, const mr__dsn_part *part);
/* A field's value on one line, with RFC 2047 words decoded. */
int mr__dsn_words(mr__buf *out, mr__slice value);

#endif

/* SPDX-License-Identifier: MIT */
/* Grammar of header fields (RFC 5322 2.2, 3.6; RFC 2047 for non-ASCII text). */
#ifndef MR_TEXT_HEADER_H
#define MR_TEXT_HEADER_H

#include "base/buf.h"

/* Field name: printable ASCII without ':'. MR_ERR_HDR_NAME. */
int mr__header_name_check(const char *name, size_t len);
/* Value given by a caller: no CR, LF, NUL, DEL or other control but TAB; valid UTF-8.
 * MR_ERR_HDR_CHAR. */
int mr__header_value_check(const char *value, size_t len, size_t *offset);
/* "<…>" of visible ASCII (RFC 5322 3.6.4), short enough for one line. */
int mr__is_message_id(const char *text, size_t len);
/* Appends "Name: value CRLF", folded at 78 where there is white space, never over 998;
 * text that is not ASCII as RFC 2047 words (UTF-8, Q or B, whichever is shorter; <= 75
 * octets each; no character is split). MR_ERR_LINE_LONG: a word that cannot be folded. */
int mr__header_write_text(mr__buf *out, const char *name, const char *value);
/* The same of an unfolded value of somebody else's making, trimmed, without line ends:
 * its octets are not checked, and need not be UTF-8. */
int mr__header_write_octets(mr__buf *out, const char *name, const char *value,
                            size_t len);
/* Appends "Name: a, b CRLF" of ready-made items (addresses), one fold between items. */
int mr__header_write_items(mr__buf *out, const char *name, const char *const *items,
                           size_t count);
/* Appends a display name as phrase: atom, quoted-string or RFC 2047 words. */
int mr__header_phrase(mr__buf *out, const char *name);

/* Walks a header section of any line endings, one field per call: name and value slices
 * (value from behind the colon, still folded, without its last line end). 1 = a field; 0
 * = end, cur stands at the body; MR_ERR_HDR_NAME (a line that is none), MR_ERR_HDR_CHAR
 * (NUL or bare CR). */
typedef struct mr__header_field {
  const char *name;
  size_t name_len;
  const char *value;
  size_t value_len;
  size_t start, end; /* offsets of the whole field with its line ends */
} mr__header_field;
int mr__header_next(mr__cur *cur, mr__header_field *field);

/* Date (RFC 5322 3.3) of milliseconds since 1970, in +0000: 31 octets and a NUL. */
void mr__date_print(int64_t milliseconds, char dst[40]);

/* Quoted-printable (RFC 2045 6.7) of text with LF or CRLF line ends into canonical lines
 * <= 76; a '.' or "From " at a line start is encoded (C8). */
int mr__qp_encode(mr__buf *out, const char *text, size_t len);
/* Base64 in lines of `line` digits (76 at most), each with CRLF; 0 = one line without. */
int mr__base64_encode(mr__buf *out, const void *data, size_t len, size_t line);

#endif

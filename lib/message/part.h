/* SPDX-License-Identifier: MIT */
/* Bodies of parts in 7 bits. */
#ifndef MR_MESSAGE_PART_H
#define MR_MESSAGE_PART_H

#include "base/buf.h"

/* Offset of the first NUL or octet that is not UTF-8; len when there is none. */
size_t mr__part_text_check(const char *text, size_t len);
/* Fills the empty buffer with text in canonical lines: as it is if it is ASCII with lines
 * within line_max octets, else quoted-printable (*qp = 1). A bare CR becomes a space
 * (C3). Any other octet below 0x20 but TAB also leads to quoted-printable. */
int mr__part_text(mr__buf *out, const char *text, size_t len, size_t line_max, int *qp);
/* Value of Content-Transfer-Encoding. */
const char *mr__part_encoding(int qp);

#endif

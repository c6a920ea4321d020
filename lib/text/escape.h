/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_ESCAPE_H
#define MR_TEXT_ESCAPE_H

#include "base/buf.h"

/* Appends text of a peer: printable ASCII and valid UTF-8 as they are, all other octets
 * as \xHH. What does not fit under buf->max is dropped at a character, and buf then
 * counts as full. Returns MR_OK or MR_ERR_NOMEM. */
int mr__escape_put(mr__buf *buf, const uint8_t *text, size_t len);
/* One upper-case hexadecimal digit. */
char mr__hex_digit(unsigned value);
/* Value of one hexadecimal digit of either case, -1 = none. */
int mr__hex_value(int c);

#endif

/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef MR_TEXT_UTF8_H
#define MR_TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Octets of the character at p (1 to 4), 0 when it is none; *point may be NULL. len > 0.
 */
size_t mr__utf8_next(const uint8_t *p, size_t len, uint32_t *point);
/* Offset of the first octet that is not valid UTF-8, or is a control (C0, DEL, C1); TAB
 * passes if `tab`. len when all is well. */
size_t mr__utf8_clean(const uint8_t *p, size_t len, int tab);
/* Whether an octet above 0x7F is in it. Eight octets a step. */
int mr__eight_bit(const uint8_t *p, size_t len);

#endif

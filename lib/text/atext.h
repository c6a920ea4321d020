/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_ATEXT_H
#define MR_TEXT_ATEXT_H

/* atext of RFC 5322 3.2.3, and every octet above 0x7F (RFC 6532 3.2). */
int mr__is_atext(int c);

#endif

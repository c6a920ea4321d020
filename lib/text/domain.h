/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_DOMAIN_H
#define MR_TEXT_DOMAIN_H

#include "base/buf.h"

enum { MR__DOMAIN_TEXT = 254 }; /* 253 octets and a NUL */

/* ASCII host name: labels 1-63 of letters, digits, '-' and '_' (not '-' at either end),
 * total <= 253, no trailing dot. MR_OK, MR_ERR_ADDR_DOMAIN, MR_ERR_ADDR_CHAR; offset may
 * be NULL. */
int mr__domain_check(const char *text, size_t len, size_t *offset);
/* U-labels to A-labels, lower case; ASCII passes untouched but for case and one trailing
 * dot (R2, R4). Then as above. dst holds MR__DOMAIN_TEXT octets. */
int mr__domain_ascii(const mr_env *env, const char *text, size_t len, char *dst,
                     size_t *offset);
/* Equal as DNS names: ASCII case and one trailing dot do not count. */
int mr__domain_equal(const char *a, const char *b);

#endif

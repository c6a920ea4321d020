/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_ENCODE_H
#define MR_TEXT_ENCODE_H

#include <stddef.h>

/* Base64 with padding into dst, which has room for 4 octets for each 3 begun; octets
 * written. */
size_t mr__base64_write(char *dst, const void *data, size_t len);

#endif

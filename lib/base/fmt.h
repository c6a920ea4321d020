/* SPDX-License-Identifier: MIT */
/*
 * The one formatter: %s %.*s %c %d %u %lld %llu %zu %x %llx %02u-style zero padding and
 * widths, %%, and %q / %.*q: text of a peer with every octet outside printable ASCII (and
 * the backslash) as \xHH in lower case, so that it can stand in a log, a terminal or a
 * bounce. Text ends at a NUL or at the precision, whichever comes first; NULL is "".
 * 64-bit values are cast to (unsigned) long long. Another conversion is MR_ERR_MISUSE.
 */
#ifndef MR_BASE_FMT_H
#define MR_BASE_FMT_H

#include <stdarg.h>

#include "base/buf.h"

int mr__fmt(mr__buf *buf, const char *format, ...);
int mr__vfmt(mr__buf *buf, const char *format, va_list args);
/* Into a fixed array; always NUL-terminated, cut if too long. Returns the full length. */
size_t mr__fmt_to(char *dst, size_t cap, const char *format, ...);
size_t mr__vfmt_to(char *dst, size_t cap, const char *format, va_list args);
/* Decimal digits only, no sign; MR_ERR_RANGE on overflow or when not all is digits. */
int mr__parse_u64(const char *text, size_t len, uint64_t *out);

#endif

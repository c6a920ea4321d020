/* SPDX-License-Identifier: MIT */
/* What every test program of this floor needs. */
#ifndef TEXT_CHECK_H
#define TEXT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "kit/kit_alloc.h"
#include "kit/kit_rng.h"
#include "kit/kit_split.h"
#include "kit/kit_torture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names the row of a table in a failure. */
#define ROW_EQUAL(row, got, wanted)                                                      \
  do {                                                                                   \
    long long got_ = (long long)(got);                                                   \
    long long wanted_ = (long long)(wanted);                                             \
    if (got_ != wanted_)                                                                 \
      fail_msg("row %zu: %s is %lld, not %lld", (size_t)(row), #got, got_, wanted_);     \
  } while (0)

#define ROW_TEXT(row, got, wanted)                                                       \
  do {                                                                                   \
    const char *got_ = (got);                                                            \
    const char *wanted_ = (wanted);                                                      \
    if (strcmp(got_, wanted_) != 0)                                                      \
      fail_msg("row %zu: %s is \"%s\", not \"%s\"", (size_t)(row), #got, got_, wanted_); \
  } while (0)

/* Milliseconds of processor time, for bounds that no load of the machine breaks. */
static inline double cpu_ms(void) { return (double)clock() * 1000.0 / CLOCKS_PER_SEC; }

/* Hostile input must end in time even in a sanitized build. */
enum { CPU_BOUND_MS = 1000 };

#endif

/* SPDX-License-Identifier: MIT */
/* The last-error object of a handle. Text is cut, not allocated: errors must not fail. */
#ifndef MR_BASE_LAST_ERROR_H
#define MR_BASE_LAST_ERROR_H

#include "base/env.h"

typedef struct mr__last_error {
  mr_error view; /* what the host gets; points into the arrays */
  char host[256];
  char text[512];
} mr__last_error;

void mr__last_error_init(mr__last_error *e);
/* Stores and returns code. format as in fmt.h; host NULL = none. */
int mr__fail(mr__last_error *e, int code, int stage, const char *host, const char *format,
             ...);
int mr__fail_at(mr__last_error *e, int code, size_t offset, const char *format, ...);

#endif

/* SPDX-License-Identifier: MIT */
/* CMocka in the order that it wants, and a client that talks to a kit_smtp. */
#ifndef KIT_SELFTEST_H
#define KIT_SELFTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_smtp.h"

/* Takes all output; what came is added to log. */
static inline void drain(kit_smtp *s, kit_buf *log) {
  const void *data;
  size_t len;
  kit_smtp_output(s, &data, &len);
  if (log)
    kit_buf_add(log, data, len);
  kit_smtp_consumed(s, len);
}

/* Sends each step of `text` (up to '|'), reading everything before and after it. */
static inline void talk(kit_smtp *s, const char *text, kit_buf *log) {
  drain(s, log);
  while (*text) {
    size_t len = strcspn(text, "|");
    kit_smtp_feed(s, text, len, 0);
    drain(s, log);
    text += len + (text[len] == '|');
  }
}

static inline unsigned replies_with(const kit_buf *log, const char *code) {
  unsigned n = 0;
  for (const char *p = kit_buf_at(log); (p = strstr(p, code)) != NULL; p++)
    n += p == kit_buf_at(log) || p[-1] == '\n';
  return n;
}

#endif

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buf.h"

int mr__is_digit(int c) { return c >= '0' && c <= '9'; }

int mr__is_alpha(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int mr__is_alnum(int c) { return mr__is_digit(c) || mr__is_alpha(c); }

int mr__lower(int c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

size_t mr__strlen(const char *s) { return s != NULL ? strlen(s) : 0; }

int mr__streq(const char *a, const char *b) {
  size_t len = strlen(a);
  return len == strlen(b) && memcmp(a, b, len) == 0;
}

int mr__strcaseeq(const char *a, const char *b) {
  size_t len = strlen(a);
  return len == strlen(b) && mr__memcaseeq(a, b, len);
}

int mr__memcaseeq(const void *a, const void *b, size_t len) {
  const uint8_t *x = a, *y = b;
  for (size_t i = 0; i < len; i++)
    if (mr__lower(x[i]) != mr__lower(y[i]))
      return 0;
  return 1;
}

/* SPDX-License-Identifier: MIT */
#include "text/window.h"

#include <string.h>

static const uint8_t *find(const uint8_t *from, const uint8_t *end, int octet) {
  const uint8_t *found = memchr(from, octet, (size_t)(end - from));
  return found != NULL ? found : end;
}

static const int specials[3] = {'\r', '\n', 0};

void mr__window_init(mr__window *w, const uint8_t *start, size_t len) {
  w->end = start + len;
  for (int i = 0; i < 3; i++)
    w->next[i] = find(start, w->end, specials[i]);
}

size_t mr__window_run(mr__window *w, const uint8_t *from) {
  const uint8_t *nearest = w->end;
  for (int i = 0; i < 3; i++) {
    if (w->next[i] < from)
      w->next[i] = find(from, w->end, specials[i]);
    if (w->next[i] < nearest)
      nearest = w->next[i];
  }
  return (size_t)(nearest - from);
}

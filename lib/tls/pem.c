/* SPDX-License-Identifier: MIT */
#include "base/config.h"
#include "tls/tls.h"

#if MR_WITH_TLS
#include <string.h>

#include "tls/pem.h"
enum { MR__PEM_BLOCK_MAX = 64 * 1024 };

/* Moves to the next dashes; 0 at the end. Every octet is looked at once. */
static int to_dashes(mr__cur *cur) {
  size_t left;
  while ((left = mr__cur_left(cur)) >= 5) {
    const uint8_t *dash = memchr(cur->p, '-', left);
    if (!dash)
      return 0;
    mr__cur_get(cur, (size_t)(dash - cur->p));
    if (mr__cur_left(cur) >= 5 && memcmp(cur->p, "-----", 5) == 0)
      return 1;
    mr__cur_next(cur);
  }
  return 0;
}

static int skip_text(mr__cur *cur, const char *text) {
  size_t len = mr__strlen(text);
  if (mr__cur_left(cur) < len || memcmp(cur->p, text, len) != 0)
    return 0;
  mr__cur_get(cur, len);
  return 1;
}

static int begins(mr__cur *cur) {
  return skip_text(cur, "-----BEGIN CERTIFICATE-----") ||
         skip_text(cur, "-----BEGIN X509 CERTIFICATE-----");
}

static int ends(mr__cur *cur) {
  return skip_text(cur, "-----END CERTIFICATE-----") ||
         skip_text(cur, "-----END X509 CERTIFICATE-----");
}

/* A block that is cut short ends where the next one begins. */
int mr__pem_next(mr__cur *cur, gnutls_datum_t *block) {
  const uint8_t *start = NULL;
  while (to_dashes(cur)) {
    const uint8_t *here = cur->p;
    if (begins(cur)) {
      start = here;
    } else if (start && ends(cur)) {
      size_t len = (size_t)(cur->p - start);
      if (len <= MR__PEM_BLOCK_MAX) {
        block->data = (unsigned char *)(uintptr_t)start;
        block->size = (unsigned)len;
        return 1;
      }
      start = NULL;
    } else {
      mr__cur_next(cur);
    }
  }
  return 0;
}

#endif

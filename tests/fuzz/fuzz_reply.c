/* SPDX-License-Identifier: MIT */
/* SMTP replies and EHLO keywords: pieces make no difference, text comes out clean. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/ehlo.h"
#include "text/reply.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_LIMIT = 200, LINES_LIMIT = 20 };

static void must(int right) {
  if (!right)
    abort();
}

static void check_text(mr__buf *buf) {
  const char *text = mr__buf_text(buf);
  must(strlen(text) == buf->len && buf->len <= buf->max);
  for (size_t at = 0; at < buf->len; at++) {
    size_t clean = mr__utf8_clean((const uint8_t *)text + at, buf->len - at, 0);
    at += clean;
    must(at == buf->len || text[at] == '\n');
  }
}

static void check_reply(mr__reply *reply) {
  mr__ehlo ehlo;
  must(reply->code >= 200 && reply->code < 600 && reply->lines > 0);
  must(reply->status[0] == 0 || reply->status[0] == reply->code / 100);
  check_text(&reply->text);
  check_text(&reply->raw);
  mr__ehlo_parse(&ehlo, mr__buf_text(&reply->text));
  must(strlen(ehlo.name) < sizeof ehlo.name);
}

/* Octets eaten until the first error, in pieces of a size; a digest of the replies. */
static size_t feed_all(const uint8_t *data, size_t size, size_t piece, uint32_t *digest) {
  mr__reply_parser p;
  mr_env env;
  size_t at = 0;
  int result = 0;
  mr__env_copy(&env, NULL);
  mr__reply_init(&p, &env, LINE_LIMIT, LINES_LIMIT);
  while (result >= 0 && at < size) {
    size_t used;
    size_t n = size - at < piece ? size - at : piece;
    result = mr__reply_feed(&p, data + at, n, &used);
    must(used <= n && (result != 0 || used == n));
    at += used;
    if (result == 1) {
      check_reply(&p.reply);
      *digest = *digest * 31 + (uint32_t)p.reply.code + (uint32_t)p.reply.text.len * 601;
    }
  }
  mr__reply_free(&p);
  *digest = *digest * 31 + (uint32_t)result;
  return result < 0 ? 0 : at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint32_t whole = 0;
  uint32_t octets = 0;
  uint32_t some = 0;
  size_t at = feed_all(data, size, size, &whole);
  must(at == feed_all(data, size, 1, &octets) && whole == octets);
  must(at == feed_all(data, size, 7, &some) && whole == some);
  return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The MIME reader and the 7-bit rendering: any octets, in pieces of any size. The first
 * two octets choose the size of the pieces that go in and out. What comes out is in seven
 * bits, has no line too long, does not depend on the pieces, and stays as it is when it
 * is rendered once more.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "message/render.h"
#include "text/canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int right) {
  if (!right)
    abort();
}

typedef struct input {
  const uint8_t *data;
  size_t len, at, piece;
} input;

static int read_input(void *user, void *buf, size_t cap, size_t *len) {
  input *in = user;
  size_t n = in->len - in->at;
  n = n > cap ? cap : n;
  n = n > in->piece ? in->piece : n;
  if (n > 0)
    memcpy(buf, in->data + in->at, n);
  in->at += n;
  *len = n;
  return MR_OK;
}

static void rewind_input(void *user) { ((input *)user)->at = 0; }

typedef struct octets {
  uint8_t *data;
  size_t len;
} octets;

/* Line ends made canonical, as a seal does; len 0 if a seal would refuse it. */
static octets canonical(const uint8_t *data, size_t size) {
  octets out = {malloc(size * 2 + 8), 0};
  mr__canon c;
  size_t at = 0, used, made;
  int err = MR_OK;
  mr__canon_init(&c, 0);
  while (err == MR_OK && at < size) {
    err = mr__canon_feed(&c, data + at, size - at, &used, out.data + out.len,
                         size * 2 + 8 - out.len, &made);
    at += used;
    out.len += made;
  }
  if (err == MR_OK)
    err = mr__canon_end(&c, out.data + out.len, &made);
  out.len = err == MR_OK ? out.len + made : 0;
  return out;
}

static int render(const octets *from, size_t piece, size_t cap, int rendering,
                  octets *out) {
  mr_env env;
  mr__render *r = NULL;
  input in = {from->data, from->len, 0, piece};
  mr__render_input table = {&in, read_input, rewind_input};
  size_t made = 1;
  mr__env_copy(&env, NULL);
  must(mr__render_new(&r, &env, &table, rendering) == MR_OK);
  int err = mr__render_prepare(r);
  *out = (octets){malloc(err == MR_OK ? (size_t)r->size + cap : 1), 0};
  while (err == MR_OK && made > 0) {
    err = mr__render_read(r, out->data + out->len, cap, &made);
    must(err == MR_OK && made <= cap);
    out->len += made;
    must(out->len <= r->size);
  }
  must(err != MR_OK || out->len == r->size);
  must(err == MR_OK || err == MR_ERR_NOTSUP || err == MR_ERR_ADDR ||
       err == MR_ERR_DEPTH || err == MR_ERR_LIMIT);
  mr__render_free(r);
  return err;
}

static void check_form(const octets *text) {
  size_t line = 0;
  for (size_t i = 0; i < text->len; i++) {
    uint8_t c = text->data[i];
    must(c < 0x80 && c != 0);
    must(c != '\r' || (i + 1 < text->len && text->data[i + 1] == '\n'));
    must(c != '\n' || (i > 0 && text->data[i - 1] == '\r'));
    line = c == '\n' ? 0 : line + 1;
    must(line <= MR__LINE_MAX + 1);
  }
}

static void check_same(const octets *a, const octets *b) {
  must(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

static void check_ascii(const octets *text, size_t piece, size_t cap) {
  octets once, again, twice = {NULL, 0};
  int err = render(text, piece, cap, MR_RENDERING_ASCII, &once);
  must(render(text, text->len + 1, 4096, MR_RENDERING_ASCII, &again) == err);
  if (err == MR_OK) {
    check_form(&once);
    check_same(&once, &again);
    must(render(&once, piece, cap, MR_RENDERING_ASCII, &twice) == MR_OK);
    check_same(&once, &twice);
  }
  free(once.data);
  free(again.data);
  free(twice.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  octets out;
  if (size < 2)
    return 0;
  size_t piece = 1 + (size_t)data[0], cap = 1 + (size_t)data[1];
  octets raw = {malloc(size), size - 2};
  memcpy(raw.data, data + 2, size - 2);
  (void)render(&raw, piece, cap, MR_RENDERING_7BIT, &out); /* whatever it is */
  free(out.data);
  octets text = canonical(raw.data, raw.len);
  if (text.len > 0)
    check_ascii(&text, piece, cap);
  free(text.data);
  free(raw.data);
  return 0;
}

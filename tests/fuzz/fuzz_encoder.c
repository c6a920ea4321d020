/* SPDX-License-Identifier: MIT */
/* Bodies through canonical form and dots: no early end, nothing lost, any pieces. The
 * first two octets choose the room for output and the size of the pieces. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/canon.h"
#include "text/dots.h"
#include "text/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int right) {
  if (!right)
    abort();
}

typedef struct sink {
  uint8_t *data;
  size_t len;
} sink;

static int canon_all(const uint8_t *data, size_t size, size_t piece, size_t cap,
                     sink *out) {
  mr__canon c;
  size_t made;
  size_t at = 0;
  int err = MR_OK;
  mr__canon_init(&c, 0);
  while (err == MR_OK && at < size) {
    size_t used;
    size_t n = size - at < piece ? size - at : piece;
    err = mr__canon_feed(&c, data + at, n, &used, out->data + out->len, cap, &made);
    must(err != MR_OK || used > 0 || made > 0);
    must(used <= n && made <= cap);
    at += used;
    out->len += made;
  }
  if (err == MR_OK)
    err = mr__canon_end(&c, out->data + out->len, &made);
  if (err == MR_OK)
    out->len += made;
  return err;
}

static int dots_all(const sink *in, size_t piece, size_t cap, sink *out) {
  mr__dots d;
  size_t at = 0;
  int err = MR_OK;
  mr__dots_init(&d);
  while (err == MR_OK && at < in->len) {
    size_t used, made;
    size_t n = in->len - at < piece ? in->len - at : piece;
    err = mr__dots_encode(&d, in->data + at, n, &used, out->data + out->len, cap, &made);
    must(err != MR_OK || used > 0 || made > 0);
    must(used <= n && made <= cap);
    at += used;
    out->len += made;
  }
  if (err == MR_OK)
    err = mr__dots_end(&d, out->data + out->len);
  if (err == MR_OK)
    out->len += 3;
  return err;
}

/* Reads the wire as a strict receiver does and compares with what was sent. */
static void check_wire(const sink *wire, const sink *body) {
  size_t at = 0;
  for (size_t i = 0; i < wire->len; i++) {
    int start = i == 0 || (i > 1 && memcmp(wire->data + i - 2, "\r\n", 2) == 0);
    if (start && wire->data[i] == '.') {
      i++;
      must(i < wire->len);
      if (wire->data[i] == '\r') {
        must(i + 2 == wire->len && at == body->len);
        return;
      }
    }
    must(at < body->len && wire->data[i] == body->data[at]);
    at++;
  }
  must(0);
}

static void check_qp(const uint8_t *data, size_t size) {
  mr_env env;
  mr__buf out;
  size_t line = 0;
  mr__env_copy(&env, NULL);
  mr__buf_init(&out, &env, size * 4 + 64);
  must(mr__qp_encode(&out, size > 0 ? (const char *)data : "", size) == MR_OK);
  for (size_t i = 0; i < out.len; i++) {
    must(out.data[i] != '.' || line > 0);
    line = out.data[i] == '\n' ? 0 : line + 1;
    must(line <= 77 && out.data[i] < 0x7F);
  }
  mr__buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  size_t cap = 2 + (size_t)data[0] * 4;
  size_t piece = 1 + (size_t)data[1] * 4;
  sink body = {malloc(size * 2 + cap + 16), 0};
  sink again = {malloc(size * 2 + cap + 4096), 0};
  sink wire = {malloc(size * 4 + cap + 16), 0};
  int err = canon_all(data + 2, size - 2, piece, cap, &body);
  must(err == canon_all(data + 2, size - 2, size, 4096, &again));
  must(body.len == again.len && memcmp(body.data, again.data, body.len) == 0);
  if (err == MR_OK) {
    must(dots_all(&body, piece, cap, &wire) == MR_OK);
    check_wire(&wire, &body);
  }
  check_qp(data + 2, size - 2);
  free(body.data);
  free(again.data);
  free(wire.data);
  return 0;
}

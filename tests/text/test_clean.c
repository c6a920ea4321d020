/* SPDX-License-Identifier: MIT */
/* Long texts go through canonical form and dots in whole stretches: the same octets as
 * one by one, at every border of a stretch. */
#include "text/canon.h"
#include "text/check.h"
#include "text/clean.h"
#include "text/dots.h"

enum { LEN = 6000, ROOM = 4 * LEN };

typedef struct result {
  int err;
  size_t len;
  uint64_t taken;
  int altered, eight_bit;
  uint8_t out[ROOM];
} result;

/* ---- octet by octet, as the rules say it ---- */

static void put(result *r, const char *text) {
  size_t n = strlen(text);
  memcpy(r->out + r->len, text, n);
  r->len += n;
}

static void plain_canon(const uint8_t *p, size_t len, int strict, int any, result *r) {
  size_t line = 0;
  memset(r, 0, sizeof *r);
  for (size_t i = 0; i < len && r->err == MR_OK; i++) {
    int crlf = p[i] == '\r' && i + 1 < len && p[i + 1] == '\n';
    int end = crlf || p[i] == '\n';
    if (p[i] == 0 || (strict && ((p[i] == '\r' && !crlf) || p[i] == '\n')))
      r->err = MR_ERR_BODY_CHAR;
    else if (!end && ++line > 998 && !any)
      r->err = MR_ERR_LINE_LONG;
    else if (end)
      put(r, "\r\n");
    else
      r->out[r->len++] = p[i] == '\r' ? ' ' : p[i];
    r->taken = i;
    r->altered |= !crlf && (p[i] == '\r' || p[i] == '\n');
    r->eight_bit |= p[i] >= 0x80;
    line = end ? 0 : line;
    i += (size_t)crlf;
  }
  if (r->err != MR_OK)
    return;
  r->taken = len;
  if (r->len > 0 && r->out[r->len - 1] != '\n') {
    put(r, "\r\n");
    r->altered = 1;
  }
}

static void plain_dots(const result *in, result *r) {
  memset(r, 0, sizeof *r);
  for (size_t i = 0; i < in->len; i++) {
    if (in->out[i] == '.' && (i == 0 || in->out[i - 1] == '\n'))
      put(r, ".");
    r->out[r->len++] = in->out[i];
  }
  put(r, ".\r\n");
}

/* ---- the library ---- */

static void canon(const uint8_t *p, size_t len, int strict, int any, size_t most,
                  kit_rng *rng, result *r) {
  mr__canon c;
  size_t at = 0, used, made;
  memset(r, 0, sizeof *r);
  mr__canon_init(&c, strict);
  c.any_line = any;
  while (at < len && r->err == MR_OK) {
    size_t n = 1 + (size_t)kit_rng_below(rng, most);
    size_t cap = 2 + (size_t)kit_rng_below(rng, most);
    n = n < len - at ? n : len - at;
    uint8_t *exact = kit_exact(p + at, n), *room = kit_xalloc(NULL, cap);
    r->err = mr__canon_feed(&c, exact, n, &used, room, cap, &made);
    memcpy(r->out + r->len, room, made);
    free(exact);
    free(room);
    assert_true(used <= n && made <= cap);
    r->len += made;
    at += used;
  }
  if (r->err == MR_OK) {
    r->err = mr__canon_end(&c, r->out + r->len, &made);
    r->len += made;
  }
  r->taken = c.taken;
  r->altered = c.altered;
  r->eight_bit = c.eight_bit;
}

static void dots(const result *in, size_t most, kit_rng *rng, result *r) {
  mr__dots d;
  size_t at = 0, used, made;
  memset(r, 0, sizeof *r);
  mr__dots_init(&d);
  while (at < in->len && r->err == MR_OK) {
    size_t n = 1 + (size_t)kit_rng_below(rng, most);
    size_t cap = 2 + (size_t)kit_rng_below(rng, most);
    n = n < in->len - at ? n : in->len - at;
    uint8_t *exact = kit_exact(in->out + at, n), *room = kit_xalloc(NULL, cap);
    r->err = mr__dots_encode(&d, exact, n, &used, room, cap, &made);
    memcpy(r->out + r->len, room, made);
    free(exact);
    free(room);
    r->len += made;
    at += used;
  }
  if (r->err == MR_OK)
    r->err = mr__dots_end(&d, r->out + r->len);
  r->len += 3;
}

/* ---- texts ---- */

/* kind 0: canonical, 1: LF, 2: a mixture; rare: something odd at one place */
static size_t make(uint8_t *p, kit_rng *rng, int kind, int odd) {
  static const char oddities[][4] = {"\r", "\n", "\r\r\n", ".", "\n.", "\xe9", "\r\n."};
  size_t n = 0;
  while (n < LEN - 1100) {
    size_t line = (size_t)kit_rng_below(rng, kit_rng_below(rng, 8) == 0 ? 998 : 90);
    for (size_t i = 0; i < line; i++)
      p[n++] = (uint8_t)("abc .d"[kit_rng_below(rng, 6)]);
    int crlf = kind == 0 || (kind == 2 && kit_rng_below(rng, 2) == 0);
    if (crlf)
      p[n++] = '\r';
    p[n++] = '\n';
  }
  if (odd > 0) {
    size_t at = (size_t)kit_rng_below(rng, n - 3);
    memcpy(p + at, oddities[odd - 1], strlen(oddities[odd - 1]));
  }
  if (odd == 0 && kit_rng_below(rng, 4) == 0)
    p[kit_rng_below(rng, n)] = 0;
  return n;
}

static void same(size_t row, const result *got, const result *want) {
  ROW_EQUAL(row, got->err, want->err);
  ROW_EQUAL(row, got->taken, want->taken);
  if (want->err != MR_OK)
    return;
  ROW_EQUAL(row, got->len, want->len);
  assert_memory_equal(got->out, want->out, want->len);
  ROW_EQUAL(row, got->altered, want->altered);
  ROW_EQUAL(row, got->eight_bit, want->eight_bit);
}

static void one(size_t row, size_t most) {
  static result want, got, wire, wanted_wire;
  static uint8_t text[LEN + 2000];
  kit_rng rng;
  kit_rng_init(&rng, row);
  size_t len = make(text, &rng, (int)(row % 3), (int)(row / 3 % 8));
  int strict = row % 5 == 0, any = row % 7 == 0;
  plain_canon(text, len, strict, any, &want);
  canon(text, len, strict, any, most, &rng, &got);
  same(row, &got, &want);
  if (want.err != MR_OK || any)
    return;
  plain_dots(&want, &wanted_wire);
  dots(&want, most, &rng, &wire);
  same(row, &wire, &wanted_wire);
}

/* R81, bug 17, bug 18 */
static void as_octet_by_octet(void **state) {
  static const size_t sizes[] = {30, 100, 700, 8000};
  (void)state;
  for (size_t row = 0; row < 800; row++)
    one(row, sizes[row % COUNT(sizes)]);
}

/* Dots refuse what is not canonical wherever it stands, also far inside. */
static void not_canonical(void **state) {
  static const char *const bad[] = {"\n", "\ra", "\r\r\n", "", "\n\r"};
  (void)state;
  for (size_t at = 0; at < 400; at++)
    for (size_t b = 0; b < COUNT(bad); b++) {
      static result in, out;
      kit_rng rng;
      memset(&in, 0, sizeof in);
      memset(in.out, 'a', 500);
      for (size_t i = 48; i + 2 < 500; i += 50)
        memcpy(in.out + i, "\r\n", 2);
      size_t n = strlen(bad[b]);
      in.len = 500;
      memcpy(in.out + at, n > 0 ? bad[b] : "\0", n > 0 ? n : 1);
      memcpy(in.out + 498, "\r\n", 2);
      int whole = 1; /* an LF may have hit upon an LF */
      for (size_t i = 0; i < 500; i++)
        whole &= in.out[i] != 0 && (in.out[i] == '\r') == (in.out[i + 1] == '\n');
      kit_rng_init(&rng, at);
      dots(&in, 2 + at * 3, &rng, &out);
      ROW_EQUAL(at, out.err, whole && in.out[0] != '\n' ? MR_OK : MR_ERR_INTERNAL);
    }
}

/* fault 20: lines of 998 and 999 octets at every place of a stretch */
static void line_lengths(void **state) {
  (void)state;
  for (size_t before = 0; before < 200; before++)
    for (size_t line = 997; line <= 1000; line++) {
      static uint8_t text[1400];
      memset(text, 'a', sizeof text);
      memcpy(text + before, "\r\n", 2);
      memcpy(text + before + 2 + line, "\r\nbb\r\n", 6);
      size_t last = before, end = before + 2 + line + 2;
      assert_int_equal(mr__clean_lines(text, end, 998, &last),
                       before + before <= 998 && line <= 998);
      last = 0;
      assert_int_equal(mr__clean_lines(text, end + 1, 998, &last), line <= 998);
      if (line <= 998)
        assert_int_equal(last, 1);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_octet_by_octet),
      cmocka_unit_test(not_canonical),
      cmocka_unit_test(line_lengths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * The proof that no body can end early, or smuggle a command, at any receiver: every
 * string over CR, LF, '.', 'a' and NUL up to a length goes through canonical form and
 * dots, in every piece-wise way, and seven receivers look for the end. R81, bug 17,
 * bug 18. Argument --slow or MR_TEST_SLOW=1: to length 10 instead of 7.
 */
#include "text/canon.h"
#include "text/check.h"
#include "text/dots.h"
#include "text/receivers.h"

enum { QUICK = 7, SLOW = 10, ROOM = 4 * SLOW + 16 };

static const uint8_t alphabet[] = {'\r', '\n', '.', 'a', 0};
static size_t longest = QUICK;

typedef struct stream {
  mr__canon canon;
  mr__dots dots;
  size_t cap; /* octets of room that the stages get at a time */
  int err;
  uint8_t canonical[ROOM], wire[ROOM];
  size_t canonical_len, wire_len;
} stream;

static void wire_feed(stream *s, const uint8_t *data, size_t len) {
  while (s->err == MR_OK && len > 0) {
    size_t used, made;
    s->err =
        mr__dots_encode(&s->dots, data, len, &used, s->wire + s->wire_len, s->cap, &made);
    if (s->err == MR_OK && used == 0)
      fail_msg("dots do not get on");
    data += used;
    len -= used;
    s->wire_len += made;
  }
}

static void body_feed(stream *s, const uint8_t *data, size_t len) {
  while (s->err == MR_OK && len > 0) {
    size_t used, made;
    uint8_t *out = s->canonical + s->canonical_len;
    int err = mr__canon_feed(&s->canon, data, len, &used, out, s->cap, &made);
    if (err == MR_OK && used == 0)
      fail_msg("canonical form does not get on");
    data += used;
    len -= used;
    s->canonical_len += made;
    wire_feed(s, out, made); /* what came before an error may be out already */
    s->err = err != MR_OK ? err : s->err;
  }
}

static void stream_begin(stream *s, size_t cap) {
  mr__canon_init(&s->canon, 0);
  mr__dots_init(&s->dots);
  s->cap = cap;
  s->err = MR_OK;
  s->canonical_len = 0;
  s->wire_len = 0;
}

static void stream_end(stream *s) {
  uint8_t tail[3];
  size_t made;
  if (s->err == MR_OK)
    s->err = mr__canon_end(&s->canon, tail, &made);
  if (s->err != MR_OK)
    return;
  memcpy(s->canonical + s->canonical_len, tail, made);
  s->canonical_len += made;
  wire_feed(s, tail, made);
  if (s->err == MR_OK)
    s->err = mr__dots_end(&s->dots, s->wire + s->wire_len);
  s->wire_len += s->err == MR_OK ? 3 : 0;
}

/* The canonical form by the letter of C1-C6; 0 = there is none (NUL). */
static int canonical_by_rule(const uint8_t *text, size_t len, uint8_t *out,
                             size_t *made) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) {
    int crlf = text[i] == '\r' && i + 1 < len && text[i + 1] == '\n';
    if (text[i] == 0)
      return 0;
    if (crlf || text[i] == '\n') {
      out[n++] = '\r';
      out[n++] = '\n';
      i += (size_t)crlf;
    } else {
      out[n++] = text[i] == '\r' ? ' ' : text[i];
    }
  }
  if (n > 0 && out[n - 1] != '\n') {
    out[n++] = '\r';
    out[n++] = '\n';
  }
  *made = n;
  return 1;
}

/* What a receiver of the RFC makes of the wire up to the end (RFC 5321 4.5.2). */
static size_t unstuff(const uint8_t *wire, size_t len, uint8_t *out) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++)
    if (wire[i] != '.' || !after_crlf(wire, i))
      out[n++] = wire[i];
  return n;
}

static void no_early_end(const stream *s, size_t real) {
  for (int receiver = 0; receiver < RECEIVERS; receiver++)
    if (end_seen(receiver, s->wire, s->wire_len) != real)
      fail_msg("receiver %d sees another end", receiver);
}

static void judge(const stream *s, const uint8_t *text, size_t len) {
  uint8_t wanted[ROOM], plain[ROOM];
  size_t wanted_len;
  if (!canonical_by_rule(text, len, wanted, &wanted_len)) {
    assert_int_equal(s->err, MR_ERR_BODY_CHAR);
    assert_int_equal(text[s->canon.taken], 0);
    no_early_end(s, s->wire_len);
    return;
  }
  assert_int_equal(s->err, MR_OK);
  assert_int_equal(s->canonical_len, wanted_len);
  assert_memory_equal(s->canonical, wanted, wanted_len);
  assert_true(s->wire_len >= 3);
  no_early_end(s, s->wire_len - 3);
  assert_int_equal(unstuff(s->wire, s->wire_len - 3, plain), wanted_len);
  assert_memory_equal(plain, wanted, wanted_len);
  assert_int_equal(s->canon.altered, wanted_len != len || memcmp(wanted, text, len) != 0);
}

static void same(const stream *a, const stream *b) {
  if (a->err != b->err || a->wire_len != b->wire_len ||
      memcmp(a->wire, b->wire, a->wire_len) != 0 || a->canon.taken != b->canon.taken ||
      a->canon.altered != b->canon.altered)
    fail_msg("pieces make a difference");
}

/* Every cut in two, octet by octet, and with the least room for output. */
static void pieces(const stream *whole, const uint8_t *text, size_t len) {
  stream s;
  for (size_t cut = 1; cut < len; cut++) {
    stream_begin(&s, ROOM / 2);
    body_feed(&s, text, cut);
    body_feed(&s, text + cut, len - cut);
    stream_end(&s);
    same(whole, &s);
  }
  stream_begin(&s, 2);
  for (size_t i = 0; i < len; i++)
    body_feed(&s, text + i, 1);
  stream_end(&s);
  same(whole, &s);
}

static int text_next(uint8_t *text, unsigned *digits, size_t len) {
  size_t at = 0;
  while (at < len && digits[at] + 1 == sizeof alphabet)
    digits[at++] = 0;
  if (at < len)
    digits[at]++;
  for (size_t i = 0; i < len; i++)
    text[i] = alphabet[digits[i]];
  return at < len;
}

static void each_text(void (*check)(const uint8_t *text, size_t len)) {
  for (size_t len = 0; len <= longest; len++) {
    unsigned digits[SLOW] = {0};
    uint8_t text[SLOW + 1];
    memset(text, alphabet[0], sizeof text);
    do {
      check(text, len);
    } while (text_next(text, digits, len));
  }
}

static void check_body(const uint8_t *text, size_t len) {
  stream s;
  stream_begin(&s, ROOM / 2);
  body_feed(&s, text, len);
  stream_end(&s);
  judge(&s, text, len);
  pieces(&s, text, len);
}

static void every_body(void **state) {
  (void)state;
  each_text(check_body);
}

/* C9: whatever is put into the wire encoder past the canonical form. It gives out what is
 * canonical, and never an end. */
static void check_wire(const uint8_t *text, size_t len) {
  uint8_t canonical[ROOM];
  size_t canonical_len = 0;
  int good = canonical_by_rule(text, len, canonical, &canonical_len) &&
             canonical_len == len && memcmp(canonical, text, len) == 0;
  for (size_t cut = 0; cut < len || cut == 0; cut++) {
    stream s;
    stream_begin(&s, cut == 0 ? 2 : ROOM / 2);
    wire_feed(&s, text, cut);
    wire_feed(&s, text + cut, len - cut);
    no_early_end(&s, s.wire_len);
    if (s.err == MR_OK)
      s.err = mr__dots_end(&s.dots, s.wire + s.wire_len);
    assert_int_equal(s.err, good ? MR_OK : MR_ERR_INTERNAL);
  }
}

static void every_wire(void **state) {
  (void)state;
  each_text(check_wire);
}

/* The judges themselves: each sees the end that it is there for. */
static void judges(void **state) {
  (void)state;
  static const struct {
    const char *wire;
    unsigned seen; /* a bit for each receiver that sees an end */
  } rows[] = {
      {"a\r\n.\r\n", 0x7F},
      {".\r\n", 0x7F},
      {"a\n.\n", 1u << 1 | 1u << 4 | 1u << 5},
      {"a\n.\r\n", 1u << 2 | 1u << 4 | 1u << 5},
      {"a\r.\r", 1u << 5},
      {"a\r\n.\n", 1u << 1 | 1u << 3 | 1u << 4 | 1u << 5},
      {"a\r\n.\r\r\n", 1u << 5 | 1u << 6},
      {"a\r\n..\r\n", 0},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const uint8_t *wire = (const uint8_t *)rows[i].wire;
    size_t len = strlen(rows[i].wire);
    unsigned seen = 0;
    for (int receiver = 0; receiver < RECEIVERS; receiver++)
      seen |= end_seen(receiver, wire, len) < len ? 1u << receiver : 0;
    ROW_EQUAL(i, seen, rows[i].seen);
  }
}

int main(int argc, char **argv) {
  const char *slow = getenv("MR_TEST_SLOW");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(judges),
      cmocka_unit_test(every_body),
      cmocka_unit_test(every_wire),
  };
  if ((argc > 1 && strcmp(argv[1], "--slow") == 0) || (slow && strcmp(slow, "1") == 0))
    longest = SLOW;
  return cmocka_run_group_tests(tests, NULL, NULL);
}

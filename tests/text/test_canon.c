/* SPDX-License-Identifier: MIT */
/* Canonical form and dots one by one; test_smuggling.c has the proof for both. */
#include "text/canon.h"

#include "text/check.h"
#include "text/dots.h"

enum { ROOM = 8192 };

typedef struct row {
  const char *input;
  size_t len; /* 0 = strlen */
  int strict;
  int err;
  const char *output;
  size_t taken;
  int altered, eight_bit;
} row;

/* fault 22: nothing, no line end, dots only. R81. */
static const row rows[] = {
    {"", 0, 0, MR_OK, "", 0, 0, 0},
    {"a", 0, 0, MR_OK, "a\r\n", 1, 1, 0},
    {"a\r\n", 0, 0, MR_OK, "a\r\n", 3, 0, 0},
    {"...", 0, 0, MR_OK, "...\r\n", 3, 1, 0},
    {"\r\n", 0, 0, MR_OK, "\r\n", 2, 0, 0},
    {"\r", 0, 0, MR_OK, " \r\n", 1, 1, 0},
    {"a\nb", 0, 0, MR_OK, "a\r\nb\r\n", 3, 1, 0},
    {"a\rb", 0, 0, MR_OK, "a b\r\n", 3, 1, 0},
    {"a\r\r\n", 0, 0, MR_OK, "a \r\n", 4, 1, 0},
    {"a\n\r", 0, 0, MR_OK, "a\r\n \r\n", 3, 1, 0},
    {"b\xc3\xbc\r\n", 0, 0, MR_OK, "b\xc3\xbc\r\n", 5, 0, 1},
    {"a\0b", 3, 0, MR_ERR_BODY_CHAR, "a", 1, 0, 0},
    {"a\r\0", 3, 0, MR_ERR_BODY_CHAR, "a ", 2, 1, 0},
    {"a\r\nb\r\n", 0, 1, MR_OK, "a\r\nb\r\n", 6, 0, 0},
    {"ab\nc", 0, 1, MR_ERR_BODY_CHAR, "ab", 2, 0, 0},
    {"ab\rc", 0, 1, MR_ERR_BODY_CHAR, "ab", 2, 0, 0},
    {"ab\r", 0, 1, MR_ERR_BODY_CHAR, "ab", 2, 0, 0},
    {"a\r\r\n", 0, 1, MR_ERR_BODY_CHAR, "a", 1, 0, 0},
};

typedef struct run {
  const row *row;
  size_t index;
  mr__canon canon;
  size_t cap;
  uint8_t out[ROOM];
  size_t len;
  int err;
} run;

static void begin(void *user, const char *how) {
  run *r = user;
  (void)how;
  mr__canon_init(&r->canon, r->row->strict);
  r->len = 0;
  r->err = MR_OK;
}

static void feed(void *user, const void *data, size_t len) {
  run *r = user;
  const uint8_t *p = data;
  while (r->err == MR_OK && len > 0) {
    size_t used, made;
    uint8_t *room = kit_xalloc(NULL, r->cap); /* exact, for ASan */
    r->err = mr__canon_feed(&r->canon, p, len, &used, room, r->cap, &made);
    assert_true(r->err != MR_OK || used > 0);
    assert_true(r->len + made <= ROOM);
    memcpy(r->out + r->len, room, made);
    free(room);
    r->len += made;
    p += used;
    len -= used;
  }
}

static void end(void *user) {
  run *r = user;
  size_t made;
  if (r->err == MR_OK) {
    r->err = mr__canon_end(&r->canon, r->out + r->len, &made);
    r->len += made;
  }
  ROW_EQUAL(r->index, r->err, r->row->err);
  ROW_EQUAL(r->index, r->canon.taken, r->row->taken);
  ROW_EQUAL(r->index, r->len, strlen(r->row->output));
  assert_memory_equal(r->out, r->row->output, r->len);
  ROW_EQUAL(r->index, r->canon.altered, r->row->altered);
  ROW_EQUAL(r->index, r->canon.eight_bit, r->row->eight_bit);
  ROW_EQUAL(r->index, r->canon.made, r->len);
}

static void run_row(const row *wanted, size_t index, size_t cap) {
  run *r = kit_xalloc(NULL, sizeof *r);
  kit_split_ops ops = {r, begin, feed, end};
  size_t len = wanted->len > 0 ? wanted->len : strlen(wanted->input);
  r->row = wanted;
  r->index = index;
  r->cap = cap;
  kit_split_run(wanted->input, len, 10, index, &ops);
  free(r);
}

static void canonical(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++)
    for (size_t cap = 2; cap < 8; cap++)
      run_row(&rows[i], i, cap);
}

/* fault 20, C5: 998 octets are a line, 999 are an error at the last of them; a CR that
 * becomes a space counts. */
static void long_lines(void **state) {
  (void)state;
  static const char tails[][4] = {"", "\n", "\r\n", "\ra"};
  for (size_t len = 996; len <= 1000; len++) {
    for (size_t t = 0; t < COUNT(tails); t++) {
      char input[1100] = {0};
      char output[1100] = {0};
      int bare = tails[t][0] == '\r' && tails[t][1] == 'a';
      size_t line = len + (bare ? 2 : 0);
      int too_long = line > 998;
      memset(input, 'x', len);
      memcpy(output, input, len > 998 ? 998 : len);
      memcpy(input + len, tails[t], sizeof tails[t]);
      if (bare && len < 998)
        strcat(output, len + 2 > 998 ? " " : " a");
      if (!too_long)
        strcat(output, "\r\n");
      row wanted = {input, 0, 0, too_long ? MR_ERR_LINE_LONG : MR_OK, output, 0, 0, 0};
      wanted.taken = too_long ? 998 : strlen(input);
      wanted.altered = too_long ? bare && len < 998 : t != 2;
      run_row(&wanted, len, 500);
    }
  }
}

/* bug 17: the worst mixtures for a search ahead cost no more than others. */
static void linear(void **state) {
  (void)state;
  static const char *const units[] = {"\n",    "\r",     "\r\n", "a\n",
                                      ".\r\n", "\r\r\n", "a\r"};
  enum { SIZE = 1 << 20 };
  uint8_t *data = malloc(SIZE);
  uint8_t out[3000];
  double start = cpu_ms();
  for (size_t i = 0; i < COUNT(units); i++) {
    mr__canon c;
    size_t at = 0;
    int err = MR_OK;
    for (size_t k = 0; k < SIZE; k++)
      data[k] = (uint8_t)units[i][k % strlen(units[i])];
    mr__canon_init(&c, 0);
    while (err == MR_OK && at < SIZE) {
      size_t used, made;
      size_t cap = i % 2 ? sizeof out : 2;
      err = mr__canon_feed(&c, data + at, SIZE - at, &used, out, cap, &made);
      at += used;
    }
    assert_true(err == MR_OK || err == MR_ERR_LINE_LONG);
  }
  assert_true(cpu_ms() - start < CPU_BOUND_MS * 4);
  free(data);
}

/* bug 10: output sizes from 1 on, in exact blocks, a body of dots only. */
static void every_room(void **state) {
  (void)state;
  for (size_t cap = 1; cap < 40; cap++) {
    mr__dots d;
    static const uint8_t body[] = ".\r\n..\r\n...\r\n....\r\n";
    uint8_t wire[100];
    size_t at = 0, len = 0;
    int stuck = 0;
    mr__dots_init(&d);
    while (at < sizeof body - 1 && !stuck) {
      size_t used, made;
      uint8_t *room = kit_exact("", 0);
      room = kit_xalloc(room, cap);
      assert_int_equal(
          mr__dots_encode(&d, body + at, sizeof body - 1 - at, &used, room, cap, &made),
          MR_OK);
      assert_true(made <= cap);
      memcpy(wire + len, room, made);
      free(room);
      at += used;
      len += made;
      stuck = used == 0;
    }
    assert_int_equal(stuck, cap == 1);
    if (!stuck) {
      assert_int_equal(mr__dots_end(&d, wire + len), MR_OK);
      assert_int_equal(len, 22);
      assert_memory_equal(wire, "..\r\n...\r\n....\r\n.....\r\n.\r\n", 25);
    }
  }
}

/* C9, R83: what is not canonical gives no dot, now and later. */
static void violations(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
  } bad[] = {{"a\nb", 3}, {"\n", 1},     {"a\rb", 3}, {"a\r\r\n", 4},
             {"a\0b", 3}, {"\r\n\n", 3}, {"\0", 1},   {"\r.\r\n", 4}};
  for (size_t i = 0; i < COUNT(bad); i++) {
    mr__dots d;
    uint8_t out[20];
    size_t used, made;
    mr__dots_init(&d);
    for (int again = 0; again < 2; again++) {
      ROW_EQUAL(i,
                mr__dots_encode(&d, (const uint8_t *)bad[i].text, bad[i].len, &used, out,
                                sizeof out, &made),
                MR_ERR_INTERNAL);
      assert_int_equal(made, 0);
    }
    assert_int_equal(
        mr__dots_encode(&d, (const uint8_t *)"a\r\n", 3, &used, out, sizeof out, &made),
        MR_ERR_INTERNAL);
    assert_int_equal(mr__dots_end(&d, out), MR_ERR_INTERNAL);
  }
}

/* T2: a body that does not end in CRLF gets no dot. An empty one does. */
static void end_of_wire(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int err;
  } bodies[] = {{"", MR_OK},
                {"a\r\n", MR_OK},
                {"a", MR_ERR_INTERNAL},
                {"a\r", MR_ERR_INTERNAL},
                {".", MR_ERR_INTERNAL}};
  for (size_t i = 0; i < COUNT(bodies); i++) {
    mr__dots d;
    uint8_t out[20];
    size_t used, made;
    mr__dots_init(&d);
    assert_int_equal(mr__dots_encode(&d, (const uint8_t *)bodies[i].text,
                                     strlen(bodies[i].text), &used, out, sizeof out,
                                     &made),
                     MR_OK);
    ROW_EQUAL(i, mr__dots_end(&d, out), bodies[i].err);
  }
}

static void long_wire_lines(void **state) {
  (void)state;
  uint8_t body[1001];
  uint8_t out[2000];
  memset(body, '.', sizeof body);
  for (size_t len = 997; len < sizeof body; len++) {
    for (size_t cut = 0; cut < 3; cut++) {
      mr__dots d;
      size_t used, made;
      mr__dots_init(&d);
      int err = mr__dots_encode(&d, body, cut, &used, out, sizeof out, &made);
      if (err == MR_OK)
        err = mr__dots_encode(&d, body, len - cut, &used, out, sizeof out, &made);
      ROW_EQUAL(len, err, len <= 998 ? MR_OK : MR_ERR_INTERNAL);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(canonical),       cmocka_unit_test(long_lines),
      cmocka_unit_test(linear),          cmocka_unit_test(every_room),
      cmocka_unit_test(violations),      cmocka_unit_test(end_of_wire),
      cmocka_unit_test(long_wire_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

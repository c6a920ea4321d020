/* SPDX-License-Identifier: MIT */
#include "text/reply.h"

#include "text/check.h"

enum { LINE_MAX_ = 64, LINES_MAX = 5 };

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

typedef struct row {
  const char *input; /* `len` octets of it, 0 = strlen */
  size_t len;
  int result;
  size_t used; /* when result is 1 */
  int code;
  const char *status;
  const char *text;
  const char *raw; /* NULL = not looked at */
} row;

static const row rows[] = {
    {"250 OK\r\n", 0, 1, 8, 250, "0.0.0", "OK", "250 OK"},
    {"250 OK\n", 0, 1, 7, 250, "0.0.0", "OK", "250 OK"},
    {"250\r\n", 0, 1, 5, 250, "0.0.0", "", "250"},
    {"250 \r\n", 0, 1, 6, 250, "0.0.0", "", "250 "},
    {"220-a\r\n220 b\r\n", 0, 1, 14, 220, "0.0.0", "a\nb", "220-a\n220 b"},
    {"250-\r\n250\r\n", 0, 1, 11, 250, "0.0.0", "\n", "250-\n250"},
    {"354 go on\r\n", 0, 1, 11, 354, "0.0.0", "go on", NULL},
    /* R90, fault 56: the class of the enhanced code must be the reply's */
    {"550 5.1.1 no such user\r\n", 0, 1, 24, 550, "5.1.1", "no such user",
     "550 5.1.1 no such user"},
    {"250 2.1.0\r\n", 0, 1, 11, 250, "2.1.0", "", NULL},
    {"550 4.1.1 x\r\n", 0, 1, 13, 550, "0.0.0", "4.1.1 x", NULL},
    {"250 5.0.0 x\r\n", 0, 1, 13, 250, "0.0.0", "5.0.0 x", NULL},
    {"354 3.0.0 x\r\n", 0, 1, 13, 354, "0.0.0", "3.0.0 x", NULL},
    {"450 4.7.1000 x\r\n", 0, 1, 16, 450, "0.0.0", "4.7.1000 x", NULL},
    {"450 4.7.x\r\n", 0, 1, 11, 450, "0.0.0", "4.7.x", NULL},
    {"450 4.7.1x\r\n", 0, 1, 12, 450, "0.0.0", "4.7.1x", NULL},
    {"450 4..1 x\r\n", 0, 1, 12, 450, "0.0.0", "4..1 x", NULL},
    {"550-5.7.26 a\r\n550 5.7.26 b\r\n", 0, 1, 28, 550, "5.7.26", "a\nb", NULL},
    {"550-a\r\n550 5.7.1 b\r\n", 0, 1, 20, 550, "5.7.1", "a\nb", NULL},
    {"550 5.999.123 x\r\n", 0, 1, 17, 550, "5.999.123", "x", NULL},
    /* fault 41: odd octets are text, and escaped */
    {"250 a\rb\r\n", 0, 1, 9, 250, "0.0.0", "a\\x0db", NULL},
    {"250 a\r\r\n", 0, 1, 8, 250, "0.0.0", "a\\x0d", NULL},
    {"250 a\0b\r\n", 9, 1, 9, 250, "0.0.0", "a\\x00b", NULL},
    {"250 \xc3\xbc\xff\x1b[2J\r\n", 0, 1, 13, 250, "0.0.0", "\xc3\xbc\\xff\\x1b[2J",
     NULL},
    {"250 \xc2\x9bm\r\n", 0, 1, 9, 250, "0.0.0", "\\xc2\\x9bm", NULL},
    {"250 a\tb\\\r\n", 0, 1, 10, 250, "0.0.0", "a\\x09b\\", NULL},
    /* the end of a reply is the end of what is eaten */
    {"250 a\r\n250 b\r\n", 0, 1, 7, 250, "0.0.0", "a", NULL},
    {"220 go\r\n250-AUTH LOGIN\r\n", 0, 1, 8, 220, "0.0.0", "go", NULL},
    /* fault 41: no replies */
    {"25\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"2500 x\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"25a\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"-250\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {" 250 x\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250\tx\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250\rx\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250\r\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"HTTP/1.1 400 Bad Request\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"\x16\x03\x01\x02", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"\0", 1, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250-a\r\n251 b\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250-a\r\n550-b\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250-a\r\n\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    /* fault 53: only 2yz to 5yz */
    {"150 x\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"650 x\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"950 x\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"050 x\r\n", 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"299 x\r\n", 0, 1, 7, 299, "0.0.0", "x", NULL},
    {"251 x\r\n", 0, 1, 7, 251, "0.0.0", "x", NULL},
    /* R31, bug 26: limits */
    {"250 " X60 "\r\n", 0, 1, 66, 250, "0.0.0", X60, NULL},
    {"250 " X60 "x\r\n", 0, MR_ERR_LIMIT, 0, 0, NULL, NULL, NULL},
    {"250 " X60 "x", 0, MR_ERR_LIMIT, 0, 0, NULL, NULL, NULL},
    {"250-" X64, 0, MR_ERR_LIMIT, 0, 0, NULL, NULL, NULL},
    {"HTTP " X64, 0, MR_ERR_PROTO, 0, 0, NULL, NULL, NULL},
    {"250-1\n250-2\n250-3\n250-4\n250 5\n", 0, 1, 30, 250, "0.0.0", "1\n2\n3\n4\n5",
     NULL},
    {"250-1\n250-2\n250-3\n250-4\n250-5\n250 6\n", 0, MR_ERR_LIMIT, 0, 0, NULL, NULL,
     NULL},
    /* not complete */
    {"", 0, 0, 0, 0, "0.0.0", "", NULL},
    {"250", 0, 0, 0, 0, "0.0.0", "", NULL},
    {"250-a\r\n", 0, 0, 0, 250, "0.0.0", "a", NULL},
    {"250 a\r", 0, 0, 0, 0, "0.0.0", "", NULL},
};

typedef struct run {
  const row *row;
  size_t index;
  mr__reply_parser parser;
  kit_env *env;
  int result;
  size_t used;
} run;

static void begin(void *user, const char *how) {
  run *r = user;
  (void)how;
  mr__reply_init(&r->parser, &r->env->env, LINE_MAX_, LINES_MAX);
  r->result = 0;
  r->used = 0;
}

static void feed(void *user, const void *data, size_t len) {
  run *r = user;
  size_t used = 0;
  if (r->result != 0)
    return;
  r->result = mr__reply_feed(&r->parser, data, len, &used);
  assert_true(used <= len);
  assert_true(r->result != 0 || used == len);
  r->used += used;
  if (r->result < 0) { /* sticky */
    assert_int_equal(mr__reply_feed(&r->parser, data, len, &used), r->result);
    assert_int_equal(used, 0);
  }
}

static void check_reply(const run *r) {
  const mr__reply *reply = &r->parser.reply;
  char status[40];
  snprintf(status, sizeof status, "%d.%d.%d", reply->status[0], reply->status[1],
           reply->status[2]);
  ROW_EQUAL(r->index, reply->code, r->row->code);
  ROW_TEXT(r->index, status, r->row->status);
  ROW_TEXT(r->index, mr__buf_text((mr__buf *)&reply->text), r->row->text);
  if (r->row->raw != NULL)
    ROW_TEXT(r->index, mr__buf_text((mr__buf *)&reply->raw), r->row->raw);
}

static void end(void *user) {
  run *r = user;
  ROW_EQUAL(r->index, r->result, r->row->result);
  if (r->result >= 0)
    check_reply(r);
  if (r->result == 1) {
    ROW_EQUAL(r->index, r->used, r->row->used);
    assert_false(mr__reply_partial(&r->parser));
  }
  if (r->result == 0)
    assert_int_equal(mr__reply_partial(&r->parser), r->used > 0);
  mr__reply_free(&r->parser);
}

/* bug 9, fault 42: whole, by octets, at random splits and every cut, in exact blocks. */
static void all_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    kit_env env;
    run r = {&rows[i], i, {{0}, {0}, 0, 0, 0, 0}, &env, 0, 0};
    kit_split_ops ops = {&r, begin, feed, end};
    size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].input);
    kit_env_init(&env, i);
    kit_split_run(rows[i].input, len, 20, i, &ops);
    kit_split_cuts(rows[i].input, len, &ops);
    assert_int_equal(kit_env_done(&env), 0);
  }
}

static int torture(kit_env *env, void *arg) {
  static const char input[] = "550-5.1.1 \xff no\r\n550 such user\r\n";
  mr__reply_parser p;
  int result = 0;
  (void)arg;
  mr__reply_init(&p, &env->env, 100, 10);
  for (size_t at = 0; result == 0 && at + 1 < sizeof input; at++) {
    size_t used;
    result = mr__reply_feed(&p, (const uint8_t *)input + at, 1, &used);
  }
  int right = result == 1
                  ? strcmp(mr__buf_text(&p.reply.text), "\\xff no\nsuch user") == 0
                  : result == MR_ERR_NOMEM && env->failed > 0;
  mr__reply_free(&p);
  return !right;
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 3);
}

static int feed_text(mr__reply_parser *p, const char *text) {
  size_t used;
  int result = mr__reply_feed(p, (const uint8_t *)text, strlen(text), &used);
  assert_int_equal(used, strlen(text));
  return result;
}

/* bug 27: nothing of one reply is seen in the next. bug 23: nor of its lines. */
static void one_after_the_other(void **state) {
  (void)state;
  kit_env env;
  mr__reply_parser p;
  kit_env_init(&env, 1);
  mr__reply_init(&p, &env.env, 100, 10);
  assert_int_equal(feed_text(&p, "550-5.1.1 no\r\n550 5.1.1 never\r\n"), 1);
  assert_int_equal(p.reply.status[0], 5);
  assert_int_equal(p.reply.lines, 2);
  assert_int_equal(feed_text(&p, "550 refused\r\n"), 1);
  assert_int_equal(p.reply.status[0], 0);
  assert_int_equal(p.reply.lines, 1);
  assert_string_equal(mr__buf_text(&p.reply.text), "refused");
  assert_int_equal(feed_text(&p, "250\r\n"), 1);
  assert_string_equal(mr__buf_text(&p.reply.text), "");
  assert_string_equal(mr__buf_text(&p.reply.raw), "250");
  assert_int_equal(feed_text(&p, "250-"), 0);
  assert_true(mr__reply_partial(&p));
  mr__reply_free(&p);
  assert_int_equal(kit_env_done(&env), 0);
}

/* fault 41: of many and long lines all text is kept: a keyword of EHLO may be the last.
 * What is kept for transcripts is cut at a character. */
static void more_text_than_kept(void **state) {
  (void)state;
  kit_env env;
  mr__reply_parser p;
  char line[512] = "250-";
  kit_env_init(&env, 1);
  mr__reply_init(&p, &env.env, 2048, 1000);
  for (size_t i = 4; i + 4 < sizeof line; i += 2)
    memcpy(line + i, "\xc3\xbc", 2);
  memcpy(line + sizeof line - 4, "\r\n", 3);
  for (int i = 0; i < 100; i++)
    assert_int_equal(feed_text(&p, line), 0);
  assert_int_equal(feed_text(&p, "250 2.0.0 end\r\n"), 1);
  assert_int_equal(p.reply.lines, 101);
  assert_int_equal(p.reply.status[0], 2);
  assert_string_equal(mr__buf_text(&p.reply.text) + p.reply.text.len - 4, "\nend");
  assert_true(p.reply.raw.len <= MR__REPLY_RAW_MAX);
  assert_true(p.reply.raw.len > MR__REPLY_RAW_MAX - 4);
  assert_int_equal((uint8_t)mr__buf_text(&p.reply.raw)[p.reply.raw.len - 1], 0xBC);
  assert_int_equal(feed_text(&p, "250 short\r\n"), 1);
  assert_string_equal(mr__buf_text(&p.reply.text), "short");
  assert_int_equal(p.reply.raw.max, MR__REPLY_RAW_MAX);
  mr__reply_free(&p);
  assert_int_equal(kit_env_done(&env), 0);
}

/* bug 26: an endless line ends in an error at the cap, in any pieces, with bounded
 * memory. */
static void endless_line(void **state) {
  (void)state;
  for (size_t piece = 1; piece < 5000; piece = piece * 7 + 1) {
    kit_env env;
    mr__reply_parser p;
    uint8_t data[5000];
    size_t fed = 0;
    int result = 0;
    kit_env_init(&env, 1);
    mr__reply_init(&p, &env.env, 2048, 100);
    memset(data, 'a', sizeof data);
    assert_int_equal(feed_text(&p, "250-"), 0);
    while (result == 0) {
      size_t used;
      result = mr__reply_feed(&p, data, piece, &used);
      fed += piece;
    }
    assert_int_equal(result, MR_ERR_LIMIT);
    assert_true(fed <= 2048 + piece);
    assert_true(env.peak_bytes < 8192);
    mr__reply_free(&p);
    assert_int_equal(kit_env_done(&env), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_rows),
      cmocka_unit_test(no_memory),
      cmocka_unit_test(one_after_the_other),
      cmocka_unit_test(more_text_than_kept),
      cmocka_unit_test(endless_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

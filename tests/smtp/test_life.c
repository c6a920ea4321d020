/* SPDX-License-Identifier: MIT */
/* The life of a session: reuse, quitting, misuse, and freeing it at every step. */
#include "smtp/drive.h"
#include "smtp/smtp.h"

#define GOOD "delivered none delivered dot 250 2.0.0"
#define ONE(rcpt)                                                                        \
  DRIVE_MAIL "C RCPT TO:<" rcpt ">\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n"
#define SENT "out 1.0 " GOOD "\ndone 1\n"

/* R91, R84 */
static const drive_case reuse_cases[] = {
    {.name = "ready, then one after the other, no RSET",
     .script = DRIVE_PIPE "M a@x.test\n" ONE("a@x.test") "M b@x.test\n" ONE("b@x.test"),
     .events = "ready\n" SENT "ready\nout 2.0 " GOOD "\ndone 2\nready\n"},
    {.name = "a waiting one starts at once, without READY in between",
     .script = "M a@x.test\nM b@x.test\n" DRIVE_PIPE ONE("a@x.test") ONE("b@x.test"),
     .events = SENT "out 2.0 " GOOD "\ndone 2\nready\n"},
    {.name = "R91 421 on an idle connection",
     .script = DRIVE_PIPE "S 421 idle too long\n",
     .events = "ready\nend service-closing none idle\nclose\n"},
    {.name = "R91 EOF on an idle connection",
     .script = DRIVE_PIPE "X eof\n",
     .events = "ready\nend connection-lost none idle\n"},
    {.name = "R91 421 crosses the next transaction",
     .script = DRIVE_PIPE "M a@x.test\nS 421 idle too long\n",
     .events = "ready\nout 1.0 deferred next not-attempted idle 0 4.4.1\ndone 1\n"
               "end service-closing none idle\nclose\n"},
    {.name = "R91 421 begins before and ends behind the next MAIL",
     .script = DRIVE_PIPE "R 4\nM a@x.test\nP\nZ\nR 21 idle\\r\\n\n",
     .events = "ready\nout 1.0 deferred next not-attempted idle 0 4.4.1\ndone 1\n"
               "end service-closing none idle\nclose\n"},
    {.name = "R91 reset meets the next transaction: not attempted",
     .script = "M a@x.test\n" DRIVE_PIPE ONE("a@x.test") "M b@x.test\nP\nZ\nX reset\n",
     .events = SENT "ready\nout 2.0 deferred next not-attempted idle 0 4.4.1\ndone 2\n"
                    "end connection-lost none idle\n"},
    {.name = "R33 fault 43 anything else on an idle connection",
     .script = DRIVE_PIPE "S 250 ok\n",
     .events = "ready\nend out-of-step next idle\nclose\n"},
    {.name = "fault 43 a 4yz that is not 421",
     .script = DRIVE_PIPE "S 451 what\n",
     .events = "ready\nend out-of-step next idle\nclose\n"},
    {.name = "R33 not one octet, unless it may become a 421",
     .script = DRIVE_PIPE "R 2\n",
     .events = "ready\nend out-of-step next idle\nclose\n"},
    {.name = "RSET once, not before every transaction",
     .script = "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL
               "C RCPT TO:<a@x.test>\nC DATA\nS 550 no\nS 503 no\nS 503 no\n"
               "M b@x.test\nC RSET\n" DRIVE_MAIL
               "C RCPT TO:<b@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 250 ok\nS 354 "
               "go\nD\nS 250 ok\nM c@x.test\n" ONE("c@x.test"),
     .events = "out 1.0 failed bounce mail-hard mail 550 5.0.0\ndone 1\nready\n"
               "out 2.0 " GOOD "\ndone 2\nready\nout 3.0 " GOOD "\ndone 3\nready\n"},
    {.name = "R33 a second reply to the dot: the first one counts",
     .script = "M a@x.test\nM b@x.test\n" DRIVE_PIPE ONE("a@x.test") "S 250 ok\n",
     .events = SENT "out 2.0 deferred next out-of-step mail 0 4.5.0 throttle\ndone 2\n"
                    "end out-of-step next mail\nclose\n"},
    {.name = "R91 RSET refused: dropped silently, not attempted",
     .script =
         "M a@x.test\nM b@x.test\n" DRIVE_HI DRIVE_MAIL "S 550 no\nC RSET\nS 500 what\n",
     .events = "out 1.0 failed bounce mail-hard mail 550 5.0.0\ndone 1\n"
               "out 2.0 deferred next not-attempted idle 0 4.4.1\ndone 2\n"
               "end service-closing none idle\nclose\n"},
    {.name = "R91 RSET not answered within 20 s",
     .script = "M a@x.test\nM b@x.test\n" DRIVE_HI DRIVE_MAIL
               "S 550 no\nC RSET\nT 19999\nT 1\n",
     .events = "out 1.0 failed bounce mail-hard mail 550 5.0.0\ndone 1\n"
               "out 2.0 deferred next not-attempted idle 0 4.4.1\ndone 2\n"
               "end reply-timeout none idle\nclose\n"},
    {.name = "RSET joins the group of the next transaction (RFC 2920)",
     .script =
         "M a@x.test\nM b@x.test\n" DRIVE_PIPE DRIVE_MAIL
         "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 550 no\nS 503 no\nC RSET\n" DRIVE_MAIL
         "C RCPT TO:<b@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 "
         "ok\n",
     .events = "out 1.0 failed bounce rcpt-hard rcpt 550 5.0.0\ndone 1\nout 2.0 " GOOD
               "\ndone 2\nready\n"},
};

static const drive_case quit_cases[] = {
    {.name = "quit before the connection stands",
     .script = "M a@x.test\nQ\n",
     .events = "out 1.0 deferred next not-attempted idle 0 4.4.1\ndone 1\n"
               "end none none none\nclose\n"},
    {.name = "quit before the greeting",
     .script = "O\nQ\nS 220 mx\nC QUIT\nS 221 bye\n",
     .events = "end none none none\nclose\n"},
    {.name = "quit before the greeting, which does not come",
     .script = "O\nQ\nT 2000\n",
     .events = "end none none none\nclose\n"},
    {.name = "quit before the reply to EHLO, refused: two seconds for HELO too",
     .script = "O\nS 220 x\nC EHLO client.test\nQ\nT 1999\nS 500 x\nC HELO "
               "client.test\nT 2000\n",
     .events = "end none none none\nclose\n"},
    {.name = "quit before the reply to EHLO",
     .script =
         "O\nS 220 x\nC EHLO client.test\nQ\nS 250-x\nS 250 STARTTLS\nC QUIT\nX eof\n",
     .events = "end none none none\n"},
    {.name = "quit while idle, R91: two seconds at most",
     .script = DRIVE_PIPE "Q\nC QUIT\nT 1999\nT 1\n",
     .events = "ready\nend none none none\nclose\n"},
    {.name = "quit while a transaction runs: it finishes, what waits is given back",
     .script =
         "M a@x.test\nM b@x.test\n" DRIVE_PIPE DRIVE_MAIL
         "C RCPT TO:<a@x.test>\nC DATA\nQ\nQ\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n"
         "C QUIT\nS 500 what\n",
     .events = "out 2.0 deferred next not-attempted idle 0 4.4.1\ndone 2\n" SENT
               "end none none none\nclose\n"},
    {.name = "R91 fault 51 garbage to QUIT",
     .script = DRIVE_PIPE "Q\nC QUIT\nS ?\n",
     .events = "ready\nend none none none\nclose\n"},
    {.name = "fault 50 a transaction that trickles on ends after two hours",
     .settings = "timeout-session=10m",
     .script =
         "M a@x.test\n" DRIVE_HI DRIVE_MAIL "T 290000\nS 250 ok\nC RCPT TO:<a@x.test>\nT "
         "290000\nS 250 ok\nC DATA\nT 20000\n",
     .events = "out 1.0 deferred next session-timeout data 0 4.4.2 throttle\ndone 1\n"
               "end session-timeout next data\nclose\n"},
    {.name = "timeouts are scaled",
     .settings = "timeout-scale=10",
     .script = "M a@x.test\nO\nT 29999\nT 1\n",
     .events = "out 1.0 deferred next reply-timeout greeting 0 4.4.2 throttle\ndone 1\n"
               "end reply-timeout next greeting\nclose\n"},
};

static void test_reuse(void **state) {
  (void)state;
  drive_cases(reuse_cases, sizeof reuse_cases / sizeof *reuse_cases);
}

static void test_quit(void **state) {
  (void)state;
  drive_cases(quit_cases, sizeof quit_cases / sizeof *quit_cases);
}

static int begin(drive *d, kit_env *k, const char *settings, const char *script) {
  const drive_case c = {.settings = settings, .script = script};
  kit_env_init(k, 1);
  return drive_case_run(d, k, &c, 1, KIT_PIECES_WHOLE, 1);
}

static void finish(drive *d, kit_env *k) {
  drive_done(d);
  assert_int_equal(kit_env_done(k), 0);
}

/* bug 57: a server that never stops to make us go on. */
static void test_budget(void **state) {
  kit_env k;
  drive d;
  (void)state;
  begin(&d, &k, "transaction-recipients=1000 timeout-session=24h", "");
  static char texts[1000][16];
  const char *rcpts[1000];
  for (size_t i = 0; i < 1000; i++) {
    snprintf(texts[i], sizeof texts[i], "u%zu@x.test", i);
    rcpts[i] = texts[i];
  }
  drive_submit(&d, rcpts, 1000);
  drive_run(&d, DRIVE_PIPE);
  size_t replies = 0;
  while (d.c && replies < 100000) {
    drive_take(&d);
    int data = strstr(kit_buf_at(&d.wire), "\r\n.\r\n") != NULL;
    unsigned asked = 0;
    for (const char *p = kit_buf_at(&d.wire); (p = strstr(p, "RCPT")) != NULL; p++)
      asked++;
    kit_buf_take(&d.wire, kit_buf_left(&d.wire));
    if (asked)
      drive_run(&d, "S 250 ok\nS 250 ok\n");
    for (unsigned i = 1; i < asked; i++)
      drive_run(&d, "S 452 one at a time\n");
    drive_run(&d, data ? "S 250 ok\n" : "S 354 go\n");
    replies += asked + 3;
  }
  assert_true(d.txns[0].over); /* 1000 rounds of one are within it */
  assert_null(strstr(kit_buf_at(&d.log), "deferred"));
  finish(&d, &k);
}

/* The budget itself, which no server can use up in a transaction of that size. */
static void test_budget_spent(void **state) {
  kit_env k;
  drive d;
  (void)state;
  begin(&d, &k, NULL, "M a@x.test\n" DRIVE_HI DRIVE_MAIL);
  d.s->steps = MR__SMTP_STEPS_MAX;
  drive_run(&d, "S 250 ok\n");
  assert_string_equal(kit_buf_at(&d.log),
                      "out 1.0 deferred next reply-limit mail 0 4.5.0 throttle\ndone 1\n"
                      "end reply-limit next mail\nclose\n");
  finish(&d, &k);
}

/* READY is taken back when a transaction starts before the host has seen it. */
static void test_stale_ready(void **state) {
  static const char *const rcpts[] = {"a@x.test"};
  kit_env k;
  drive d;
  (void)state;
  begin(&d, &k, NULL, "O\nS 220 x\nC EHLO client.test\n");
  assert_int_equal(mr_channel_recv(d.c, "250 x\r\n", 7, d.now), MR_OK);
  drive_submit(&d, rcpts, 1);
  assert_string_equal(kit_buf_at(&d.log), "");
  finish(&d, &k);
}

/* R26: no memory for what came in: recv says so, the outcome is ours, or uncertain. */
static int nomem_run(uint64_t n, const char *before, const char *line, const char *want) {
  kit_env k;
  drive d;
  begin(&d, &k, NULL, before);
  kit_env_fail(&k, n, 0);
  int err = mr_channel_recv(d.c, line, strlen(line), d.now);
  int failed = k.failed > 0;
  kit_env_heal(&k);
  drive_events(&d);
  assert_int_equal(err, failed ? MR_ERR_NOMEM : MR_OK);
  if (failed)
    assert_non_null(strstr(kit_buf_at(&d.log), want));
  finish(&d, &k);
  return failed;
}

static void test_recv_nomem(void **state) {
  static const char go[] = "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL
                           "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\n";
  static const char sent[] =
      "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL
      "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\n";
  uint64_t n = 1;
  (void)state;
  while (nomem_run(n, go, "354 go\r\n", "1.0 deferred local no-memory"))
    n++;
  assert_true(n > 1);
  kit_buf reply = {0};
  kit_buf_str(&reply, "250 ");
  for (int i = 0; i < 30; i++) /* longer than what the parser has by now */
    kit_buf_str(&reply, "0123456789012345678901234567890123456789");
  kit_buf_str(&reply, "\r\n");
  for (n = 1; nomem_run(n, sent, reply.data, "1.0 deferred defer uncertain"); n++)
    continue;
  assert_true(n > 1);
  kit_buf_free(&reply);
}

/* What each call answers in each stage of life. */
static void test_misuse(void **state) {
  kit_env k;
  drive d;
  (void)state;
  mr_session_target t = {.size = sizeof t, .address = "192.0.2.1", .port = 25};
  begin(&d, &k, NULL, "");
  mr_transaction x = {.size = sizeof x, .message = d.message};
  assert_int_equal(mr_session_new(NULL, &k.env, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_session_connect(d.s, &t, d.now), MR_ERR_STATE);
  assert_int_equal(mr_session_connect(NULL, &t, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_connect(d.s, NULL, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_submit(NULL, NULL, &x, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_submit(d.s, NULL, NULL, d.now), MR_ERR_MISUSE);
  x.size = 0;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_MISUSE);
  x.size = sizeof x;
  x.message = NULL;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_source_done(d.s, d.now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_session_source_done(NULL, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_quit(NULL, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_expire(NULL, d.now), MR_ERR_MISUSE);
  assert_null(mr_session_next(NULL));
  assert_null(mr_session_error(NULL));
  mr_session_free(NULL);
  drive_run(&d, "Q\n");
  x.message = d.message;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_CLOSED);
  assert_int_equal(mr_session_quit(d.s, d.now), MR_ERR_CLOSED);
  assert_int_equal(mr_session_connect(d.s, &t, d.now), MR_ERR_STATE);
  assert_true(mr_session_deadline(d.s) == MR_NEVER);
  finish(&d, &k);
}

static void test_submit_checks(void **state) {
  static const char *const bad[] = {"a@x.test", "nobody"};
  static const char *const hole[] = {"a@x.test", NULL};
  kit_env k;
  drive d;
  (void)state;
  begin(&d, &k, NULL, "O\nS 220 x\n");
  mr_message *open;
  assert_int_equal(mr_message_new(&open, &k.env, NULL), MR_OK);
  mr_transaction x = {.size = sizeof x, .message = open};
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_MISUSE);
  mr_message_free(open);
  x.message = d.message;
  x.recipients = bad;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_MISUSE);
  x.recipient_count = 2;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_ADDR);
  x.recipients = hole;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_MISUSE);
  x.recipient_count = 1;
  x.sender = "a\r\nb@x.test";
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now),
                   MR_ERR_ADDR_CHAR); /* bug 12 */
  assert_int_equal(mr_session_error(d.s)->code, MR_ERR_ADDR_CHAR);
  for (int i = 0; i < 16; i++) /* those refused do not count */
    drive_run(&d, "M a@x.test\n");
  assert_int_equal(d.txn_count, 16);
  x.sender = NULL;
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_LIMIT);
  drive_run(&d, "Q\n");
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_ERR_STATE);
  drive_check_all_told(&d);
  finish(&d, &k);
}

/* The message's own envelope, when none is given. */
static void test_own_envelope(void **state) {
  kit_env k;
  drive d;
  (void)state;
  begin(&d, &k, NULL, DRIVE_HI);
  mr_transaction x = {.size = sizeof x, .message = d.message};
  assert_int_equal(mr_session_submit(d.s, NULL, &x, d.now), MR_OK);
  d.txn_count = 0;
  drive_run(&d, DRIVE_MAIL "S 250 ok\nC RCPT TO:<you@mx.test>\n");
  finish(&d, &k);
}

typedef struct target_row {
  mr_session_target target;
  const char *settings;
  int result;
} target_row;

static void test_targets(void **state) {
#define T(...)                                                                           \
  { .size = sizeof(mr_session_target), __VA_ARGS__ }
  static const mr_tls_need odd = {.size = sizeof odd, .level = 9};
  static const mr_tls_need holes = {.size = sizeof holes, .name_count = 1};
  static const mr_tls_need many = {.size = sizeof many, .name_count = 17};
  static const mr_tls_need strict = {.size = sizeof strict, .level = MR_TLS_VERIFY};
  static char long_name[300];
  memset(long_name, 'a', sizeof long_name - 1);
  const target_row rows[] = {
      {T(.address = "192.0.2.1", .port = 25), NULL, MR_OK},
      {T(.address = "2001:db8::1", .port = 65535), NULL, MR_OK},
      {T(.address = "mx.test", .port = 25), NULL, MR_ERR_ADDR},
      {T(.address = NULL, .port = 25), NULL, MR_ERR_MISUSE},
      {T(.address = "192.0.2.1", .port = 0), NULL, MR_ERR_RANGE},
      {T(.address = "192.0.2.1", .port = 65536), NULL, MR_ERR_RANGE},
      {T(.address = "192.0.2.1", .port = 25, .source = "2001:db8::1"), NULL, MR_ERR_ADDR},
      {T(.address = "192.0.2.1", .port = 25, .source = "192.0.2.7"), NULL, MR_OK},
      {T(.address = "192.0.2.1", .port = 25), "source-ipv4=x", MR_ERR_ADDR},
      {T(.address = "192.0.2.1", .port = 25), "source-ipv6=x", MR_OK},
      {T(.address = "192.0.2.1", .port = 25, .host = long_name), NULL, MR_ERR_ADDR_LONG},
      {T(.address = "192.0.2.1", .port = 25, .need = &odd), NULL, MR_ERR_MISUSE},
      {T(.address = "192.0.2.1", .port = 25, .need = &holes), NULL, MR_ERR_MISUSE},
      {T(.address = "192.0.2.1", .port = 25, .need = &many), NULL, MR_ERR_MISUSE},
      {T(.address = "192.0.2.1", .port = 25, .need = &strict), NULL,
       MR_WITH_TLS ? MR_OK : MR_ERR_NOTSUP},
      {{.address = "192.0.2.1", .port = 25}, NULL, MR_ERR_MISUSE},
  };
#undef T
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    kit_env k;
    drive d;
    kit_env_init(&k, 1);
    assert_int_equal(drive_begin(&d, &k, rows[i].settings, 1), MR_OK);
    assert_int_equal(mr_session_connect(d.s, &rows[i].target, d.now), rows[i].result);
    finish(&d, &k);
  }
}

/* bug 12: a name of ours with a space in it reaches no wire. */
static void test_bad_helo(void **state) {
  kit_env k;
  drive d;
  (void)state;
  kit_env_init(&k, 1);
  assert_int_equal(drive_begin(&d, &k, NULL, 1), MR_OK);
  mr_session_free(d.s);
  mr_options_free(d.options);
  assert_int_equal(mr_options_new(&d.options, &k.env), MR_OK);
  mr_options_set_text(d.options, MR_OPT_HELO_NAME, "a b");
  assert_int_equal(mr_session_new(&d.s, &k.env, d.options), MR_OK);
  mr_session_target t = {.size = sizeof t, .address = "192.0.2.1", .port = 25};
  assert_int_equal(mr_session_connect(d.s, &t, d.now), MR_ERR_ADDR_CHAR);
  finish(&d, &k);
}

static void test_state_names(void **state) {
  size_t count = 0;
  (void)state;
  while (mr_session_state_name(count) != NULL)
    count++;
  assert_int_equal(count, 17);
  assert_string_equal(mr_session_state_name(0), "connect");
  assert_string_equal(mr_session_state_name(count - 1), "end");
}

#define WHOLE_LIFE                                                                       \
  "M a@x.test b@x.test\nM c@x.test\n" DRIVE_PIPE DRIVE_MAIL                              \
  "C RCPT TO:<a@x.test>\nC RCPT TO:<b@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 550 no\n"   \
  "S 354 go\nD\nS 250 ok\n" DRIVE_MAIL                                                   \
  "C RCPT TO:<c@x.test>\nC DATA\nS 250 ok\nS 250 ok\n"                                   \
  "S 354 go\nD\nS 250 ok\nQ\nC QUIT\nS 221 bye\n"

/* bug 32: after every step free the session, or call everything, in any order. */
static void free_after(size_t steps, int channel_first) {
  const char *p = WHOLE_LIFE;
  for (size_t i = 0; i < steps && *p; i++)
    p = strchr(p, '\n') + 1;
  char *script = kit_xdup_n(WHOLE_LIFE, (size_t)(p - WHOLE_LIFE));
  const drive_case c = {.script = script};
  kit_env k;
  drive d;
  kit_env_init(&k, 1);
  drive_case_run(&d, &k, &c, 0, KIT_PIECES_WHOLE, 1);
  if (channel_first)
    drive_free_channel(&d);
  mr_session_free(d.s);
  d.s = NULL;
  if (d.c) { /* late calls of the host */
    const void *data;
    size_t len;
    assert_int_equal(mr_channel_recv(d.c, "250 ok\r\n", 8, 1), MR_ERR_CLOSED);
    assert_int_equal(mr_channel_pending(d.c, 0, &data, &len), MR_ERR_CLOSED);
    assert_int_equal(mr_channel_closed(d.c, MR_CLOSE_EOF, 0, NULL, 1), MR_ERR_CLOSED);
    assert_int_equal(mr_channel_wants(d.c), 0);
  }
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
  free(script);
}

static void test_free_everywhere(void **state) {
  (void)state;
  for (size_t i = 0; i < 60; i++) {
    free_after(i, 0);
    free_after(i, 1);
  }
}

/* Between any two steps everything is called: nothing breaks, all is told once. */
static void test_calls_everywhere(void **state) {
  (void)state;
  for (size_t at = 0; at < 45; at++) {
    kit_env k;
    drive d;
    const drive_case none = {.script = ""};
    kit_env_init(&k, 1);
    drive_case_run(&d, &k, &none, 0, KIT_PIECES_WHOLE, 1);
    const char *p = WHOLE_LIFE;
    for (size_t i = 0; *p; i++) {
      const char *end = strchr(p, '\n') + 1;
      char *step = kit_xdup_n(p, (size_t)(end - p));
      drive_run(&d, step);
      free(step);
      p = end;
      if (i == at) {
        drive_run(&d, "T 1\nG 1\nG 0\nW\nM z@x.test\nP\nQ\n");
        (void)mr_session_error(d.s);
      }
    }
    if (d.c)
      drive_closed(&d, "eof");
    drive_check_all_told(&d);
    assert_int_equal(d.ended, 1);
    drive_done(&d);
    assert_int_equal(kit_env_done(&k), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reuse),           cmocka_unit_test(test_quit),
      cmocka_unit_test(test_budget),          cmocka_unit_test(test_budget_spent),
      cmocka_unit_test(test_stale_ready),     cmocka_unit_test(test_recv_nomem),
      cmocka_unit_test(test_misuse),          cmocka_unit_test(test_submit_checks),
      cmocka_unit_test(test_own_envelope),    cmocka_unit_test(test_targets),
      cmocka_unit_test(test_bad_helo),        cmocka_unit_test(test_state_names),
      cmocka_unit_test(test_free_everywhere), cmocka_unit_test(test_calls_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The message and its final dot: where safe to repeat ends and uncertain begins. */
#include "smtp/drive.h"

#define SENT(i, what) "out 1." #i " " what "\n"
#define END(what) "end " what "\n"
#define GOOD "delivered none delivered dot 250 2.0.0"
#define LOST_EARLY "deferred next connection-lost body 0 4.4.2 throttle"
#define UNCERTAIN "deferred defer uncertain dot 0 4.4.2 throttle uncertain"
#define GO                                                                               \
  "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL                                                   \
  "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\n"                                   \
  "S 354 go\n"

/* 23 octets and the dot's 3 are queued behind 354. */
static const drive_case dot_cases[] = {
    {.name = "R84 250",
     .script = GO "D Hello\nS 250 2.1.5 ok\n",
     .events = SENT(0, "delivered none delivered dot 250 2.1.5") "done 1\nready\n"},
    {.name = "R90 fault 56 250 with a status of another class",
     .script = GO "D\nS 250 4.1.5 ok\n",
     .events = SENT(0, GOOD) "done 1\nready\n"},
    {.name = "R85 4yz",
     .script = GO "D\nS 451 4.3.0 later\n=\n",
     .events = SENT(0, "deferred next dot-soft dot 451 4.3.0") "done 1\nready\n"},
    {.name = "R86 fault 46 5yz, although RCPT was taken",
     .script = GO "D\nS 554 5.7.1 spam\n=\n",
     .events = SENT(0, "failed bounce dot-hard dot 554 5.7.1") "done 1\nready\n"},
    {.name = "R87 421",
     .script = GO "D\nS 421 4.3.2 bye\n=\n",
     .events = SENT(0, "deferred next dot-soft dot 421 4.3.2") "done 1\n" END(
         "service-closing none idle") "close\n"},
    {.name = "R88 fault 48 EOF",
     .script = GO "D\nX eof\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("connection-lost next dot")},
    {.name = "R88 reset",
     .script = GO "D\nX reset\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("connection-lost next dot")},
    {.name = "R88 half a reply",
     .script = GO "D\nR 25\nX eof\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("connection-lost next dot")},
    {.name = "R88 garbage",
     .script = GO "D\nS ?\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("reply-malformed next dot") "close\n"},
    {.name = "R88 3yz",
     .script = GO "D\nS 354 go\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("reply-unexpected next dot") "close\n"},
    {.name = "R88 fault 49 ten minutes",
     .script = GO "D\nT 599999\nT 1\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("reply-timeout next dot") "close\n"},
    {.name = "fault 49 nine minutes and fifty-nine seconds",
     .script = GO "D\nT 599999\nS 250 ok\n",
     .events = SENT(0, GOOD) "done 1\nready\n"},
    {.name = "fault 50 a reply that trickles",
     .script = GO "D\nR 2\nT 300000\nR 5\nT 300000\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("reply-timeout next dot") "close\n"},
    {.name = "R88 after-dot=next",
     .settings = "after-dot=next",
     .script = GO "D\nX eof\n",
     .events =
         SENT(0, "deferred next uncertain dot 0 4.4.2 throttle uncertain") "done 1\n" END(
             "connection-lost next dot")},
    {.name = "R88 after-dot=assume",
     .settings = "after-dot=assume",
     .script = GO "D\nX eof\n",
     .events =
         SENT(0, "delivered none uncertain dot 0 4.4.2 throttle uncertain") "done "
                                                                            "1\n" END(
                                                                                "connecti"
                                                                                "on-lost "
                                                                                "next "
                                                                                "dot")},
    {.name = "R88 no descriptors",
     .script = GO "D\nX no-resources\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("local-resources local dot")},
    {.name = "R88 cancelled",
     .script = GO "D\nX cancelled\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("cancelled defer dot")},
    {.name = "R82 nothing was shown yet",
     .script = GO "X write\n",
     .events = SENT(0, LOST_EARLY) "done 1\n" END("connection-lost next body")},
    {.name = "R82 shown, but nothing left",
     .script = GO "P\nZ\nX write 0\n",
     .events = SENT(0, LOST_EARLY) "done 1\n" END("connection-lost next body")},
    {.name = "R82 all but the last octet of the dot left",
     .script = GO "P\nZ\nN 20\nX write 5\n",
     .events = SENT(0, LOST_EARLY) "done 1\n" END("connection-lost next body")},
    {.name = "R88 the last octet may have left",
     .script = GO "P\nZ\nN 20\nX write 6\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("connection-lost next dot")},
    {.name = "R88 a host that frees the channel may have sent what it was shown",
     .script = GO "P\nZ\nF\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("cancelled defer dot")},
    {.name = "R88 shown, and our own timeout: it may have left",
     .script = GO "P\nZ\nT 600000\n",
     .events = SENT(0, UNCERTAIN) "done 1\n" END("reply-timeout next dot") "close\n"},
    {.name = "R82 never shown, and our own timeout",
     .script = GO "T 600000\n",
     .events =
         SENT(0, "deferred next reply-timeout body 0 4.4.2 throttle") "done 1\n" END(
             "reply-timeout next body") "close\n"},
    {.name = "R88 concerns the accepted ones of this round alone",
     .settings = "transaction-recipients=2",
     .script =
         "M a@x.test b@x.test c@x.test\n" DRIVE_PIPE DRIVE_MAIL
         "C RCPT TO:<a@x.test>\nC RCPT TO:<b@x.test>\nC DATA\nS 250 ok\nS 550 no\nS 250 "
         "ok\nS 354 go\nD\nX eof\n",
     .events = "out 1.0 failed bounce rcpt-hard rcpt 550 5.0.0\n" SENT(1, UNCERTAIN)
         SENT(2, "deferred next connection-lost dot 0 4.4.2 throttle") "done 1\n" END(
             "connection-lost next dot")},
    {.name = "R33 a promise before anything was sent",
     .script = GO "S 250 ok\n",
     .events = SENT(0, "deferred next out-of-step body 0 4.5.0 throttle") "done 1\n" END(
         "out-of-step next body") "close\n"},
    {.name = "fault 51 what QUIT meets changes nothing",
     .script = GO "D\nS 250 ok\nQ\nC QUIT\nX reset\n",
     .events = SENT(0, GOOD) "done 1\nready\nend none none none\n"},
};

/* More than two small segments: the rest waits for `sent`. */
enum { BIG_LINES = 150, BIG_LINE = 63, BIG_HEAD = 16 };
static char big[BIG_HEAD + BIG_LINES * BIG_LINE];

static int make_big(void **state) {
  (void)state;
  memcpy(big, "Subject: big\r\n\r\n", BIG_HEAD);
  for (size_t i = 0; i < BIG_LINES; i++) {
    char *line = big + BIG_HEAD + i * BIG_LINE;
    memset(line, 'a' + (int)(i % 26), BIG_LINE);
    memcpy(line + BIG_LINE - 2, "\r\n", 2);
  }
  return 0;
}

static void begin_big(drive *d, kit_env *k, const char *settings) {
  const drive_case c = {.settings = settings, .script = ""};
  kit_env_init(k, 1);
  assert_int_equal(drive_case_run(d, k, &c, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  drive_message_swap(d, big, sizeof big);
  drive_run(d, GO);
}

static void end_big(drive *d, kit_env *k, const char *events) {
  if (strcmp(kit_buf_at(&d->log), events) != 0)
    drive_bad(d, "expected", events);
  drive_done(d);
  assert_int_equal(kit_env_done(k), 0);
}

/* Replies in the midst of the message (R82, faults T5, fault 46). */
static void test_early_replies(void **state) {
  static const char *const rows[][2] = {
      {"S 552 5.3.4 too big\n=\n",
       SENT(0, "failed bounce dot-hard body 552 5.3.4") "done 1\n" END(
           "reply-unexpected none idle") "close\n"},
      {"S 451 4.3.1 full\n",
       SENT(0, "deferred next dot-soft body 451 4.3.1") "done 1\n" END(
           "reply-unexpected none idle") "close\n"},
      {"S 421 bye\n", SENT(0, "deferred next dot-soft body 421 4.0.0") "done 1\n" END(
                          "reply-unexpected none idle") "close\n"},
      {"S 250 ok\n",
       SENT(0, "deferred next reply-unexpected body 250 4.5.0 throttle") "done 1\n" END(
           "reply-unexpected next body") "close\n"},
      {"S 354 go\n",
       SENT(0, "deferred next reply-unexpected body 354 4.5.0 throttle") "done 1\n" END(
           "reply-unexpected next body") "close\n"},
      {"X eof\n", SENT(0, LOST_EARLY) "done 1\n" END("connection-lost next body")},
      {"T 180000\n",
       SENT(0, "deferred next reply-timeout body 0 4.4.2 throttle") "done 1\n" END(
           "reply-timeout next body") "close\n"}, /* R81 */
      {"T 179999\nN 1\nT 179999\nN 1\nT 1\n", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    kit_env k;
    drive d;
    begin_big(&d, &k, "segment-size=1024");
    drive_run(&d, "P\n");
    assert_true(kit_buf_left(&d.wire) <= 3 * 1024);
    assert_null(strstr(kit_buf_at(&d.wire), "\r\n.\r\n"));
    kit_buf_clear(&d.wire);
    drive_run(&d, rows[i][0]);
    end_big(&d, &k, rows[i][1]);
  }
}

/* A promise that began before the dot was shown is none, though the dot has left since.
 */
static void test_promise_across_the_dot(void **state) {
  kit_env k;
  drive d;
  (void)state;
  begin_big(&d, &k, "segment-size=1024");
  drive_run(&d, "P\nR 25\nD\nR 0 ok\\r\\n\n");
  end_big(&d, &k,
          SENT(0, UNCERTAIN) "done 1\n" END("reply-unexpected next body") "close\n");
}

/* R81: what arrives is the message, whatever the size of segments. */
static void test_flow(void **state) {
  static const char *const sizes[] = {"segment-size=1024", "segment-size=1025",
                                      "segment-size=4096", NULL};
  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    kit_env k;
    drive d;
    begin_big(&d, &k, sizes[i]);
    drive_take(&d);
    assert_int_equal(kit_buf_left(&d.wire), sizeof big + 3);
    assert_memory_equal(kit_buf_at(&d.wire), big, sizeof big);
    drive_run(&d, "D\nS 250 ok\n");
    end_big(&d, &k, SENT(0, GOOD) "done 1\nready\n");
  }
}

/* Dots at line starts, through every boundary (bug 10, bug 17, faults T1). */
static void test_dots(void **state) {
  char raw[600] = "Subject: dots\r\n\r\n";
  size_t head = strlen(raw), len = head;
  (void)state;
  while (len < 590) {
    raw[len++] = '.';
    if (len % 3 == 0) {
      raw[len++] = '\r';
      raw[len++] = '\n';
    }
  }
  raw[len++] = '\r';
  raw[len++] = '\n';
  kit_env k;
  drive d;
  const drive_case c = {.script = ""};
  kit_env_init(&k, 1);
  assert_int_equal(drive_case_run(&d, &k, &c, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  drive_message_swap(&d, raw, len);
  drive_run(&d, GO);
  drive_take(&d);
  kit_buf plain = {0};
  const char *at = kit_buf_at(&d.wire), *end = at + kit_buf_left(&d.wire) - 3;
  for (; at < end; at++) {
    if (*at == '.' && at[-1] == '\n')
      at++;
    kit_buf_add(&plain, at, 1);
  }
  assert_int_equal(plain.len, len);
  assert_memory_equal(plain.data, raw, len);
  kit_buf_free(&plain);
  drive_run(&d, "D\nS 250 ok\n");
  end_big(&d, &k, SENT(0, GOOD) "done 1\nready\n");
}

/* R89: a retry sends the same octets, Date and Message-ID included. */
static void test_retry(void **state) {
  static const char plain[] = "From: me@client.test\r\n\r\nHello.\r\n";
  const drive_case none = {.script = ""};
  kit_env k;
  drive d;
  (void)state;
  kit_env_init(&k, 1);
  assert_int_equal(drive_case_run(&d, &k, &none, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  mr_message_free(d.message);
  assert_int_equal(mr_message_new(&d.message, &k.env, NULL), MR_OK);
  mr_message_set_raw(d.message, plain, sizeof plain - 1, 0);
  mr_message_set_sender(d.message, "me@client.test");
  mr_message_add_recipient(d.message, "you@mx.test");
  assert_int_equal(mr_message_seal(d.message), MR_OK);
  drive_run(&d, GO);
  drive_take(&d);
  char *first = kit_xdup(kit_buf_at(&d.wire));
  assert_non_null(strstr(first, "Message-ID: "));
  drive_run(&d, "D\nS 451 later\nM a@x.test\n" DRIVE_MAIL
                "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\n");
  k.wall += 86400000;
  drive_take(&d);
  assert_string_equal(kit_buf_at(&d.wire), first);
  free(first);
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
}

/* The gate before the dot (MR_OPT_DOT_GATE). */
static const drive_case gate_cases[] = {
    {.name = "go",
     .settings = "dot-gate=1",
     .script = GO "C Subject: hi\nC \nC Hello.\n=\nG 1\nC .\nS 250 ok\n",
     .events = "gate\n" SENT(0, GOOD) "done 1\nready\n"},
    {.name = "no: closed without a dot, T3",
     .settings = "dot-gate=1",
     .script = GO "C Subject: hi\nC \nC Hello.\nG 0\n=\n",
     .events =
         "gate\n" SENT(0, "deferred defer gate-refused body 0 4.3.0") "done 1\n" END(
             "gate-refused defer body") "close\n"},
    {.name = "no answer",
     .settings = "dot-gate=1",
     .script = GO "C Subject: hi\nC \nC Hello.\nT 180000\n",
     .events =
         "gate\n" SENT(0, "deferred defer gate-refused body 0 4.3.0") "done 1\n" END(
             "gate-refused defer body") "close\n"},
    {.name = "not before all of it has left",
     .settings = "dot-gate=1",
     .script = GO "P\nZ\nN 22\nZ\nX write 1\n",
     .events = SENT(0, LOST_EARLY) "done 1\n" END("connection-lost next body")},
    {.name = "a reply while it waits",
     .settings = "dot-gate=1",
     .script = GO "C Subject: hi\nC \nC Hello.\nS 451 late\n",
     .events = "gate\n" SENT(0, "deferred next dot-soft body 451 4.0.0") "done 1\n" END(
         "reply-unexpected none idle") "close\n"},
};

static void test_dot(void **state) {
  (void)state;
  drive_cases(dot_cases, sizeof dot_cases / sizeof *dot_cases);
}

static void test_gate(void **state) {
  (void)state;
  drive_cases(gate_cases, sizeof gate_cases / sizeof *gate_cases);
}

static void test_gate_misuse(void **state) {
  const drive_case c = {.settings = "dot-gate=1", .script = GO};
  kit_env k;
  drive d;
  (void)state;
  kit_env_init(&k, 1);
  assert_int_equal(drive_case_run(&d, &k, &c, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  assert_int_equal(mr_session_proceed(d.s, d.txns[0].id, 1, d.now), MR_ERR_NOT_FOUND);
  drive_take(&d);
  assert_int_equal(mr_session_proceed(d.s, d.txns[0].id + 1, 1, d.now), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_session_proceed(NULL, d.txns[0].id, 1, d.now), MR_ERR_MISUSE);
  assert_int_equal(mr_session_proceed(d.s, d.txns[0].id, 1, d.now), MR_OK);
  assert_int_equal(mr_session_proceed(d.s, d.txns[0].id, 1, d.now), MR_ERR_NOT_FOUND);
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dot),
      cmocka_unit_test(test_early_replies),
      cmocka_unit_test(test_promise_across_the_dot),
      cmocka_unit_test(test_flow),
      cmocka_unit_test(test_dots),
      cmocka_unit_test(test_retry),
      cmocka_unit_test(test_gate),
      cmocka_unit_test(test_gate_misuse),
  };
  return cmocka_run_group_tests(tests, make_big, NULL);
}

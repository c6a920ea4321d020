/* SPDX-License-Identifier: MIT */
/* MAIL, RCPT and DATA, one by one and pipelined. */
#include "smtp/drive.h"

#define SENT(i, what) "out 1." #i " " what "\n"
#define END(what) "end " what "\n"
#define GOOD "delivered none delivered dot 250 2.0.0"
#define BODY "S 354 go\nD Hello\nS 250 ok\n"

/* R62 to R70 */
static const drive_case mail_cases[] = {
    {.name = "R66 R71 R79 R84 one after the other, without PIPELINING",
     .script = "M a@x.test b@x.test\n" DRIVE_HI DRIVE_MAIL
               "=\nS 250 ok\nC RCPT TO:<a@x.test>\n="
               "\nS 250 ok\nC RCPT TO:<b@x.test>\n=\nS 251 ok\nC DATA\n=\n" BODY "=\n",
     .events = SENT(0, GOOD) SENT(1, GOOD) "done 1\nready\n"},
    {.name = "R62 fault 55 SIZE is too small: no MAIL",
     .script = "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-mx\nS 250 SIZE 22\n=\n",
     .events = SENT(0, "failed bounce size-exceeded mail 0 5.3.4") "done 1\nready\n"},
    {.name = "R62 SIZE is enough, and told",
     .script = "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-mx\nS 250 SIZE 23\n"
               "C MAIL FROM:<me@client.test> SIZE=23\n",
     .events = ""},
    {.name = "R62 fault 44 SIZE 0 is no limit",
     .script = "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-mx\nS 250 SIZE 0\n"
               "C MAIL FROM:<me@client.test> SIZE=23\n",
     .events = ""},
    {.name = "R63 fault 8 SMTPUTF8 is needed by one of two",
     .script = "M \xc3\xbc@x.test b@x.test\n" DRIVE_HI DRIVE_MAIL
               "S 250 ok\nC RCPT TO:<b@x.test>\nS 250 ok\nC DATA\n" BODY,
     .events =
         SENT(0, "failed next needs-smtputf8 mail 0 5.6.7") SENT(1, GOOD) "done "
                                                                          "1\nready\n"},
    {.name = "R67 4yz to MAIL: all of it goes on, no throttle",
     .script = "M a@x.test b@x.test\n" DRIVE_HI DRIVE_MAIL "S 451 4.7.1 greylisted\n=\n",
     .events = SENT(0, "deferred next mail-soft mail 451 4.7.1")
         SENT(1, "deferred next mail-soft mail 451 4.7.1") "done 1\nready\n"},
    {.name = "R68 421 to MAIL: closed",
     .script = "M a@x.test\nM b@x.test\n" DRIVE_HI DRIVE_MAIL "S 421 4.7.0 too many\n",
     .events = SENT(
         0, "deferred next service-closing mail 421 4.7.0") "done 1\n"
                                                            "out 2.0 deferred next "
                                                            "not-attempted idle 0 "
                                                            "4.4.1\ndone 2\n" END(
                                                                "service-closing next "
                                                                "mail") "close\n"},
    {.name = "R69 5yz to MAIL: bounced, and RSET before the next",
     .script =
         "M a@x.test\nM b@x.test\n" DRIVE_HI DRIVE_MAIL "S 550 5.7.1 no\nC RSET\n=\n"
         "S 250 ok\n" DRIVE_MAIL "X eof\n",
     .events = SENT(
         0, "failed bounce mail-hard mail 550 5.7.1") "done 1\n"
                                                      "out 2.0 deferred next "
                                                      "connection-lost mail 0 4.4.2 "
                                                      "throttle\ndone 2\n" END(
                                                          "connection-lost next mail")},
    {.name = "R69 pipelined: the replies behind it are read",
     .script =
         "M a@x.test b@x.test\n" DRIVE_PIPE DRIVE_MAIL
         "C RCPT TO:<a@x.test>\nC RCPT TO:<b@x.test>\nC DATA\nS 550 no\nS 503 no\nS 503 "
         "no\nS 503 no\n=\n",
     .events = SENT(0, "failed bounce mail-hard mail 550 5.0.0")
         SENT(1, "failed bounce mail-hard mail 550 5.0.0") "done 1\nready\n"},
    {.name = "R69 with mail5xx-next",
     .settings = "mail5xx-next=1",
     .script = "M a@x.test\n" DRIVE_HI DRIVE_MAIL "S 550 no\n",
     .events = SENT(0, "failed next mail-hard mail 550 5.0.0") "done 1\nready\n"},
    {.name = "R70 555 to our parameters: once more without them",
     .script =
         "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-mx\nS 250 SIZE\n"
         "C MAIL FROM:<me@client.test> SIZE=23\nS 555 what\nC RSET\nS 250 ok\n" DRIVE_MAIL
         "S 250 ok\nC RCPT TO:<a@x.test>\nS 250 ok\nC DATA\n" BODY,
     .events = SENT(0, GOOD) "done 1\nready\n"},
    {.name = "R70 and only once",
     .script =
         "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-mx\nS 250 SIZE\n"
         "C MAIL FROM:<me@client.test> SIZE=23\nS 501 what\nC RSET\nS 250 ok\n" DRIVE_MAIL
         "S 501 what\n=\n",
     .events = SENT(0, "failed bounce mail-hard mail 501 5.0.0") "done 1\nready\n"},
    {.name = "R70 pipelined, fault 45",
     .script = "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-mx\nS 250-PIPELINING\n"
               "S 250 SIZE\nC MAIL FROM:<me@client.test> SIZE=23\nC RCPT "
               "TO:<a@x.test>\nC DATA\n"
               "S 503 what\nS 503 what\nS 503 what\nC RSET\n" DRIVE_MAIL
               "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 250 ok\n" BODY,
     .events = SENT(0, GOOD) "done 1\nready\n"},
    {.name = "R90 fault 53 354 to MAIL",
     .script = "M a@x.test\n" DRIVE_HI DRIVE_MAIL "S 354 go\n",
     .events =
         SENT(0, "deferred next reply-unexpected mail 354 4.5.0 throttle") "done 1\n" END(
             "reply-unexpected next mail") "close\n"},
    {.name = "bug 27 the status of one reply is not that of the next",
     .script = "M a@x.test b@x.test\n" DRIVE_HI DRIVE_MAIL "S 250 2.1.0 ok\nC RCPT "
               "TO:<a@x.test>\nS 550 5.7.99 no\nC RCPT TO:<b@x.test>\nS 550 no\n",
     .events = SENT(0, "failed bounce rcpt-hard rcpt 550 5.7.99")
         SENT(1, "failed bounce rcpt-hard rcpt 550 5.0.0") "done 1\nready\n"},
};

/* R71 to R78 */
#define THREE                                                                            \
  "M a@x.test b@x.test c@x.test\n" DRIVE_PIPE DRIVE_MAIL                                 \
  "C RCPT TO:<a@x.test>\nC RCPT TO:<b@x.test>\nC RCPT TO:<c@x.test>\nC DATA\n=\nS 250 "  \
  "ok\n"
static const drive_case rcpt_cases[] = {
    {.name = "R71 fault 53 250, 251, 252 are yes",
     .script = THREE "S 250 ok\nS 251 will forward\nS 252 who knows\n" BODY,
     .events = SENT(0, GOOD) SENT(1, GOOD) SENT(2, GOOD) "done 1\nready\n"},
    {.name = "R72 R73 fault 54 each its own",
     .script = THREE "S 450 4.2.1 later\nS 550 5.1.1 who\nS 250 ok\n" BODY,
     .events = SENT(0, "deferred next rcpt-soft rcpt 450 4.2.1") SENT(
         1, "failed bounce rcpt-hard rcpt 550 5.1.1") SENT(2, GOOD) "done 1\nready\n"},
    {.name = "fault 53 551 is no",
     .script = THREE "S 551 try <d@y.test>\nS 551 a\nS 250 ok\n" BODY,
     .events = SENT(0, "failed bounce rcpt-hard rcpt 551 5.0.0") SENT(
         1, "failed bounce rcpt-hard rcpt 551 5.0.0") SENT(2, GOOD) "done 1\nready\n"},
    {.name = "R74 fault 52 452 behind an accepted one: the rest in a round of its own",
     .script =
         THREE "S 250 ok\nS 452 4.5.3 too many\nS 452 4.5.3 too many\n" BODY DRIVE_MAIL
               "C RCPT TO:<b@x.test>\nC DATA\nS 250 ok\nS 250 ok\n" BODY DRIVE_MAIL
               "C RCPT TO:<c@x.test>\nC DATA\nS 250 ok\nS 250 ok\n" BODY,
     .events = SENT(0, GOOD) SENT(1, GOOD) SENT(2, GOOD) "done 1\nready\n"},
    {.name = "R74 the limit is remembered for the next transaction",
     .script = THREE "S 250 ok\nS 250 ok\nS 552 too many\n" BODY DRIVE_MAIL
                     "C RCPT TO:<c@x.test>\nC DATA\nS 250 ok\nS 250 ok\n" BODY
                     "M d@x.test e@x.test f@x.test\n" DRIVE_MAIL
                     "C RCPT TO:<d@x.test>\nC RCPT TO:<e@x.test>\nC DATA\n",
     .events = SENT(0, GOOD) SENT(1, GOOD) SENT(2, GOOD) "done 1\nready\n"},
    {.name = "R74 not without an accepted one; RFC 5321 4.5.3.1.10: 552 is 452",
     .script = THREE "S 452 4.3.1 full\nS 552 too many\nS 550 no\nS 503 no\n",
     .events = SENT(0, "deferred next rcpt-soft rcpt 452 4.3.1")
         SENT(1, "deferred next rcpt-limit rcpt 552 4.5.3")
             SENT(2, "failed bounce rcpt-hard rcpt 550 5.0.0") "done 1\nready\n"},
    {.name = "R75 552 5.2.2: the mailbox is full",
     .script = THREE "S 250 ok\nS 552 5.2.2 full\nS 250 ok\n" BODY,
     .events = SENT(1, "failed bounce rcpt-hard rcpt 552 5.2.2") SENT(0, GOOD)
         SENT(2, GOOD) "done 1\nready\n"},
    {.name = "R76 421: nothing is delivered, not even to those accepted",
     .script = THREE "S 250 ok\nS 421 4.3.2 bye\n=\n",
     .events = SENT(0, "deferred next service-closing rcpt 421 4.3.2")
         SENT(1, "deferred next service-closing rcpt 421 4.3.2")
             SENT(2, "deferred next service-closing rcpt 421 4.3.2") "done 1\n" END(
                 "service-closing next rcpt") "close\n"},
    {.name = "R77 none accepted: RSET, no DATA",
     .script = "M a@x.test\nM b@x.test\n" DRIVE_HI DRIVE_MAIL
               "S 250 ok\nC RCPT TO:<a@x.test>\nS 550 no\nC RSET\nS 250 ok\n" DRIVE_MAIL,
     .events = SENT(0, "failed bounce rcpt-hard rcpt 550 5.0.0") "done 1\n"},
    {.name = "R77 fault 45 none accepted, but 354: a lone dot, that ends it",
     .script = THREE "S 550 no\nS 550 no\nS 450 no\nS 354 go\nC .\n=\nS 250 queued\nM "
                     "d@x.test\n" DRIVE_MAIL "C RCPT TO:<d@x.test>\nC DATA\n",
     .events = SENT(0, "failed bounce rcpt-hard rcpt 550 5.0.0")
         SENT(1, "failed bounce rcpt-hard rcpt 550 5.0.0")
             SENT(2, "deferred next rcpt-soft rcpt 450 4.0.0") "done 1\nready\n"},
    {.name = "R77 but no dot where RCPT was taken behind a refused MAIL",
     .script = "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL
               "C RCPT TO:<a@x.test>\nC DATA\nS 451 no\nS 250 ok\nS 354 go\n=\n",
     .events = SENT(0, "deferred next mail-soft mail 451 4.0.0") "done 1\n" END(
         "reply-unexpected next data") "close\n"},
    {.name = "R78 only the accepted ones get it, fault 54",
     .script = THREE "S 550 no\nS 250 ok\nS 550 no\n" BODY,
     .events = SENT(0, "failed bounce rcpt-hard rcpt 550 5.0.0") SENT(
         2, "failed bounce rcpt-hard rcpt 550 5.0.0") SENT(1, GOOD) "done 1\nready\n"},
    {.name = "R90 fault 53 354 to RCPT",
     .script = THREE "S 250 ok\nS 354 go\n",
     .events = SENT(0, "deferred next reply-unexpected rcpt 354 4.5.0 throttle") SENT(
         1, "deferred next reply-unexpected rcpt 354 4.5.0 throttle")
         SENT(2, "deferred next reply-unexpected rcpt 354 4.5.0 throttle") "done 1\n" END(
             "reply-unexpected next rcpt") "close\n"},
    {.name = "fault 45 more replies than commands",
     .script = "M a@x.test\n" DRIVE_HI DRIVE_MAIL "S 250 ok\nS 250 ok\n",
     .events = SENT(0, "deferred next out-of-step rcpt 0 4.5.0 throttle") "done 1\n" END(
         "out-of-step next rcpt") "close\n"},
    {.name = "fault 45 fewer replies than commands",
     .script = THREE "S 250 ok\nS 250 ok\nT 300000\n",
     .events = SENT(0, "deferred next reply-timeout rcpt 0 4.4.2 throttle")
         SENT(1, "deferred next reply-timeout rcpt 0 4.4.2 throttle")
             SENT(2, "deferred next reply-timeout rcpt 0 4.4.2 throttle") "done 1\n" END(
                 "reply-timeout next rcpt") "close\n"},
    {.name = "PIPELINING switched off",
     .settings = "pipelining=0",
     .script =
         "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL "=\nS 250 ok\nC RCPT TO:<a@x.test>\n=\n",
     .events = ""},
    {.name = "R5 more recipients than a transaction takes",
     .settings = "transaction-recipients=2",
     .script =
         "M a@x.test b@x.test c@x.test\n" DRIVE_PIPE DRIVE_MAIL
         "C RCPT TO:<a@x.test>\nC RCPT TO:<b@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 550 "
         "no\n" BODY DRIVE_MAIL "C RCPT TO:<c@x.test>\nC DATA\nS 250 ok\nS 250 ok\n" BODY,
     .events = SENT(1, "failed bounce rcpt-hard rcpt 550 5.0.0") SENT(0, GOOD)
         SENT(2, GOOD) "done 1\nready\n"},
    {.name = "R72 one host for the rest, when a later round is lost",
     .settings = "transaction-recipients=1",
     .script = "M a@x.test b@x.test\n" DRIVE_PIPE DRIVE_MAIL
               "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\n" BODY DRIVE_MAIL
               "C RCPT TO:<b@x.test>\nC DATA\nX reset\n",
     .events = SENT(0, GOOD)
         SENT(1, "deferred next connection-lost mail 0 4.4.2 throttle") "done 1\n" END(
             "connection-lost next mail")},
    {.name = "fault 52 greylisting",
     .script = THREE "S 451 4.7.1 greylisted\nS 451 4.7.1 greylisted\nS 451 4.7.1 "
                     "greylisted\nS 554 no valid recipients\n=\n",
     .events = SENT(0, "deferred next rcpt-soft rcpt 451 4.7.1")
         SENT(1, "deferred next rcpt-soft rcpt 451 4.7.1")
             SENT(2, "deferred next rcpt-soft rcpt 451 4.7.1") "done 1\nready\n"},
};

/* R79, R80 */
#define ONE                                                                              \
  "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL                                                   \
  "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\n"
#define AFTER(line, result, rest)                                                        \
  { .name = "R80 " line, .script = ONE line, .events = SENT(0, result) "done 1\n" rest }
static const drive_case data_cases[] = {
    AFTER("S 451 4.3.0 later\n=\n", "deferred next data-soft data 451 4.3.0", "ready\n"),
    AFTER("S 554 5.3.0 no\n=\n", "failed bounce data-hard data 554 5.3.0", "ready\n"),
    AFTER("S 250 ok\n=\n", "deferred next reply-unexpected data 250 4.5.0 throttle",
          END("reply-unexpected next data") "close\n"), /* fault 47 */
    AFTER("S 350 go\n=\n", "deferred next reply-unexpected data 350 4.5.0 throttle",
          END("reply-unexpected next data") "close\n"),
    AFTER("S 421 bye\n=\n", "deferred next service-closing data 421 4.3.2",
          END("service-closing next data") "close\n"),
    AFTER("X eof\n", "deferred next connection-lost data 0 4.4.2 throttle",
          END("connection-lost next data")),
    AFTER("T 119999\nT 1\n", "deferred next reply-timeout data 0 4.4.2 throttle",
          END("reply-timeout next data") "close\n"), /* R79 */
    AFTER("S ?\n", "deferred next reply-malformed data 0 4.5.0 throttle",
          END("reply-malformed next data") "close\n"), /* R90 */
    AFTER("S 354 go\nS 250 ok\n", "deferred next out-of-step body 0 4.5.0 throttle",
          END("out-of-step next body") "close\n"), /* R33 */
};

static void test_mail(void **state) {
  (void)state;
  drive_cases(mail_cases, sizeof mail_cases / sizeof *mail_cases);
}

static void test_rcpt(void **state) {
  (void)state;
  drive_cases(rcpt_cases, sizeof rcpt_cases / sizeof *rcpt_cases);
}

static void test_data(void **state) {
  (void)state;
  drive_cases(data_cases, sizeof data_cases / sizeof *data_cases);
}

/* A session with this message and sender, up to the greeting. */
static void begin_with(drive *d, kit_env *k, const char *raw, const char *sender) {
  static const drive_case none = {.script = ""};
  kit_env_init(k, 1);
  assert_int_equal(drive_case_run(d, k, &none, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  drive_message_swap(d, raw, strlen(raw));
  assert_non_null(d->message);
  d->sender = sender;
}

static void end_with(drive *d, kit_env *k, const char *events) {
  assert_string_equal(kit_buf_at(&d->log), events);
  drive_done(d);
  assert_int_equal(kit_env_done(k), 0);
}

/* R65 */
static void test_8bit(void **state) {
  static const char raw[] = "Subject: hi\r\n\r\n\xc3\xbc\r\n";
  kit_env k;
  drive d;
  (void)state;
  begin_with(&d, &k, raw, NULL);
  drive_run(&d, "M a@x.test\nO\nS 220 x\nC EHLO client.test\nS 250-x\nS 250 8BITMIME\n"
                "C MAIL FROM:<me@client.test> BODY=8BITMIME\n");
  end_with(&d, &k, "");
}

/* R63 for the sender; the null path. */
static void test_senders(void **state) {
  kit_env k;
  drive d;
  (void)state;
  begin_with(&d, &k, DRIVE_RAW, "\xc3\xbc@client.test");
  drive_run(&d, "M a@x.test\n" DRIVE_HI "=\n");
  end_with(&d, &k, SENT(0, "failed next needs-smtputf8 mail 0 5.6.7") "done 1\nready\n");
  begin_with(&d, &k, DRIVE_RAW, "");
  drive_run(&d, "M a@x.test\n" DRIVE_HI "C MAIL FROM:<>\n");
  end_with(&d, &k, "");
}

/* As many as a submission takes: rounds of 50, one outcome each. */
static void test_thousand(void **state) {
  static char texts[1001][16];
  const char *rcpts[1001];
  kit_env k;
  drive d;
  (void)state;
  begin_with(&d, &k, DRIVE_RAW, NULL);
  for (size_t i = 0; i < 1001; i++) {
    snprintf(texts[i], sizeof texts[i], "u%zu@x.test", i);
    rcpts[i] = texts[i];
  }
  d.strict = 0;
  drive_submit(&d, rcpts, 1001);
  assert_int_equal(d.txn_count, 0); /* MR_ERR_LIMIT */
  d.strict = 1;
  drive_submit(&d, rcpts, 1000);
  drive_run(&d, DRIVE_PIPE);
  for (int round = 0; round < 20; round++) {
    drive_run(&d, DRIVE_MAIL);
    drive_take(&d);
    kit_buf_take(&d.wire, kit_buf_left(&d.wire));
    for (int i = 0; i < 51; i++)
      drive_run(&d, "S 250 ok\n");
    drive_run(&d, BODY);
  }
  assert_int_equal(d.txns[0].told, 1000);
  assert_int_equal(d.txns[0].over, 1);
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mail),    cmocka_unit_test(test_rcpt),
      cmocka_unit_test(test_data),    cmocka_unit_test(test_8bit),
      cmocka_unit_test(test_senders), cmocka_unit_test(test_thousand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

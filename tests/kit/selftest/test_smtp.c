/* SPDX-License-Identifier: MIT */
#include "kit/selftest/selftest.h"

#define START "EHLO client.test\r\n|"
#define TO_DATA START "MAIL FROM:<a@b.test>\r\n|RCPT TO:<c@d.test>\r\n|DATA\r\n|"

static const char good[] =
    START "MAIL FROM:<a@b.test> SIZE=23 BODY=8BITMIME\r\nRCPT TO:<c@d.test>\r\n"
          "RCPT TO:<\"x y\"@[192.0.2.1]>\r\nDATA\r\n|"
          "Subject: x\r\n\r\n..\r\n\xc3\xa4 y\r\n.\r\n"
          "RSET\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n|X: y\r\n\r\n.\r\n"
          "QUIT\r\n";

static void check_clean(kit_smtp_host *host) {
  char *report = kit_ledger_report(kit_smtp_ledger(host));
  assert_string_equal(report, "");
  free(report);
}

static void test_known_good_dialogue(void **state) {
  (void)state;
  kit_smtp_host *host = kit_smtp_host_new(NULL);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_buf log = {0};
  talk(s, good, &log);
  const kit_ledger *l = kit_smtp_ledger(host);
  check_clean(host);
  assert_int_equal(l->mail_count, 2);
  assert_string_equal(l->mails[0].sender, "a@b.test");
  assert_string_equal(l->mails[0].params, "SIZE=23 BODY=8BITMIME");
  assert_int_equal(l->mails[0].rcpt_count, 2);
  assert_string_equal(l->mails[0].rcpts[1].path, "\"x y\"@[192.0.2.1]");
  assert_int_equal(l->mails[0].rcpts[1].code, 250);
  assert_string_equal(l->mails[0].data, "Subject: x\r\n\r\n.\r\n\xc3\xa4 y\r\n");
  assert_int_equal(l->mails[0].len, 23);
  assert_string_equal(l->mails[0].helo, "client.test");
  assert_int_equal(l->mails[0].replied, 1);
  assert_string_equal(l->mails[1].sender, "");
  assert_int_equal(replies_with(&log, "220 "), 1);
  assert_int_equal(replies_with(&log, "354 "), 2);
  assert_int_equal(replies_with(&log, "221 "), 1);
  assert_int_equal(kit_smtp_wants_close(s), KIT_CLOSE_EOF);
  assert_int_equal(kit_ledger_copies(l, "c@d.test"), 1);
  assert_int_equal(kit_ledger_containing(l, "Subject"), 1);
  assert_int_equal(l->counts[KIT_AT_RCPT], 3);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

typedef struct bad_row {
  int kind;
  const char *text;
} bad_row;

static const char *const plain_ehlo[] = {"SIZE 100", NULL};

static const bad_row bad_rows[] = {
    {KIT_BAD_BARE_CR, "NOOP a\rx\r\n"},
    {KIT_BAD_BARE_LF, "EHLO a.test\n"},
    {KIT_BAD_CONTROL, "NOOP \x01\r\n"},
    {KIT_BAD_CONTROL, "NOOP \x7f\r\n"},
    {KIT_BAD_8BIT, "EHLO \xc3\xa4.test\r\n"},
    {KIT_BAD_8BIT, START "MAIL FROM:<\xc3\xa4@b.test>\r\n"},
    {KIT_BAD_SPACE, "NOOP \r\n"},
    {KIT_BAD_SPACE, " NOOP\r\n"},
    {KIT_BAD_SPACE, START "MAIL FROM:<a@b.test>  SIZE=1\r\n"},
    {KIT_BAD_VERB, "XYZZY\r\n"},
    {KIT_BAD_VERB, START "STARTTLS\r\n"},
    {KIT_BAD_VERB, START "AUTH PLAIN AAAA\r\n"},
    {KIT_BAD_VERB, "LHLO a.test\r\n"},
    {KIT_BAD_SYNTAX, "EHLO\r\n"},
    {KIT_BAD_SYNTAX, "EHLO a_b\r\n"},
    {KIT_BAD_SYNTAX, START "RSET x\r\n"},
    {KIT_BAD_SYNTAX, START "MAIL TO:<a@b.test>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM: <a@b.test>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:a@b.test\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<a@b@c.test>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<a b@c.test>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<a@b.test>x\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<@x.test:a@b.test>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<a@b.test.>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<a@[IPv6:::g]>\r\n"},
    {KIT_BAD_PATH, START "MAIL FROM:<>\r\n|RCPT TO:<>\r\n"},
    {KIT_BAD_PARAM, START "MAIL FROM:<a@b.test> BODY=8BITMIME\r\n"},
    {KIT_BAD_PARAM, START "MAIL FROM:<a@b.test> FOO\r\n"},
    {KIT_BAD_PARAM, START "MAIL FROM:<a@b.test>\r\n|RCPT TO:<c@d.test> NOTIFY=NEVER\r\n"},
    {KIT_BAD_PARAM_VALUE, START "MAIL FROM:<a@b.test> SIZE=abc\r\n"},
    {KIT_BAD_PARAM_VALUE, START "MAIL FROM:<a@b.test> SIZE\r\n"},
    {KIT_BAD_PARAM_TWICE, START "MAIL FROM:<a@b.test> SIZE=1 SIZE=1\r\n"},
    {KIT_BAD_SEQUENCE, "MAIL FROM:<a@b.test>\r\n"},
    {KIT_BAD_SEQUENCE, START "RCPT TO:<a@b.test>\r\n"},
    {KIT_BAD_SEQUENCE, START "MAIL FROM:<a@b.test>\r\n|DATA\r\n"},
    {KIT_BAD_SEQUENCE, START "MAIL FROM:<>\r\n|MAIL FROM:<>\r\n"},
    {KIT_BAD_SEQUENCE, "STARTTLS\r\n"},
    {KIT_BAD_PIPELINED, START "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n"},
    {KIT_BAD_SYNC, START "NOOP\r\nNOOP\r\n"},
    {KIT_BAD_SYNC, "EHLO a.test\r\nMAIL FROM:<>\r\n"},
    {KIT_BAD_SYNC, START "MAIL FROM:<>\r\n|RCPT TO:<c@d.test>\r\n|DATA\r\nX: y\r\n"},
    {KIT_BAD_AFTER_QUIT, "QUIT\r\nNOOP\r\n"},
    {KIT_BAD_AFTER_QUIT, "QUIT\r\n|x"},
    {KIT_BAD_DATA_BARE_CR, TO_DATA "X: y\rz\r\n\r\n.\r\n"},
    {KIT_BAD_DATA_BARE_CR, TO_DATA "X: y\r\n\r\n.\rz\r\n.\r\n"},
    {KIT_BAD_DATA_BARE_CR, TO_DATA "X: y\r\r\n\r\n.\r\n"},
    {KIT_BAD_DATA_BARE_LF, TO_DATA "X: y\nz\r\n\r\n.\r\n"},
    {KIT_BAD_DATA_BARE_LF, TO_DATA "X: y\r\n\r\n..\n\r\n.\r\n"},
    {KIT_BAD_DATA_8BIT, TO_DATA "X: y\r\n\r\n\xc3\xa4\r\n.\r\n"},
    {KIT_BAD_DATA_HEADER_8BIT, TO_DATA "X: \xc3\xa4\r\n\r\n.\r\n"},
    {KIT_BAD_DATA_DOT, TO_DATA "X: y\r\n\r\n.z\r\n.\r\n"},
    {KIT_BAD_SIZE, START "MAIL FROM:<> SIZE=9\r\n|RCPT TO:<c@d.test>\r\n|DATA\r\n|"
                         "X: y\r\n\r\n..\r\n.\r\n"},
    {KIT_BAD_SIZE_EXCEEDED, START "MAIL FROM:<> SIZE=101\r\n"},
};

/* The named violation is the first one, in every way the octets may arrive. */
static void run_bad(const bad_row *row, int bytes) {
  kit_smtp_config config = {.ehlo = plain_ehlo};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  if (!bytes)
    talk(s, row->text, NULL);
  drain(s, NULL);
  for (const char *p = row->text; bytes && *p; p++) {
    if (*p == '|')
      drain(s, NULL);
    else
      kit_smtp_feed(s, p, 1, 0);
  }
  const kit_ledger *l = kit_smtp_ledger(host);
  char *report = kit_ledger_report(l);
  if (!l->violation_count || l->violations[0].kind != row->kind)
    fail_msg("expected %s of \"%s\", got: %s", kit_bad_name(row->kind), row->text,
             report);
  free(report);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_each_violation(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
    run_bad(&bad_rows[i], 0);
    /* octet after octet without reading in between is not the same for QUIT */
    if (bad_rows[i].kind != KIT_BAD_AFTER_QUIT)
      run_bad(&bad_rows[i], 1);
  }
}

static const kit_ledger *after(kit_smtp_host *host, const void *data, size_t len) {
  kit_smtp *s = kit_smtp_connect(host, 0);
  talk(s, START, NULL);
  kit_smtp_feed(s, data, len, 0);
  kit_smtp_free(s);
  return kit_smtp_ledger(host);
}

static void test_nul_and_long_lines(void **state) {
  (void)state;
  kit_smtp_host *host = kit_smtp_host_new(NULL);
  char line[2000];
  assert_int_equal(after(host, "NOOP a\0b\r\n", 10)->bad[KIT_BAD_NUL], 1);
  memset(line, 'x', sizeof line);
  memcpy(line, "NOOP ", 5);
  memcpy(line + 510, "\r\n", 2);
  assert_int_equal(after(host, line, 512)->bad[KIT_BAD_LINE_LONG], 0);
  line[510] = 'x';
  memcpy(line + 511, "\r\n", 2);
  assert_int_equal(after(host, line, 513)->bad[KIT_BAD_LINE_LONG], 1);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 2);
  kit_smtp_host_free(host);
}

static void send_text_line(kit_smtp_host *host, size_t len) {
  kit_smtp *s = kit_smtp_connect(host, 0);
  char line[1100];
  talk(s, TO_DATA, NULL);
  memset(line, 'x', sizeof line);
  line[0] = line[1] = '.';
  memcpy(line + len - 1, "\r\n", 2);
  kit_smtp_feed(s, "X: y\r\n\r\n", 8, 0);
  kit_smtp_feed(s, line, len + 1, 0); /* len octets and the stuffed dot */
  kit_smtp_feed(s, ".\r\n", 3, 0);
  kit_smtp_free(s);
}

static void test_text_line_limit(void **state) {
  (void)state;
  kit_smtp_host *host = kit_smtp_host_new(NULL);
  send_text_line(host, 1000);
  check_clean(host);
  send_text_line(host, 1001);
  assert_int_equal(kit_smtp_ledger(host)->bad[KIT_BAD_DATA_LINE_LONG], 1);
  assert_int_equal(kit_smtp_ledger(host)->mails[1].len, 8 + 1001);
  kit_smtp_host_free(host);
}

static void test_before_greeting(void **state) {
  (void)state;
  kit_smtp_host *host = kit_smtp_host_new(NULL);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_smtp_feed(s, "EHLO a.test\r\n", 13, 0);
  assert_int_equal(kit_smtp_ledger(host)->bad[KIT_BAD_BEFORE_GREETING], 1);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

/* R77: DATA in the group although every RCPT is refused, 354 all the same. */
static void lone_dot(const char *body, unsigned bad) {
  static const kit_rule rules[] = {{.at = KIT_AT_RCPT, .reply = "550 5.1.1 no\r\n"},
                                   {.at = KIT_AT_DATA, .reply = "354 oh well\r\n"}};
  kit_smtp_config config = {.rules = rules, .rule_count = 2};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  talk(s, START "MAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n", NULL);
  talk(s, body, NULL);
  assert_int_equal(kit_smtp_ledger(host)->bad[KIT_BAD_DATA_NO_RCPT], bad);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, bad);
  assert_int_equal(kit_smtp_ledger(host)->mail_count, 0);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_lone_dot(void **state) {
  (void)state;
  lone_dot(".\r\n", 0);
  lone_dot("X: y\r\n.\r\n", 1);
}

static void test_extensions_allow(void **state) {
  (void)state;
  static const char *const ehlo[] = {"SIZE", "8BITMIME", "DSN", "SMTPUTF8", NULL};
  kit_smtp_config config = {.ehlo = ehlo};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  talk(s,
       START
       "MAIL FROM:<\xc3\xa4@\xc3\xa4.test> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=a+2Bb"
       "\r\n|RCPT TO:<c@d.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@d.test\r\n|DATA\r\n|"
       "X: \xc3\xa4\r\n\r\n\xc3\xa4\r\n.\r\n",
       NULL);
  check_clean(host);
  assert_int_equal(kit_smtp_ledger(host)->mail_count, 1);
  talk(s, "MAIL FROM:<> ENVID=a+b\r\n|RCPT TO:<c@d.test> NOTIFY=NEVER,DELAY\r\n", NULL);
  assert_int_equal(kit_smtp_ledger(host)->bad[KIT_BAD_PARAM_VALUE], 2);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_lmtp(void **state) {
  (void)state;
  static const kit_rule rules[] = {
      {.at = KIT_AT_DOT, .match = "bad@*", .reply = "550 5.2.2 full\r\n"}};
  kit_smtp_config config = {.lmtp = 1, .rules = rules, .rule_count = 1};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_buf log = {0};
  talk(s,
       "LHLO a.test\r\n|MAIL FROM:<>\r\nRCPT TO:<a@d.test>\r\nRCPT TO:<bad@d.test>\r\n"
       "DATA\r\n|X: y\r\n\r\n.\r\n",
       &log);
  check_clean(host);
  assert_int_equal(replies_with(&log, "550 "), 1);
  assert_int_equal(kit_smtp_ledger(host)->mails[0].rcpts[1].code, 550);
  assert_int_equal(kit_ledger_copies(kit_smtp_ledger(host), "a@d.test"), 1);
  assert_int_equal(kit_ledger_copies(kit_smtp_ledger(host), "bad@d.test"), 0);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_auth(void **state) {
  (void)state;
  static const char *const ehlo[] = {"AUTH PLAIN LOGIN", NULL};
  kit_smtp_config config = {.ehlo = ehlo, .user_name = "u", .password = "p"};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_buf log = {0};
  talk(s, START "AUTH PLAIN AHUAcQ==\r\n|AUTH LOGIN\r\n|dQ==\r\n|cA==\r\n", &log);
  assert_int_equal(replies_with(&log, "535 "), 1);
  assert_int_equal(replies_with(&log, "334 "), 2);
  assert_int_equal(replies_with(&log, "235 "), 1);
  assert_int_equal(kit_smtp_ledger(host)->bad[KIT_BAD_AUTH_CLEAR], 2);
  talk(s, "MAIL FROM:<>\r\n|RCPT TO:<c@d.test>\r\n|DATA\r\n|X: y\r\n\r\n.\r\n", NULL);
  assert_string_equal(kit_smtp_ledger(host)->mails[0].auth, "u");
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 2);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_good_dialogue),
      cmocka_unit_test(test_each_violation),
      cmocka_unit_test(test_nul_and_long_lines),
      cmocka_unit_test(test_text_line_limit),
      cmocka_unit_test(test_before_greeting),
      cmocka_unit_test(test_lone_dot),
      cmocka_unit_test(test_extensions_allow),
      cmocka_unit_test(test_lmtp),
      cmocka_unit_test(test_auth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

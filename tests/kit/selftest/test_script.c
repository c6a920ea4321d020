/* SPDX-License-Identifier: MIT */
/* Rules and personas: what the server says when it is told to. */
#include "kit/selftest/selftest.h"

#include "kit/kit_persona.h"

#define START "EHLO c.test\r\n|"
#define RCPTS                                                                            \
  START "MAIL FROM:<a@b.test>\r\n|RCPT TO:<c@d.test>\r\n|RCPT TO:<e@d.test>\r\n|"
#define MAIL RCPTS "DATA\r\n|X: yyyyyyyyyy\r\n\r\n.\r\n|"

/* What comes out of a persona for a text, and how it ends. */
typedef struct row {
  int persona;
  const char *text;
  const char *said; /* the last reply, or a part of the log */
  int closes;
  size_t mails;
} row;

static const row rows[] = {
    {KIT_HONEST, MAIL, "250 2.0.0 stored", KIT_CLOSE_NO, 1},
    {KIT_GREYLIST, RCPTS, "451 4.7.1", KIT_CLOSE_NO, 0},
    {KIT_REFUSER, RCPTS, "550 5.1.1", KIT_CLOSE_NO, 0},
    {KIT_TARPIT, "", "", KIT_CLOSE_NO, 0},
    {KIT_CLOSER, "", "421 4.3.2", KIT_CLOSE_EOF, 0},
    {KIT_CLOSER_RCPT, RCPTS, "421 4.3.2", KIT_CLOSE_EOF, 0},
    {KIT_EARLY_250, RCPTS "DATA\r\n|X: yyyyyyyy", "250 2.0.0 stored", KIT_CLOSE_NO, 0},
    {KIT_DOT_DROPPER, MAIL, "354 ", KIT_CLOSE_EOF, 1},
    {KIT_DOT_LOSER, MAIL, "354 ", KIT_CLOSE_EOF, 0},
    {KIT_TLS_INJECTOR, START "STARTTLS\r\n", "220 2.0.0 go\r\n250-mx.test\r\n250 AUTH",
     KIT_CLOSE_NO, 0},
    {KIT_TLS_REFUSER, START "STARTTLS\r\n", "454 4.7.0", KIT_CLOSE_NO, 0},
    {KIT_SIZE_LIAR, MAIL, "552 5.3.4", KIT_CLOSE_NO, 0},
    {KIT_SPLITTER, RCPTS "RCPT TO:<f@d.test>\r\n|RCPT TO:<g@d.test>\r\n", "452 4.5.3",
     KIT_CLOSE_NO, 0},
    {KIT_SILENT, "", "", KIT_CLOSE_NO, 0},
    {KIT_DRIBBLER, "", "2", KIT_CLOSE_NO, 0},
    {KIT_GARBAGE, "", "HTTP/1.1", KIT_CLOSE_NO, 0},
    {KIT_NO_EHLO, START "HELO c.test\r\n", "502 5.5.1 what?\r\n250 mx.test\r\n",
     KIT_CLOSE_NO, 0},
    {KIT_PIPELINE_LIAR, RCPTS "DATA\r\n", "recipient fine\r\n354 ", KIT_CLOSE_NO, 0},
    {KIT_DATA_250, RCPTS "DATA\r\n", "250 2.0.0 fine", KIT_CLOSE_NO, 0},
};

static void run_row(const row *r) {
  static const char *const ehlo[] = {"PIPELINING", "STARTTLS", NULL};
  kit_smtp_config base = {.ehlo = ehlo};
  kit_smtp_host *host = kit_persona_new(r->persona, &base);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_buf log = {0};
  kit_buf_str(&log, "");
  talk(s, r->text, &log);
  if (!strstr(log.data, r->said) || (!*r->said && log.len))
    fail_msg("%s said \"%s\"", kit_persona_name(r->persona), log.data);
  assert_int_equal(kit_smtp_wants_close(s), r->closes);
  assert_int_equal(kit_smtp_ledger(host)->mail_count, r->mails);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 0);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_personas(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    run_row(&rows[i]);
}

static void test_greylist_second_time(void **state) {
  (void)state;
  kit_smtp_host *host = kit_persona_new(KIT_GREYLIST, NULL);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_buf log = {0};
  talk(s, RCPTS "RCPT TO:<c@d.test>\r\n", &log);
  assert_int_equal(replies_with(&log, "451 "), 2);
  assert_int_equal(kit_smtp_ledger(host)->rcpt_accepted, 1);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static size_t out_len(const kit_smtp *s) {
  const void *data;
  size_t len;
  kit_smtp_output(s, &data, &len);
  return len;
}

/* A delayed reply keeps the input waiting; a dribbled one comes octet by octet. */
static void test_delay_and_dribble(void **state) {
  (void)state;
  static const kit_rule rules[] = {
      {.at = KIT_AT_GREETING, .dribble = 10, .reply = "220 x\n"},
      {.at = KIT_AT_EHLO, .delay = 100, .reply = "250 x\r\n"}};
  kit_smtp_config config = {.rules = rules, .rule_count = 2};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 1000);
  assert_int_equal(out_len(s), 1);
  assert_int_equal(kit_smtp_deadline(s), 1010);
  kit_smtp_tick(s, 1029);
  assert_int_equal(out_len(s), 3);
  kit_smtp_tick(s, 1050);
  assert_int_equal(out_len(s), 6);
  drain(s, NULL);
  kit_smtp_feed(s, "EHLO c.test\r\n", 13, 2000);
  assert_int_equal(kit_smtp_deadline(s), 2100);
  kit_smtp_tick(s, 2099);
  assert_int_equal(out_len(s), 0);
  kit_smtp_tick(s, 2100);
  assert_int_equal(out_len(s), 7);
  assert_true(kit_smtp_deadline(s) == UINT64_MAX);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 0);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

/* Occurrence, connection and pattern of a rule; reset loses what was not read. */
static void test_rule_conditions(void **state) {
  (void)state;
  static const kit_rule rules[] = {
      {.at = KIT_AT_RCPT, .match = "*@x.test", .reply = "550 5.1.1 x\r\n"},
      {.at = KIT_AT_NOOP, .first = 2, .last = 3, .reply = "450 4.0.0 y\r\n"},
      {.at = KIT_AT_RSET, .conn_first = 2, .action = KIT_DO_RESET},
      {.at = KIT_AT_VRFY, .where = KIT_IN_TLS, .reply = "550 z\r\n"}};
  kit_smtp_config config = {.rules = rules, .rule_count = 4};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  kit_buf log = {0};
  talk(s, START "MAIL FROM:<>\r\n|RCPT TO:<a@X.test>\r\n|RCPT TO:<a@y.test>\r\n|", &log);
  assert_int_equal(replies_with(&log, "550 "), 1);
  talk(s, "NOOP\r\n|NOOP\r\n|NOOP\r\n|NOOP\r\n|RSET\r\n|VRFY a\r\n", &log);
  assert_int_equal(replies_with(&log, "450 "), 2);
  assert_int_equal(replies_with(&log, "250 2.0.0 fine"), 2);
  assert_int_equal(replies_with(&log, "252 "), 1);
  assert_int_equal(kit_smtp_wants_close(s), KIT_CLOSE_NO);
  kit_smtp_free(s);
  s = kit_smtp_connect(host, 0);
  talk(s, START "RSET\r\n", NULL);
  assert_int_equal(kit_smtp_wants_close(s), KIT_CLOSE_RESET);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_transcript_and_ends(void **state) {
  (void)state;
  kit_smtp_config config = {.transcript = 1};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  talk(s, "NOOP\r\n", NULL);
  kit_smtp_feed(s, "NO", 2, 0);
  kit_smtp_closed(s, 0);
  assert_string_equal(kit_smtp_transcript(host),
                      "1 S: 220 mx.test ESMTP ready\r\n1 C: NOOP\n1 S: 250 2.0.0 fine\r\n"
                      "1 *: closed by the client\n");
  assert_int_equal(kit_smtp_ledger(host)->unfinished, 1);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_personas),
      cmocka_unit_test(test_greylist_second_time),
      cmocka_unit_test(test_delay_and_dribble),
      cmocka_unit_test(test_rule_conditions),
      cmocka_unit_test(test_transcript_and_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "text/dsn.h"

#include "text/check.h"
#include "text/event.h"
#include "text/header.h"

enum { MAX = 1 << 16 };

static kit_env host;
static mr__buf out;

static int setup(void **state) {
  (void)state;
  kit_env_init(&host, 1);
  mr__buf_init(&out, &host.env, MAX);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  mr__buf_free(&out);
  return (int)kit_env_done(&host);
}

static int message_put(mr__buf *buf, const char *mta, int64_t arrival) {
  mr__dsn_head head = {.reporting_mta = mta, .arrival = arrival};
  return mr__dsn_head_put(buf, &head);
}

static int recipient_put(mr__buf *buf, const mr_outcome *o, int64_t when) {
  mr__dsn_group group = {.outcome = o, .when = when, .retry_until = -1};
  return mr__dsn_group_put(buf, &group);
}

static void message_fields(void **state) {
  (void)state;
  assert_int_equal(message_put(&out, "mail.example.org", 0), MR_OK);
  assert_string_equal(mr__buf_text(&out),
                      "Reporting-MTA: dns; mail.example.org\r\n"
                      "Arrival-Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
                      "\r\n");
  mr__buf_clear(&out);
  assert_int_equal(message_put(&out, "a\r\nb\xc3\xbc", -1), MR_OK);
  assert_string_equal(mr__buf_text(&out),
                      "Reporting-MTA: dns; a\\x0d b\\xc3\\xbc\r\n\r\n");
}

static mr_outcome failed_outcome(void) {
  mr_outcome o;
  mr__outcome_clear(&o);
  o.recipient = "joe@b.example";
  o.fate = MR_FATE_FAILED;
  o.reason = MR_REASON_RCPT_HARD;
  o.code = 550;
  o.status = "5.1.1";
  o.text = "no such user";
  o.from_server = 1;
  o.host = "mx.b.example";
  return o;
}

static void recipient_fields(void **state) {
  (void)state;
  mr_outcome o = failed_outcome();
  assert_int_equal(recipient_put(&out, &o, 0), MR_OK);
  assert_string_equal(mr__buf_text(&out),
                      "Final-Recipient: rfc822; joe@b.example\r\n"
                      "Action: failed\r\n"
                      "Status: 5.1.1\r\n"
                      "Remote-MTA: dns; mx.b.example\r\n"
                      "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
                      "Last-Attempt-Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
                      "\r\n");
}

static void holds(const mr_outcome *o, const char *part) {
  mr__buf_clear(&out);
  assert_int_equal(recipient_put(&out, o, -1), MR_OK);
  if (strstr(mr__buf_text(&out), part) == NULL)
    fail_msg("no \"%s\" in \"%s\"", part, mr__buf_text(&out));
}

static void variants(void **state) {
  (void)state;
  mr_outcome o = failed_outcome();
  o.fate = MR_FATE_DEFERRED;
  holds(&o, "Action: delayed\r\n");
  o.fate = MR_FATE_EXPIRED;
  holds(&o, "Action: failed\r\n");
  o.fate = MR_FATE_DELIVERED;
  holds(&o, "Action: delivered\r\n");
  o.status = "";
  holds(&o, "Status: 5.0.0\r\n");
  holds(&o, "Diagnostic-Code: smtp; 550 no such user\r\n");
  o.status = "5.1.1\r\nX: y";
  holds(&o, "Status: 5.0.0\r\n");
  o.from_server = 0;
  holds(&o, "Diagnostic-Code: X-Mailroute; no such user\r\n");
  o.text = "";
  holds(&o, "Diagnostic-Code: X-Mailroute; The server refuses the recipient.\r\n");
  o.recipient = "j\xc3\xb6 +\xf0\x9f\x98\x80@b";
  holds(&o, "Final-Recipient: utf-8; j\\x{F6}\\x{20}\\x{2B}\\x{1F600}@b\r\n");
  o.recipient = "\"a b\"@c";
  holds(&o, "Final-Recipient: rfc822; \"a b\"@c\r\n");
}

/* Every line a field or a fold of printable ASCII; as many fields as wanted. */
static void check_block(size_t fields) {
  mr__cur cur = mr__cur_of(out.data, out.len);
  mr__header_field f;
  size_t count = 0;
  while (mr__header_next(&cur, &f) == 1)
    count++;
  assert_int_equal(count, fields);
  assert_int_equal(mr__cur_left(&cur), 0);
  for (size_t i = 0, line = 0; i < out.len; i++) {
    line = out.data[i] == '\n' ? 0 : line + 1;
    assert_true(line <= 79);
    assert_true(out.data[i] < 0x7F);
    assert_true(out.data[i] >= 0x20 || out.data[i] == '\r' || out.data[i] == '\n');
  }
}

/* bug 23: whatever a server said, the block keeps its fields. */
static void hostile_text(void **state) {
  (void)state;
  static char endless[9000];
  static const char *const texts[] = {"a\nAction: delivered\nStatus: 2.0.0",
                                      "a\r\n\r\nbody",
                                      "\n\n\n",
                                      "\r",
                                      " ",
                                      "\t",
                                      "\x1b[2J\x01\x7f\xff",
                                      "b\xc3\xbc",
                                      endless,
                                      "a\n.\r\nMAIL FROM:<x>"};
  memset(endless, 'x', sizeof endless - 1);
  for (size_t i = 0; i < COUNT(texts); i++) {
    mr_outcome o = failed_outcome();
    o.text = texts[i];
    o.host = texts[i];
    o.recipient = texts[i];
    o.status = texts[i];
    assert_int_equal(recipient_put(&out, &o, 0), MR_OK);
    check_block(6);
    mr__buf_clear(&out);
  }
}

static int torture(kit_env *env, void *arg) {
  mr__buf buf;
  mr_outcome o = failed_outcome();
  (void)arg;
  mr__buf_init(&buf, &env->env, MAX);
  int err = message_put(&buf, "mail.example.org", 0);
  size_t first = buf.len;
  if (err == MR_OK)
    err = recipient_put(&buf, &o, 0);
  int right = err == MR_OK || (err == MR_ERR_NOMEM && (buf.len == 0 || buf.len == first));
  mr__buf_free(&buf);
  return !right;
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(message_fields, setup, teardown),
      cmocka_unit_test_setup_teardown(recipient_fields, setup, teardown),
      cmocka_unit_test_setup_teardown(variants, setup, teardown),
      cmocka_unit_test_setup_teardown(hostile_text, setup, teardown),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

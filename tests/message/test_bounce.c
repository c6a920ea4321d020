/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "message/help.h"
#include "message/message.h"

static const char original[] = "From: ann@example.org\r\nTo: bob@example.net\r\n"
                               "Subject: Hello\r\n\r\n";

static mr_outcome refused(void) {
  mr_outcome o = {.recipient = "bob@example.net",
                  .fate = MR_FATE_FAILED,
                  .reason = MR_REASON_RCPT_HARD,
                  .stage = MR_STAGE_RCPT,
                  .code = 550,
                  .status = "5.1.1",
                  .text = "No such user\nhere",
                  .from_server = 1,
                  .host = "mx.example.net",
                  .address = "192.0.2.1",
                  .tls_version = "",
                  .tls_cipher = "",
                  .attempts = 2};
  return o;
}

typedef struct report {
  mr_outcome outcomes[3];
  const mr_outcome *list[3];
  mr__bounce bounce;
} report;

static void report_init(report *r, size_t count) {
  for (size_t i = 0; i < 3; i++) {
    r->outcomes[i] = refused();
    r->list[i] = &r->outcomes[i];
  }
  r->outcomes[1].recipient = "cy@example.com";
  r->outcomes[1].text = "";
  r->outcomes[1].from_server = 0;
  r->outcomes[1].fate = MR_FATE_EXPIRED;
  r->outcomes[1].reason = MR_REASON_EXPIRED;
  r->outcomes[1].host = "";
  r->outcomes[1].address = "";
  r->bounce = (mr__bounce){
      "mta.example.org", "ann@example.org",  r->list, count, INT64_C(1767139200000),
      original,          sizeof original - 1};
}

static kit_buf make(fixture *f, const report *r) {
  mr_message_free(f->m);
  f->m = NULL;
  assert_int_equal(mr__message_bounce(&f->m, &f->env.env, f->options, &r->bounce), MR_OK);
  kit_buf got = pass_of(f->m, 4096);
  assert_canonical(got.data, got.len);
  for (size_t i = 0; i < got.len; i++)
    assert_true((unsigned char)got.data[i] < 0x80);
  assert_int_equal(mr_message_is_8bit(f->m), 0);
  return got;
}

/* Boundary as the header tells it. */
static void boundary_of(const kit_buf *got, char dst[80]) {
  const char *p = strstr(got->data, " boundary=\"");
  assert_non_null(p);
  assert_int_equal(sscanf(p, " boundary=\"%70[^\"]\"", dst), 1);
}

static size_t count_of(const kit_buf *in, const char *text) {
  size_t n = 0;
  for (const char *p = strstr(in->data, text); p != NULL; p = strstr(p + 1, text))
    n++;
  return n;
}

/* R101: RFC 3464 in multipart/report; null sender, one recipient, RFC 3834 */
static void shape(void **state) {
  fixture *f = *state;
  report r;
  char boundary[80];
  report_init(&r, 1);
  kit_buf got = make(f, &r);
  boundary_of(&got, boundary);
  assert_string_equal(mr_message_sender(f->m), "");
  assert_int_equal(mr_message_recipient_count(f->m), 1);
  assert_string_equal(mr_message_recipient(f->m, 0), "ann@example.org");
  kit_buf want = {0};
  kit_buf_printf(&want,
                 "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
                 "From: \"Mail Delivery System\" <MAILER-DAEMON@mta.example.org>\r\n"
                 "To: ann@example.org\r\n"
                 "Subject: Your message could not be delivered\r\n"
                 "Message-ID: %s\r\n"
                 "Auto-Submitted: auto-replied\r\n"
                 "MIME-Version: 1.0\r\n"
                 "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                 " boundary=\"%s\"\r\n"
                 "Content-Transfer-Encoding: 7bit\r\n\r\n"
                 "--%s\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n",
                 mr_message_id(f->m), boundary, boundary);
  assert_octets(got.data, want.len, want.data, want.len);
  kit_buf_clear(&want);
  kit_buf_printf(&want,
                 "\r\n--%s\r\nContent-Type: message/delivery-status\r\n"
                 "Content-Transfer-Encoding: 7bit\r\n\r\nReporting-MTA: dns; ",
                 boundary);
  assert_int_equal(count_of(&got, want.data), 1);
  kit_buf_clear(&want);
  kit_buf_printf(&want,
                 "\r\n--%s\r\nContent-Type: text/rfc822-headers; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: 7bit\r\n\r\n"
                 "From: ann@example.org\r\nTo: bob@example.net\r\nSubject: Hello\r\n"
                 "\r\n--%s--\r\n",
                 boundary, boundary);
  assert_string_equal(got.data + got.len - want.len, want.data);
  kit_buf_free(&want);
  kit_buf_free(&got);
}

/* Groups of fields are divided by one blank line, none is empty. */
static void status_groups(void **state) {
  report r;
  report_init(&r, 3);
  kit_buf got = make(*state, &r);
  char *start = strstr(got.data, "\r\nReporting-MTA:");
  assert_non_null(start);
  char *end = strstr(start, "\r\n--=_");
  assert_non_null(end);
  *end = '\0';
  size_t groups = 1;
  for (char *p = strstr(start, "\r\n\r\n"); p != NULL; p = strstr(p + 1, "\r\n\r\n")) {
    assert_int_equal(strncmp(p + 4, "Final-Recipient:", 16), 0);
    groups++;
  }
  assert_int_equal(groups, 4);
  kit_buf_free(&got);
}

/* What a person and a program have to find in it. */
static void facts(void **state) {
  static const char *const texts[] = {
      "mail system at mta.example.org",
      "<bob@example.net>\r\n",
      "<cy@example.com>\r\n",
      "Server: mx.example.net [192.0.2.1]\r\n",
      "code 550, at rcpt:\r\n        No such user\r\n        here\r\n",
      "Status: 5.1.1",
      "Attempts: 2",
      "accepted for delivery on Wed, 31 Dec 2025 00:00:00 +0000",
      "given up on Thu, 01 Jan 2026 00:00:00 +0000",
      "\r\nFinal-Recipient: rfc822; bob@example.net\r\n",
      "\r\nFinal-Recipient: rfc822; cy@example.com\r\n",
      "\r\nAction: failed\r\n",
      "\r\nStatus: 5.1.1\r\n",
      "\r\nRemote-MTA: dns; mx.example.net\r\n",
  };
  report r;
  report_init(&r, 2);
  kit_buf got = make(*state, &r);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (strstr(got.data, texts[i]) == NULL)
      print_message("missing: %s\nin: %s\n", texts[i], got.data);
    assert_non_null(strstr(got.data, texts[i]));
  }
  kit_buf_free(&got);
}

/* bug 23, bug 20: the text of a server is quoted, whatever it is */
static void hostile_text(void **state) {
  static const char *const texts[] = {"x\r\nBcc: evil@example.com\r\n\r\n.\r\n",
                                      "\r",
                                      "\n\n\n",
                                      "--=_0",
                                      "\x1b[2J\x07",
                                      "\xff\xfe\x80 \xc3\xa9",
                                      "%s%n${run{x}}",
                                      "\n.\nMAIL FROM:<>",
                                      "   ",
                                      "",
                                      "Final-Recipient: rfc822; other@example.com"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    report r;
    report_init(&r, 1);
    r.outcomes[0].text = texts[i];
    r.outcomes[0].host = i % 2 == 0 ? "evil\r\nX: y" : texts[i];
    kit_buf got = make(f, &r);
    assert_int_equal(count_of(&got, "\r\nBcc:"), 0);
    assert_int_equal(count_of(&got, "\r\nX: y"), 0);
    assert_int_equal(count_of(&got, "\r\n.\r\n"), 0);
    assert_int_equal(count_of(&got, "\r\nFinal-Recipient:"), 1);
    assert_int_equal(count_of(&got, "\x1b"), 0);
    if (texts[i][0] == 0x1b) /* for people and for programs */
      assert_int_equal(count_of(&got, "\\x1b[2J\\x07"), i % 2 == 0 ? 2 : 3);
    kit_buf_free(&got);
  }
}

static void long_text(void **state) {
  static char text[2000];
  memset(text, 'a', sizeof text - 1);
  report r;
  report_init(&r, 1);
  r.outcomes[0].text = text; /* no space: too long for a line of 998 */
  kit_buf got = make(*state, &r);
  assert_non_null(strstr(got.data, "quoted-printable"));
  kit_buf_free(&got);
  for (size_t i = 5; i < sizeof text - 1; i += 10)
    text[i] = ' ';
  got = make(*state, &r);
  assert_null(strstr(got.data, "quoted-printable"));
  kit_buf_free(&got);
}

/* Octets above 0x7F of the original's header, and of an address, come in 7 bits. */
static void eight_bit_header(void **state) {
  report r;
  report_init(&r, 1);
  r.bounce.header = "Subject: caf\xe9\r\nX: a\rb\r\n\r\n";
  r.bounce.header_len = strlen(r.bounce.header);
  r.outcomes[0].recipient = "j\xc3\xb6rg@example.net";
  kit_buf got = make(*state, &r);
  assert_non_null(strstr(got.data, "Subject: caf=E9\r\nX: a b\r\n"));
  assert_non_null(strstr(got.data, "<j=C3=B6rg@example.net>"));
  kit_buf_free(&got);
}

static void long_header(void **state) {
  report r;
  kit_buf header = {0};
  report_init(&r, 1);
  while (header.len < 200000)
    kit_buf_printf(&header, "X-Number-%zu: some text\r\n", header.len);
  r.bounce.header = header.data;
  r.bounce.header_len = header.len;
  kit_buf got = make(*state, &r);
  assert_true(got.len > 60000 && got.len < 80000);
  assert_non_null(strstr(got.data, "some text\r\n\r\n--=_"));
  kit_buf_free(&got);
  r.bounce.header = "";
  r.bounce.header_len = 0;
  got = make(*state, &r);
  kit_buf_free(&got);
  kit_buf_free(&header);
}

/* fault 17: a boundary that occurs in a part is not used */
static void boundary_in_part(void **state) {
  fixture *f = *state;
  char first[80], second[80], header[120];
  report r;
  report_init(&r, 1);
  kit_rng seed = f->env.rng;
  kit_buf got = make(f, &r);
  boundary_of(&got, first);
  kit_buf_free(&got);
  (void)snprintf(header, sizeof header, "X: --%s\r\n\r\n", first);
  r.bounce.header = header;
  r.bounce.header_len = strlen(header);
  f->env.rng = seed; /* the same random octets again */
  got = make(f, &r);
  boundary_of(&got, second);
  assert_string_not_equal(first, second);
  assert_int_equal(count_of(&got, second), 5); /* header, three parts, the end */
  assert_int_equal(count_of(&got, first), 1);
  kit_buf_free(&got);
}

typedef struct error_case {
  const char *to, *mta;
  int code;
} error_case;

/* fault 89: what came from the null sender has nobody to bounce to */
static void errors(void **state) {
  static const error_case cases[] = {
      {"", "mta.example.org", MR_ERR_ADDR},
      {"<>", "mta.example.org", MR_ERR_ADDR},
      {"a@b\r\nc", "mta.example.org", MR_ERR_ADDR_CHAR},
      {"a@b", "mta\r\nX: y", MR_ERR_ADDR_CHAR},
      {NULL, "mta.example.org", MR_ERR_MISUSE},
      {"a@b", "", MR_OK},
      {"a@b", NULL, MR_OK},
      {"a@b", "[192.0.2.7]", MR_OK},
  };
  fixture *f = *state;
  report r;
  report_init(&r, 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mr_message *m = f->m;
    r.bounce.to = cases[i].to;
    r.bounce.reporting_mta = cases[i].mta;
    int err = mr__message_bounce(&m, &f->env.env, NULL, &r.bounce);
    assert_int_equal(err, cases[i].code);
    assert_int_equal(m != NULL, err == MR_OK);
    mr_message_free(m);
  }
  report_init(&r, 0);
  mr_message *m = NULL;
  assert_int_equal(mr__message_bounce(&m, &f->env.env, NULL, &r.bounce), MR_ERR_MISUSE);
  assert_int_equal(mr__message_bounce(NULL, NULL, NULL, &r.bounce), MR_ERR_MISUSE);
  report_init(&r, 1);
  f->env.random_fails = 1;
  assert_int_equal(mr__message_bounce(&m, &f->env.env, NULL, &r.bounce), MR_ERR_RANDOM);
  f->env.random_fails = 0;
  f->env.wall_unknown = 1;
  assert_int_equal(mr__message_bounce(&m, &f->env.env, NULL, &r.bounce),
                   MR_ERR_TIME_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(shape),         FIXTURE_TEST(facts),
      FIXTURE_TEST(status_groups), FIXTURE_TEST(hostile_text),
      FIXTURE_TEST(long_text),     FIXTURE_TEST(eight_bit_header),
      FIXTURE_TEST(long_header),   FIXTURE_TEST(boundary_in_part),
      FIXTURE_TEST(errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

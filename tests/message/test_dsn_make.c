/* SPDX-License-Identifier: MIT */
/* Reports made: what is in them, and that mr_dsn_parse() reads it back. */
#include <mailroute/dsn.h>

#include "kit/kit_torture.h"
#include "message/help.h"

enum { MAX = 5 };

static const char original[] = "From: ann@example.org\r\nMessage-ID: <1@example.org>\r\n"
                               "Subject: Hello\r\n\r\nbody\r\n.\r\n";

typedef struct report {
  mr_outcome outcomes[MAX];
  mr_dsn_recipient recipients[MAX];
  const mr_dsn_recipient *list[MAX];
  mr_dsn_facts facts;
} report;

/* Of each action one, from the first on. */
static void report_init(report *r, size_t count) {
  static const char *const names[MAX] = {"f@e.net", "w@e.net", "d@e.net", "r@e.net",
                                         "x@e.net"};
  static const char *const status[MAX] = {"5.1.1", "4.4.1", "2.1.5", "2.0.0", "2.0.0"};
  memset(r, 0, sizeof *r);
  for (size_t i = 0; i < MAX; i++) {
    r->outcomes[i] =
        (mr_outcome){.recipient = names[i],
                     .status = status[i],
                     .text = "as it is",
                     .code = (int)((unsigned)(status[i][0] - '0') * 100 + 50),
                     .from_server = 1,
                     .host = "mx.e.net"};
    r->recipients[i] = (mr_dsn_recipient){.size = sizeof r->recipients[i],
                                          .action = MR_DSN_FAILED + (int)i,
                                          .notify = i > 1 ? MR_NOTIFY_SUCCESS : 0,
                                          .outcome = &r->outcomes[i],
                                          .last_attempt = -1,
                                          .retry_until = -1};
    r->list[i] = &r->recipients[i];
  }
  r->facts = (mr_dsn_facts){.size = sizeof r->facts,
                            .to = "ann@example.org",
                            .reporting_mta = "mta.example.org",
                            .arrival = -1,
                            .recipients = r->list,
                            .recipient_count = count,
                            .original = original,
                            .original_len = sizeof original - 1};
}

static kit_buf make(fixture *f, const report *r) {
  mr_message_free(f->m);
  f->m = NULL;
  assert_int_equal(mr_dsn_make(&f->m, &f->env.env, f->options, &r->facts), MR_OK);
  assert_string_equal(mr_message_sender(f->m), "");
  kit_buf got = pass_of(f->m, 4096);
  assert_canonical(got.data, got.len);
  return got;
}

static mr_dsn *read_back(const kit_buf *got) {
  mr_dsn *dsn = NULL;
  assert_int_equal(mr_dsn_parse(&dsn, NULL, got->data, got->len), MR_OK);
  return dsn;
}

static void has(const kit_buf *got, const char *text, int wanted) {
  if ((strstr(got->data, text) != NULL) != wanted)
    fail_msg("%s \"%s\" in:\n%s", wanted ? "no" : "there is", text, got->data);
}

/* RFC 3461 4.1 */
static void wanted(void **state) {
  static const struct {
    int notify, by_action[MAX];
  } cases[] = {
      {MR_NOTIFY_DEFAULT, {1, 1, 0, 0, 0}},
      {MR_NOTIFY_NEVER, {0, 0, 0, 0, 0}},
      {MR_NOTIFY_SUCCESS, {0, 0, 1, 1, 1}},
      {MR_NOTIFY_FAILURE, {1, 0, 0, 0, 0}},
      {MR_NOTIFY_DELAY, {0, 1, 0, 0, 0}},
      {MR_NOTIFY_SUCCESS | MR_NOTIFY_FAILURE, {1, 0, 1, 1, 1}},
      {MR_NOTIFY_NEVER | MR_NOTIFY_FAILURE, {0, 0, 0, 0, 0}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (int a = 0; a < MAX; a++)
      assert_int_equal(mr_dsn_wanted(cases[i].notify, MR_DSN_FAILED + a),
                       cases[i].by_action[a]);
  assert_int_equal(mr_dsn_wanted(MR_NOTIFY_DEFAULT, MR_DSN_NONE), 0);
  assert_int_equal(mr_dsn_wanted(MR_NOTIFY_SUCCESS, 99), 0);
}

/* All that goes in comes out again. */
static void round_trip(void **state) {
  report r;
  report_init(&r, MAX);
  r.facts.envid = "QQ+2B1";
  r.facts.received_from = "client.example.org";
  r.facts.arrival = INT64_C(1767139200000);
  r.recipients[0].orcpt = "rfc822;Bob+2Btag@Example.com";
  r.recipients[0].last_attempt = INT64_C(1767139260000);
  r.recipients[1].retry_until = INT64_C(1767571200000);
  kit_buf got = make(*state, &r);
  mr_dsn *dsn = read_back(&got);
  const mr_dsn_info *info = mr_dsn_get(dsn);
  assert_int_equal(info->verdict, MR_VERDICT_FAILED);
  assert_int_equal(info->confidence, 100);
  assert_string_equal(info->envelope_id, "QQ+1");
  assert_string_equal(info->reporting_mta, "mta.example.org");
  assert_string_equal(info->received_from, "client.example.org");
  assert_string_equal(info->arrival_date, "Wed, 31 Dec 2025 00:00:00 +0000");
  assert_string_equal(info->message_id, "<1@example.org>");
  assert_string_equal(info->sent_to, "ann@example.org");
  assert_int_equal(mr_dsn_count(dsn), MAX);
  for (size_t i = 0; i < MAX; i++) {
    const mr_dsn_record *one = mr_dsn_at(dsn, i);
    assert_int_equal(one->action, r.recipients[i].action);
    assert_int_equal(one->confidence, 100);
    assert_int_equal(one->code, r.outcomes[i].code);
    assert_string_equal(one->status, r.outcomes[i].status);
    assert_string_equal(one->final_recipient, r.outcomes[i].recipient);
    assert_string_equal(one->remote_mta, "mx.e.net");
  }
  assert_string_equal(mr_dsn_at(dsn, 0)->original_recipient, "Bob+tag@Example.com");
  assert_string_equal(mr_dsn_at(dsn, 0)->last_attempt_date,
                      "Wed, 31 Dec 2025 00:01:00 +0000");
  assert_string_equal(mr_dsn_at(dsn, 1)->last_attempt_date,
                      "Thu, 01 Jan 2026 00:00:00 +0000");
  assert_string_equal(mr_dsn_at(dsn, 1)->retry_until_date,
                      "Mon, 05 Jan 2026 00:00:00 +0000");
  mr_dsn_free(dsn);
  kit_buf_free(&got);
}

/* One kind alone: the Subject, the text and the verdict go with it. */
static void each_action(void **state) {
  static const struct {
    const char *subject, *text;
    int verdict;
  } cases[MAX] = {
      {"Subject: Your message could not be delivered\r\n", "no further attempt",
       MR_VERDICT_FAILED},
      {"Subject: Your message is delayed\r\n", "You need not", MR_VERDICT_DELAYED},
      {"Subject: Your message was delivered\r\n", "was delivered to",
       MR_VERDICT_DELIVERED},
      {"Subject: Your message was passed on\r\n", "does not", MR_VERDICT_RELAYED},
      {"Subject: Your message was passed on\r\n", "stand behind", MR_VERDICT_EXPANDED}};
  for (size_t i = 0; i < MAX; i++) {
    report r;
    report_init(&r, MAX);
    r.facts.recipients = &r.list[i];
    r.facts.recipient_count = 1;
    kit_buf got = make(*state, &r);
    has(&got, cases[i].subject, 1);
    has(&got, cases[i].text, 1);
    mr_dsn *dsn = read_back(&got);
    assert_int_equal(mr_dsn_get(dsn)->verdict, cases[i].verdict);
    mr_dsn_free(dsn);
    kit_buf_free(&got);
  }
}

/* R101: NOTIFY is honoured for each recipient */
static void notify(void **state) {
  fixture *f = *state;
  report r;
  report_init(&r, MAX);
  r.recipients[0].notify = MR_NOTIFY_NEVER;
  r.recipients[3].notify = MR_NOTIFY_FAILURE;
  kit_buf got = make(f, &r);
  has(&got, "f@e.net", 0);
  has(&got, "r@e.net", 0);
  has(&got, "Subject: Report on the delivery", 1);
  kit_buf_free(&got);
  for (size_t i = 0; i < MAX; i++)
    r.recipients[i].notify = MR_NOTIFY_NEVER;
  mr_message *m = f->m;
  assert_int_equal(mr_dsn_make(&m, &f->env.env, NULL, &r.facts), MR_ERR_NOT_FOUND);
  assert_null(m);
}

/* RFC 3461 4.3, 6.2 */
static void returned(void **state) {
  static const struct {
    int ret, first;
    size_t max;
    const char *original;
    int full;
  } cases[] = {
      {MR_RET_FULL, 0, 0, original, 1},
      {MR_RET_HDRS, 0, 0, original, 0},
      {MR_RET_DEFAULT, 0, 0, original, 0},
      {MR_RET_FULL, 1, 0, original, 0},                     /* nobody failed */
      {MR_RET_FULL, 0, 10, original, 0},                    /* too large */
      {MR_RET_FULL, 0, 0, "Subject: Hello\r\n\r\n", 0},     /* nothing but a header */
      {MR_RET_FULL, 0, 0, "Subject: Hello\r\n\r\na\nb", 0}, /* cannot stand as it is */
      {MR_RET_FULL, 0, 0, "Subject: Hello\r\n\r\na\rb\r\n", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    report r;
    report_init(&r, MAX);
    r.facts.ret = cases[i].ret;
    r.facts.full_max = cases[i].max;
    r.facts.recipients = &r.list[cases[i].first];
    r.facts.recipient_count = 1;
    r.facts.original = cases[i].original;
    r.facts.original_len = strlen(cases[i].original);
    kit_buf got = make(*state, &r);
    has(&got, "Content-Type: message/rfc822\r\n", cases[i].full);
    has(&got, "Content-Type: text/rfc822-headers", !cases[i].full);
    has(&got, "\r\nbody\r\n.\r\n", cases[i].full);
    has(&got, "Subject: Hello\r\n", 1);
    kit_buf_free(&got);
  }
}

/* An original in 8 bits goes back as it was; the report says so. */
static void eight_bits(void **state) {
  static const char text[] = "Subject: x\r\n\r\n\xe4\r\n";
  fixture *f = *state;
  report r;
  report_init(&r, 1);
  r.facts.ret = MR_RET_FULL;
  r.facts.original = text;
  r.facts.original_len = sizeof text - 1;
  kit_buf got = make(f, &r);
  assert_int_equal(mr_message_is_8bit(f->m), 1);
  has(&got, "Content-Transfer-Encoding: 8bit\r\n\r\n--=_", 1);
  has(&got, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n", 1);
  kit_buf_free(&got);
}

/* RFC 6533: ASCII forms, unless the reader's path takes UTF-8 */
static void utf8(void **state) {
  fixture *f = *state;
  report r;
  report_init(&r, 1);
  r.outcomes[0].recipient = "j\xc3\xb6rg@e.net";
  r.recipients[0].orcpt = "utf-8;k\xc3\xa4the\\x{2B}@e.net";
  kit_buf got = make(f, &r);
  assert_int_equal(mr_message_is_8bit(f->m), 0);
  has(&got, "\r\nFinal-Recipient: utf-8; j\\x{F6}rg@e.net\r\n", 1);
  has(&got, "\r\nOriginal-Recipient: utf-8; k\\x{E4}the\\x{2B}@e.net\r\n", 1);
  has(&got, "global", 0);
  kit_buf_free(&got);
  for (int by_sender = 0; by_sender < 2; by_sender++) {
    r.facts.utf8 = !by_sender;
    r.facts.to = by_sender ? "\xc3\xa4nn@example.org" : "ann@example.org";
    got = make(f, &r);
    assert_int_equal(mr_message_is_8bit(f->m), 1);
    has(&got, "report-type=global-delivery-status", 1);
    has(&got, "Content-Type: message/global-delivery-status\r\n", 1);
    has(&got, "Content-Type: message/global-headers\r\n", 1);
    has(&got, "\r\nFinal-Recipient: utf-8; j\xc3\xb6rg@e.net\r\n", 1);
    mr_dsn *dsn = read_back(&got);
    assert_string_equal(mr_dsn_at(dsn, 0)->final_recipient, "j\xc3\xb6rg@e.net");
    assert_string_equal(mr_dsn_at(dsn, 0)->original_recipient, "k\xc3\xa4the+@e.net");
    mr_dsn_free(dsn);
    kit_buf_free(&got);
  }
}

/* bug 21, bug 28: parameters of strangers are decoded once, or left out */
static void parameters(void **state) {
  static const struct {
    const char *envid, *orcpt, *want_envid, *want_orcpt;
  } cases[] = {
      {"a+20b", "rfc822;a+40b", "a b", "a@b"},
      {"a+0D+0AX:+20y", "rfc822;a+0D+0AX:+20y", NULL, NULL},
      {"a+00", "rfc822;a+00", NULL, NULL},
      {"a+zz", "rfc822;a+2", NULL, NULL},
      {"a\r\nX: y", "rfc822;a\r\nX: y", NULL, NULL},
      {"", "rfc822;", NULL, NULL},
      {"+E4", ";a@b", NULL, NULL},
      {"a=b", "a@b", NULL, NULL},
      {"x", "x y;a@b", "x", NULL},
      {"x", "utf-8;\xff@b", "x", NULL},
      {"x", "x-y;z+3Bz", "x", "z;z"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    report r;
    report_init(&r, 1);
    r.facts.envid = cases[i].envid;
    r.recipients[0].orcpt = cases[i].orcpt;
    kit_buf got = make(*state, &r);
    has(&got, "Original-Envelope-Id:", cases[i].want_envid != NULL);
    has(&got, "Original-Recipient:", cases[i].want_orcpt != NULL);
    has(&got, "\r\nX: y", 0);
    mr_dsn *dsn = read_back(&got);
    if (cases[i].want_envid != NULL)
      assert_string_equal(mr_dsn_get(dsn)->envelope_id, cases[i].want_envid);
    if (cases[i].want_orcpt != NULL)
      assert_string_equal(mr_dsn_at(dsn, 0)->original_recipient, cases[i].want_orcpt);
    mr_dsn_free(dsn);
    kit_buf_free(&got);
  }
}

/* RFC 3464 2.3.4: a status never contradicts its action */
static void status_class(void **state) {
  static const struct {
    int action;
    const char *given, *want;
  } cases[] = {{MR_DSN_FAILED, "5.1.1", "5.1.1"},    {MR_DSN_FAILED, "4.4.7", "4.4.7"},
               {MR_DSN_FAILED, "2.0.0", "5.0.0"},    {MR_DSN_FAILED, "", "5.0.0"},
               {MR_DSN_DELAYED, "5.1.1", "4.0.0"},   {MR_DSN_DELAYED, "4.7.1", "4.7.1"},
               {MR_DSN_DELIVERED, "5.1.1", "2.0.0"}, {MR_DSN_RELAYED, "x", "2.0.0"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    report r;
    report_init(&r, 1);
    r.recipients[0].action = cases[i].action;
    r.recipients[0].notify = MR_NOTIFY_SUCCESS | MR_NOTIFY_FAILURE | MR_NOTIFY_DELAY;
    r.outcomes[0].status = cases[i].given;
    kit_buf got = make(*state, &r);
    mr_dsn *dsn = read_back(&got);
    assert_string_equal(mr_dsn_at(dsn, 0)->status, cases[i].want);
    mr_dsn_free(dsn);
    kit_buf_free(&got);
  }
}

/* ---- the host's own text ---- */

typedef struct own {
  size_t seen;
  int answer;
} own;

static int write_own(void *user, const mr_dsn_facts *facts, mr_dsn_text *text) {
  own *o = user;
  o->seen = facts->recipient_count;
  assert_int_equal(mr_dsn_text_subject(text, "Zur\xc3\xbc"
                                             "ck"),
                   MR_OK);
  assert_int_equal(mr_dsn_text_subject(text, "a\r\nBcc: x"), MR_ERR_HDR_CHAR);
  assert_int_equal(mr_dsn_text_add(text, "Hallo,\n", 7), MR_OK);
  assert_int_equal(mr_dsn_text_add(text, "\xff", 1), MR_ERR_BODY_CHAR);
  assert_int_equal(mr_dsn_text_add(text, "", 1), MR_ERR_BODY_CHAR);
  assert_int_equal(mr_dsn_text_quote(text, "${run{x}}\r\n%s\x1b", 14), MR_OK);
  assert_int_equal(mr_dsn_text_recipient(text, facts->recipients[0]), MR_OK);
  assert_int_equal(mr_dsn_text_add(NULL, "x", 1), MR_ERR_MISUSE);
  assert_int_equal(mr_dsn_text_recipient(text, NULL), MR_ERR_MISUSE);
  return o->answer;
}

/* bug 20: the text of strangers is not expanded, by whatever template */
static void own_text(void **state) {
  fixture *f = *state;
  own o = {0, MR_OK};
  report r;
  report_init(&r, 3);
  r.recipients[0].notify = MR_NOTIFY_NEVER;
  r.outcomes[1].text = "$(reboot) {{x}} %n";
  r.facts.write = write_own;
  r.facts.user = &o;
  kit_buf got = make(f, &r);
  assert_int_equal(o.seen, 2);
  has(&got, "Subject: =?UTF-8?", 1);
  has(&got, "Hallo,\r\n${run{x}}\\x0d\\x0a%s\\x1b", 1);
  has(&got, "<w@e.net>", 1);
  has(&got, "$(reboot) {{x}} %n", 1);
  has(&got, "This is the mail system", 0);
  kit_buf_free(&got);
  mr_message *m = NULL;
  o.answer = MR_ERR_LEASE_LOST;
  assert_int_equal(mr_dsn_make(&m, &f->env.env, NULL, &r.facts), MR_ERR_LEASE_LOST);
  assert_null(m);
}

/* fault 89: what came from the null sender has nobody to tell */
static void errors(void **state) {
  fixture *f = *state;
  mr_message *m = NULL;
  report r;
  static const struct {
    const char *to, *mta;
    int code;
  } cases[] = {{"", "mta.example.org", MR_ERR_ADDR},
               {"<>", "mta.example.org", MR_ERR_ADDR},
               {"a@b\r\nBcc: c", "mta.example.org", MR_ERR_ADDR_CHAR},
               {"a@b", "m\r\nX: y", MR_ERR_ADDR_CHAR},
               {NULL, "mta.example.org", MR_ERR_MISUSE},
               {"a@b", NULL, MR_OK}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    report_init(&r, 1);
    r.facts.to = cases[i].to;
    r.facts.reporting_mta = cases[i].mta;
    assert_int_equal(mr_dsn_make(&m, &f->env.env, NULL, &r.facts), cases[i].code);
    assert_int_equal(m != NULL, cases[i].code == MR_OK);
    mr_message_free(m);
  }
  assert_int_equal(mr_dsn_make(NULL, NULL, NULL, &r.facts), MR_ERR_MISUSE);
  assert_int_equal(mr_dsn_make(&m, NULL, NULL, NULL), MR_ERR_MISUSE);
  for (int i = 0; i < 6; i++) {
    report_init(&r, i == 0 ? 0 : 1);
    r.facts.size -= i == 1;
    r.recipients[0].size -= i == 2;
    r.recipients[0].action = i == 3 ? MR_DSN_NONE : MR_DSN_FAILED;
    r.recipients[0].outcome = i == 4 ? NULL : &r.outcomes[0];
    r.facts.original = i == 5 ? NULL : original;
    assert_int_equal(mr_dsn_make(&m, NULL, NULL, &r.facts), MR_ERR_MISUSE);
  }
}

/* bug 23: what a stranger wrote stands in the text as text */
static void hostile(void **state) {
  report r;
  report_init(&r, 1);
  r.outcomes[0].recipient = "a\x1b[2J>\r\nBcc: x@b";
  r.outcomes[0].host = "mx\x07";
  kit_buf got = make(*state, &r);
  has(&got, "\x1b", 0);
  has(&got, "\x07", 0);
  has(&got, "\r\nBcc:", 0);
  has(&got, "<a\\x1b[2J>\\x0d\\x0aBcc: x@b>", 1);
  kit_buf_free(&got);
}

/* An outcome of which nothing is known but the address. */
static void bare_outcome(void **state) {
  report r;
  report_init(&r, MAX);
  for (size_t i = 0; i < MAX; i++)
    r.outcomes[i] = (mr_outcome){.recipient = "a@b"};
  r.facts.original = NULL;
  r.facts.original_len = 0;
  kit_buf got = make(*state, &r);
  mr_dsn *dsn = read_back(&got);
  assert_int_equal(mr_dsn_count(dsn), MAX);
  mr_dsn_free(dsn);
  kit_buf_free(&got);
}

static int torture(kit_env *env, void *arg) {
  report r;
  mr_message *m = NULL;
  (void)arg;
  report_init(&r, MAX);
  r.facts.envid = "x+20y";
  r.facts.utf8 = 1;
  r.recipients[0].orcpt = "rfc822;a+40b";
  r.recipients[1].orcpt = "utf-8;\xc3\xa4@b";
  int err = mr_dsn_make(&m, &env->env, NULL, &r.facts);
  int right = err == MR_OK || (err == MR_ERR_NOMEM && env->failed > 0 && m == NULL);
  mr_message_free(m);
  return !right;
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wanted),   FIXTURE_TEST(round_trip),   FIXTURE_TEST(each_action),
      FIXTURE_TEST(notify),       FIXTURE_TEST(returned),     FIXTURE_TEST(eight_bits),
      FIXTURE_TEST(utf8),         FIXTURE_TEST(parameters),   FIXTURE_TEST(status_class),
      FIXTURE_TEST(own_text),     FIXTURE_TEST(hostile),      FIXTURE_TEST(errors),
      FIXTURE_TEST(bare_outcome), cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

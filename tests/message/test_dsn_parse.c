/* SPDX-License-Identifier: MIT */
/* What came back, read: samples/NAME.eml, and beside each what it says. */
#include <mailroute/dsn.h>

#include <dirent.h>
#include <stdio.h>

#include "kit/kit_torture.h"
#include "message/help.h"

enum { PATH_ROOM = 600, LINE_ROOM = 600, MIN_BOUNCES = 50, MIN_OTHERS = 12 };

/* The folder beside this file, and a name in it. */
static void sample_path(char path[PATH_ROOM], const char *name, int len,
                        const char *suffix) {
  const char *slash = strrchr(__FILE__, '/');
  int folder = slash != NULL ? (int)(slash - __FILE__) + 1 : 0;
  (void)snprintf(path, PATH_ROOM, "%.*ssamples/%.*s%s", folder, __FILE__, len, name,
                 suffix);
}

static kit_buf load(const char *path) {
  kit_buf out = {0};
  char piece[4096];
  size_t n;
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    fail_msg("%s: cannot be read", path);
  while ((n = fread(piece, 1, sizeof piece, file)) > 0)
    kit_buf_add(&out, piece, n);
  fclose(file);
  return out;
}

/* An exact copy, so that a read past the end is seen. */
static mr_dsn *parse(const mr_env *env, const char *data, size_t len) {
  mr_dsn *dsn = NULL;
  void *exact = kit_exact(data, len);
  int err = mr_dsn_parse(&dsn, env, exact, len);
  free(exact);
  assert_int_equal(err, MR_OK);
  return dsn;
}

static mr_dsn *parse_text(const char *text) { return parse(NULL, text, strlen(text)); }

/* ---- samples ---- */

/* Where in the file of expectations we are. */
typedef struct expected {
  const char *file;
  const mr_dsn *dsn;
  size_t record; /* of the last "record" line, from 1 */
  int complaint; /* lines about it may come */
} expected;

static unsigned wrong; /* all that is, is told before the test fails */

static void same(const expected *e, const char *key, const char *got, const char *want) {
  if (strcmp(want, "-") == 0)
    want = "";
  if (strcmp(got, want) == 0)
    return;
  print_error("%s: record %zu: %s is \"%s\", not \"%s\"\n", e->file, e->record, key, got,
              want);
  wrong++;
}

static void same_number(const expected *e, const char *key, int got, const char *want) {
  char text[20];
  (void)snprintf(text, sizeof text, "%d", got);
  same(e, key, text, want);
}

static void holds(const expected *e, const char *key, const char *got, const char *part) {
  if (strstr(got, part) != NULL)
    return;
  print_error("%s: record %zu: %s is \"%s\", without \"%s\"\n", e->file, e->record, key,
              got, part);
  wrong++;
}

static int check_message(const expected *e, const char *key, const char *value) {
  const mr_dsn_info *i = mr_dsn_get(e->dsn);
  const struct {
    const char *key, *got;
  } texts[] = {{"verdict", mr_dsn_verdict_name(i->verdict)},
               {"style", i->style},
               {"envelope-id", i->envelope_id},
               {"reporting-mta", i->reporting_mta},
               {"received-from", i->received_from},
               {"arrival", i->arrival_date},
               {"message-id", i->message_id},
               {"subject", i->subject},
               {"sent-to", i->sent_to}};
  for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++)
    if (strcmp(key, texts[n].key) == 0) {
      same(e, key, texts[n].got, value);
      return 1;
    }
  if (strcmp(key, "confidence") == 0)
    same_number(e, key, i->confidence, value);
  else if (strcmp(key, "records") == 0)
    same_number(e, key, (int)mr_dsn_count(e->dsn), value);
  else
    return 0;
  return 1;
}

static int check_complaint(const expected *e, const char *key, const char *value) {
  const mr_dsn_complaint *c = mr_dsn_abuse(e->dsn);
  if (c == NULL)
    return 0;
  const struct {
    const char *key, *got;
  } texts[] = {{"feedback-type", c->feedback_type},
               {"user-agent", c->user_agent},
               {"version", c->version},
               {"mail-from", c->original_mail_from},
               {"complaint-arrival", c->arrival_date},
               {"source-ip", c->source_ip},
               {"reported-domain", c->reported_domain},
               {"reported-uri", c->reported_uri},
               {"authentication", c->authentication_results}};
  for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++)
    if (strcmp(key, texts[n].key) == 0) {
      same(e, key, texts[n].got, value);
      return 1;
    }
  if (strcmp(key, "incidents") != 0)
    return 0;
  same_number(e, key, (int)c->incidents, value);
  return 1;
}

/* "record ACTION STATUS CODE RECIPIENT" */
static void check_head(const expected *e, const mr_dsn_record *r, char *value) {
  static const char *const keys[] = {"action", "status", "code", "recipient"};
  char code[20];
  (void)snprintf(code, sizeof code, "%d", r->code);
  const char *got[] = {mr_dsn_action_name(r->action), r->status, code,
                       r->final_recipient};
  for (int n = 0; n < 4; n++) {
    char *end = n < 3 ? strchr(value, ' ') : NULL;
    if (end != NULL)
      *end = '\0';
    same(e, keys[n], got[n], value);
    value = end != NULL ? end + 1 : value;
  }
}

static void check_record(expected *e, const char *key, char *value) {
  const mr_dsn_record *r = e->record > 0 ? mr_dsn_at(e->dsn, e->record - 1) : NULL;
  if (strcmp(key, "record") == 0) {
    r = mr_dsn_at(e->dsn, e->record++);
    if (r != NULL)
      check_head(e, r, value);
    return;
  }
  if (r == NULL)
    return; /* the count of records tells */
  if (strcmp(key, "original") == 0)
    same(e, key, r->original_recipient, value);
  else if (strcmp(key, "remote") == 0)
    same(e, key, r->remote_mta, value);
  else if (strcmp(key, "type") == 0)
    same(e, key, r->final_type, value);
  else if (strcmp(key, "diagnostic-type") == 0)
    same(e, key, r->diagnostic_type, value);
  else if (strcmp(key, "diagnostic") == 0)
    holds(e, key, r->diagnostic, value);
  else if (strcmp(key, "last-attempt") == 0)
    same(e, key, r->last_attempt_date, value);
  else if (strcmp(key, "retry-until") == 0)
    same(e, key, r->retry_until_date, value);
  else if (strcmp(key, "sure") == 0)
    same_number(e, key, r->confidence, value);
  else
    fail_msg("%s: what is \"%s\"?", e->file, key);
}

static void check_line(expected *e, char *line) {
  char *value = strchr(line, ' ');
  if (line[0] == '\0' || line[0] == '#')
    return;
  if (value == NULL)
    fail_msg("%s: \"%s\" says nothing", e->file, line);
  *value++ = '\0';
  if (!check_message(e, line, value) && !check_complaint(e, line, value))
    check_record(e, line, value);
}

static void check_lines(expected *e, const char *path) {
  char line[LINE_ROOM];
  FILE *file = fopen(path, "r");
  if (file == NULL)
    fail_msg("%s: cannot be read", path);
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    check_line(e, line);
  }
  fclose(file);
  if (e->record == mr_dsn_count(e->dsn))
    return;
  print_error("%s: %zu records, not %zu\n", e->file, mr_dsn_count(e->dsn), e->record);
  wrong++;
}

/* With the line ends that it has, and with the others. */
static kit_buf other_ends(const kit_buf *from) {
  kit_buf out = {0};
  int crlf = strstr(from->data, "\r\n") != NULL;
  for (size_t i = 0; i < from->len; i++) {
    if (from->data[i] == '\n' && !crlf)
      kit_buf_add(&out, "\r", 1);
    if (from->data[i] != '\r' || !crlf)
      kit_buf_add(&out, &from->data[i], 1);
  }
  return out;
}

static int check_sample(const char *name, size_t stem) {
  char path[PATH_ROOM];
  int others = 0;
  sample_path(path, name, (int)strlen(name), "");
  kit_buf first = load(path);
  kit_buf second = other_ends(&first);
  sample_path(path, name, (int)stem, ".expect");
  const kit_buf *forms[] = {&first, &second};
  for (size_t i = 0; i < 2; i++) {
    mr_dsn *dsn = parse(NULL, forms[i]->data, forms[i]->len);
    expected e = {name, dsn, 0, 0};
    check_lines(&e, path);
    int verdict = mr_dsn_get(dsn)->verdict;
    others = verdict == MR_VERDICT_NOT_BOUNCE || verdict == MR_VERDICT_AUTO_REPLY ||
             verdict == MR_VERDICT_RECEIPT;
    mr_dsn_free(dsn);
  }
  kit_buf_free(&first);
  kit_buf_free(&second);
  return others;
}

static void each_sample(size_t *count, size_t *others,
                        int (*check)(const char *name, size_t stem)) {
  char path[PATH_ROOM];
  sample_path(path, "", 0, "");
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    size_t len = strlen(entry->d_name);
    if (len < 5 || strcmp(entry->d_name + len - 4, ".eml") != 0)
      continue;
    *others += (size_t)check(entry->d_name, len - 4);
    ++*count;
  }
  closedir(folder);
}

static void samples(void **state) {
  size_t count = 0, others = 0;
  (void)state;
  wrong = 0;
  each_sample(&count, &others, check_sample);
  assert_int_equal(wrong, 0);
  assert_true(count - others >= MIN_BOUNCES);
  assert_true(others >= MIN_OTHERS);
}

/* Cut anywhere, a sample is still read, and never becomes a failure that it was not. */
static int check_cut(const char *name, size_t stem) {
  char path[PATH_ROOM];
  (void)stem;
  sample_path(path, name, (int)strlen(name), "");
  kit_buf all = load(path);
  mr_dsn *dsn = parse(NULL, all.data, all.len);
  int whole = mr_dsn_get(dsn)->verdict;
  mr_dsn_free(dsn);
  for (size_t len = 0; len < all.len; len += 37) {
    dsn = parse(NULL, all.data, len);
    if (mr_dsn_get(dsn)->verdict == MR_VERDICT_FAILED && whole != MR_VERDICT_FAILED)
      fail_msg("%s: cut to %zu octets it is a failure", name, len);
    mr_dsn_free(dsn);
  }
  kit_buf_free(&all);
  return 0;
}

static void cut_samples(void **state) {
  size_t count = 0, others = 0;
  (void)state;
  each_sample(&count, &others, check_cut);
}

/* ---- one at a time ---- */

#define DAEMON "From: MAILER-DAEMON@mta.example.org\nTo: list@example.org\n"

static void verdict_of(const char *text, int verdict) {
  mr_dsn *dsn = parse_text(text);
  if (mr_dsn_get(dsn)->verdict != verdict)
    fail_msg("%s instead of %s:\n%s", mr_dsn_verdict_name(mr_dsn_get(dsn)->verdict),
             mr_dsn_verdict_name(verdict), text);
  mr_dsn_free(dsn);
}

#define STATUS                                                                           \
  "Content-Type: multipart/report; boundary=b\n\n--b\n"                                  \
  "Content-Type: message/delivery-status\n\nReporting-MTA: dns; m\n\n"

/* An action is what it says, and its status only helps where it says nothing. */
static void actions(void **state) {
  static const struct {
    const char *text;
    int verdict;
  } cases[] = {
      {STATUS "Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n--b--\n",
       MR_VERDICT_FAILED},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 4.4.7\n\n--b--\n",
       MR_VERDICT_FAILED},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: delayed\nStatus: 5.1.1\n\n--b--\n",
       MR_VERDICT_DELAYED},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: DELAYED (4 h)\n\n--b--\n",
       MR_VERDICT_DELAYED},
      {STATUS "Final-Recipient: rfc822; a@b\nStatus: 4.2.2\n\n--b--\n",
       MR_VERDICT_DELAYED},
      {STATUS "Final-Recipient: rfc822; a@b\nStatus: 5.2.2 (full)\n\n--b--\n",
       MR_VERDICT_FAILED},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: expanded\nStatus: 2.0.0\n\n--b--\n",
       MR_VERDICT_EXPANDED},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: vanished\n\n--b--\n",
       MR_VERDICT_UNCLEAR},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: delayed\n\n"
              "Final-Recipient: rfc822; c@d\nAction: failed\n\n--b--\n",
       MR_VERDICT_FAILED},
      {STATUS "Final-Recipient: rfc822; a@b\nAction: relayed\n\n"
              "Final-Recipient: rfc822; c@d\nAction: delayed\n\n--b--\n",
       MR_VERDICT_DELAYED},
      {STATUS "--b--\n", MR_VERDICT_UNCLEAR},
      {"", MR_VERDICT_NOT_BOUNCE},
      {"\n\n\n", MR_VERDICT_NOT_BOUNCE},
      {DAEMON "Subject: Undelivered Mail Returned to Sender\n\nno more\n",
       MR_VERDICT_UNCLEAR},
      {DAEMON "Subject: Welcome\n\nnothing went wrong\n", MR_VERDICT_NOT_BOUNCE},
      {DAEMON "Subject: Mail delivery failed\n\n550 5.1.1 <a@b.net> unknown\n",
       MR_VERDICT_FAILED},
      {DAEMON "Subject: Warning: could not send\n\n550 5.1.1 <a@b.net> unknown\n",
       MR_VERDICT_DELAYED},
      {DAEMON "Subject: Undeliverable: Your order is delayed\n\n550 5.1.1 <a@b.net> x\n",
       MR_VERDICT_FAILED},
      {DAEMON "Subject: Status\n\nThe following address(es) failed:\n\n  a@b.net\n\n"
              "No action is required on your part.\n",
       MR_VERDICT_DELAYED},
      {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n\n--b\n"
       "Content-Type: message/delivery-status\n\n"
       "Final-Recipient: rfc822; a@b\nAction: failed\n",
       MR_VERDICT_NOT_BOUNCE},
      {"From: ann@example.org\nSubject: Undelivered\n\n550 5.1.1 <a@b.net> unknown\n",
       MR_VERDICT_NOT_BOUNCE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    verdict_of(cases[i].text, cases[i].verdict);
}

/* An address in the words about a recipient is not another recipient. */
static void indented(void **state) {
  (void)state;
  mr_dsn *dsn = parse_text(DAEMON "Subject: x\n\nThe following address(es) failed:\n\n"
                                  "  a@b.net\n    c@d.net: 550 5.1.1 unknown\n"
                                  "  e@f.net\n    550 5.1.2 no host\n");
  assert_int_equal(mr_dsn_count(dsn), 2);
  assert_string_equal(mr_dsn_at(dsn, 0)->status, "5.1.1");
  assert_string_equal(mr_dsn_at(dsn, 1)->final_recipient, "e@f.net");
  mr_dsn_free(dsn);
}

/* Many recipients, none of which is divided from the next by a blank line. */
static void crowded(void **state) {
  kit_buf text = {0};
  (void)state;
  kit_buf_printf(&text, STATUS);
  for (int i = 0; i < 1200; i++)
    kit_buf_printf(&text, "Final-Recipient: rfc822; u%d@b\nAction: failed\n", i);
  mr_dsn *dsn = parse_text(text.data);
  assert_int_equal(mr_dsn_count(dsn), 1000);
  assert_string_equal(mr_dsn_at(dsn, 999)->final_recipient, "u999@b");
  assert_null(mr_dsn_at(dsn, 1000));
  mr_dsn_free(dsn);
  kit_buf_free(&text);
}

/* What strangers wrote comes out as one line of clean UTF-8. */
static void clean(void **state) {
  (void)state;
  mr_dsn *dsn = parse_text(STATUS "Final-Recipient: rfc822; <a@b>\nAction: failed\n"
                                  "Diagnostic-Code: smtp;\n 550-a\t\x01\x1b[2J\n"
                                  "\t550 \xff\xc3\xa4\xed\xa0\x80 b\xc2\x85\n\n--b--\n");
  const mr_dsn_record *r = mr_dsn_at(dsn, 0);
  assert_non_null(r);
  assert_string_equal(r->final_recipient, "a@b");
  assert_string_equal(r->diagnostic, "550-a [2J 550 ?\xc3\xa4??? b?");
  mr_dsn_free(dsn);
}

static void utf8_addresses(void **state) {
  (void)state;
  mr_dsn *dsn = parse_text(
      STATUS "Final-Recipient: utf-8; j\\x{F6}rg\\x{1F600}\\x{2B}@b\nAction: failed\n"
             "Original-Recipient: utf-8; \\x{zz}\\x{110000}\\x{D800}@b\n\n--b--\n");
  const mr_dsn_record *r = mr_dsn_at(dsn, 0);
  assert_non_null(r);
  assert_string_equal(r->final_recipient, "j\xc3\xb6rg\xf0\x9f\x98\x80+@b");
  assert_string_equal(r->final_type, "utf-8");
  assert_string_equal(r->original_recipient, "\\x{zz}\\x{110000}???@b");
  mr_dsn_free(dsn);
}

/* A report inside a message that somebody passes on is not a report about our mail. */
static void forwarded(void **state) {
  (void)state;
  verdict_of("From: ann@example.org\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\n"
             "Look what came back.\n--o\nContent-Type: message/rfc822\n\n" DAEMON
             "Content-Type: multipart/report; boundary=b\n\n--b\n"
             "Content-Type: message/delivery-status\n\nReporting-MTA: dns; m\n\n"
             "Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
             "\n--o--\n",
             MR_VERDICT_NOT_BOUNCE);
}

static void add_levels(kit_buf *text, int depth) {
  for (int i = 0; i < depth; i++)
    kit_buf_printf(text, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
}

/* fault 16, fault 19, bug 45: depth, parts and parameters have limits */
static void limits(void **state) {
  kit_buf text = {0};
  mr_dsn *dsn = NULL;
  (void)state;
  add_levels(&text, 16);
  assert_int_equal(mr_dsn_parse(&dsn, NULL, text.data, text.len), MR_OK);
  mr_dsn_free(dsn);
  add_levels(&text, 1);
  assert_int_equal(mr_dsn_parse(&dsn, NULL, text.data, text.len), MR_ERR_DEPTH);
  assert_null(dsn);
  kit_buf_clear(&text);
  kit_buf_printf(&text, "Content-Type: multipart/mixed; boundary=b\n\n");
  for (int i = 0; i < 999; i++)
    kit_buf_printf(&text, "--b\n\nx\n");
  assert_int_equal(mr_dsn_parse(&dsn, NULL, text.data, text.len), MR_OK);
  mr_dsn_free(dsn);
  kit_buf_printf(&text, "--b\n\nx\n");
  assert_int_equal(mr_dsn_parse(&dsn, NULL, text.data, text.len), MR_ERR_LIMIT);
  assert_null(dsn);
  kit_buf_clear(&text);
  kit_buf_printf(&text, "Content-Type: multipart/mixed");
  for (int i = 0; i < 100; i++)
    kit_buf_printf(&text, "; p%d=x", i);
  kit_buf_printf(&text, "; boundary=b\n\n--b\n\nx\n--b--\n");
  verdict_of(text.data, MR_VERDICT_NOT_BOUNCE);
  kit_buf_free(&text);
}

/* bug 15, fault 15: megabytes of one thing take no longer than of another */
static void hostile(void **state) {
  static const char *const pieces[] = {"<",
                                       "@",
                                       "a@b ",
                                       "=?",
                                       "=?utf-8?q?a",
                                       "--b\n",
                                       "\n",
                                       "\r",
                                       " \n",
                                       "<a@b>:\n",
                                       "&lt;<br><p>",
                                       "<style",
                                       "550 ",
                                       "5.1.",
                                       "a@b... x\n",
                                       ";",
                                       "your message to a@b.net delayed\n",
                                       "\"a\"@",
                                       "(",
                                       "\xff",
                                       "=\n",
                                       "host host host "};
  static const char *const heads[] = {
      DAEMON "Subject: failure notice\n\nHi. This is the\n",
      DAEMON "Subject: failure notice\nContent-Type: text/html\n\nHi. This is the\n",
      STATUS, "Subject: ", "Content-Type: multipart/mixed; boundary=b\n\n--b\n"};
  kit_buf text = {0};
  (void)state;
  for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++)
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
      mr_dsn *dsn = NULL;
      kit_buf_clear(&text);
      kit_buf_printf(&text, "%s", heads[h]);
      while (text.len < 400000)
        kit_buf_add(&text, pieces[i], strlen(pieces[i]));
      int err = mr_dsn_parse(&dsn, NULL, text.data, text.len);
      assert_true(err == MR_OK || err == MR_ERR_LIMIT);
      assert_true(mr_dsn_count(dsn) <= 1000);
      mr_dsn_free(dsn);
    }
  kit_buf_free(&text);
}

static void misuse(void **state) {
  mr_dsn *dsn = NULL;
  (void)state;
  assert_int_equal(mr_dsn_parse(NULL, NULL, "", 0), MR_ERR_MISUSE);
  assert_int_equal(mr_dsn_parse(&dsn, NULL, NULL, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_dsn_parse(&dsn, NULL, NULL, 0), MR_OK);
  mr_dsn_free(dsn);
  mr_dsn_free(NULL);
  assert_int_equal(mr_dsn_get(NULL)->verdict, MR_VERDICT_NOT_BOUNCE);
  assert_int_equal(mr_dsn_count(NULL), 0);
  assert_null(mr_dsn_at(NULL, 0));
  assert_null(mr_dsn_abuse(NULL));
  assert_string_equal(mr_dsn_action_name(99), "unknown");
  assert_string_equal(mr_dsn_verdict_name(-1), "unknown");
}

/* ---- fault 98 ---- */

static int torture(kit_env *env, void *arg) {
  const kit_buf *text = arg;
  mr_dsn *dsn = NULL;
  int err = mr_dsn_parse(&dsn, &env->env, text->data, text->len);
  int right = err == MR_OK ? mr_dsn_get(dsn)->verdict == MR_VERDICT_FAILED
                           : err == MR_ERR_NOMEM && env->failed > 0 && dsn == NULL;
  mr_dsn_free(dsn);
  return !right;
}

static void no_memory(void **state) {
  static const char *const names[] = {"standard-postfix.eml", "text-qmail.eml",
                                      "text-exchange-html.eml", "text-exim-field.eml"};
  char path[PATH_ROOM];
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    sample_path(path, names[i], (int)strlen(names[i]), "");
    kit_buf text = load(path);
    assert_true(kit_torture(torture, &text, 0) >= 8);
    kit_buf_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(samples),        cmocka_unit_test(cut_samples),
      cmocka_unit_test(actions),        cmocka_unit_test(indented),
      cmocka_unit_test(crowded),        cmocka_unit_test(clean),
      cmocka_unit_test(utf8_addresses), cmocka_unit_test(forwarded),
      cmocka_unit_test(limits),         cmocka_unit_test(hostile),
      cmocka_unit_test(misuse),         cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

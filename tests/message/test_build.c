/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include "message/help.h"

#define DATE "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
#define MIME(encoding)                                                                   \
  "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"                     \
  "Content-Transfer-Encoding: " encoding "\r\n"

static int text(mr_message *m, const char *body) {
  return mr_message_set_text(m, body, strlen(body));
}

static void from(mr_message *m) {
  assert_int_equal(mr_message_set_from(m, NULL, "ann@example.org"), MR_OK);
}

/* before, then the Message-ID field, then after */
static void assert_around_id(mr_message *m, const char *before, const char *after) {
  kit_buf want = {0};
  kit_buf_printf(&want, "%sMessage-ID: %s\r\n%s", before, mr_message_id(m), after);
  assert_message(m, want.data, want.len);
  kit_buf_free(&want);
}

/* fault 23: Bcc is a recipient and nowhere in the octets; fault 24: Date and Message-ID.
 */
static void order_of_fields(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  assert_int_equal(mr_message_add_header(m, "X-One", "1"), MR_OK);
  assert_int_equal(mr_message_add_bcc(m, "Eve", "eve@example.net"), MR_OK);
  assert_int_equal(mr_message_set_subject(m, "Hello there"), MR_OK);
  assert_int_equal(mr_message_add_cc(m, NULL, "cy@Example.NET"), MR_OK);
  assert_int_equal(mr_message_add_to(m, "Bob B", "bob@example.net"), MR_OK);
  assert_int_equal(mr_message_add_to(m, "", "Dan@example.net"), MR_OK);
  assert_int_equal(mr_message_set_from(m, "Ann", "ann@example.org"), MR_OK);
  assert_int_equal(text(m, "Hi,\n\nbye\n"), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  assert_around_id(m,
                   DATE "From: Ann <ann@example.org>\r\n"
                        "To: Bob B <bob@example.net>, Dan@example.net\r\n"
                        "Cc: cy@example.net\r\nSubject: Hello there\r\n",
                   MIME("7bit") "X-One: 1\r\n\r\nHi,\r\n\r\nbye\r\n");
  assert_string_equal(mr_message_sender(m), "ann@example.org");
  assert_int_equal(mr_message_recipient_count(m), 4);
  assert_string_equal(mr_message_recipient(m, 0), "eve@example.net");
  assert_string_equal(mr_message_recipient(m, 1), "cy@example.net");
  assert_string_equal(mr_message_recipient(m, 4), "");
  assert_int_equal(mr_message_is_8bit(m), 0);
  assert_int_equal(mr_message_is_altered(m), 0);
}

/* The least that can be sent. */
static void least(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  from(m);
  assert_int_equal(mr_message_seal(m), MR_OK);
  assert_around_id(m, DATE "From: ann@example.org\r\n", MIME("7bit") "\r\n");
  size_t len = 0;
  assert_non_null(mr_message_header(m, &len));
  assert_int_equal(len, mr_message_size(m));
}

typedef struct body_case {
  const char *text;
  int qp;
  const char *body;
} body_case;

#define A70 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* fault 20, fault 22; C2, C3, C6, C8 */
static const body_case bodies[] = {
    {"", 0, ""},
    {"\n", 0, "\r\n"},
    {"a", 0, "a\r\n"},
    {"a\r\nb\n", 0, "a\r\nb\r\n"},
    {"a\rb", 0, "a b\r\n"},
    {"a\r", 0, "a \r\n"},
    {"a\r\r\nb", 0, "a \r\nb\r\n"},
    {".\n..\n", 0, ".\r\n..\r\n"},
    {A70 "12345678", 0, A70 "12345678\r\n"},
    {A70 "123456789", 1, A70 "12345=\r\n6789\r\n"},
    {"caf\xc3\xa9\n", 1, "caf=C3=A9\r\n"},
    {".\xc3\xa9\nFrom x\r\nFrom\n", 1, "=2E=C3=A9\r\n=46rom x\r\nFrom\r\n"},
    {"\xc3\xa9\rb", 1, "=C3=A9 b\r\n"},
    {"tab\t.\n", 0, "tab\t.\r\n"},
    {"bell\a", 1, "bell=07\r\n"},
    {"\xc3\xa9 \n", 1, "=C3=A9=20\r\n"},
};

static void text_bodies(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    const body_case *c = &bodies[i];
    fixture_message(f);
    from(f->m);
    assert_int_equal(text(f->m, c->text), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_OK);
    kit_buf after = {0};
    kit_buf_printf(&after, "%s\r\n%s", c->qp ? MIME("quoted-printable") : MIME("7bit"),
                   c->body);
    assert_around_id(f->m, DATE "From: ann@example.org\r\n", after.data);
    kit_buf_free(&after);
  }
}

/* fault 20: a line of 10 MiB is encoded, in linear time */
static void endless_line(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  size_t len = 10 * 1024 * 1024;
  char *line = malloc(len);
  assert_non_null(line);
  memset(line, 'a', len);
  from(m);
  assert_int_equal(mr_message_set_text(m, line, len), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  kit_buf got = pass_of(m, 65536);
  assert_canonical(got.data, got.len);
  kit_buf_free(&got);
  free(line);
}

static int no_from(mr_message *m) { return mr_message_set_subject(m, "x"); }
static int bad_from(mr_message *m) { return mr_message_set_from(m, NULL, "ann"); }
static int bad_to(mr_message *m) { return mr_message_add_to(m, NULL, "a@b@c"); }
static int long_cc(mr_message *m) {
  char address[80];
  memset(address, 'a', sizeof address);
  memcpy(address + 70, "@b", 3);
  return mr_message_add_cc(m, NULL, address);
}
static int crlf_bcc(mr_message *m) {
  return mr_message_add_bcc(m, NULL, "a@b\r\nRCPT TO:<c@d>");
}
static int no_bcc(mr_message *m) { return mr_message_add_bcc(m, NULL, NULL); }
static int no_subject(mr_message *m) { return mr_message_set_subject(m, NULL); }
static int two_subjects(mr_message *m) {
  assert_int_equal(mr_message_set_subject(m, ""), MR_OK);
  return mr_message_set_subject(m, "b");
}
static int two_froms(mr_message *m) {
  from(m);
  return mr_message_set_from(m, NULL, "b@c");
}
static int two_senders(mr_message *m) {
  assert_int_equal(mr_message_set_sender(m, "<>"), MR_OK);
  return mr_message_set_sender(m, "a@b");
}
static int two_texts(mr_message *m) {
  assert_int_equal(text(m, ""), MR_OK);
  return text(m, "b");
}
static int two_dates(mr_message *m) {
  assert_int_equal(mr_message_add_header(m, "date", "now"), MR_OK);
  return mr_message_add_header(m, "Date", "then");
}
static int bad_id(mr_message *m) { return mr_message_add_header(m, "Message-Id", "a@b"); }
static int spaced_id(mr_message *m) {
  return mr_message_add_header(m, "Message-Id", "<a @b>");
}
static int nul_text(mr_message *m) { return mr_message_set_text(m, "a\0b", 3); }
static int latin_text(mr_message *m) { return text(m, "caf\xe9"); }
static int surrogate_text(mr_message *m) { return text(m, "\xed\xa0\x80"); }
static int no_text(mr_message *m) { return mr_message_set_text(m, NULL, 3); }
static int latin_name(mr_message *m) { return mr_message_add_to(m, "\xe9", "a@b"); }
static int raw_after(mr_message *m) {
  assert_int_equal(text(m, "a"), MR_OK);
  return mr_message_set_raw(m, "A: b\r\n", 6, 0);
}
static int raw_before(mr_message *m) {
  assert_int_equal(mr_message_set_raw(m, "A: b\r\n", 6, 0), MR_OK);
  return text(m, "a");
}
static int raw_twice(mr_message *m) {
  assert_int_equal(mr_message_set_raw(m, "A: b\r\n", 6, 0), MR_OK);
  return mr_message_set_raw(m, "A: b\r\n", 6, 0);
}
static int raw_null(mr_message *m) { return mr_message_set_raw(m, NULL, 1, 0); }
static int raw_flags(mr_message *m) { return mr_message_set_raw(m, "A: b", 4, 64); }
static int no_source(mr_message *m) { return mr_message_set_raw_source(m, NULL, 0); }
static int short_source(mr_message *m) {
  mr_source s = {sizeof s - 1, NULL, source_read, NULL, 0};
  return mr_message_set_raw_source(m, &s, 0);
}
static int empty_source(mr_message *m) {
  mr_source s = {sizeof s, NULL, NULL, NULL, 0};
  return mr_message_set_raw_source(m, &s, 0);
}
static int long_word(mr_message *m) {
  char value[1100];
  memset(value, 'a', sizeof value);
  value[sizeof value - 1] = '\0';
  return mr_message_add_header(m, "X-Long", value);
}

typedef struct error_case {
  int (*call)(mr_message *m);
  int code;
} error_case;

/* fault 100 for what a caller may pass */
static const error_case errors[] = {
    {bad_from, MR_ERR_ADDR},        {bad_to, MR_ERR_ADDR},
    {long_cc, MR_ERR_ADDR_LONG},    {crlf_bcc, MR_ERR_ADDR_CHAR},
    {no_bcc, MR_ERR_MISUSE},        {no_subject, MR_ERR_MISUSE},
    {two_subjects, MR_ERR_EXISTS},  {two_froms, MR_ERR_EXISTS},
    {two_senders, MR_ERR_EXISTS},   {two_texts, MR_ERR_EXISTS},
    {two_dates, MR_ERR_EXISTS},     {bad_id, MR_ERR_HDR_CHAR},
    {spaced_id, MR_ERR_HDR_CHAR},   {nul_text, MR_ERR_BODY_CHAR},
    {latin_text, MR_ERR_BODY_CHAR}, {surrogate_text, MR_ERR_BODY_CHAR},
    {no_text, MR_ERR_MISUSE},       {latin_name, MR_ERR_HDR_CHAR},
    {raw_after, MR_ERR_STATE},      {raw_before, MR_ERR_STATE},
    {raw_twice, MR_ERR_STATE},      {raw_null, MR_ERR_MISUSE},
    {raw_flags, MR_ERR_MISUSE},     {no_source, MR_ERR_MISUSE},
    {short_source, MR_ERR_MISUSE},  {empty_source, MR_ERR_MISUSE},
    {long_word, MR_ERR_LINE_LONG},
};

static void first_error_sticks(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
    fixture_message(f);
    assert_int_equal(mr_message_error(f->m)->code, MR_OK);
    assert_int_equal(errors[i].call(f->m), errors[i].code);
    assert_int_equal(mr_message_add_recipient(f->m, "good@example.org"), errors[i].code);
    assert_int_equal(mr_message_add_header(f->m, "bad name", "x"), errors[i].code);
    assert_int_equal(mr_message_seal(f->m), errors[i].code);
    assert_int_equal(mr_message_error(f->m)->code, errors[i].code);
    assert_true(strlen(mr_message_error(f->m)->text) > 0);
    assert_int_equal(mr_message_size(f->m), 0);
    assert_null(mr_message_ref(f->m));
  }
  fixture_message(f);
  assert_int_equal(no_from(f->m), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_ADDR);
  assert_string_equal(mr_message_error(f->m)->text, "the message has no From");
}

static void error_has_the_place(void **state) {
  fixture *f = *state;
  assert_int_equal(mr_message_set_text(f->m, "ab\ncd\0e", 7), MR_ERR_BODY_CHAR);
  assert_int_equal(mr_message_error(f->m)->offset, 5);
  fixture_message(f);
  assert_int_equal(mr_message_set_subject(f->m, "abc\ndef"), MR_ERR_HDR_CHAR);
  assert_int_equal(mr_message_error(f->m)->offset, 3);
}

typedef int with_text(mr_message *m, const char *value);

static int in_subject(mr_message *m, const char *v) {
  return mr_message_set_subject(m, v);
}
static int in_value(mr_message *m, const char *v) {
  return mr_message_add_header(m, "X", v);
}
static int in_header_name(mr_message *m, const char *v) {
  return mr_message_add_header(m, v, "x");
}
static int in_date(mr_message *m, const char *v) {
  return mr_message_add_header(m, "Date", v);
}
static int in_id(mr_message *m, const char *v) {
  char id[64] = "<";
  strcat(strcat(id, v), "@b>");
  return mr_message_add_header(m, "Message-ID", id);
}
static int in_from_name(mr_message *m, const char *v) {
  return mr_message_set_from(m, v, "a@b");
}
static int in_to_name(mr_message *m, const char *v) {
  return mr_message_add_to(m, v, "a@b");
}
static int in_address(mr_message *m, const char *v) {
  char address[64] = "";
  strcat(strcat(strcat(address, "\""), v), "\"@b");
  return mr_message_add_to(m, NULL, address);
}
static int in_domain(mr_message *m, const char *v) {
  char address[64] = "a@";
  return mr_message_set_sender(m, strcat(address, v));
}

/* bug 12, fault 13: no control octet gets through any string of the interface; nor a line
 * feed written as an overlong UTF-8 sequence. Raw C1 octets are no UTF-8. */
static void control_octets(void **state) {
  static with_text *const calls[] = {in_subject, in_value,   in_header_name,
                                     in_date,    in_id,      in_from_name,
                                     in_to_name, in_address, in_domain};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    for (int c = 1; c <= 33; c++) {
      char value[16] = "ab?cd";
      value[2] = (char)(c == 32 ? 0x7F : c);
      if (c == 33)
        strcpy(value, "ab\xc0\x8a"
                      "cd");
      if (c == '\t')
        continue;
      fixture_message(f);
      int err = calls[i](f->m, value);
      assert_true(err == MR_ERR_HDR_CHAR || err == MR_ERR_HDR_NAME ||
                  err == MR_ERR_ADDR_CHAR || (c == 33 && err <= MR_ERR_ADDR));
    }
  }
}

/* fault 14 */
static void header_names(void **state) {
  static const char *const names[] = {
      "",    "a b",     "a:",           "\xc3\xa9",     "From",      "to",        "CC",
      "bcc", "subject", "Mime-Version", "Content-Type", "content-x", "Resent-Bcc"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    fixture_message(f);
    assert_int_equal(mr_message_add_header(f->m, names[i], "x"), MR_ERR_HDR_NAME);
  }
}

/* bug 13, bug 14, fault 4: one recipient, the quoted one, in the envelope and in To */
static void quoted_local_part(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  const char *evil = "\"a@b> ORCPT=x\"@c.example";
  from(m);
  assert_int_equal(mr_message_add_to(m, NULL, evil), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  assert_int_equal(mr_message_recipient_count(m), 1);
  assert_string_equal(mr_message_recipient(m, 0), evil);
  kit_buf got = pass_of(m, 100);
  assert_non_null(strstr(got.data, "\r\nTo: \"a@b> ORCPT=x\"@c.example\r\n"));
  kit_buf_free(&got);
}

/* fault 15: limits with names */
static void limits(void **state) {
  fixture *f = *state;
  fixture_option(f, MR_OPT_HEADERS_MAX, 3);
  for (int i = 0; i < 3; i++)
    assert_int_equal(mr_message_add_header(f->m, "X", "y"), MR_OK);
  assert_int_equal(mr_message_add_header(f->m, "X", "y"), MR_ERR_LIMIT);
  fixture_option(f, MR_OPT_HEADER_MAX, 4096);
  int err = MR_OK;
  for (int i = 0; i < 100 && err == MR_OK; i++)
    err = mr_message_add_header(f->m, "X",
                                "fifty octets of text in a field of a header....");
  assert_int_equal(err, MR_ERR_LIMIT);
  fixture_message(f);
  for (int i = 0; i < 60; i++) /* each buffer holds it, the header does not */
    assert_int_equal(mr_message_add_to(f->m, "A name of forty octets, more or less ...",
                                       "a@example.org"),
                     MR_OK);
  assert_int_equal(mr_message_set_from(f->m, NULL, "a@b"), MR_OK);
  for (int i = 0; i < 30; i++)
    assert_int_equal(mr_message_add_header(f->m, "X", "fifty octets of text in a field."),
                     MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_LIMIT);
  fixture_option(f, MR_OPT_MESSAGE_MAX, 4096);
  char body[4097];
  memset(body, 'a', sizeof body);
  assert_int_equal(mr_message_set_text(f->m, body, sizeof body), MR_ERR_LIMIT);
  fixture_message(f);
  from(f->m);
  memset(body, '\n', sizeof body);
  assert_int_equal(mr_message_set_text(f->m, body, 2048),
                   MR_OK); /* body 4096, and a header */
  assert_int_equal(mr_message_seal(f->m), MR_ERR_LIMIT);
}

/* bug 15, fault 15: ten thousand fields and addresses take linear time */
static void many_fields(void **state) {
  fixture *f = *state;
  clock_t start = clock();
  fixture_option(f, MR_OPT_HEADER_MAX, 1024 * 1024);
  from(f->m);
  for (int i = 0; i < 10000; i++) {
    char address[40];
    (void)snprintf(address, sizeof address, "user%d@example.org", i);
    assert_int_equal(mr_message_add_to(f->m, NULL, address), MR_OK);
    assert_int_equal(mr_message_add_header(f->m, "X-Field", "some text"), MR_OK);
  }
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_int_equal(mr_message_recipient_count(f->m), 10000);
  assert_string_equal(mr_message_recipient(f->m, 9999), "user9999@example.org");
  kit_buf got = pass_of(f->m, 4096);
  assert_canonical(got.data, got.len);
  kit_buf_free(&got);
  assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5.0);
}

/* fault 18 at this level: a header with any name and subject is ASCII in lines <= 78 */
static void header_text_is_ascii(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  kit_buf subject = {0}, got;
  for (int i = 0; i < 200; i++)
    kit_buf_str(&subject, i % 7 == 0 ? " \xe2\x82\xac" : "\xf0\x9f\x93\xa7");
  assert_int_equal(mr_message_set_from(m, "J\xc3\xb6rg \"X\" <evil@x>", "a@b.example"),
                   MR_OK);
  assert_int_equal(mr_message_set_subject(m, subject.data), MR_OK);
  subject.data[400] = '\0'; /* a display name fills one line at most; at a character */
  assert_int_equal(mr_message_add_to(m, subject.data, "a@c.example"), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  got = pass_of(m, 4096);
  assert_int_equal(mr_message_is_8bit(m), 0);
  size_t line = 0;
  for (size_t i = 0; i < got.len; i++) {
    assert_true((unsigned char)got.data[i] < 0x80);
    line = got.data[i] == '\n' ? 0 : line + 1;
    assert_true(line <= 79);
  }
  assert_null(strstr(got.data, "evil@x"));
  kit_buf_free(&got);
  kit_buf_free(&subject);
}

/* A name, a word and a gap that no fold can save. */
static void header_line_too_long(void **state) {
  fixture *f = *state;
  for (int i = 0; i < 3; i++) {
    char text[1200];
    memset(text, i == 2 ? ' ' : 'n', sizeof text);
    memcpy(text + sizeof text - 2, "n", 2);
    text[0] = 'n';
    fixture_message(f);
    from(f->m);
    int err = i == 0 ? mr_message_add_to(f->m, text, "a@b")
                     : mr_message_set_subject(f->m, text);
    if (err == MR_OK)
      err = mr_message_seal(f->m);
    assert_int_equal(err, MR_ERR_LINE_LONG);
  }
}

static void assert_id(const char *id, const char *domain) {
  size_t hex = 0;
  const char *p = strchr(id, '.');
  assert_int_equal(id[0], '<');
  assert_non_null(p);
  for (p++; strchr("0123456789abcdef", *p) != NULL && *p != '\0'; p++)
    hex++;
  assert_int_equal(hex, 32);
  assert_int_equal(*p, '@');
  assert_int_equal(strncmp(p + 1, domain, strlen(domain)), 0);
  assert_string_equal(p + 1 + strlen(domain), ">");
}

/* fault 24 */
static void message_id(void **state) {
  fixture *f = *state;
  from(f->m);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  char first[128];
  assert_true(strlen(mr_message_id(f->m)) < sizeof first);
  strcpy(first, mr_message_id(f->m));
  assert_id(first, "example.org");
  char time_hex[32];
  (void)snprintf(time_hex, sizeof time_hex, "<%llx.", (unsigned long long)f->env.wall);
  assert_int_equal(strncmp(first, time_hex, strlen(time_hex)), 0);
  fixture_message(f);
  from(f->m);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_string_not_equal(mr_message_id(f->m), first);

  assert_int_equal(mr_options_new(&f->options, &f->env.env), MR_OK);
  assert_int_equal(
      mr_options_set_text(f->options, MR_OPT_MESSAGE_ID_DOMAIN, "Id.Example.com"), MR_OK);
  fixture_message(f);
  from(f->m);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_id(mr_message_id(f->m), "id.example.com");
}

static void bad_id_domain(void **state) {
  fixture *f = *state;
  assert_int_equal(mr_options_new(&f->options, &f->env.env), MR_OK);
  assert_int_equal(mr_options_set_text(f->options, MR_OPT_MESSAGE_ID_DOMAIN, "a> <b"),
                   MR_OK);
  fixture_message(f);
  from(f->m);
  int err = mr_message_seal(f->m);
  assert_true(err == MR_ERR_ADDR_DOMAIN || err == MR_ERR_ADDR_CHAR);
}

static void given_date_and_id(void **state) {
  fixture *f = *state;
  f->env.wall_unknown = 1;
  f->env.random_fails = 1;
  from(f->m);
  assert_int_equal(mr_message_add_header(f->m, "Message-ID", "<x.y@z>"), MR_OK);
  assert_int_equal(mr_message_add_header(f->m, "DATE", "Fri, 02 Jan 2026 01:02:03 +0100"),
                   MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_string_equal(mr_message_id(f->m), "<x.y@z>");
  assert_around_id(f->m,
                   "Date: Fri, 02 Jan 2026 01:02:03 +0100\r\nFrom: ann@example.org\r\n",
                   MIME("7bit") "\r\n");
}

static void services_fail(void **state) {
  fixture *f = *state;
  f->env.wall_unknown = 1;
  from(f->m);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_TIME_UNKNOWN);
  f->env.wall_unknown = 0;
  f->env.random_fails = 1;
  fixture_message(f);
  from(f->m);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_RANDOM);
  fixture_message(f);
  assert_int_equal(mr_message_add_recipient(f->m, "a@b"), MR_ERR_RANDOM);
}

/* R89: every pass, at every buffer size, gives the same octets */
static void passes_are_equal(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  from(m);
  assert_int_equal(text(m, "one\n.\n\xc3\xa9\n"), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  kit_buf whole = pass_of(m, 100000);
  assert_canonical(whole.data, whole.len);
  for (size_t cap = 2; cap < 80; cap++) {
    kit_buf got = pass_of(m, cap);
    assert_octets(got.data, got.len, whole.data, whole.len);
    kit_buf_free(&got);
  }
  kit_buf_free(&whole);
}

/* Sealed is sealed: every call answers STATE and nothing changes. */
static void sealed_is_immutable(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  assert_int_equal(mr_message_set_from(m, NULL, "a@b"), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  kit_buf before = pass_of(m, 4096);
  assert_int_equal(mr_message_seal(m), MR_ERR_STATE);
  assert_int_equal(mr_message_set_from(m, NULL, "a@b"), MR_ERR_STATE);
  assert_int_equal(mr_message_add_to(m, NULL, "a@b"), MR_ERR_STATE);
  assert_int_equal(mr_message_add_cc(m, NULL, "a@b"), MR_ERR_STATE);
  assert_int_equal(mr_message_add_bcc(m, NULL, "a@b"), MR_ERR_STATE);
  assert_int_equal(mr_message_set_subject(m, "x"), MR_ERR_STATE);
  assert_int_equal(mr_message_add_header(m, "X", "x"), MR_ERR_STATE);
  assert_int_equal(text(m, "x"), MR_ERR_STATE);
  assert_int_equal(mr_message_set_raw(m, "A: b", 4, 0), MR_ERR_STATE);
  assert_int_equal(mr_message_set_sender(m, "c@d"), MR_ERR_STATE);
  assert_int_equal(mr_message_add_recipient(m, "c@d"), MR_ERR_STATE);
  assert_int_equal(mr_message_use_header_recipients(m), MR_ERR_STATE);
  assert_int_equal(mr_message_error(m)->code, MR_OK);
  assert_string_equal(mr_message_sender(m), "a@b");
  assert_int_equal(mr_message_recipient_count(m), 0);
  assert_message(m, before.data, before.len);
  kit_buf_free(&before);
}

/* References in any order: reader, ref, message. */
static void references(void **state) {
  fixture *f = *state;
  from(f->m);
  assert_null(mr_message_ref(f->m));
  mr_reader *r = NULL;
  assert_int_equal(mr_reader_new(&r, f->m), MR_ERR_STATE);
  assert_null(r);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_int_equal(mr_reader_new(&r, f->m), MR_OK);
  mr_message *second = mr_message_ref(f->m);
  assert_ptr_equal(second, f->m);
  mr_message_free(f->m);
  f->m = NULL;
  mr_message_free(second);
  char piece[16];
  size_t len = 0, total = 0;
  do {
    assert_int_equal(mr_reader_read(r, piece, sizeof piece, &len), MR_OK);
    total += len;
  } while (len > 0);
  assert_true(total > 100);
  mr_reader_free(r);
}

/* fault 100 */
static void null_arguments(void **state) {
  fixture *f = *state;
  char buf[4];
  size_t len = 9;
  assert_int_equal(mr_message_new(NULL, NULL, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_message_seal(NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_message_set_from(NULL, NULL, "a@b"), MR_ERR_MISUSE);
  assert_int_equal(mr_message_add_recipient(NULL, "a@b"), MR_ERR_MISUSE);
  assert_int_equal(mr_message_set_raw(NULL, "", 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_message_error(NULL)->code, MR_ERR_MISUSE);
  assert_int_equal(mr_message_size(NULL), 0);
  assert_int_equal(mr_message_is_8bit(NULL), 0);
  assert_int_equal(mr_message_is_altered(NULL), 0);
  assert_string_equal(mr_message_id(NULL), "");
  assert_string_equal(mr_message_sender(NULL), "");
  assert_int_equal(mr_message_recipient_count(NULL), 0);
  assert_string_equal(mr_message_recipient(NULL, 0), "");
  assert_null(mr_message_header(NULL, &len));
  assert_int_equal(len, 0);
  assert_null(mr_message_header(f->m, NULL));
  assert_null(mr_message_ref(NULL));
  mr_message_free(NULL);
  mr_reader_free(NULL);
  mr_reader *r = NULL;
  assert_int_equal(mr_reader_new(NULL, f->m), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_new(&r, NULL), MR_ERR_MISUSE);
  from(f->m);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_int_equal(mr_reader_new(&r, f->m), MR_OK);
  assert_int_equal(mr_reader_read(NULL, buf, 4, &len), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_read(r, NULL, 4, &len), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_read(r, buf, 4, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_read(r, buf, 1, &len), MR_ERR_MISUSE);
  mr_reader_free(r);
}

/* fault 8 seen from here: a local part that is not ASCII makes the header 8-bit */
static void utf8_address(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  assert_int_equal(mr_message_set_from(m, "\xc3\x96", "j\xc3\xb6rg@example.org"), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  assert_int_equal(mr_message_is_8bit(m), 1);
  assert_string_equal(mr_message_sender(m), "j\xc3\xb6rg@example.org");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(order_of_fields),      FIXTURE_TEST(least),
      FIXTURE_TEST(text_bodies),          FIXTURE_TEST(endless_line),
      FIXTURE_TEST(first_error_sticks),   FIXTURE_TEST(error_has_the_place),
      FIXTURE_TEST(control_octets),       FIXTURE_TEST(header_names),
      FIXTURE_TEST(quoted_local_part),    FIXTURE_TEST(limits),
      FIXTURE_TEST(many_fields),          FIXTURE_TEST(header_text_is_ascii),
      FIXTURE_TEST(header_line_too_long), FIXTURE_TEST(message_id),
      FIXTURE_TEST(bad_id_domain),        FIXTURE_TEST(given_date_and_id),
      FIXTURE_TEST(services_fail),        FIXTURE_TEST(passes_are_equal),
      FIXTURE_TEST(sealed_is_immutable),  FIXTURE_TEST(references),
      FIXTURE_TEST(null_arguments),       FIXTURE_TEST(utf8_address),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

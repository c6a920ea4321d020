/* SPDX-License-Identifier: MIT */
/* What peers had to repair: text of an attacker in every string that gets on the wire.
 * One table of doors, one of payloads; each pair is refused, or the octets of the message
 * show no more fields, lines and recipients than an innocent text there gives. */
#include <stdio.h>

#include "message/mime.h"

typedef struct payload {
  const char *text;
  int harmless; /* 1: may be accepted and encoded; 0: must be refused */
} payload;

/* bug 12, bug 13, fault 13: line ends in any form, DEL, C0 and C1 controls, overlong and
 * lone-surrogate sequences are refused; syntax of the place is not obeyed. */
static const payload payloads[] = {
    {"x\r\nBcc: evil@evil.example", 0},
    {"x\nBcc: evil@evil.example", 0},
    {"x\rBcc: evil@evil.example", 0},
    {"x\r\n\r\nevil body", 0},
    {"x\r\n.\r\nMAIL FROM:<evil@evil.example>", 0},
    {"x\x7f", 0},
    {"x\x01", 0},
    {"x\x1b[31m", 0},
    {"x\xc2\x85y", 0}, /* NEL, a line end to some */
    {"x\xc0\x8a"
     "Bcc: evil",
     0}, /* LF, overlong */
    {"x\xe0\x80\x8ay", 0},
    {"x\xed\xa0\x80y", 0}, /* lone surrogates */
    {"x\xed\xb0\x80y", 0},
    {"x\xff\xfe", 0},
    {"x\xe2\x80\xa8y", 1}, /* LINE SEPARATOR is a character as others */
    {"x> SIZE=1 ORCPT=rfc822;evil", 1},
    {"a@b.example> NOTIFY=NEVER", 1},
    {"x, evil@evil.example", 1},
    {"x; evil=\"1\"; boundary=\"evil\"", 1},
    {"x\" <evil@evil.example>, \"y", 1},
    {"x) (evil", 1},
    {"x:evil@evil.example;", 1},
    {"<evil@evil.example>", 1},
    {"=?UTF-8?Q?=0D=0ABcc:_evil?=", 1},
    {"x\\", 1},
    {"x>,<mailto:evil@evil.example", 1},
};

typedef int door(mr_message *m, const char *v);

static int to_name(mr_message *m, const char *v) {
  return mr_message_add_to(m, v, "a@b");
}
static int from_name(mr_message *m, const char *v) {
  return mr_message_add_address(m, MR_FIELD_SENDER, v, "a@b");
}
static int group_name(mr_message *m, const char *v) {
  return mr_message_add_group(m, MR_FIELD_TO, v, NULL, NULL, 0);
}
static int to_address(mr_message *m, const char *v) {
  return mr_message_add_to(m, NULL, v);
}
static int quoted_address(mr_message *m, const char *v) {
  char address[200];
  (void)snprintf(address, sizeof address, "\"%s\"@b.example", v);
  return mr_message_add_to(m, NULL, address);
}
static int address_domain(mr_message *m, const char *v) {
  char address[200];
  (void)snprintf(address, sizeof address, "a@%s", v);
  return mr_message_add_recipient(m, address);
}
static int sender(mr_message *m, const char *v) { return mr_message_set_sender(m, v); }
static int subject(mr_message *m, const char *v) { return mr_message_set_subject(m, v); }
static int value(mr_message *m, const char *v) {
  return mr_message_add_header(m, "X-V", v);
}
static int header_name(mr_message *m, const char *v) {
  return mr_message_add_header(m, v, "x");
}
static int date(mr_message *m, const char *v) {
  return mr_message_add_header(m, "Date", v);
}
static int message_id(mr_message *m, const char *v) {
  return mr_message_add_header(m, "Message-ID", v);
}
static int in_reply_to(mr_message *m, const char *v) {
  return mr_message_add_in_reply_to(m, v);
}
static int reference(mr_message *m, const char *v) {
  char id[200];
  (void)snprintf(id, sizeof id, "<%s>", v);
  return mr_message_add_reference(m, id);
}
static int list_uri(mr_message *m, const char *v) {
  char uri[200];
  (void)snprintf(uri, sizeof uri, "https://example.org/%s", v);
  return mr_message_add_list_uri(m, MR_LIST_UNSUBSCRIBE, uri);
}
static int list_id(mr_message *m, const char *v) {
  return mr_message_set_list_id(m, NULL, v);
}
static int list_name(mr_message *m, const char *v) {
  return mr_message_set_list_id(m, v, "a.b");
}
static int file_name(mr_message *m, const char *v) {
  return mr_message_attach(m, v, NULL, "x", 1);
}
static int file_type(mr_message *m, const char *v) {
  return mr_message_attach(m, NULL, v, "x", 1);
}
static int content_id(mr_message *m, const char *v) {
  return mr_message_embed(m, v, NULL, NULL, "x", 1);
}

static int with_part(mr_message *m, const char *v,
                     int (*call)(mr_part *p, const char *v)) {
  mr_part *p = NULL;
  assert_int_equal(mr_part_new(&p, NULL, "text/plain"), MR_OK);
  int err = call(p, v);
  if (err == MR_OK)
    err = mr_message_set_root(m, p);
  mr_part_free(p);
  return err;
}
static int set_value(mr_part *p, const char *v) { return mr_part_set_param(p, "p", v); }
static int set_name(mr_part *p, const char *v) { return mr_part_set_param(p, v, "v"); }
static int set_charset(mr_part *p, const char *v) {
  return mr_part_set_param(p, "charset", v);
}
static int set_field(mr_part *p, const char *v) {
  return mr_part_add_header(p, "Content-Description", v);
}
static int set_field_name(mr_part *p, const char *v) {
  char name[200];
  (void)snprintf(name, sizeof name, "Content-%s", v);
  return mr_part_add_header(p, name, "x");
}
static int param_value(mr_message *m, const char *v) {
  return with_part(m, v, set_value);
}
static int param_name(mr_message *m, const char *v) { return with_part(m, v, set_name); }
static int charset(mr_message *m, const char *v) { return with_part(m, v, set_charset); }
static int part_field(mr_message *m, const char *v) { return with_part(m, v, set_field); }
static int part_field_name(mr_message *m, const char *v) {
  return with_part(m, v, set_field_name);
}

static const struct {
  const char *name;
  door *open;
} doors[] = {
    {"To name", to_name},
    {"Sender name", from_name},
    {"group name", group_name},
    {"address, read again", to_address},
    {"quoted local part", quoted_address},
    {"domain", address_domain},
    {"envelope sender", sender},
    {"Subject", subject},
    {"field value", value},
    {"field name", header_name},
    {"Date", date},
    {"Message-ID", message_id},
    {"In-Reply-To", in_reply_to},
    {"References", reference},
    {"List-Unsubscribe", list_uri},
    {"List-Id", list_id},
    {"List-Id name", list_name},
    {"file name", file_name},
    {"type", file_type},
    {"Content-ID", content_id},
    {"parameter", param_value},
    {"parameter name", param_name},
    {"charset", charset},
    {"field of a part", part_field},
    {"field name of a part", part_field_name},
};

/* Fields that no payload may bring in, and the recipients that it may not add. */
static void assert_innocent(mr_message *m, const char *what) {
  static const char *const never[] = {"\r\nBcc:", "\r\nX: y", "\n.\r\n", "\r\nevil ",
                                      "\r\nMAIL"};
  kit_buf got = pass_of(m, 4096);
  size_t header = (size_t)(mime_after(got.data, "\r\n\r\n") - got.data);
  /* only an address that is not ASCII itself may make the header so */
  int utf8 = strpbrk(mr_message_recipient(m, 0), "\xe2\x80\xa8") != NULL;
  assert_canonical(got.data, got.len);
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
    if (strstr(got.data, never[i]) != NULL)
      fail_msg("%s: [%s]", what, got.data);
  const char *type = mime_after(got.data, "\r\nContent-Type:");
  const char *forged = strstr(type, "boundary=\"evil");
  assert_true(forged == NULL || forged > strstr(type, "\r\nContent-Transfer"));
  for (size_t i = 0; i < header; i++)
    if ((unsigned char)got.data[i] >= 0x7F && !utf8)
      fail_msg("%s: not ASCII [%s]", what, got.data);
  /* one recipient, whatever it is called */
  assert_true(mr_message_recipient_count(m) <= 1);
  kit_buf_free(&got);
}

static void check_pair(fixture *f, size_t d, const payload *p) {
  fixture_message(f);
  int err = mr_message_set_from(f->m, NULL, "me@example.org");
  assert_int_equal(err, MR_OK);
  err = doors[d].open(f->m, p->text);
  if (err == MR_OK)
    err = mr_message_seal(f->m);
  if (err == MR_OK && !p->harmless)
    fail_msg("%s took [%s]", doors[d].name, p->text);
  if (err == MR_OK)
    assert_innocent(f->m, doors[d].name);
  else
    assert_int_equal(mr_message_size(f->m), 0);
}

static void doors_and_payloads(void **state) {
  fixture *f = *state;
  for (size_t d = 0; d < sizeof doors / sizeof doors[0]; d++)
    for (size_t p = 0; p < sizeof payloads / sizeof payloads[0]; p++)
      check_pair(f, d, &payloads[p]);
}

/* The EHLO name and the domain of the Message-ID come from options. bug 16: an address
 * that starts with '-' is data. The size is a number and cannot be a text. */
static void other_doors(void **state) {
  fixture *f = *state;
  mr_options *o = NULL;
  assert_int_equal(mr_options_new(&o, &f->env.env), MR_OK);
  for (size_t p = 0; p < sizeof payloads / sizeof payloads[0]; p++)
    if (strpbrk(payloads[p].text, "\r\n\x7f\x01\x1b") != NULL) {
      assert_int_equal(mr_options_set_text(o, MR_OPT_HELO_NAME, payloads[p].text),
                       MR_ERR_RANGE);
      assert_int_equal(mr_options_set_text(o, MR_OPT_MESSAGE_ID_DOMAIN, payloads[p].text),
                       MR_ERR_RANGE);
    }
  mr_options_free(o);
  assert_int_equal(mr_message_set_from(f->m, NULL, "-oQ/tmp@example.org"), MR_OK);
  assert_int_equal(mr_message_add_to(f->m, "-X", "-be@example.net"), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_string_equal(mr_message_recipient(f->m, 0), "-be@example.net");
  assert_string_equal(mr_message_sender(f->m), "-oQ/tmp@example.org");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(doors_and_payloads),
      FIXTURE_TEST(other_doors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

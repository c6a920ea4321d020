/* SPDX-License-Identifier: MIT */
/* The builder's calls: each checks and writes its part at once. */
#include <mailroute/address.h>
#include <mailroute/options.h>

#include "message/envelope.h"
#include "message/part.h"
#include "text/header.h"

/* Line length up to which ASCII text stays as it is (RFC 5322 2.1.1). */
enum { TEXT_LINE_MAX = 78 };

static int check_value(mr_message *m, const char *value, const char *what) {
  size_t offset = 0;
  int err = mr__header_value_check(value, mr__strlen(value), &offset);
  return err == MR_OK ? MR_OK : mr__message_fail(m, err, offset, what);
}

/* Appends "Name <address>" or the address alone, and a NUL. */
static int put_item(mr_message *m, mr__buf *items, const char *name,
                    const char *address) {
  if (name == NULL || name[0] == '\0') {
    mr__buf_puts(items, address);
    return mr__buf_putc(items, 0);
  }
  int err = check_value(m, name, "control character or no UTF-8 in a display name");
  if (err == MR_OK)
    err = mr__header_phrase(items, name);
  if (err != MR_OK)
    return err;
  mr__buf_puts(items, " <");
  mr__buf_puts(items, address);
  return mr__buf_put(items, ">", 2);
}

static int parse(mr_message *m, mr_address **out, const char *text) {
  if (text == NULL)
    return MR_ERR_MISUSE;
  return mr__envelope_parse(m, out, text, mr__strlen(text), 0, 0);
}

static int set_from(mr_message *m, const char *name, const char *text) {
  mr__parts *parts = &m->parts;
  if (parts->from_address != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "From is set already");
  mr_address *address = NULL;
  int err = parse(m, &address, text);
  if (err == MR_OK)
    err = put_item(m, &parts->from, name, mr_address_text(address));
  if (err == MR_OK) {
    parts->from_address = mr__strdup(&m->env, mr_address_text(address));
    err = parts->from_address != NULL ? MR_OK : MR_ERR_NOMEM;
  }
  mr_address_free(address);
  return err;
}

/* items NULL: no header shows it. */
static int add(mr_message *m, mr__buf *items, size_t *count, const char *name,
               const char *text) {
  mr_address *address = NULL;
  int err = parse(m, &address, text);
  if (err == MR_OK && items != NULL) {
    err = put_item(m, items, name, mr_address_text(address));
    *count += 1;
  }
  if (err == MR_OK)
    err = mr__envelope_add(m, address);
  mr_address_free(address);
  return err;
}

int mr_message_set_from(mr_message *message, const char *name, const char *address) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, set_from(message, name, address));
}

int mr_message_add_to(mr_message *message, const char *name, const char *address) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  mr__parts *parts = &message->parts;
  err = add(message, &parts->to, &parts->to_count, name, address);
  return mr__message_leave(message, err);
}

int mr_message_add_cc(mr_message *message, const char *name, const char *address) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  mr__parts *parts = &message->parts;
  err = add(message, &parts->cc, &parts->cc_count, name, address);
  return mr__message_leave(message, err);
}

int mr_message_add_bcc(mr_message *message, const char *name, const char *address) {
  (void)name;
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add(message, NULL, NULL, NULL, address));
}

static int set_subject(mr_message *m, const char *subject) {
  if (subject == NULL)
    return MR_ERR_MISUSE;
  if (m->parts.subject.len > 0)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "Subject is set already");
  int err = check_value(m, subject, "control character or no UTF-8 in the subject");
  if (err != MR_OK)
    return err;
  return mr__header_write_text(&m->parts.subject, "Subject", subject);
}

int mr_message_set_subject(mr_message *message, const char *subject) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, set_subject(message, subject));
}

/* Fields that have calls of their own, and those that must never reach the wire. */
static int is_reserved(const char *name) {
  static const char *const names[] = {"From",    "To",           "Cc",        "Bcc",
                                      "Subject", "MIME-Version", "Resent-Bcc"};
  static const char prefix[] = "Content-";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (mr__strcaseeq(name, names[i]))
      return 1;
  size_t len = sizeof prefix - 1;
  return mr__strlen(name) >= len && mr__memcaseeq(name, prefix, len);
}

/* "<…>" of visible ASCII (RFC 5322 3.6.4), in one line. */
static int is_id(const char *value, size_t len) {
  if (len < 3 || len > 900 || value[0] != '<' || value[len - 1] != '>')
    return 0;
  for (size_t i = 1; i + 1 < len; i++)
    if (value[i] <= ' ' || value[i] > '~' || value[i] == '<' || value[i] == '>')
      return 0;
  return 1;
}

static int keep(mr_message *m, char **slot, const char *value) {
  if (*slot != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "Date or Message-ID is set already");
  *slot = mr__strdup(&m->env, value);
  return *slot != NULL ? MR_OK : MR_ERR_NOMEM;
}

static int write_field(mr_message *m, const char *name, const char *value) {
  mr__parts *parts = &m->parts;
  if (mr__strcaseeq(name, "Date"))
    return keep(m, &parts->date, value);
  if (mr__strcaseeq(name, "Message-ID")) {
    if (!is_id(value, mr__strlen(value)))
      return mr__message_fail(m, MR_ERR_HDR_CHAR, 0,
                              "a Message-ID is <...> in ASCII without white space");
    return keep(m, &parts->message_id, value);
  }
  return mr__header_write_text(&parts->extra, name, value);
}

static int add_header(mr_message *m, const char *name, const char *value) {
  if (name == NULL || value == NULL)
    return MR_ERR_MISUSE;
  int err = mr__header_name_check(name, mr__strlen(name));
  if (err != MR_OK)
    return mr__message_fail(m, err, 0, "not a header field name");
  if (is_reserved(name))
    return mr__message_fail(m, MR_ERR_HDR_NAME, 0,
                            "this field has a call of its own, or the builder writes it");
  err = check_value(m, value, "control character or no UTF-8 in a header field");
  if (err != MR_OK)
    return err;
  if (m->parts.header_count >= mr__message_limit(m, MR_OPT_HEADERS_MAX))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "more header fields than allowed");
  m->parts.header_count++;
  return write_field(m, name, value);
}

int mr_message_add_header(mr_message *message, const char *name, const char *value) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add_header(message, name, value));
}

static int set_text(mr_message *m, const char *text, size_t len) {
  if (text == NULL && len > 0)
    return MR_ERR_MISUSE;
  if (m->parts.has_text)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "the text is set already");
  if (len > m->body.max)
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "the text is longer than allowed");
  size_t good = mr__part_text_check(text, len);
  if (good < len)
    return mr__message_fail(m, MR_ERR_BODY_CHAR, good, "NUL or no UTF-8 in the text");
  m->parts.has_text = 1;
  return mr__part_text(&m->body, text, len, TEXT_LINE_MAX, &m->parts.text_qp);
}

int mr_message_set_text(mr_message *message, const char *text, size_t len) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, set_text(message, text, len));
}

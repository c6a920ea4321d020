/* SPDX-License-Identifier: MIT */
/* The builder's calls: each checks and writes its part at once. */
#include <mailroute/options.h>

#include "message/build.h"
#include "text/header.h"

int mr__build_check(mr_message *m, const char *value, const char *what) {
  size_t offset = 0;
  int err = mr__header_value_check(value, mr__strlen(value), &offset);
  return err == MR_OK ? MR_OK : mr__message_fail(m, err, offset, what);
}

static int set_subject(mr_message *m, const char *subject) {
  if (subject == NULL)
    return MR_ERR_MISUSE;
  if (m->parts.subject.len > 0)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "Subject is set already");
  int err = mr__build_check(m, subject, "control character or no UTF-8 in the subject");
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
  static const char *const names[] = {
      "From",         "Sender",       "Reply-To",       "To",
      "Cc",           "Bcc",          "Subject",        "In-Reply-To",
      "References",   "List-Id",      "List-Help",      "List-Unsubscribe",
      "List-Post",    "List-Owner",   "List-Subscribe", "List-Unsubscribe-Post",
      "List-Archive", "MIME-Version", "Resent-Bcc"};
  static const char prefix[] = "Content-";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (mr__strcaseeq(name, names[i]))
      return 1;
  size_t len = sizeof prefix - 1;
  return mr__strlen(name) >= len && mr__memcaseeq(name, prefix, len);
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
    if (!mr__is_message_id(value, mr__strlen(value)))
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
  err = mr__build_check(m, value, "control character or no UTF-8 in a header field");
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

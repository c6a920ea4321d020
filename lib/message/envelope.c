/* SPDX-License-Identifier: MIT */
#include "message/envelope.h"

#include <mailroute/options.h>

#include "base/fmt.h"

/* First size of the list of recipients. */
enum { RECIPIENTS_FIRST = 8 };

/* Octets of an address that an error text shows. */
enum { SHOWN_MAX = 100 };

int mr__envelope_parse(mr_message *m, mr_address **out, const char *text, size_t len,
                       unsigned flags, size_t base) {
  size_t offset = 0;
  int err = mr_address_parse(out, &m->env, text, len, flags, &offset);
  if (err == MR_OK || err == MR_ERR_NOMEM)
    return err;
  char what[512];
  int shown = len < SHOWN_MAX ? (int)len : SHOWN_MAX;
  (void)mr__fmt_to(what, sizeof what, "\"%.*q\" is no address: %s", shown, text,
                   mr_strerror(err));
  return mr__message_fail(m, err, base + offset, what);
}

static int grow(mr_message *m) {
  if (m->recipient_count < m->recipient_cap)
    return MR_OK;
  size_t cap = m->recipient_cap > 0 ? m->recipient_cap * 2 : RECIPIENTS_FIRST;
  if (cap > SIZE_MAX / sizeof(char *))
    return MR_ERR_NOMEM;
  char **list = mr__realloc(&m->env, m->recipients, cap * sizeof *list);
  if (list == NULL)
    return MR_ERR_NOMEM;
  m->recipients = list;
  m->recipient_cap = cap;
  return MR_OK;
}

static int map_ready(mr_message *m) {
  if (m->known.env != NULL)
    return MR_OK;
  int err = mr__map_init(&m->known, &m->env);
  if (err != MR_OK)
    m->known.env = NULL;
  return err;
}

static int append(mr_message *m, const char *text, size_t len) {
  int err = grow(m);
  if (err != MR_OK)
    return err;
  char *copy = mr__memdup0(&m->env, text, len);
  if (copy == NULL)
    return MR_ERR_NOMEM;
  err = mr__map_put(&m->known, copy, len, copy, NULL);
  if (err != MR_OK) {
    mr__free(&m->env, copy);
    return err;
  }
  m->recipients[m->recipient_count++] = copy;
  return MR_OK;
}

/* The canonical text has one spelling of each address, so it is the key. */
int mr__envelope_add(mr_message *m, const mr_address *address) {
  const char *text = mr_address_text(address);
  size_t len = mr__strlen(text);
  int err = map_ready(m);
  if (err != MR_OK)
    return err;
  if (mr__map_get(&m->known, text, len) != NULL)
    return MR_OK;
  if (m->recipient_count >= mr__message_limit(m, MR_OPT_SUBMIT_RECIPIENTS))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "more recipients than allowed");
  return append(m, text, len);
}

int mr__envelope_sender(mr_message *m, const mr_address *address) {
  if (m->sender != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "the sender is set already");
  m->sender = mr__strdup(&m->env, mr_address_text(address));
  return m->sender != NULL ? MR_OK : MR_ERR_NOMEM;
}

static int take(mr_message *m, const char *text, unsigned flags,
                int (*use)(mr_message *, const mr_address *)) {
  if (text == NULL)
    return MR_ERR_MISUSE;
  mr_address *address = NULL;
  int err = mr__envelope_parse(m, &address, text, mr__strlen(text), flags, 0);
  if (err == MR_OK)
    err = use(m, address);
  mr_address_free(address);
  return err;
}

int mr_message_set_sender(mr_message *message, const char *address) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  err = take(message, address, MR_ADDRESS_ALLOW_NULL, mr__envelope_sender);
  return mr__message_leave(message, err);
}

int mr_message_add_recipient(mr_message *message, const char *address) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, take(message, address, 0, mr__envelope_add));
}

int mr_message_use_header_recipients(mr_message *message) {
  int err = mr__message_enter(message, MR__MODE_ANY);
  if (err != MR_OK)
    return err;
  message->header_recipients = 1;
  return mr__message_leave(message, MR_OK);
}

const char *mr_message_sender(const mr_message *message) {
  if (message == NULL)
    return "";
  if (message->sender != NULL)
    return message->sender;
  return message->parts.from_address != NULL ? message->parts.from_address : "";
}

size_t mr_message_recipient_count(const mr_message *message) {
  return message != NULL ? message->recipient_count : 0;
}

const char *mr_message_recipient(const mr_message *message, size_t index) {
  if (message == NULL || index >= message->recipient_count)
    return "";
  return message->recipients[index];
}

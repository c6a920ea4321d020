/* SPDX-License-Identifier: MIT */
/* Address fields of a built message. */
#include <mailroute/address.h>

#include "message/build.h"
#include "message/envelope.h"
#include "text/header.h"

static mr__people *people(mr_message *m, int field) {
  return field < MR_FIELD_BCC ? &m->parts.people[field - 1] : NULL;
}

static int is_recipient(int field) { return field >= MR_FIELD_TO; }

static int put_phrase(mr_message *m, mr__buf *items, const char *name) {
  int err = mr__build_check(m, name, "control character or no UTF-8 in a display name");
  return err == MR_OK ? mr__header_phrase(items, name) : err;
}

/* Appends "Name <address>" or the address alone. */
static int put_mailbox(mr_message *m, mr__buf *items, const char *name,
                       const char *address) {
  if (name == NULL || name[0] == '\0')
    return mr__buf_puts(items, address);
  int err = put_phrase(m, items, name);
  if (err != MR_OK)
    return err;
  mr__buf_puts(items, " <");
  mr__buf_puts(items, address);
  return mr__buf_putc(items, '>');
}

static int keep(mr_message *m, char **slot, const mr_address *address) {
  if (*slot != NULL)
    return MR_OK;
  *slot = mr__strdup(&m->env, mr_address_text(address));
  return *slot != NULL ? MR_OK : MR_ERR_NOMEM;
}

/* What an address means beyond the header. */
static int use(mr_message *m, int field, const mr_address *address) {
  if (field == MR_FIELD_FROM)
    return keep(m, &m->parts.from_address, address);
  if (field == MR_FIELD_SENDER)
    return keep(m, &m->parts.sender_address, address);
  return is_recipient(field) ? mr__envelope_add(m, address) : MR_OK;
}

/* items NULL: no header shows it. The text is appended without its NUL. */
static int put(mr_message *m, int field, mr__buf *items, const char *name,
               const char *text) {
  mr_address *address = NULL;
  if (text == NULL)
    return MR_ERR_MISUSE;
  int err = mr__envelope_parse(m, &address, text, mr__strlen(text), 0, 0);
  if (err == MR_OK && items != NULL)
    err = put_mailbox(m, items, name, mr_address_text(address));
  if (err == MR_OK)
    err = use(m, field, address);
  mr_address_free(address);
  return err;
}

static int add(mr_message *m, int field, const char *name, const char *text) {
  if (field < MR_FIELD_FROM || field > MR_FIELD_BCC)
    return MR_ERR_MISUSE;
  mr__people *p = people(m, field);
  if (field == MR_FIELD_SENDER && p->count > 0)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "Sender is set already");
  int err = put(m, field, p != NULL ? &p->items : NULL, name, text);
  if (err != MR_OK || p == NULL)
    return err;
  p->count++;
  return mr__buf_putc(&p->items, 0);
}

static int call(mr_message *m, int field, const char *name, const char *address) {
  if (m == NULL)
    return MR_ERR_MISUSE;
  int err = mr__message_enter(m, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(m, add(m, field, name, address));
}

int mr_message_add_address(mr_message *message, int field, const char *name,
                           const char *address) {
  return call(message, field, name, address);
}

int mr_message_add_to(mr_message *message, const char *name, const char *address) {
  return call(message, MR_FIELD_TO, name, address);
}

int mr_message_add_cc(mr_message *message, const char *name, const char *address) {
  return call(message, MR_FIELD_CC, name, address);
}

int mr_message_add_bcc(mr_message *message, const char *name, const char *address) {
  return call(message, MR_FIELD_BCC, name, address);
}

int mr_message_set_from(mr_message *message, const char *name, const char *address) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  if (message->parts.from_address != NULL)
    err = mr__message_fail(message, MR_ERR_EXISTS, 0, "From is set already");
  else
    err = add(message, MR_FIELD_FROM, name, address);
  return mr__message_leave(message, err);
}

/* ---- groups ---- */

typedef struct group {
  const char *name;
  const char *const *names;
  const char *const *addresses;
  size_t count;
} group;

/* "Name: first" NUL "second" NUL … "last;" NUL: the commas come when it is written. */
static int put_group(mr_message *m, int field, mr__people *p, const group *g) {
  int err = put_phrase(m, &p->items, g->name);
  mr__buf_putc(&p->items, ':');
  if (err == MR_OK && g->count > 0)
    err = mr__buf_putc(&p->items, ' ');
  for (size_t i = 0; i < g->count && err == MR_OK; i++) {
    const char *name = g->names != NULL ? g->names[i] : NULL;
    err = put(m, field, &p->items, name, g->addresses[i]);
    if (err == MR_OK && i + 1 < g->count)
      err = mr__buf_putc(&p->items, 0);
    p->count += i + 1 < g->count;
  }
  if (err != MR_OK)
    return err;
  p->count++;
  return mr__buf_put(&p->items, ";", 2);
}

static int add_group(mr_message *m, int field, const group *g) {
  if (g->name == NULL || g->name[0] == '\0' || (g->addresses == NULL && g->count > 0) ||
      field < MR_FIELD_REPLY_TO || field > MR_FIELD_BCC)
    return MR_ERR_MISUSE;
  mr__people *p = people(m, field);
  if (p != NULL)
    return put_group(m, field, p, g);
  int err = MR_OK;
  for (size_t i = 0; i < g->count && err == MR_OK; i++)
    err = put(m, field, NULL, NULL, g->addresses[i]);
  return err;
}

int mr_message_add_group(mr_message *message, int field, const char *name,
                         const char *const *names, const char *const *addresses,
                         size_t count) {
  group g = {name, names, addresses, count};
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add_group(message, field, &g));
}

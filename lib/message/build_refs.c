/* SPDX-License-Identifier: MIT */
/* What a built message says about other messages and about its mailing list. */
#include <string.h>

#include "base/fmt.h"
#include "message/build.h"
#include "text/domain.h"
#include "text/header.h"

enum { URI_MAX = 900 };

static int put_item(mr__people *p, const char *text, size_t len) {
  mr__buf_put(&p->items, text, len);
  p->count++;
  return mr__buf_putc(&p->items, 0);
}

static int add_id(mr_message *m, mr__people *p, const char *id) {
  if (id == NULL)
    return MR_ERR_MISUSE;
  if (!mr__is_message_id(id, strlen(id)))
    return mr__message_fail(m, MR_ERR_HDR_CHAR, 0,
                            "a Message-ID is <...> in ASCII without white space");
  return put_item(p, id, strlen(id));
}

int mr_message_add_in_reply_to(mr_message *message, const char *id) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add_id(message, &message->parts.in_reply_to, id));
}

int mr_message_add_reference(mr_message *message, const char *id) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add_id(message, &message->parts.references, id));
}

/* "scheme:…" of visible ASCII that cannot leave its angle brackets (RFC 3986 2). */
static int is_uri(const char *uri, size_t len) {
  static const char never[] = "<>\"\\^`{|}";
  size_t scheme = 0;
  while (scheme < len && (mr__is_alnum(uri[scheme]) || uri[scheme] == '+' ||
                          uri[scheme] == '-' || uri[scheme] == '.'))
    scheme++;
  if (len > URI_MAX || scheme == 0 || !mr__is_alpha(uri[0]) || scheme + 1 >= len ||
      uri[scheme] != ':')
    return 0;
  for (size_t i = 0; i < len; i++)
    if (uri[i] <= ' ' || uri[i] > '~' || memchr(never, uri[i], sizeof never - 1) != NULL)
      return 0;
  return 1;
}

static int add_list_uri(mr_message *m, int list, const char *uri) {
  char text[URI_MAX + 3];
  if (uri == NULL || list < MR_LIST_HELP || list > MR_LIST_ARCHIVE)
    return MR_ERR_MISUSE;
  mr__people *p = &m->parts.list[list - 1];
  size_t len = strlen(uri);
  if (list == MR_LIST_POST && p->count == 0 && mr__streq(uri, "NO"))
    return put_item(p, uri, len);
  if (!is_uri(uri, len))
    return mr__message_fail(m, MR_ERR_HDR_CHAR, 0, "no URI in a field of a list");
  m->parts.https |=
      list == MR_LIST_UNSUBSCRIBE && len > 8 && mr__memcaseeq(uri, "https://", 8);
  return put_item(p, text, mr__fmt_to(text, sizeof text, "<%s>", uri));
}

int mr_message_add_list_uri(mr_message *message, int list, const char *uri) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, add_list_uri(message, list, uri));
}

/* "Name <id>" in one item, so that write_items folds it. */
static int put_list_id(mr_message *m, const char *name, const char *id) {
  mr__buf item;
  mr__buf_init(&item, &m->env, m->parts.list_id.max);
  int err = MR_OK;
  if (name != NULL && name[0] != '\0') {
    err = mr__build_check(m, name, "control character or no UTF-8 in a list's name");
    if (err == MR_OK)
      err = mr__header_phrase(&item, name);
    mr__buf_putc(&item, ' ');
  }
  if (err == MR_OK)
    err = mr__fmt(&item, "<%s>", id);
  const char *text = mr__buf_text(&item);
  if (err == MR_OK)
    err = mr__header_write_items(&m->parts.list_id, "List-Id", &text, 1);
  mr__buf_free(&item);
  return err;
}

static int set_list_id(mr_message *m, const char *name, const char *id) {
  if (id == NULL)
    return MR_ERR_MISUSE;
  if (m->parts.list_id.len > 0)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "List-Id is set already");
  if (mr__domain_check(id, strlen(id), NULL) != MR_OK)
    return mr__message_fail(m, MR_ERR_HDR_CHAR, 0, "a List-Id is like a host name");
  return put_list_id(m, name, id);
}

int mr_message_set_list_id(mr_message *message, const char *name, const char *id) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, set_list_id(message, name, id));
}

int mr_message_set_one_click(mr_message *message) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  message->parts.one_click = 1;
  return mr__message_leave(message, MR_OK);
}

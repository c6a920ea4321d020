/* SPDX-License-Identifier: MIT */
/* The header section of a built message; its body was written when it was given. */
#include <mailroute/options.h>

#include "base/fmt.h"
#include "message/part.h"
#include "message/seal.h"
#include "message/stamp.h"
#include "text/header.h"
#include "text/utf8.h"

static int put_items(mr_message *m, const char *name, const mr__buf *items,
                     size_t count) {
  if (count == 0)
    return MR_OK;
  const char **list = mr__calloc(&m->env, count, sizeof *list);
  if (list == NULL)
    return MR_ERR_NOMEM;
  const char *p = (const char *)items->data;
  for (size_t i = 0; i < count; i++) {
    list[i] = p;
    p += mr__strlen(p) + 1;
  }
  int err = mr__header_write_items(&m->header, name, list, count);
  mr__free(&m->env, list);
  return err;
}

static int put_date(mr_message *m) {
  if (m->parts.date == NULL)
    return mr__stamp_date(m);
  return mr__header_write_text(&m->header, "Date", m->parts.date);
}

static int put_people(mr_message *m) {
  mr__parts *p = &m->parts;
  int err = put_items(m, "From", &p->from, 1);
  if (err == MR_OK)
    err = put_items(m, "To", &p->to, p->to_count);
  if (err == MR_OK)
    err = put_items(m, "Cc", &p->cc, p->cc_count);
  return err;
}

static int put_id(mr_message *m) {
  if (m->parts.message_id != NULL) {
    m->id = m->parts.message_id;
    m->parts.message_id = NULL;
  } else {
    int err = mr__stamp_id(m, m->parts.from_address);
    if (err != MR_OK)
      return err;
  }
  return mr__fmt(&m->header, "Message-ID: %s\r\n", m->id);
}

static int put_rest(mr_message *m) {
  mr__parts *p = &m->parts;
  mr__buf *h = &m->header;
  mr__buf_put(h, p->subject.data, p->subject.len);
  int err = put_id(m);
  if (err != MR_OK)
    return err;
  mr__fmt(h,
          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: %s\r\n",
          mr__part_encoding(p->text_qp));
  mr__buf_put(h, p->extra.data, p->extra.len);
  return mr__buf_puts(h, "\r\n");
}

/* The sender is From unless it was set. */
static void take_sender(mr_message *m) {
  if (m->sender != NULL)
    return;
  m->sender = m->parts.from_address;
  m->parts.from_address = NULL;
}

int mr__seal_built(mr_message *m) {
  if (m->parts.from_address == NULL)
    return mr__message_fail(m, MR_ERR_ADDR, 0, "the message has no From");
  int err = put_date(m);
  if (err == MR_OK)
    err = put_people(m);
  if (err == MR_OK)
    err = put_rest(m);
  if (err != MR_OK)
    return err;
  take_sender(m);
  m->body_size = m->body.len;
  if (m->header.len + m->body.len > mr__message_limit(m, MR_OPT_MESSAGE_MAX))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "the message is larger than allowed");
  m->is_8bit = mr__eight_bit(m->header.data, m->header.len); /* the body is in 7 bits */
  return MR_OK;
}

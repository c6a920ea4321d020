/* SPDX-License-Identifier: MIT */
/* multipart/report with message/delivery-status (RFC 6522, RFC 3464). */
#include <string.h>

#include <mailroute/options.h>

#include "base/fmt.h"
#include "message/bounce_text.h"
#include "message/envelope.h"
#include "message/part.h"
#include "message/stamp.h"
#include "text/canon.h"
#include "text/dsn.h"
#include "text/utf8.h"

enum {
  HEADER_SHOWN = 64 * 1024, /* octets of the original's header that are returned */
  BOUNDARY_TRIES = 8,
  BOUNDARY_TEXT = MR__STAMP_HEX + 2
};

/* The three parts before they are put together. */
typedef struct parts {
  mr__buf text, status, header;
  int text_qp, header_qp;
  char boundary[BOUNDARY_TEXT];
} parts;

static void parts_init(parts *p, const mr_message *m) {
  size_t max = m->body.max;
  mr__buf_init(&p->text, &m->env, max);
  mr__buf_init(&p->status, &m->env, max);
  mr__buf_init(&p->header, &m->env, max);
}

static void parts_free(parts *p) {
  mr__buf_free(&p->text);
  mr__buf_free(&p->status);
  mr__buf_free(&p->header);
}

static int make_text(parts *p, const mr__bounce *b, const char *mta, int64_t when) {
  mr__buf text;
  mr__buf_init(&text, p->text.env, p->text.max);
  int err = mr__bounce_text(&text, b, mta, when);
  if (err == MR_OK)
    err = mr__part_text(&p->text, (const char *)text.data, text.len, MR__LINE_MAX,
                        &p->text_qp);
  mr__buf_free(&text);
  return err;
}

static int make_status(parts *p, const mr__bounce *b, const char *mta, int64_t when) {
  int err = mr__dsn_message(&p->status, mta, b->arrival);
  for (size_t i = 0; i < b->outcome_count && err == MR_OK; i++)
    err = mr__dsn_recipient(&p->status, b->outcomes[i], when);
  if (err == MR_OK)
    p->status.len -= 2; /* blank lines stand between groups, not at the end */
  return err;
}

/* What is shown of the header: whole lines, without the blank one. */
static size_t header_shown(const mr__bounce *b) {
  size_t len = b->header_len;
  if (len > HEADER_SHOWN) {
    len = HEADER_SHOWN;
    while (len > 0 && b->header[len - 1] != '\n')
      len--;
  }
  if (len >= 4 && memcmp(b->header + len - 4, "\r\n\r\n", 4) == 0)
    len -= 2;
  return len;
}

static int make_parts(parts *p, const mr__bounce *b, const char *mta, int64_t when) {
  int err = make_text(p, b, mta, when);
  if (err == MR_OK)
    err = make_status(p, b, mta, when);
  if (err == MR_OK)
    err = mr__part_text(&p->header, b->header, header_shown(b), MR__LINE_MAX,
                        &p->header_qp);
  return err;
}

static int occurs(const mr__buf *in, const char *text) {
  size_t len = mr__strlen(text), at = 0;
  while (in->len - at >= len) {
    const uint8_t *p = memchr(in->data + at, text[0], in->len - at - len + 1);
    if (p == NULL)
      return 0;
    if (memcmp(p, text, len) == 0)
      return 1;
    at = (size_t)(p - in->data) + 1;
  }
  return 0;
}

static int make_boundary(parts *p, const mr_env *env) {
  char hex[MR__STAMP_HEX];
  for (int i = 0; i < BOUNDARY_TRIES; i++) {
    int err = mr__stamp_random(env, hex);
    if (err != MR_OK)
      return err;
    (void)mr__fmt_to(p->boundary, sizeof p->boundary, "=_%s", hex);
    if (!occurs(&p->text, p->boundary) && !occurs(&p->status, p->boundary) &&
        !occurs(&p->header, p->boundary))
      return MR_OK;
  }
  return MR_ERR_RANDOM;
}

static int put_body(mr__buf *out, const parts *p) {
  mr__fmt(out,
          "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: %s\r\n\r\n",
          p->boundary, mr__part_encoding(p->text_qp));
  mr__buf_put(out, p->text.data, p->text.len);
  mr__fmt(out,
          "\r\n--%s\r\nContent-Type: message/delivery-status\r\n"
          "Content-Transfer-Encoding: 7bit\r\n\r\n",
          p->boundary);
  mr__buf_put(out, p->status.data, p->status.len);
  mr__fmt(out,
          "\r\n--%s\r\nContent-Type: text/rfc822-headers; charset=utf-8\r\n"
          "Content-Transfer-Encoding: %s\r\n\r\n",
          p->boundary, mr__part_encoding(p->header_qp));
  mr__buf_put(out, p->header.data, p->header.len);
  return mr__fmt(out, "\r\n--%s--\r\n", p->boundary);
}

static int put_header(mr_message *m, const parts *p, const char *from) {
  int err = mr__stamp_date(m);
  if (err == MR_OK)
    err = mr__stamp_id(m, from);
  if (err != MR_OK)
    return err;
  mr__fmt(&m->header, "From: \"Mail Delivery System\" <%s>\r\nTo: %s\r\n", from,
          m->recipients[0]);
  mr__fmt(&m->header,
          "Subject: Your message could not be delivered\r\nMessage-ID: %s\r\n", m->id);
  return mr__fmt(&m->header,
                 "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
                 "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                 " boundary=\"%s\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
                 p->boundary);
}

/* Our own address as sender of the report. */
static int make_from(mr_message *m, const char *mta, mr_address **from) {
  mr__buf text;
  mr__buf_init(&text, &m->env, 512);
  int err = mr__fmt(&text, "MAILER-DAEMON@%s", mta);
  if (err == MR_OK)
    err = mr_address_parse(from, &m->env, (const char *)text.data, text.len, 0, NULL);
  mr__buf_free(&text);
  return err;
}

static int set_envelope(mr_message *m, const char *to) {
  mr_address *address = NULL;
  int err = mr_address_parse(&address, &m->env, to, mr__strlen(to), 0, NULL);
  if (err == MR_OK)
    err = mr__envelope_add(m, address);
  mr_address_free(address);
  if (err != MR_OK)
    return err;
  m->sender = mr__strdup(&m->env, "");
  return m->sender != NULL ? MR_OK : MR_ERR_NOMEM;
}

static int compose(mr_message *m, const mr__bounce *b, const char *mta,
                   const char *from) {
  parts p;
  int64_t when = 0;
  if (mr__wall(&m->env, &when) != MR_OK)
    return MR_ERR_TIME_UNKNOWN;
  parts_init(&p, m);
  int err = make_parts(&p, b, mta, when);
  if (err == MR_OK)
    err = make_boundary(&p, &m->env);
  if (err == MR_OK)
    err = put_header(m, &p, from);
  if (err == MR_OK)
    err = put_body(&m->body, &p);
  parts_free(&p);
  m->body_size = m->body.len;
  m->is_8bit = mr__eight_bit(m->header.data, m->header.len) ||
               mr__eight_bit(m->body.data, m->body.len);
  return err;
}

static int fill(mr_message *m, const mr__bounce *b) {
  const char *mta = b->reporting_mta;
  if (mta == NULL || mta[0] == '\0')
    mta = MR__FALLBACK_DOMAIN;
  mr_address *from = NULL;
  int err = make_from(m, mta, &from);
  if (err == MR_OK)
    err = set_envelope(m, b->to);
  if (err == MR_OK)
    err = compose(m, b, mta, mr_address_text(from));
  mr_address_free(from);
  return err;
}

int mr__message_bounce(mr_message **out, const mr_env *env, const mr_options *options,
                       const mr__bounce *bounce) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (bounce == NULL || bounce->to == NULL || bounce->outcomes == NULL ||
      bounce->outcome_count == 0 || (bounce->header == NULL && bounce->header_len > 0))
    return MR_ERR_MISUSE;
  mr_message *m = NULL;
  int err = mr_message_new(&m, env, options);
  if (err != MR_OK)
    return err;
  err = fill(m, bounce);
  if (err != MR_OK) {
    mr_message_free(m);
    return err;
  }
  m->mode = MR__MODE_BUILT;
  mr__message_settle(m);
  *out = m;
  return MR_OK;
}

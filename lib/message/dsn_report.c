/* SPDX-License-Identifier: MIT */
/* multipart/report with message/delivery-status (RFC 6522, RFC 3464, RFC 6533). */
#include "message/dsn_report.h"

#include <string.h>

#include "base/fmt.h"
#include "message/dsn_text.h"
#include "message/part.h"
#include "message/stamp.h"
#include "text/canon.h"
#include "text/dsn.h"
#include "text/header.h"
#include "text/utf8.h"

enum {
  HEADER_SHOWN = 64 * 1024, /* octets of the original's header that are returned */
  TEXT_MAX = 4 * 1024 * 1024,
  SUBJECT_MAX = 4096,
  BOUNDARY_TRIES = 8,
  BOUNDARY_TEXT = MR__STAMP_HEX + 2
};

/* The three parts before they are put together. */
typedef struct parts {
  const mr__dsn_report *report;
  mr_dsn_text written;
  mr__buf text, status, header;
  int text_qp, header_qp;
  const char *full; /* all of the original, NULL = its header */
  size_t full_len;
  int eight_bit; /* a part that is not text has 8-bit octets */
  char boundary[BOUNDARY_TEXT];
} parts;

static void parts_init(parts *p, const mr__dsn_report *r, size_t max) {
  memset(p, 0, sizeof *p);
  p->report = r;
  size_t text_max = max < TEXT_MAX ? max : TEXT_MAX;
  mr__buf_init(&p->written.subject, r->env, SUBJECT_MAX);
  mr__buf_init(&p->written.body, r->env, text_max);
  mr__buf_init(&p->text, r->env, max);
  mr__buf_init(&p->status, r->env, max);
  mr__buf_init(&p->header, r->env, max);
}

static void parts_free(parts *p) {
  mr__buf_free(&p->written.subject);
  mr__buf_free(&p->written.body);
  mr__buf_free(&p->text);
  mr__buf_free(&p->status);
  mr__buf_free(&p->header);
}

static int make_text(parts *p) {
  const mr_dsn_facts *f = &p->report->facts;
  mr_dsn_text *written = &p->written;
  int err = f->write != NULL ? f->write(f->user, f, written)
                             : mr__dsn_text_write(written, f, p->report->when);
  if (err == MR_OK)
    err = written->body.err != MR_OK ? written->body.err : written->subject.err;
  if (err != MR_OK)
    return err;
  return mr__part_text(&p->text, (const char *)written->body.data, written->body.len,
                       MR__LINE_MAX, &p->text_qp);
}

/* The class of a status goes with the action (RFC 3464 2.3.4). */
static const char *status_of(const mr_dsn_recipient *r) {
  const mr_outcome *o = r->outcome;
  const char *status = mr__dsn_is_status(o->status) ? o->status : "";
  if (status[0] == '\0' && o->reason != MR_REASON_NONE)
    status = mr_reason_status(o->reason);
  if (r->action == MR_DSN_FAILED)
    return status[0] == '5' || status[0] == '4' ? status : "5.0.0";
  if (r->action == MR_DSN_DELAYED)
    return status[0] == '4' ? status : "4.0.0";
  return status[0] == '2' ? status : "2.0.0";
}

static int make_group(parts *p, const mr_dsn_recipient *r) {
  mr__dsn_group group = {.outcome = r->outcome,
                         .action = mr_dsn_action_name(r->action),
                         .status = status_of(r),
                         .orcpt = r->orcpt,
                         .utf8 = p->report->utf8,
                         .when = r->last_attempt,
                         .retry_until = -1};
  if (group.when < 0)
    group.when = p->report->when;
  if (r->action == MR_DSN_DELAYED)
    group.retry_until = r->retry_until;
  return mr__dsn_group_put(&p->status, &group);
}

static int make_status(parts *p) {
  const mr_dsn_facts *f = &p->report->facts;
  mr__dsn_head head = {f->envid, f->reporting_mta, f->received_from, f->arrival};
  int err = mr__dsn_head_put(&p->status, &head);
  for (size_t i = 0; i < f->recipient_count && err == MR_OK; i++)
    err = make_group(p, f->recipients[i]);
  if (err == MR_OK)
    p->status.len -= 2; /* blank lines stand between groups, not at the end */
  return err;
}

/* Octets of the header section without the blank line; *body is where the body starts,
 * or the end. */
static size_t header_len(const char *text, size_t len, size_t *body) {
  *body = len;
  size_t at = 0;
  while (at < len) {
    const char *lf = memchr(text + at, '\n', len - at);
    size_t line = (lf != NULL ? (size_t)(lf - text) + 1 : len) - at;
    if (line == 2 && text[at] == '\r') {
      *body = at + 2;
      return at;
    }
    at += line;
  }
  return len;
}

/* What is shown of the header: whole lines. */
static size_t header_shown(const char *text, size_t len) {
  if (len > HEADER_SHOWN) {
    len = HEADER_SHOWN;
    while (len > 0 && text[len - 1] != '\n')
      len--;
  }
  return len;
}

/* Canonical lines (C9) that can stand in a part as they are. */
static int is_canonical(const char *p, size_t len) {
  size_t line = 0;
  for (size_t i = 0; i < len; i++) {
    int crlf = p[i] == '\r' && i + 1 < len && p[i + 1] == '\n';
    if (p[i] == '\0' || (!crlf && (p[i] == '\r' || p[i] == '\n')))
      return 0;
    line = crlf ? 0 : line + 1;
    if (line > MR__LINE_MAX)
      return 0;
    i += crlf ? 1 : 0;
  }
  return line == 0;
}

/* RFC 3461 6.2: RET counts for failures alone. */
static int full_wanted(const mr_dsn_facts *f) {
  if (f->ret != MR_RET_FULL || f->original_len > f->full_max)
    return 0;
  for (size_t i = 0; i < f->recipient_count; i++)
    if (f->recipients[i]->action == MR_DSN_FAILED)
      return 1;
  return 0;
}

static int make_original(parts *p) {
  const mr_dsn_facts *f = &p->report->facts;
  size_t body = 0;
  size_t head = header_len(f->original, f->original_len, &body);
  if (body < f->original_len && full_wanted(f) &&
      is_canonical(f->original, f->original_len)) {
    p->full = f->original;
    p->full_len = f->original_len;
    p->eight_bit = mr__eight_bit((const uint8_t *)f->original, f->original_len);
    return MR_OK;
  }
  return mr__part_text(&p->header, f->original, header_shown(f->original, head),
                       MR__LINE_MAX, &p->header_qp);
}

static int occurs(const void *data, size_t in_len, const char *text) {
  const char *in = data;
  size_t len = mr__strlen(text), at = 0;
  while (in_len - at >= len) {
    const char *p = memchr(in + at, text[0], in_len - at - len + 1);
    if (p == NULL)
      return 0;
    if (memcmp(p, text, len) == 0)
      return 1;
    at = (size_t)(p - in) + 1;
  }
  return 0;
}

static int make_boundary(parts *p) {
  char hex[MR__STAMP_HEX];
  for (int i = 0; i < BOUNDARY_TRIES; i++) {
    int err = mr__stamp_random(p->report->env, hex);
    if (err != MR_OK)
      return err;
    (void)mr__fmt_to(p->boundary, sizeof p->boundary, "=_%s", hex);
    if (!occurs(p->text.data, p->text.len, p->boundary) &&
        !occurs(p->status.data, p->status.len, p->boundary) &&
        !occurs(p->header.data, p->header.len, p->boundary) &&
        !occurs(p->full, p->full_len, p->boundary))
      return MR_OK;
  }
  return MR_ERR_RANDOM;
}

static const char *bits(int eight_bit) { return eight_bit ? "8bit" : "7bit"; }

static void put_part(mr__buf *out, const parts *p, const char *type, const char *encoding,
                     const void *data, size_t len) {
  mr__fmt(out, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
          p->boundary, type, encoding);
  mr__buf_put(out, data, len);
  mr__buf_puts(out, "\r\n");
}

static int put_body(mr__buf *out, const parts *p) {
  int utf8 = p->report->utf8;
  put_part(out, p, "text/plain; charset=utf-8", mr__part_encoding(p->text_qp),
           p->text.data, p->text.len);
  put_part(out, p, utf8 ? "message/global-delivery-status" : "message/delivery-status",
           bits(mr__eight_bit(p->status.data, p->status.len)), p->status.data,
           p->status.len);
  if (p->full != NULL)
    put_part(out, p, utf8 ? "message/global" : "message/rfc822", bits(p->eight_bit),
             p->full, p->full_len);
  else
    put_part(out, p,
             utf8 ? "message/global-headers" : "text/rfc822-headers; charset=utf-8",
             mr__part_encoding(p->header_qp), p->header.data, p->header.len);
  return mr__fmt(out, "--%s--\r\n", p->boundary);
}

static int put_subject(mr__buf *out, parts *p) {
  const char *subject = p->written.subject.len > 0
                            ? mr__buf_text(&p->written.subject)
                            : mr__dsn_text_title(&p->report->facts);
  return mr__header_write_text(out, "Subject", subject);
}

static int put_header(mr__buf *out, parts *p) {
  const mr__dsn_report *r = p->report;
  char id[MR__STAMP_ID];
  char date[40];
  const char *from = mr_address_text(r->from);
  int err = mr__stamp_id_text(r->env, r->options, from, id);
  if (err != MR_OK)
    return err;
  mr__date_print(r->when, date);
  mr__fmt(out,
          "Date: %s\r\nFrom: \"Mail Delivery System\" <%s>\r\n"
          "To: %s\r\n",
          date, from, mr_address_text(r->to));
  err = put_subject(out, p);
  if (err != MR_OK)
    return err;
  int eight = p->eight_bit || mr__eight_bit(p->status.data, p->status.len);
  return mr__fmt(out,
                 "Message-ID: %s\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
                 "Content-Type: multipart/report; report-type=%sdelivery-status;\r\n"
                 " boundary=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n",
                 id, r->utf8 ? "global-" : "", p->boundary, bits(eight));
}

int mr__dsn_report_write(mr__buf *out, const mr__dsn_report *report) {
  parts p;
  parts_init(&p, report, out->max);
  int err = make_text(&p);
  if (err == MR_OK)
    err = make_status(&p);
  if (err == MR_OK)
    err = make_original(&p);
  if (err == MR_OK)
    err = make_boundary(&p);
  if (err == MR_OK)
    err = put_header(out, &p);
  if (err == MR_OK)
    err = put_body(out, &p);
  parts_free(&p);
  return err;
}

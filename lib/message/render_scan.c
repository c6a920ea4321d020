/* SPDX-License-Identifier: MIT */
/* The first pass: can it be made, how large is it, what is done with each entity. */
#include "message/render.h"
#include "text/canon.h"
#include "text/utf8.h"

static uint64_t text_count(mr__render *r) {
  size_t n = r->text.len;
  mr__buf_clear(&r->text);
  return n;
}

/* Labels and what comes with them, for the action that was decided. */
static int decide(mr__render *r, int action) {
  mr__render_scan *s = &r->scan;
  int coded = action == MR__ACTION_QP || action == MR__ACTION_BASE64;
  int err = MR_OK;
  if (coded || action == MR__ACTION_LABEL) {
    err = mr__render_label(r, action);
    err = err == MR_OK ? mr__render_version(r) : err;
    s->size += text_count(r);
  } else {
    s->size += s->label_size;
  }
  int blank = !s->blank && mr__render_needs_blank(r, action);
  s->size += blank ? 2 : 0;
  s->label_size = 0;
  s->changed |= blank || action != MR__ACTION_LEAVE;
  return err != MR_OK ? err : mr__buf_putc(&r->plan, action);
}

static int label_action(const mr__mime_entity *e) {
  int wide = e->label == MR__LABEL_8BIT || e->label == MR__LABEL_BINARY;
  return wide && !e->in_signed ? MR__ACTION_LABEL : MR__ACTION_LEAVE;
}

static int leaf_over(mr__render *r, int delimited) {
  mr__render_scan *s = &r->scan;
  const mr__mime_entity *e = &r->mime.entity;
  if (!r->in_leaf)
    return MR_OK;
  r->in_leaf = 0;
  int err = mr__leaf_end(&r->leaf, delimited, &r->text);
  s->coded += text_count(r);
  if (err != MR_OK)
    return err;
  int binary = e->label == MR__LABEL_BINARY && s->coded > 0 && !e->in_signed;
  if (!s->needs && !(binary && !e->is_closed)) {
    s->size += s->plain;
    return decide(r, label_action(e));
  }
  if (e->in_signed || e->is_closed || e->label == MR__LABEL_OTHER)
    return MR_ERR_NOTSUP;
  s->size += s->coded;
  return decide(r, r->coding);
}

/* RFC 6376, RFC 8617: what is signed as a whole. */
static int is_seal(const char *name, size_t len) {
  return mr__mime_is_name(name, len, "DKIM-Signature") ||
         mr__mime_is_name(name, len, "ARC-Message-Signature");
}

static int field(mr__render *r) {
  const mr__buf *text = &r->mime.field;
  mr__render_scan *s = &r->scan;
  size_t name_len, value;
  int done = mr__render_field(r);
  if (done < 0)
    return done;
  uint64_t len = done ? text_count(r) : text->len;
  s->changed |= done;
  if (r->mime.entity.is_root && mr__mime_split(text->data, text->len, &name_len, &value))
    s->is_sealed |= is_seal((const char *)text->data, name_len);
  *(mr__render_is_label(r) ? &s->label_size : &s->size) += len;
  return MR_OK;
}

static int header_end(mr__render *r) {
  const mr__mime_entity *e = &r->mime.entity;
  mr__render_scan *s = &r->scan;
  r->as_is = r->rendering == MR__RENDERING_AUTO && e->is_root && !r->header_8bit;
  s->blank = r->mime.piece_len > 0;
  s->size += r->mime.piece_len;
  if (e->kind != MR__MIME_LEAF)
    return decide(r, label_action(e));
  r->in_leaf = 1;
  r->coding = mr__render_coding(e);
  mr__leaf_begin(&r->leaf, r->coding);
  s->plain = s->coded = 0;
  s->needs = 0;
  return MR_OK;
}

static int body(mr__render *r) {
  mr__render_scan *s = &r->scan;
  const mr__mime *m = &r->mime;
  s->plain += m->piece_len;
  s->needs |= mr__eight_bit(m->piece, m->piece_len) || m->piece_len > MR__LINE_MAX + 2;
  int err = mr__leaf_put(&r->leaf, m->piece, m->piece_len, &r->text);
  s->coded += text_count(r);
  return err;
}

static int filler(mr__render *r) {
  const mr__mime *m = &r->mime;
  r->scan.size += m->piece_len;
  if (!mr__eight_bit(m->piece, m->piece_len))
    return MR_OK;
  r->scan.changed = 1;
  return m->in_signed ? MR_ERR_NOTSUP : MR_OK;
}

static int end(mr__render *r) {
  int err = leaf_over(r, 0);
  if (err == MR_OK && r->scan.is_sealed && r->scan.changed)
    err = MR_ERR_NOTSUP;
  return err;
}

int mr__render_scan_event(mr__render *r, int event) {
  switch (event) {
  case MR__MIME_FIELD_END:
    return field(r);
  case MR__MIME_HEADER_END:
    return header_end(r);
  case MR__MIME_BODY:
    return body(r);
  case MR__MIME_FILLER:
    return filler(r);
  case MR__MIME_DELIMITER:
    r->scan.size += r->mime.piece_len;
    return leaf_over(r, 1);
  default:
    return end(r);
  }
}

/* SPDX-License-Identifier: MIT */
/* The second pass: the octets, as the plan has it. */
#include "message/render.h"
#include "text/utf8.h"

static void slice(mr__render *r, const uint8_t *p, size_t len) {
  r->slice = p;
  r->slice_len = len;
}

/* A plan that ends early was made for another message. */
static int action_of(const mr__render *r) {
  size_t index = r->mime.count - 1;
  return index < r->plan.len ? r->plan.data[index] : MR_ERR_SOURCE;
}

static int changes_label(int action) {
  return action == MR__ACTION_LABEL || action == MR__ACTION_QP ||
         action == MR__ACTION_BASE64;
}

static int field(mr__render *r) {
  int action = action_of(r);
  if (action < 0)
    return action;
  if (changes_label(action) && mr__render_is_label(r)) {
    int again = r->label_out;
    r->label_out = 1;
    return again ? MR_OK : mr__render_label(r, action);
  }
  int done = mr__render_field(r);
  if (done == 0)
    slice(r, r->mime.field.data, r->mime.field.len);
  return done < 0 ? done : MR_OK;
}

static int header_end(mr__render *r) {
  const mr__mime_entity *e = &r->mime.entity;
  int action = action_of(r);
  if (action < 0)
    return action;
  if (changes_label(action)) {
    if (!r->label_out)
      (void)mr__render_label(r, action);
    (void)mr__render_version(r);
  }
  if (r->mime.piece_len == 0 && mr__render_needs_blank(r, action))
    mr__buf_puts(&r->text, "\r\n");
  slice(r, r->mime.piece, r->mime.piece_len);
  r->label_out = 0;
  r->in_leaf = e->kind == MR__MIME_LEAF;
  r->coding = action;
  if (r->in_leaf && action > MR__ACTION_LABEL)
    mr__leaf_begin(&r->leaf, action);
  return r->text.err;
}

static int body(mr__render *r) {
  const mr__mime *m = &r->mime;
  if (r->coding > MR__ACTION_LABEL)
    return mr__leaf_put(&r->leaf, m->piece, m->piece_len, &r->text);
  slice(r, m->piece, m->piece_len);
  return mr__eight_bit(m->piece, m->piece_len) ? MR_ERR_SOURCE : MR_OK;
}

/* Nobody is to read it (RFC 2046 5.1.1). */
static int filler(mr__render *r) {
  const mr__mime *m = &r->mime;
  if (!mr__eight_bit(m->piece, m->piece_len)) {
    slice(r, m->piece, m->piece_len);
    return MR_OK;
  }
  for (size_t i = 0; i < m->piece_len && r->text.err == MR_OK; i++)
    mr__buf_putc(&r->text, m->piece[i] < 0x80 ? m->piece[i] : '?');
  return r->text.err;
}

static int leaf_over(mr__render *r, int delimited) {
  int coded = r->in_leaf && r->coding > MR__ACTION_LABEL;
  r->in_leaf = 0;
  return coded ? mr__leaf_end(&r->leaf, delimited, &r->text) : MR_OK;
}

int mr__render_emit_event(mr__render *r, int event) {
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
    slice(r, r->mime.piece, r->mime.piece_len);
    return leaf_over(r, 1);
  default:
    return leaf_over(r, 0);
  }
}

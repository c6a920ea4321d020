/* SPDX-License-Identifier: MIT */
/* The tree of parts, and what is made of it: fields in the header, pieces behind it. */
#include <string.h>

#include "base/fmt.h"
#include "message/part_object.h"
#include "message/seal.h"

/* First size of the list of pieces. */
enum { PIECES_FIRST = 8 };

/* ---- the tree ---- */

static int fail_part(mr_message *m, const mr_part *p, int err) {
  if (err != MR_OK && p->error.code == err)
    return mr__message_fail(m, err, p->error.offset, p->error.text);
  return err;
}

/* A multipart with one part in it, or two; takes nothing over. */
static int make_multi(mr_message *m, mr_part **out, const char *type, mr_part *one,
                      mr_part *two) {
  int err = mr_part_new(out, &m->env, type);
  if (err == MR_OK)
    err = mr__part_insert(*out, one, 0);
  if (err == MR_OK)
    err = mr__part_insert(*out, two, 0);
  return err;
}

static int put_in_front(mr_message *m, mr_part *multi, mr_part *part) {
  return fail_part(m, multi, mr__part_insert(multi, part, 1));
}

/* What the HTML shows goes with it; without HTML, with the text. */
static int gather_related(mr_message *m, mr_part **shown) {
  mr_part *related = m->parts.related;
  if (related == NULL)
    return MR_OK;
  int err = put_in_front(m, related, *shown);
  *shown = related;
  return err;
}

static int gather_body(mr_message *m, mr_part **body) {
  mr__parts *p = &m->parts;
  if (p->text == NULL && p->html == NULL) {
    int err = mr_part_new(&p->text, &m->env, "text/plain");
    if (err != MR_OK)
      return err;
  }
  mr_part *shown = p->html != NULL ? p->html : p->text;
  int err = gather_related(m, &shown);
  if (err != MR_OK || p->text == NULL || p->html == NULL) {
    *body = shown;
    return err;
  }
  err = make_multi(m, &p->root, "multipart/alternative", p->text, shown);
  *body = p->root;
  return err;
}

int mr__seal_tree(mr_message *m) {
  mr__parts *p = &m->parts;
  mr_part *body = NULL;
  if (p->root != NULL)
    return MR_OK;
  int err = gather_body(m, &body);
  if (err == MR_OK && p->mixed != NULL) {
    err = put_in_front(m, p->mixed, body);
    body = p->mixed;
  }
  if (err != MR_OK || body == p->root)
    return err;
  mr_part *former = p->root; /* inside the other now */
  p->root = mr__part_ref(body);
  mr_part_free(former);
  return MR_OK;
}

/* ---- pieces ---- */

typedef struct layout {
  mr_message *message;
  size_t cap;    /* of message->pieces */
  size_t glued;  /* octets of message->body that are in pieces */
  unsigned next; /* number of the next boundary */
} layout;

static int piece_add(layout *l, const mr__piece *piece) {
  mr_message *m = l->message;
  if (m->piece_count == l->cap) {
    size_t cap = l->cap > 0 ? l->cap * 2 : PIECES_FIRST;
    mr__piece *list = mr__realloc(&m->env, m->pieces, cap * sizeof *list);
    if (list == NULL)
      return MR_ERR_NOMEM;
    m->pieces = list;
    l->cap = cap;
  }
  m->pieces[m->piece_count++] = *piece;
  m->body_size += piece->size;
  return MR_OK;
}

/* What was written between parts; it gets its address when all is written. */
static int glue_flush(layout *l) {
  const mr__buf *body = &l->message->body;
  size_t len = body->len - l->glued;
  mr__piece piece = {.start = l->glued, .len = len, .size = len};
  if (body->err != MR_OK || len == 0)
    return body->err;
  l->glued = body->len;
  return piece_add(l, &piece);
}

static int lay_leaf(layout *l, const mr_part *p) {
  int source = p->source.read != NULL;
  mr__piece piece = {.data = p->data,
                     .source = source ? &p->source : NULL,
                     .len = p->len,
                     .canon = p->canon,
                     .any_line = p->canon,
                     .coding = p->coding,
                     .size = p->size,
                     .key = source ? l->message->hash_key : NULL,
                     .hash = p->hash};
  return source || p->len > 0 ? piece_add(l, &piece) : MR_OK;
}

static int lay_message(layout *l, const mr_message *inner) {
  mr__piece header = {
      .data = inner->header.data, .len = inner->header.len, .size = inner->header.len};
  int err = header.len > 0 ? piece_add(l, &header) : MR_OK;
  for (size_t i = 0; i < inner->piece_count && err == MR_OK; i++)
    if (inner->pieces[i].source != NULL || inner->pieces[i].len > 0)
      err = piece_add(l, &inner->pieces[i]);
  return err;
}

static int lay_content(layout *l, const mr_part *p) {
  int err = glue_flush(l);
  if (err != MR_OK)
    return err;
  return p->kind == MR__PART_MESSAGE ? lay_message(l, p->message) : lay_leaf(l, p);
}

static int lay_part(layout *l, const mr_part *p, const char *boundary);

static int lay_multi(layout *l, const mr_part *p, const char *boundary) {
  mr__buf *glue = &l->message->body;
  char inner[MR__BOUNDARY_TEXT];
  for (const mr_part *c = p->first; c != NULL; c = c->next) {
    /* no boundary starts with another one (RFC 2046 5.1.2) */
    (void)mr__fmt_to(inner, sizeof inner, "=_%u.%s", l->next++,
                     l->message->seal->boundary);
    mr__fmt(glue, "--%s\r\n", boundary);
    int err = mr__part_put(c, glue, inner);
    mr__buf_puts(glue, "\r\n");
    if (err == MR_OK)
      err = lay_part(l, c, inner);
    mr__buf_puts(glue, "\r\n");
    if (err != MR_OK)
      return err;
  }
  return mr__fmt(glue, "--%s--\r\n", boundary);
}

/* At most MR__PART_DEPTH levels. */
static int lay_part(layout *l, const mr_part *p, const char *boundary) {
  return p->kind == MR__PART_MULTI ? lay_multi(l, p, boundary) : lay_content(l, p);
}

/* The octets between parts lie still now. */
static void place_glue(mr_message *m) {
  for (size_t i = 0; i < m->piece_count; i++) {
    mr__piece *piece = &m->pieces[i];
    if (piece->data == NULL && piece->source == NULL)
      piece->data = m->body.data + piece->start;
  }
}

int mr__seal_parts(mr_message *m) {
  layout l = {.message = m, .next = 1};
  const mr_part *root = m->parts.root;
  char boundary[MR__BOUNDARY_TEXT];
  (void)mr__fmt_to(boundary, sizeof boundary, "=_0.%s", m->seal->boundary);
  int err = mr__part_put(root, &m->header, boundary);
  if (err == MR_OK)
    err = lay_part(&l, root, boundary);
  if (err == MR_OK)
    err = glue_flush(&l);
  if (err != MR_OK)
    return err;
  place_glue(m);
  m->is_8bit = root->eight_bit;
  m->mime_height = root->height;
  m->mime_count = root->count;
  return MR_OK;
}

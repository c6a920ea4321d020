/* SPDX-License-Identifier: MIT */
/* What must be known of the parts before the message: encoding, size, hash, boundaries.
 * One pass through each source. */
#include <string.h>

#include <mailroute/options.h>

#include "message/part_object.h"
#include "message/seal.h"

enum { BOUNDARY_DRAWS = 8 };

/* ---- encodings ---- */

static int needs_pass(const mr_part *p) {
  return p->kind != MR__PART_MULTI && p->kind != MR__PART_MESSAGE &&
         (p->source.read != NULL || p->kind != MR__PART_DATA);
}

static void open_part(mr_message *m, const mr_part *p) {
  int text = mr__part_is_text(p);
  int source = p->source.read != NULL;
  mr__piece piece = {.data = p->data,
                     .len = p->len,
                     .source = source ? &p->source : NULL,
                     .canon = text,
                     .any_line = text,
                     .key = source ? m->hash_key : NULL};
  mr__pass_piece(&m->seal->pass, &piece);
  mr__look_init(&m->seal->look, text && p->kind == MR__PART_TEXT);
  m->seal->open = 1;
}

static int fail_part(mr_message *m, int err) {
  uint64_t at = m->seal->pass.canon.taken;
  size_t offset = at < SIZE_MAX ? (size_t)at : SIZE_MAX;
  if (err == MR_ERR_SOURCE)
    return mr__seal_fail_source(m);
  if (err == MR_ERR_BODY_CHAR)
    return mr__message_fail(m, err, offset, "NUL in the text of a part");
  return err;
}

static int pass_part(mr_message *m, const mr_part *p) {
  struct mr__seal *s = m->seal;
  uint64_t max = mr__message_limit(m, MR_OPT_MESSAGE_MAX);
  size_t made = 0;
  if (!s->open)
    open_part(m, p);
  do {
    int err = mr__pass_read(&s->pass, s->out, sizeof s->out, &made);
    if (err != MR_OK)
      return err == MR_ERR_PENDING ? err : fail_part(m, err);
    if (s->pass.made > max)
      return mr__message_fail(m, MR_ERR_LIMIT, 0, "a part is larger than allowed");
    if (p->kind != MR__PART_DATA)
      mr__look_feed(&s->look, s->out, made);
  } while (made > 0);
  mr__look_end(&s->look);
  s->open = 0;
  return MR_OK;
}

static void choose(mr_part *p, int coding, uint64_t size) {
  p->coding = coding;
  p->size = size;
}

/* Text in canonical lines. */
static int choose_text(mr_message *m, mr_part *p, const mr__look *k) {
  int utf8 = p->charset == NULL || mr__strcaseeq(p->charset, "utf-8");
  uint64_t in_base64 = mr__base64_size(k->len);
  p->canon = 1;
  if (p->kind == MR__PART_STATUS) {
    choose(p, MR__CODING_NONE, k->len);
    return mr__look_is_plain(k, MR__LINE_MAX)
               ? MR_OK
               : mr__message_fail(m, MR_ERR_BODY_CHAR, 0,
                                  "a message/ part has to be ASCII in short lines, and "
                                  "no line may start with --=_");
  }
  if (utf8 && !k->is_utf8)
    return mr__message_fail(m, MR_ERR_BODY_CHAR, (size_t)k->no_utf8,
                            "no UTF-8 in the text of a part");
  if (mr__look_is_plain(k, MR__LOOK_TEXT_LINE))
    choose(p, MR__CODING_NONE, k->len);
  else if (k->len > MR__LOOK_SHORT && k->qp_size > in_base64)
    choose(p, MR__CODING_BASE64, in_base64);
  else
    choose(p, MR__CODING_QP, k->qp_size);
  return MR_OK;
}

static int choose_part(mr_message *m, mr_part *p) {
  const mr__look *k = &m->seal->look;
  const mr__pass *pass = &m->seal->pass;
  if (pass->hashing) {
    mr__sip sip = pass->sip;
    p->hash = mr__sip_end(&sip);
  }
  p->is_utf8 = k->is_utf8;
  if (mr__part_is_text(p))
    return choose_text(m, p, k);
  if (p->kind == MR__PART_TEXT && mr__look_is_plain(k, MR__LINE_MAX))
    choose(p, MR__CODING_NONE, k->len);
  else
    choose(p, MR__CODING_BASE64, mr__base64_size(pass->made));
  return MR_OK;
}

static void mark_8bit(mr_part *p) {
  for (; p != NULL; p = p->parent)
    p->eight_bit = 1;
}

static int look_part(mr_message *m, mr_part *p) {
  if (p->kind == MR__PART_MULTI)
    return MR_OK;
  if (p->kind == MR__PART_MESSAGE) {
    if (p->message->is_8bit)
      mark_8bit(p);
    return MR_OK;
  }
  if (!needs_pass(p)) {
    choose(p, MR__CODING_BASE64, mr__base64_size(p->len));
    return MR_OK;
  }
  int err = pass_part(m, p);
  return err == MR_OK ? choose_part(m, p) : err;
}

int mr__seal_look(mr_message *m) {
  struct mr__seal *s = m->seal;
  for (; s->part != NULL; s->part = mr__part_next(s->part)) {
    int err = look_part(m, s->part);
    if (err != MR_OK)
      return err;
  }
  return MR_OK;
}

/* ---- boundaries: only a message inside can have one of them ---- */

static int occurs(const uint8_t *p, size_t len, const char *text, size_t n) {
  while (len >= n) {
    const uint8_t *found = memchr(p, text[0], len - n + 1);
    if (found == NULL)
      return 0;
    if (memcmp(found, text, n) == 0)
      return 1;
    len -= (size_t)(found - p) + 1;
    p = found + 1;
  }
  return 0;
}

/* In octets that follow others: also where they meet. */
static int occurs_on(struct mr__seal *s, const uint8_t *p, size_t len) {
  uint8_t seam[2 * MR__STAMP_HEX];
  size_t n = MR__STAMP_HEX - 1;
  size_t head = len < n - 1 ? len : n - 1;
  memcpy(seam, s->tail, s->tail_len);
  memcpy(seam + s->tail_len, p, head);
  if (occurs(seam, s->tail_len + head, s->boundary, n) || occurs(p, len, s->boundary, n))
    return 1;
  /* the last n - 1 octets of all */
  size_t keep = s->tail_len + len < n - 1 ? s->tail_len + len : n - 1;
  if (len >= keep) {
    memcpy(s->tail, p + len - keep, keep);
  } else {
    memmove(s->tail, s->tail + s->tail_len + len - keep, keep - len);
    memcpy(s->tail + keep - len, p, len);
  }
  s->tail_len = keep;
  return 0;
}

/* 1 = found, 0 = not, or an error. */
static int search_piece(mr_message *m, const mr__piece *piece) {
  struct mr__seal *s = m->seal;
  size_t made = 0;
  if (piece->coding != MR__CODING_NONE)
    return 0;
  if (mr__piece_is_plain(piece))
    return occurs(piece->data, (size_t)piece->len, s->boundary, MR__STAMP_HEX - 1);
  if (!s->open)
    mr__pass_piece(&s->pass, piece);
  s->tail_len = s->open ? s->tail_len : 0;
  s->open = 1;
  do {
    int err = mr__pass_read(&s->pass, s->out, sizeof s->out, &made);
    if (err != MR_OK)
      return err == MR_ERR_PENDING ? err : mr__seal_fail_source(m);
    if (occurs_on(s, s->out, made)) {
      s->open = 0;
      return 1;
    }
  } while (made > 0);
  s->open = 0;
  return 0;
}

static int search_part(mr_message *m, const mr_part *p) {
  struct mr__seal *s = m->seal;
  if (p->kind != MR__PART_MESSAGE)
    return 0;
  const mr_message *inner = p->message;
  int found = 0;
  for (; s->piece <= inner->piece_count && found == 0; s->piece += found == 0)
    found = s->piece == 0 ? occurs(inner->header.data, inner->header.len, s->boundary,
                                   MR__STAMP_HEX - 1)
                          : search_piece(m, &inner->pieces[s->piece - 1]);
  if (found != MR_ERR_PENDING)
    s->piece = 0;
  return found;
}

static int draw(mr_message *m) {
  struct mr__seal *s = m->seal;
  s->part = m->parts.root;
  if (s->draws++ == BOUNDARY_DRAWS)
    return MR_ERR_RANDOM;
  return mr__stamp_random(&m->env, s->boundary);
}

int mr__seal_boundary(mr_message *m) {
  struct mr__seal *s = m->seal;
  if (m->parts.root->kind != MR__PART_MULTI)
    return MR_OK;
  int err = s->draws == 0 ? draw(m) : MR_OK;
  while (err == MR_OK && s->part != NULL) {
    int found = search_part(m, s->part);
    if (found < 0)
      return found;
    if (found == 1)
      err = draw(m);
    else
      s->part = mr__part_next(s->part);
  }
  return err;
}

/* SPDX-License-Identifier: MIT */
#include "message/pass.h"

#include <string.h>

void mr__pass_init(mr__pass *p, const mr_source *source, uint64_t offset) {
  memset(p, 0, sizeof *p);
  p->source = source;
  p->offset = offset;
  p->window = p->in;
}

void mr__pass_body(mr__pass *p, int strict, const uint8_t *key) {
  mr__canon_init(&p->canon, strict);
  p->hashing = key != NULL;
  if (key != NULL)
    mr__sip_init(&p->sip, key);
}

void mr__pass_piece(mr__pass *p, const mr__piece *piece) {
  mr__pass_init(p, piece->source, piece->start);
  mr__pass_body(p, piece->strict, piece->key);
  p->canonical = !piece->canon;
  p->canon.any_line = piece->any_line;
  if (piece->coding != MR__CODING_NONE)
    mr__coder_init(&p->coder, piece->coding);
  if (piece->source == NULL) {
    p->window = piece->data;
    p->len = (size_t)piece->len;
  }
}

static int read_source(mr__pass *p, size_t *got) {
  int rc = p->source->read(p->source->user, p->offset, p->in, sizeof p->in, got);
  if (rc == MR_ERR_PENDING)
    return MR_ERR_PENDING;
  uint64_t left = p->source->length - p->offset;
  if (rc != MR_OK || *got > sizeof p->in ||
      *got > left) /* an unknown length leaves plenty */
    return p->err = MR_ERR_SOURCE;
  if (*got == 0 && p->source->length != MR_LENGTH_UNKNOWN && left > 0)
    return p->err = MR_ERR_SOURCE;
  return MR_OK;
}

int mr__pass_fill(mr__pass *p) {
  size_t got = 0;
  if (p->err != MR_OK || p->at < p->len || p->at_end)
    return p->err;
  int err = p->source != NULL ? read_source(p, &got) : MR_OK;
  if (err != MR_OK)
    return err;
  p->at_end = got == 0;
  p->offset += got;
  p->at = 0;
  p->len = got;
  return MR_OK;
}

static int copy(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  size_t n = p->len - p->at < cap ? p->len - p->at : cap;
  memcpy(out, p->window + p->at, n);
  p->at += n;
  *made = n;
  return MR_OK;
}

static int convert(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  size_t used = 0;
  int err =
      mr__canon_feed(&p->canon, p->window + p->at, p->len - p->at, &used, out, cap, made);
  p->at += used;
  return err;
}

/* What closes the body, given out as there is room. */
static int finish(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  if (!p->ended && !p->canonical) {
    int err = mr__canon_end(&p->canon, p->tail, &p->tail_len);
    if (err != MR_OK)
      return err;
  }
  p->ended = 1;
  size_t n = p->tail_len - p->tail_at < cap ? p->tail_len - p->tail_at : cap;
  memcpy(out, p->tail + p->tail_at, n);
  p->tail_at += n;
  *made = n;
  return MR_OK;
}

static int step(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  int err = mr__pass_fill(p);
  if (err != MR_OK)
    return err;
  if (p->at_end)
    return finish(p, out, cap, made);
  if (p->canonical)
    return copy(p, out, cap, made);
  return convert(p, out, cap, made);
}

/* Octets before the coding; 0 = the end. */
static int plain(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  int err = MR_OK;
  /* a CR at the end of a chunk gives nothing yet */
  while (err == MR_OK && *made == 0 && !(p->ended && p->tail_at == p->tail_len))
    err = step(p, out, cap, made);
  if (err == MR_OK && p->hashing && *made > 0)
    mr__sip_add(&p->sip, out, *made);
  return err;
}

/* Makes octets for the coder: none at the end. */
static int provide(mr__pass *p, const uint8_t **from, size_t *len) {
  int err = MR_OK;
  if (p->canonical) {
    err = mr__pass_fill(p);
    *from = p->window + p->at;
    *len = p->at_end ? 0 : p->len - p->at;
    return err;
  }
  if (p->mid_at == p->mid_len) {
    p->mid_at = p->mid_len = 0;
    err = plain(p, p->mid, sizeof p->mid, &p->mid_len);
  }
  if (err != MR_OK)
    p->mid_len = 0;
  *from = p->mid + p->mid_at;
  *len = p->mid_len - p->mid_at;
  return err;
}

static void took(mr__pass *p, const uint8_t *from, size_t used) {
  if (!p->canonical) {
    p->mid_at += used;
    return;
  }
  p->at += used;
  if (p->hashing)
    mr__sip_add(&p->sip, from, used);
}

/* Whether more octets can only come from the source. */
static int is_dry(const mr__pass *p) {
  return p->source != NULL && !p->at_end && p->at == p->len && p->mid_at == p->mid_len;
}

/* A source is asked only when there is nothing else to give: what it answers is for the
 * caller to know, not to wait behind octets. */
static int coded(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  while (*made < cap && (*made == 0 || !is_dry(p))) {
    const uint8_t *from = NULL;
    size_t len = 0, used = 0, n = 0;
    int err = provide(p, &from, &len);
    if (err == MR_ERR_PENDING && *made > 0)
      return MR_OK; /* behind a CR that gave nothing yet; it is asked again */
    if (err != MR_OK)
      return err;
    if (len == 0) {
      *made += mr__coder_end(&p->coder, out + *made, cap - *made);
      return MR_OK;
    }
    mr__coder_feed(&p->coder, from, len, &used, out + *made, cap - *made, &n);
    took(p, from, used);
    *made += n;
  }
  return MR_OK;
}

int mr__pass_read(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  *made = 0;
  int err = p->err;
  if (err == MR_OK)
    err = p->coder.coding != MR__CODING_NONE ? coded(p, out, cap, made)
                                             : plain(p, out, cap, made);
  if (err != MR_OK && err != MR_ERR_PENDING)
    p->err = err;
  if (err != MR_OK)
    *made = 0;
  p->made += *made;
  return err;
}

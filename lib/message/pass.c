/* SPDX-License-Identifier: MIT */
#include "message/pass.h"

#include <string.h>

void mr__pass_init(mr__pass *p, const mr_source *source, uint64_t offset) {
  memset(p, 0, sizeof *p);
  p->source = source;
  p->offset = offset;
}

void mr__pass_body(mr__pass *p, int strict, const uint8_t *key) {
  mr__canon_init(&p->canon, strict);
  p->hashing = key != NULL;
  if (key != NULL)
    mr__sip_init(&p->sip, key);
}

int mr__pass_fill(mr__pass *p) {
  if (p->err != MR_OK || p->at < p->len || p->at_end)
    return p->err;
  size_t got = 0;
  int rc = p->source->read(p->source->user, p->offset, p->in, sizeof p->in, &got);
  if (rc == MR_ERR_PENDING)
    return MR_ERR_PENDING;
  uint64_t left = p->source->length - p->offset;
  if (rc != MR_OK || got > sizeof p->in ||
      got > left) /* an unknown length leaves plenty */
    return p->err = MR_ERR_SOURCE;
  if (got == 0 && p->source->length != MR_LENGTH_UNKNOWN && left > 0)
    return p->err = MR_ERR_SOURCE;
  p->at_end = got == 0;
  p->offset += got;
  p->at = 0;
  p->len = got;
  return MR_OK;
}

static int copy(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  size_t n = p->len - p->at < cap ? p->len - p->at : cap;
  memcpy(out, p->in + p->at, n);
  p->at += n;
  *made = n;
  return MR_OK;
}

static int convert(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  size_t used = 0;
  int err =
      mr__canon_feed(&p->canon, p->in + p->at, p->len - p->at, &used, out, cap, made);
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

int mr__pass_read(mr__pass *p, uint8_t *out, size_t cap, size_t *made) {
  *made = 0;
  int err = p->err;
  /* a CR at the end of a chunk gives nothing yet */
  while (err == MR_OK && *made == 0 && !(p->ended && p->tail_at == p->tail_len))
    err = step(p, out, cap, made);
  if (err != MR_OK && err != MR_ERR_PENDING)
    p->err = err;
  if (err != MR_OK)
    *made = 0;
  if (p->hashing && *made > 0)
    mr__sip_add(&p->sip, out, *made);
  p->made += *made;
  return err;
}

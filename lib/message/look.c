/* SPDX-License-Identifier: MIT */
#include "message/look.h"

#include <string.h>

#include "text/utf8.h"

void mr__look_init(mr__look *k, int counting) {
  memset(k, 0, sizeof *k);
  k->last = -1;
  k->is_utf8 = 1;
  k->counting = counting;
  if (counting)
    mr__coder_init(&k->qp, MR__CODING_QP);
}

/* ---- lines ---- */

static void line_start(mr__look *k, const uint8_t *p, size_t len) {
  for (size_t i = 0; i < len && k->start_len < sizeof k->start; i++)
    k->start[k->start_len++] = p[i];
  if (k->start_len == sizeof k->start && memcmp(k->start, "--=_", 4) == 0)
    k->marker = 1;
}

static int has_odd(const uint8_t *p, size_t len) {
  unsigned odd = 0;
  for (size_t i = 0; i < len; i++)
    odd |= (unsigned)(p[i] - 0x20u > 0x5Eu) & (p[i] != '\t') & (p[i] != '\r');
  return odd != 0;
}

/* Octets inside a line; whole: its LF follows. */
static void stretch(mr__look *k, const uint8_t *p, size_t len, int whole) {
  if (len > 0 && k->last == '\r')
    k->bare = 1;
  if (k->start_len < sizeof k->start)
    line_start(k, p, len);
  k->line += len;
  if (len > 0)
    k->last = p[len - 1];
  int cr = k->last == '\r' && k->line > 0;
  /* the CR at the end is judged with what follows it */
  if (len > 1 && memchr(p, '\r', len - (p[len - 1] == '\r')) != NULL)
    k->bare = 1;
  if (!k->odd)
    k->odd = has_odd(p, len);
  if (whole && !cr)
    k->bare = 1;
  uint64_t shown = k->line - (uint64_t)cr;
  if (shown > k->longest)
    k->longest = shown;
}

static void lines(mr__look *k, const uint8_t *p, size_t len) {
  while (len > 0) {
    const uint8_t *lf = memchr(p, '\n', len);
    size_t n = lf != NULL ? (size_t)(lf - p) : len;
    stretch(k, p, n, lf != NULL);
    if (lf == NULL)
      return;
    k->last = '\n';
    k->line = 0;
    k->start_len = 0;
    p += n + 1;
    len -= n + 1;
  }
}

/* ---- UTF-8 ---- */

/* Octets that the character starting here ought to have. */
static size_t wanted(uint8_t lead) {
  return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

static void no_utf8(mr__look *k, uint64_t offset) {
  k->is_utf8 = 0;
  k->no_utf8 = offset;
}

/* Completes the character that the piece before cut; octets of p taken. */
static size_t join(mr__look *k, const uint8_t *p, size_t len) {
  size_t before = k->cut_len, n = 0;
  while (n < len && k->cut_len < wanted(k->cut[0]))
    k->cut[k->cut_len++] = p[n++];
  if (k->cut_len < wanted(k->cut[0]))
    return n;
  if (mr__utf8_next(k->cut, k->cut_len, NULL) == 0)
    no_utf8(k, k->len - before);
  k->cut_len = 0;
  return n;
}

static void characters(mr__look *k, const uint8_t *p, size_t len) {
  size_t at = k->cut_len > 0 ? join(k, p, len) : 0;
  if (!k->is_utf8 || !mr__eight_bit(p + at, len - at))
    return;
  while (at < len) {
    size_t n = mr__utf8_next(p + at, len - at, NULL);
    if (n == 0 && len - at < wanted(p[at])) {
      k->cut_len = len - at;
      memcpy(k->cut, p + at, k->cut_len);
      return;
    }
    if (n == 0) {
      no_utf8(k, k->len + at);
      return;
    }
    at += n;
  }
}

/* ---- all ---- */

static void count(mr__look *k, const uint8_t *p, size_t len) {
  uint8_t out[512];
  while (len > 0) {
    size_t used = 0, made = 0;
    mr__coder_feed(&k->qp, p, len, &used, out, sizeof out, &made);
    k->qp_size += made;
    p += used;
    len -= used;
  }
}

void mr__look_feed(mr__look *k, const uint8_t *p, size_t len) {
  lines(k, p, len);
  if (k->is_utf8)
    characters(k, p, len);
  if (k->counting)
    count(k, p, len);
  k->len += len;
}

void mr__look_end(mr__look *k) {
  uint8_t out[128];
  size_t made = 1;
  if (k->is_utf8 && k->cut_len > 0)
    no_utf8(k, k->len - k->cut_len);
  if (k->last == '\r')
    k->bare = 1;
  while (k->counting && made > 0) {
    made = mr__coder_end(&k->qp, out, sizeof out);
    k->qp_size += made;
  }
}

int mr__look_is_plain(const mr__look *k, uint64_t line_max) {
  return !k->bare && !k->odd && !k->marker && k->longest <= line_max &&
         (k->len == 0 || k->last == '\n');
}

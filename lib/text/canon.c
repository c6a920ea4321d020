/* SPDX-License-Identifier: MIT */
#include "text/canon.h"

#include <string.h>

#include "text/clean.h"
#include "text/utf8.h"
#include "text/window.h"

/* Octets that are judged at a time. */
enum { STRETCH = 1024 };

void mr__canon_init(mr__canon *c, int strict) {
  memset(c, 0, sizeof *c);
  c->strict = strict;
  c->last = -1;
}

/* What one feed works on. */
typedef struct pass {
  const uint8_t *in;
  uint8_t *out;
  size_t in_left, out_left;
} pass;

static void eat(mr__canon *c, pass *p, size_t n) {
  p->in += n;
  p->in_left -= n;
  c->taken += n;
}

static void give(mr__canon *c, pass *p, const void *data, size_t n) {
  const uint8_t *octets = data;
  memcpy(p->out, octets, n);
  p->out += n;
  p->out_left -= n;
  c->made += n;
  c->last = octets[n - 1];
}

static void give_line_end(mr__canon *c, pass *p) {
  give(c, p, "\r\n", 2);
  c->line = 0;
  c->cr = 0;
}

/* The CR held back was none of a CRLF. */
static int give_bare_cr(mr__canon *c, pass *p) {
  if (c->strict || (c->line >= MR__LINE_MAX && !c->any_line)) {
    c->taken--; /* it is the CR that offends */
    return c->strict ? MR_ERR_BODY_CHAR : MR_ERR_LINE_LONG;
  }
  give(c, p, " ", 1);
  c->line++;
  c->cr = 0;
  c->altered = 1;
  return MR_OK;
}

/* A run without CR, LF and NUL. */
static int give_run(mr__canon *c, pass *p, size_t n) {
  size_t fits = c->any_line ? n : MR__LINE_MAX - c->line;
  int err = n > fits ? MR_ERR_LINE_LONG : MR_OK;
  n = n > fits ? fits : n;
  if (n > 0) {
    if (!c->eight_bit)
      c->eight_bit = mr__eight_bit(p->in, n);
    give(c, p, p->in, n);
    eat(c, p, n);
    c->line += n;
  }
  return err;
}

/* LF, NUL or CR at the start of the input. 1 = done, 0 = no room for it. */
static int special(mr__canon *c, pass *p) {
  switch (p->in[0]) {
  case 0:
    return MR_ERR_BODY_CHAR;
  case '\r':
    eat(c, p, 1);
    c->cr = 1;
    return 1;
  default:
    if (!c->cr && c->strict)
      return MR_ERR_BODY_CHAR;
    if (p->out_left < 2)
      return 0;
    if (!c->cr)
      c->altered = 1;
    eat(c, p, 1);
    give_line_end(c, p);
    return 1;
  }
}

/* One step over at most `window` octets. 1 = go on, 0 = no room. */
static int step(mr__canon *c, pass *p, mr__window *w) {
  if (c->cr && p->in[0] != '\n') {
    int err = give_bare_cr(c, p);
    return err == MR_OK ? 1 : err;
  }
  size_t run = mr__window_run(w, p->in);
  if (run == 0)
    return special(c, p);
  if (run > p->out_left)
    run = p->out_left;
  int err = give_run(c, p, run);
  return err == MR_OK ? 1 : err;
}

/* ---- whole stretches at a time ---- */

static void note_high(mr__canon *c, unsigned high) { c->eight_bit |= high >= 0x80; }

/* Text that is canonical already. */
static size_t copy_clean(mr__canon *c, pass *p, size_t ahead) {
  unsigned high = 0;
  size_t line = c->line;
  size_t n = p->in[0] != '\n' ? mr__clean_run(p->in, ahead, 0, &high) : 0;
  if (n == 0 || (!c->any_line && !mr__clean_lines(p->in, n, MR__LINE_MAX, &line)))
    return 0;
  note_high(c, high);
  c->line = line;
  give(c, p, p->in, n);
  eat(c, p, n);
  return n;
}

/* Lines that end with LF alone, as far as there is room for them. */
static size_t convert_lines(mr__canon *c, pass *p, size_t ahead) {
  const uint8_t *start = p->in, *end = start + ahead;
  uint8_t *out = p->out;
  size_t room = p->out_left, line = c->line;
  while (p->in < end) {
    const uint8_t *lf = memchr(p->in, '\n', (size_t)(end - p->in));
    size_t n = lf != NULL ? (size_t)(lf - p->in) : 0;
    if (lf == NULL || n + 2 > room || (!c->any_line && n > MR__LINE_MAX - line))
      break;
    memcpy(out, p->in, n);
    memcpy(out + n, "\r\n", 2);
    out += n + 2;
    room -= n + 2;
    line = 0;
    p->in = lf + 1;
  }
  size_t used = (size_t)(p->in - start);
  if (used == 0)
    return 0;
  c->altered = 1;
  c->line = 0;
  c->last = '\n';
  c->made += (uint64_t)(out - p->out);
  c->taken += used;
  if (!c->eight_bit)
    c->eight_bit = mr__eight_bit(start, used);
  p->in_left -= used;
  p->out = out;
  p->out_left = room;
  return used;
}

/* Octets eaten, 0 = this has to be done step by step. */
static size_t stretch(mr__canon *c, pass *p, size_t ahead) {
  if (c->cr || ahead < MR__CLEAN_MIN)
    return 0;
  if (memchr(p->in, '\r', ahead < STRETCH ? ahead : STRETCH) != NULL)
    return copy_clean(c, p, ahead);
  ahead = ahead < STRETCH ? ahead : STRETCH;
  if (c->strict || memchr(p->in, 0, ahead) != NULL)
    return 0;
  return convert_lines(c, p, ahead);
}

int mr__canon_feed(mr__canon *c, const uint8_t *in, size_t len, size_t *used,
                   uint8_t *out, size_t cap, size_t *made) {
  pass p = {in, out, len, cap};
  int result = 1;
  while (result > 0 && p.in_left > 0 && p.out_left > 0) {
    /* no further than what there is room for, so that small outputs stay linear */
    size_t ahead = p.in_left < p.out_left ? p.in_left : p.out_left;
    if (stretch(c, &p, ahead) > 0)
      continue;
    ahead = ahead < STRETCH ? ahead : STRETCH;
    mr__window w;
    mr__window_init(&w, p.in, ahead);
    while (result > 0 && p.in < w.end && p.out_left > 0)
      result = step(c, &p, &w);
  }
  *used = len - p.in_left;
  *made = cap - p.out_left;
  return result < 0 ? result : MR_OK;
}

int mr__canon_end(mr__canon *c, uint8_t out[3], size_t *made) {
  pass p = {NULL, out, 0, 3};
  int err = MR_OK;
  if (c->cr)
    err = give_bare_cr(c, &p);
  if (err == MR_OK && c->made > 0 && c->last != '\n') {
    give_line_end(c, &p);
    c->altered = 1;
  }
  *made = 3 - p.out_left;
  return err;
}

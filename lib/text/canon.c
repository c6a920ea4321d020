/* SPDX-License-Identifier: MIT */
#include "text/canon.h"

#include <string.h>

#include "text/utf8.h"
#include "text/window.h"

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
  if (c->strict || c->line >= MR__LINE_MAX) {
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
  size_t fits = MR__LINE_MAX - c->line;
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

int mr__canon_feed(mr__canon *c, const uint8_t *in, size_t len, size_t *used,
                   uint8_t *out, size_t cap, size_t *made) {
  pass p = {in, out, len, cap};
  int result = 1;
  while (result > 0 && p.in_left > 0 && p.out_left > 0) {
    /* no further than what there is room for, so that small outputs stay linear */
    size_t ahead = p.in_left < p.out_left ? p.in_left : p.out_left;
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

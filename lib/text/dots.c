/* SPDX-License-Identifier: MIT */
#include "text/dots.h"

#include <string.h>

#include "text/canon.h"
#include "text/clean.h"
#include "text/window.h"

void mr__dots_init(mr__dots *d) {
  memset(d, 0, sizeof *d);
  d->at_start = 1;
}

/* Octets that are done step by step before a stretch is looked for again. */
enum { STEP = 2 * MR__CLEAN_BLOCK };

typedef struct pass {
  const uint8_t *in;
  uint8_t *out;
  size_t out_left;
} pass;

static void give(pass *p, const void *data, size_t n) {
  memcpy(p->out, data, n);
  p->out += n;
  p->out_left -= n;
}

/* CR is eaten and held back until its LF is there: a bare one never gets out. */
static int special(mr__dots *d, pass *p) {
  if (*p->in == '\r' && !d->cr) {
    d->cr = 1;
    p->in++;
    return 1;
  }
  if (*p->in != '\n' || !d->cr)
    return MR_ERR_INTERNAL;
  if (p->out_left < 2)
    return 0;
  give(p, "\r\n", 2);
  p->in++;
  d->cr = 0;
  d->line = 0;
  d->at_start = 1;
  return 1;
}

/* 1 = go on, 0 = no room, or MR_ERR_INTERNAL. */
static int step(mr__dots *d, pass *p, mr__window *w) {
  size_t run = mr__window_run(w, p->in);
  if (run == 0)
    return special(d, p);
  if (d->cr || run > MR__LINE_MAX - d->line)
    return MR_ERR_INTERNAL;
  if (d->at_start && *p->in == '.') {
    if (p->out_left < 2)
      return 0;
    give(p, ".", 1);
  }
  if (run > p->out_left)
    run = p->out_left;
  give(p, p->in, run);
  p->in += run;
  d->line += run;
  d->at_start = 0;
  return 1;
}

/* Text in which no line starts with a dot, as a whole; octets eaten. */
static size_t stretch(mr__dots *d, pass *p, size_t ahead) {
  unsigned high = 0;
  size_t line = d->line;
  if (d->cr || ahead < MR__CLEAN_MIN || *p->in == '\n' || (d->at_start && *p->in == '.'))
    return 0;
  size_t n = mr__clean_run(p->in, ahead, 1, &high);
  if (n == 0 || !mr__clean_lines(p->in, n, MR__LINE_MAX, &line))
    return 0;
  give(p, p->in, n);
  p->in += n;
  d->line = line;
  d->at_start = p->in[-1] == '\n';
  return n;
}

int mr__dots_encode(mr__dots *d, const uint8_t *in, size_t len, size_t *used,
                    uint8_t *out, size_t cap, size_t *made) {
  pass p = {in, out, cap};
  const uint8_t *end = in + len;
  int result = d->bad ? MR_ERR_INTERNAL : 1;
  while (result > 0 && p.in < end && p.out_left > 0) {
    /* no further than what there is room for, so that small outputs stay linear */
    size_t left = (size_t)(end - p.in);
    size_t ahead = left < p.out_left ? left : p.out_left;
    if (stretch(d, &p, ahead) > 0)
      continue;
    mr__window w;
    mr__window_init(&w, p.in, ahead < STEP ? ahead : STEP);
    while (result > 0 && p.in < w.end && p.out_left > 0)
      result = step(d, &p, &w);
  }
  d->bad = result < 0;
  *used = d->bad ? 0 : (size_t)(p.in - in);
  *made = d->bad ? 0 : cap - p.out_left;
  return d->bad ? MR_ERR_INTERNAL : MR_OK;
}

int mr__dots_end(mr__dots *d, uint8_t out[3]) {
  if (d->bad || d->cr || !d->at_start) {
    d->bad = 1;
    return MR_ERR_INTERNAL;
  }
  memcpy(out, ".\r\n", 3);
  return MR_OK;
}

/* SPDX-License-Identifier: MIT */
#include "text/encode.h"

#include <string.h>

#include "text/escape.h"
#include "text/header.h"

/* Octets that must be seen before one is judged: "From " at a line start. */
enum { LOOK = 5 };

void mr__coder_init(mr__coder *c, int coding) {
  memset(c, 0, sizeof *c);
  c->coding = coding;
}

static int is_full(const mr__coder *c) { return c->line_len > 0; }

/* Gives out what there is room for of a finished line. */
static size_t drain(mr__coder *c, uint8_t *out, size_t cap) {
  size_t n = c->line_len - c->line_at < cap ? c->line_len - c->line_at : cap;
  memcpy(out, c->line + c->line_at, n);
  c->line_at += n;
  if (c->line_at == c->line_len)
    c->line_at = c->line_len = 0;
  return n;
}

/* ---- quoted-printable ---- */

static void line_end(mr__coder *c, int soft) {
  if (soft)
    c->line[c->column++] = '=';
  memcpy(c->line + c->column, "\r\n", 2);
  c->line_len = c->column + 2;
  c->column = 0;
}

/* Octets of the line end that stands here, 0 = none. */
static size_t end_len(const uint8_t *p, size_t rest) {
  if (rest > 0 && p[0] == '\n')
    return 1;
  return rest > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

static int is_graphic(int octet) { return octet > ' ' && octet < 0x7F && octet != '='; }

/* Whether an octet may stand for itself here; last: of its text line. */
static int is_literal(const mr__coder *c, const uint8_t *p, size_t rest, int last) {
  if (*p == ' ' || *p == '\t')
    return !last;
  if (!is_graphic(*p))
    return 0;
  if (c->column > 0)
    return 1;
  /* C8: nothing at a line start that a relay would touch */
  return *p != '.' && !(rest >= LOOK && memcmp(p, "From ", LOOK) == 0);
}

/* One octet, unless the line has to be broken first: a soft break needs one octet more
 * than the end of the text line. 1 = it was taken. */
static size_t octet_put(mr__coder *c, const uint8_t *p, size_t rest) {
  int last = rest == 1 || end_len(p + 1, rest - 1) > 0;
  int literal = is_literal(c, p, rest, last);
  size_t room = last ? MR__CODED_LINE : MR__CODED_LINE - 1;
  if (c->column + (literal ? 1u : 3u) > room) {
    line_end(c, 1);
    return 0;
  }
  if (literal) {
    c->line[c->column++] = (char)*p;
    return 1;
  }
  c->line[c->column++] = '=';
  c->line[c->column++] = mr__hex_digit(*p >> 4);
  c->line[c->column++] = mr__hex_digit(*p);
  return 1;
}

/* Octets that stand for themselves whatever follows, inside a line. */
static size_t run_put(mr__coder *c, const uint8_t *p, size_t rest) {
  size_t n = 0;
  size_t room = MR__CODED_LINE - 1 - c->column;
  if (c->column == 0)
    return 0;
  rest = rest < room ? rest : room;
  while (n < rest &&
         (is_graphic(p[n]) || (p[n] == ' ' && n + 1 < rest && is_graphic(p[n + 1]))))
    n++;
  memcpy(c->line + c->column, p, n);
  c->column += n;
  return n;
}

/* Up to the end of an output line, or to where more must be seen; octets eaten. */
static size_t qp_run(mr__coder *c, const uint8_t *p, size_t len, int final) {
  size_t at = 0;
  while (at < len && !is_full(c)) {
    at += run_put(c, p + at, len - at);
    size_t rest = len - at;
    if (rest == 0 || (rest < LOOK && !final))
      break;
    size_t end = end_len(p + at, rest);
    if (end > 0)
      line_end(c, 0);
    at += end > 0 ? end : octet_put(c, p + at, rest);
  }
  return at;
}

/* What was held back, with what follows it; octets of the input eaten. */
static size_t qp_held(mr__coder *c, const uint8_t *in, size_t len) {
  size_t before = c->held_len;
  size_t n = MR__CODER_HELD - before < len ? MR__CODER_HELD - before : len;
  memcpy(c->held + before, in, n);
  size_t eaten = qp_run(c, c->held, before + n, 0);
  if (eaten >= before) { /* the rest is read from the input itself */
    c->held_len = 0;
    return eaten - before;
  }
  memmove(c->held, c->held + eaten, before + n - eaten);
  c->held_len = before + n - eaten;
  return n;
}

static size_t qp_feed(mr__coder *c, const uint8_t *in, size_t len) {
  if (c->held_len > 0)
    return qp_held(c, in, len);
  size_t eaten = qp_run(c, in, len, 0);
  if (is_full(c) || len - eaten >= LOOK)
    return eaten;
  c->held_len = len - eaten;
  memcpy(c->held, in + eaten, c->held_len);
  return len;
}

static void qp_end(mr__coder *c) {
  size_t eaten = qp_run(c, c->held, c->held_len, 1);
  c->held_len -= eaten;
  memmove(c->held, c->held + eaten, c->held_len);
  if (!is_full(c) && c->column > 0)
    line_end(c, 0);
}

/* ---- base64 ---- */

static size_t base64_line(char *dst, const uint8_t *p, size_t len) {
  size_t n = mr__base64_write(dst, p, len);
  memcpy(dst + n, "\r\n", 2);
  return n + 2;
}

static size_t base64_feed(mr__coder *c, const uint8_t *in, size_t len) {
  size_t n = MR__CODED_TAKE - c->held_len;
  if (c->held_len == 0 && len >= n) {
    c->line_len = base64_line(c->line, in, n);
    return n;
  }
  n = n < len ? n : len;
  memcpy(c->held + c->held_len, in, n);
  c->held_len += n;
  if (c->held_len == MR__CODED_TAKE) {
    c->line_len = base64_line(c->line, c->held, MR__CODED_TAKE);
    c->held_len = 0;
  }
  return n;
}

/* Whole lines straight into the output. */
static size_t base64_lines(const mr__coder *c, const uint8_t *in, size_t len,
                           uint8_t *out, size_t cap) {
  size_t lines = 0;
  if (c->coding != MR__CODING_BASE64 || c->held_len > 0)
    return 0;
  while (len >= MR__CODED_TAKE && cap >= MR__CODED_LINE + 2) {
    (void)base64_line((char *)out, in, MR__CODED_TAKE);
    in += MR__CODED_TAKE;
    len -= MR__CODED_TAKE;
    out += MR__CODED_LINE + 2;
    cap -= MR__CODED_LINE + 2;
    lines++;
  }
  return lines;
}

/* ---- both ---- */

void mr__coder_feed(mr__coder *c, const uint8_t *in, size_t len, size_t *used,
                    uint8_t *out, size_t cap, size_t *made) {
  size_t at = 0, put = drain(c, out, cap);
  while (at < len && !is_full(c)) {
    size_t lines = base64_lines(c, in + at, len - at, out + put, cap - put);
    at += lines * MR__CODED_TAKE;
    put += lines * (MR__CODED_LINE + 2);
    at += c->coding == MR__CODING_QP ? qp_feed(c, in + at, len - at)
                                     : base64_feed(c, in + at, len - at);
    put += drain(c, out + put, cap - put);
  }
  *used = at;
  *made = put;
}

size_t mr__coder_end(mr__coder *c, uint8_t *out, size_t cap) {
  size_t put = drain(c, out, cap);
  while (!is_full(c) && (c->held_len > 0 || c->column > 0)) {
    if (c->coding == MR__CODING_QP) {
      qp_end(c);
    } else {
      c->line_len = base64_line(c->line, c->held, c->held_len);
      c->held_len = 0;
    }
    put += drain(c, out + put, cap - put);
  }
  return put;
}

int mr__qp_encode(mr__buf *out, const char *text, size_t len) {
  const uint8_t *p = (const uint8_t *)text;
  uint8_t piece[512];
  mr__coder c;
  size_t before = out->len, used, made = 1;
  int err = out->err;
  mr__coder_init(&c, MR__CODING_QP);
  while (err == MR_OK && len > 0) {
    mr__coder_feed(&c, p, len, &used, piece, sizeof piece, &made);
    err = mr__buf_put(out, piece, made);
    p += used;
    len -= used;
  }
  for (made = 1; err == MR_OK && made > 0;) {
    made = mr__coder_end(&c, piece, sizeof piece);
    err = mr__buf_put(out, piece, made);
  }
  if (err != MR_OK)
    out->len = before;
  return err;
}

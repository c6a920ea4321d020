/* SPDX-License-Identifier: MIT */
#include "text/reply.h"

#include <string.h>

#include "text/escape.h"

enum { ESCAPED_MAX = 4 }; /* octets that one octet may become: \xHH */

void mr__reply_init(mr__reply_parser *p, const mr_env *env, size_t line_max,
                    unsigned lines_max) {
  memset(p, 0, sizeof *p);
  p->text_max = lines_max * (line_max + 1) * ESCAPED_MAX;
  mr__buf_init(&p->reply.text, env, p->text_max);
  mr__buf_init(&p->reply.raw, env, MR__REPLY_RAW_MAX);
  mr__buf_init(&p->line, env, line_max + 1); /* the CR comes on top */
  p->line_max = line_max;
  p->lines_max = lines_max;
}

void mr__reply_free(mr__reply_parser *p) {
  mr__buf_free(&p->reply.text);
  mr__buf_free(&p->reply.raw);
  mr__buf_free(&p->line);
}

/* Nothing of one reply may be seen in the next (bug 27). */
static void restart(mr__reply_parser *p) {
  mr__buf_clear(&p->reply.text);
  mr__buf_clear(&p->reply.raw);
  mr__buf_clear(&p->line);
  p->reply.text.max = p->text_max;
  p->reply.raw.max = MR__REPLY_RAW_MAX;
  p->reply.code = 0;
  memset(p->reply.status, 0, sizeof p->reply.status);
  p->reply.lines = 0;
  p->done = 0;
}

static int status_number(mr__cur *cur, int *out) {
  int value = 0;
  int digits = 0;
  while (digits < 3 && mr__is_digit(mr__cur_peek(cur))) {
    value = value * 10 + (mr__cur_next(cur) - '0');
    digits++;
  }
  *out = value;
  return digits > 0;
}

/* Octets of the enhanced code at the start of text and the space behind it, 0 = none that
 * goes with the class of code (R90; RFC 2034 4, RFC 3463 2). */
static size_t status_parse(const uint8_t *text, size_t len, int code, int status[3]) {
  mr__cur cur = mr__cur_of(text, len);
  int found[3];
  found[0] = mr__cur_next(&cur) - '0';
  if (found[0] != code / 100 || found[0] == 3)
    return 0;
  if (!mr__cur_skip_if(&cur, '.') || !status_number(&cur, &found[1]) ||
      !mr__cur_skip_if(&cur, '.') || !status_number(&cur, &found[2]))
    return 0;
  if (mr__cur_left(&cur) > 0 && !mr__cur_skip_if(&cur, ' '))
    return 0;
  memcpy(status, found, sizeof found);
  return mr__cur_offset(&cur);
}

static int part_keep(mr__buf *buf, int first, const uint8_t *text, size_t len) {
  if (!first && buf->len < buf->max && mr__buf_putc(buf, '\n') != MR_OK)
    return buf->err;
  return mr__escape_put(buf, text, len);
}

static int line_keep(mr__reply *r, const uint8_t *line, size_t len, size_t text_at) {
  int err = part_keep(&r->raw, r->lines == 1, line, len);
  if (err == MR_OK)
    err = part_keep(&r->text, r->lines == 1, line + text_at, len - text_at);
  return err;
}

static int code_of(const uint8_t *line) {
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Whether a line may start so, as far as it is here: what cannot become a reply is told
 * at once, not when a line end comes. */
static int head_check(const mr__reply *r, const uint8_t *line, size_t len) {
  static const char first[] = "2345";
  if (len > 0 && memchr(first, line[0], 4) == NULL)
    return MR_ERR_PROTO;
  for (size_t i = 1; i < 3 && i < len; i++)
    if (!mr__is_digit(line[i]))
      return MR_ERR_PROTO;
  if (len >= 3 && r->lines > 0 && code_of(line) != r->code)
    return MR_ERR_PROTO;
  if (len > 3 && line[3] != '-' && line[3] != ' ' && (len > 4 || line[3] != '\r'))
    return MR_ERR_PROTO;
  return MR_OK;
}

/* 1 = the reply is complete, 0 = more lines follow. */
static int line_take(mr__reply_parser *p, const uint8_t *line, size_t len) {
  mr__reply *r = &p->reply;
  int status[3] = {0, 0, 0};
  size_t at = len > 3 ? 4 : 3;
  if (len > p->line_max || r->lines >= p->lines_max)
    return MR_ERR_LIMIT;
  r->code = code_of(line);
  r->lines++;
  at += status_parse(line + at, len - at, r->code, status);
  if (r->status[0] == 0)
    memcpy(r->status, status, sizeof status);
  int err = line_keep(r, line, len, at);
  return err != MR_OK ? err : !(len > 3 && line[3] == '-');
}

/* A line up to its LF. A CR in front of that belongs to the line end, elsewhere it is
 * text. */
static int line_end(mr__reply_parser *p, const uint8_t *line, size_t len) {
  if (len > 0 && line[len - 1] == '\r')
    len--;
  if (len < 3 || head_check(&p->reply, line, len) != MR_OK ||
      (len == 4 && line[3] == '\r'))
    return MR_ERR_PROTO;
  int result = line_take(p, line, len);
  mr__buf_clear(&p->line);
  return result;
}

/* Keeps the start of a line whose end has not come yet (bug 26: never more than the cap).
 */
static int line_hold(mr__reply_parser *p, const uint8_t *data, size_t len) {
  size_t room = p->line_max + 1 - p->line.len;
  int err = mr__buf_put(&p->line, data, len < room ? len : room);
  if (err == MR_OK)
    err = head_check(&p->reply, p->line.data, p->line.len);
  if (err != MR_OK)
    return err;
  if (len > room || (p->line.len > p->line_max && p->line.data[p->line_max] != '\r'))
    return MR_ERR_LIMIT;
  return MR_OK;
}

/* Eats up to the end of one line. */
static int line_feed(mr__reply_parser *p, const uint8_t *data, size_t len, size_t *used) {
  const uint8_t *lf = memchr(data, '\n', len);
  size_t n = lf != NULL ? (size_t)(lf - data) : len;
  *used = lf != NULL ? n + 1 : n;
  if (lf != NULL && p->line.len == 0)
    return line_end(p, data, n);
  int err = line_hold(p, data, n);
  if (err != MR_OK || lf == NULL)
    return err;
  return line_end(p, p->line.data, p->line.len);
}

int mr__reply_feed(mr__reply_parser *p, const uint8_t *data, size_t len, size_t *used) {
  size_t at = 0;
  *used = 0;
  if (p->done < 0)
    return p->done;
  if (p->done > 0)
    restart(p);
  while (p->done == 0 && at < len) {
    size_t n = 0;
    p->done = line_feed(p, data + at, len - at, &n);
    at += n;
  }
  *used = at;
  return p->done;
}

int mr__reply_partial(const mr__reply_parser *p) {
  return p->done != 1 && (p->reply.lines > 0 || p->line.len > 0);
}

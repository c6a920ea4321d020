/* SPDX-License-Identifier: MIT */
/*
 * Address lists (RFC 5322 3.4) in ASCII. An address that is ASCII stays as it is, with
 * its phrase and comments; in any other one each of the three is converted by itself.
 */
#include <string.h>

#include <mailroute/address.h>

#include "message/render_field.h"
#include "text/header.h"
#include "text/utf8.h"
#include "text/words.h"

/* One address of the list, in pieces. */
typedef struct mailbox {
  mr__buf raw;       /* words in front of the angle, as they stand */
  mr__buf plain;     /* the same without quoting: what a person reads */
  mr__buf comments;  /* in ASCII, with a space in front of each */
  const char *angle; /* from '<' to '>', NULL = none */
  size_t angle_len;
} mailbox;

/* From an opening octet to behind its closing one, or to the end; `\` quotes. */
static size_t span(const char *p, size_t len) {
  int open = p[0] == '(' ? '(' : 0;
  int close = p[0] == '"' ? '"' : p[0] == '(' ? ')' : p[0] == '<' ? '>' : ']';
  size_t depth = 1, at = 1;
  while (at < len && depth > 0) {
    if (p[at] == '\\' && at + 1 < len)
      at++;
    else if (p[at] == close)
      depth--;
    else if (open && p[at] == open)
      depth++;
    at++;
  }
  return at;
}

static int opens(int c) { return c == '"' || c == '(' || c == '<' || c == '['; }
static int is_space(int c) { return c == ' ' || c == '\t'; }
static int is_end(int c) { return c == ',' || c == ';' || c == ':'; }

/* Octets up to the ',' ';' or ':' behind an address or a group's name. */
static size_t segment(const char *p, size_t len) {
  size_t at = 0;
  while (at < len && !is_end(p[at]))
    at += opens(p[at]) ? span(p + at, len - at) : 1;
  return at;
}

static int eight_bit(const char *p, size_t len) {
  return mr__eight_bit((const uint8_t *)p, len);
}

static void words_put(mr__buf *out, const char *text, size_t len) {
  mr__fold f = {out, 0, out->err};
  mr__words_put_as(&f, mr__words_charset(text, len), "", 0, text, len, 0);
}

/* What stands between two delimiters of one octet each; the last one may be missing. */
static size_t inside(const char *p, size_t len, int close) {
  return len - 1 - (len > 1 && p[len - 1] == close);
}

static void comment_add(mailbox *m, const char *p, size_t len) {
  mr__buf_putc(&m->comments, ' ');
  if (eight_bit(p, len)) {
    mr__buf_putc(&m->comments, '(');
    words_put(&m->comments, p + 1, inside(p, len, ')'));
    mr__buf_putc(&m->comments, ')');
  } else {
    mr__buf_put(&m->comments, p, len);
  }
}

static void quoted_add(mailbox *m, const char *p, size_t len) {
  size_t end = 1 + inside(p, len, '"');
  mr__buf_put(&m->raw, p, len);
  for (size_t i = 1; i < end; i++) {
    if (p[i] == '\\' && i + 1 < end)
      i++;
    mr__buf_putc(&m->plain, p[i]);
  }
}

static size_t word_len(const char *p, size_t len) {
  size_t n = 0;
  while (n < len && !is_space(p[n]) && !opens(p[n]))
    n++;
  return n;
}

static void space_add(mailbox *m) {
  if (m->raw.len > 0)
    mr__buf_putc(&m->raw, ' ');
  if (m->plain.len > 0)
    mr__buf_putc(&m->plain, ' ');
}

/* One token; octets of it. */
static size_t token_add(mailbox *m, const char *p, size_t len) {
  size_t n = opens(p[0]) ? span(p, len) : word_len(p, len);
  if (p[0] == '(') {
    comment_add(m, p, n);
  } else if (p[0] == '<') {
    m->angle = p;
    m->angle_len = n;
  } else if (p[0] == '"') {
    quoted_add(m, p, n);
  } else {
    mr__buf_put(&m->raw, p, n);
    mr__buf_put(&m->plain, p, n);
  }
  return n;
}

static void take_apart(mailbox *m, const char *p, size_t len) {
  int space = 0;
  for (size_t at = 0; at < len;) {
    if (is_space(p[at])) {
      space = 1;
      at++;
      continue;
    }
    if (space && p[at] != '(' && p[at] != '<')
      space_add(m);
    space = 0;
    at += token_add(m, p + at, len - at);
  }
}

static int address_put(mr__buf *out, const char *p, size_t len) {
  mr_address *address = NULL;
  int err = mr_address_parse(&address, out->env, p, len, 0, NULL);
  if ((err == MR_OK && mr_address_needs_utf8(address)) || err == MR_ERR_NOTSUP)
    err = MR_ERR_ADDR; /* not supported: a U-label in a build without IDN */
  if (err == MR_OK)
    err = mr__buf_puts(out, mr_address_text(address));
  mr_address_free(address);
  return err;
}

/* White space parts encoded words from anything else (RFC 2047 5 (3)). */
static int phrase_put(mr__buf *out, const mailbox *m) {
  if (eight_bit((const char *)m->plain.data, m->plain.len)) {
    words_put(out, (const char *)m->plain.data, m->plain.len);
    mr__buf_putc(out, ' ');
  } else {
    mr__buf_put(out, m->raw.data, m->raw.len);
    if (m->raw.len > 0 && m->angle != NULL)
      mr__buf_putc(out, ' ');
  }
  return out->err;
}

static int angle_put(mr__buf *out, const mailbox *m) {
  if (!eight_bit(m->angle, m->angle_len))
    return mr__buf_put(out, m->angle, m->angle_len);
  mr__buf_putc(out, '<');
  int err = address_put(out, m->angle, m->angle_len);
  return err != MR_OK ? err : mr__buf_putc(out, '>');
}

static int has_at(const mr__buf *text) {
  return text->len > 0 && memchr(text->data, '@', text->len) != NULL;
}

/* end: what follows, ':' behind the name of a group. */
static int mailbox_put(mr__buf *out, const mailbox *m, int end) {
  int err = MR_OK;
  if (m->angle != NULL || end == ':' || !has_at(&m->raw))
    err = phrase_put(out, m);
  else if (eight_bit((const char *)m->raw.data, m->raw.len))
    err = address_put(out, (const char *)m->raw.data, m->raw.len);
  else
    mr__buf_put(out, m->raw.data, m->raw.len);
  if (err == MR_OK && m->angle != NULL)
    err = angle_put(out, m);
  mr__buf_put(out, m->comments.data, m->comments.len);
  return err != MR_OK ? err : out->err;
}

static int segment_put(mr__buf *out, const char *p, size_t len, int end) {
  mailbox m = {.angle = NULL};
  mr__buf *const bufs[] = {&m.raw, &m.plain, &m.comments};
  int err = MR_OK;
  if (!eight_bit(p, len))
    return mr__buf_put(out, p, len);
  for (size_t i = 0; i < 3; i++)
    mr__buf_init(bufs[i], out->env, out->max);
  take_apart(&m, p, len);
  for (size_t i = 0; i < 3 && err == MR_OK; i++)
    err = bufs[i]->err;
  if (err == MR_OK)
    err = mailbox_put(out, &m, end);
  for (size_t i = 0; i < 3; i++)
    mr__buf_free(bufs[i]);
  return err;
}

int mr__people_ascii(mr__buf *out, const char *value, size_t len) {
  int err = MR_OK;
  for (size_t at = 0; at < len && err == MR_OK;) {
    size_t space = 0;
    while (at + space < len && is_space(value[at + space]))
      space++;
    mr__buf_put(out, value + at, space);
    at += space;
    size_t n = segment(value + at, len - at);
    int end = at + n < len ? value[at + n] : 0;
    err = segment_put(out, value + at, n, end);
    at += n;
    if (end != 0)
      mr__buf_putc(out, end);
    at += end != 0;
  }
  while (out->len > 0 && out->data[out->len - 1] == ' ')
    out->len--;
  return err != MR_OK ? err : out->err;
}

/* SPDX-License-Identifier: MIT */
#include "message/dsn_decode.h"

#include <string.h>

#include "text/escape.h"
#include "text/utf8.h"

/* Full is not an error here. */
static int put(mr__buf *out, const void *data, size_t len) {
  if (out->err != MR_OK || len > out->max - out->len)
    return out->err;
  return mr__buf_put(out, data, len);
}

static int putc_to(mr__buf *out, int c) {
  char octet = (char)c;
  return put(out, &octet, 1);
}

static int digit64(int c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (mr__is_digit(c))
    return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int base64_decode(mr__buf *out, mr__slice s) {
  uint32_t bits = 0;
  unsigned have = 0;
  for (size_t i = 0; i < s.len && s.p[i] != '=' && out->len < out->max; i++) {
    int value = digit64((uint8_t)s.p[i]);
    if (value < 0)
      continue;
    bits = bits << 6 | (uint32_t)value;
    have += 6;
    if (have >= 8) {
      have -= 8;
      putc_to(out, (int)(bits >> have & 255u));
    }
  }
  return out->err;
}

/* "=" and what follows: octets taken; a soft line break gives nothing. */
static size_t qp_escape(mr__buf *out, mr__slice s) {
  size_t at = 1;
  int high = s.len > 2 ? mr__hex_value((uint8_t)s.p[1]) : -1;
  int low = s.len > 2 ? mr__hex_value((uint8_t)s.p[2]) : -1;
  if (high >= 0 && low >= 0) {
    putc_to(out, high * 16 + low);
    return 3;
  }
  while (at < s.len && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r'))
    at++;
  if (at == s.len || s.p[at] == '\n')
    return at < s.len ? at + 1 : at;
  putc_to(out, '=');
  return 1;
}

static int qp_decode(mr__buf *out, mr__slice s) {
  while (s.len > 0 && out->len < out->max && out->err == MR_OK) {
    const char *equals = memchr(s.p, '=', s.len);
    size_t n = equals != NULL ? (size_t)(equals - s.p) : s.len;
    if (n > out->max - out->len)
      n = out->max - out->len;
    put(out, s.p, n);
    s = mr__slice_from(s, n);
    if (s.len > 0 && s.p[0] == '=')
      s = mr__slice_from(s, qp_escape(out, s));
  }
  return out->err;
}

int mr__dsn_decode(mr__buf *out, mr__slice body, int encoding) {
  if (encoding == MR__DSN_BASE64)
    return base64_decode(out, body);
  if (encoding == MR__DSN_QP)
    return qp_decode(out, body);
  size_t room = out->max - out->len;
  return put(out, body.p, body.len < room ? body.len : room);
}

static int is_latin(const char *charset) {
  mr__slice s = mr__slice_of(charset, strlen(charset));
  return mr__slice_starts(s, "iso-8859-") || mr__slice_starts(s, "windows-125");
}

/* One octet that is no UTF-8. */
static int stray_put(mr__buf *out, uint8_t octet, int latin) {
  char text[2] = {(char)(0xC0 | octet >> 6), (char)(0x80 | (octet & 0x3F))};
  if (latin && octet >= 0xA0)
    return put(out, text, 2);
  return putc_to(out, '?');
}

/* A control: line ends become LF, all others a space; octets taken. */
static size_t control_put(mr__buf *out, const char *p, size_t len) {
  int crlf = p[0] == '\r' && len > 1 && p[1] == '\n';
  putc_to(out, p[0] == '\r' || p[0] == '\n' ? '\n' : p[0] == '\t' ? '\t' : ' ');
  return crlf ? 2 : 1;
}

int mr__dsn_clean(mr__buf *out, mr__slice s, const char *charset) {
  int latin = is_latin(charset);
  while (s.len > 0 && out->err == MR_OK && out->len < out->max) {
    uint32_t point = (uint8_t)s.p[0];
    size_t n = 1;
    if (point >= 0x20 && point < 0x7F) {
      while (n < s.len && s.p[n] >= 0x20 && s.p[n] < 0x7F && n < out->max - out->len)
        n++;
      put(out, s.p, n);
    } else if (point < 0x80) {
      n = control_put(out, s.p, s.len);
    } else {
      n = latin ? 0 : mr__utf8_next((const uint8_t *)s.p, s.len, &point);
      if (n > 0 && point >= 0xA0)
        put(out, s.p, n);
      else
        stray_put(out, (uint8_t)s.p[0], latin);
      n = n > 0 ? n : 1;
    }
    if (out->max - out->len < 4)
      break; /* no character is cut in half */
    s = mr__slice_from(s, n);
  }
  return out->err;
}

typedef struct entity {
  const char *name, *text;
} entity;

/* "&name;": octets taken, 0 = it is none of those that matter. */
static size_t entity_put(mr__buf *out, mr__slice s) {
  static const entity entities[] = {{"&lt;", "<"},    {"&gt;", ">"},   {"&amp;", "&"},
                                    {"&quot;", "\""}, {"&nbsp;", " "}, {"&#39;", "'"},
                                    {"&apos;", "'"},  {"&#64;", "@"},  {"&#160;", " "},
                                    {"&#8217;", "'"}, {"&rsquo;", "'"}};
  for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
    if (mr__slice_starts(s, entities[i].name)) {
      put(out, entities[i].text, 1);
      return strlen(entities[i].name);
    }
  return 0;
}

/* Whether a tag starts a new line. */
static int breaks_line(mr__slice tag) {
  static const char *const names[] = {"br",  "p",  "/p",   "div",    "/div", "tr",  "/tr",
                                      "li",  "h1", "h2",   "h3",     "/h1",  "/h2", "/h3",
                                      "pre", "hr", "/pre", "/table", "table"};
  size_t n = 0;
  while (n < tag.len && (mr__is_alnum((uint8_t)tag.p[n]) || tag.p[n] == '/') &&
         (n == 0 || tag.p[n] != '/'))
    n++;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (mr__slice_is(mr__slice_of(tag.p, n), names[i]))
      return 1;
  return 0;
}

/* What stands between <style>, <script> or <title> and its end is not shown. */
static size_t hidden_len(mr__slice s) {
  static const char *const tags[][2] = {
      {"<style", "</style"}, {"<script", "</script"}, {"<title", "</title"}};
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
    if (mr__slice_starts(s, tags[i][0]))
      return mr__slice_find(s, tags[i][1]);
  return 0;
}

/* A tag at the start of s: octets taken. */
static size_t tag_skip(mr__buf *out, mr__slice s) {
  size_t hidden = hidden_len(s);
  mr__slice from = mr__slice_from(s, hidden);
  const char *end = from.len > 0 ? memchr(from.p, '>', from.len) : NULL;
  if (end == NULL)
    return s.len;
  if (breaks_line(mr__slice_of(from.p + 1, (size_t)(end - from.p) - 1)))
    putc_to(out, '\n');
  return (size_t)(end - s.p) + 1;
}

int mr__dsn_html(mr__buf *out, mr__slice s) {
  while (s.len > 0 && out->err == MR_OK && out->len < out->max) {
    size_t n = 0;
    if (s.p[0] == '<')
      n = tag_skip(out, s);
    else if (s.p[0] == '&')
      n = entity_put(out, s);
    if (n == 0) {
      putc_to(out, s.p[0] == '\n' ? ' ' : s.p[0]);
      n = 1;
    }
    s = mr__slice_from(s, n);
  }
  return out->err;
}

int mr__dsn_part_text(mr__buf *out, const mr__dsn_part *part) {
  mr__buf raw, clean;
  mr__buf_init(&raw, out->env, MR__DSN_TEXT_MAX);
  mr__buf_init(&clean, out->env, MR__DSN_TEXT_MAX);
  int html = mr__streq(part->type, "text/html");
  int err = mr__dsn_decode(&raw, part->body, part->encoding);
  if (err == MR_OK)
    err = mr__dsn_clean(html ? &clean : out,
                        mr__slice_of((const char *)raw.data, raw.len), part->charset);
  if (err == MR_OK && html)
    err = mr__dsn_html(out, mr__slice_of((const char *)clean.data, clean.len));
  mr__buf_free(&raw);
  mr__buf_free(&clean);
  return err;
}

/* SPDX-License-Identifier: MIT */
#include "message/render_field.h"

#include <string.h>

#include "message/mime_type.h"
#include "text/escape.h"
#include "text/header.h"
#include "text/params.h"
#include "text/utf8.h"

/* A field in the making: its name and its unfolded value. */
typedef struct field {
  mr__buf *out;
  const char *name;
  const char *value;
  size_t len;
} field;

static int is_white(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* White space with a line end in it becomes one space; none at either end. */
static int unfold(mr__buf *value, const uint8_t *p, size_t len) {
  size_t at = 0;
  while (at < len) {
    size_t n = 0;
    int folded = 0;
    for (; at + n < len && is_white(p[at + n]); n++)
      folded |= p[at + n] == '\r' || p[at + n] == '\n';
    if (n > 0 && value->len > 0 && at + n < len)
      mr__buf_put(value, folded ? (const uint8_t *)" " : p + at, folded ? 1 : n);
    at += n;
    for (n = 0; at + n < len && !is_white(p[at + n]);)
      n++;
    if (mr__buf_put(value, p + at, n) != MR_OK)
      break;
    at += n;
  }
  return value->err;
}

static int text_ascii(const field *f) {
  return mr__header_write_octets(f->out, f->name, f->value, f->len);
}

/* One line is given as a single item: it is folded at its white space. */
static int line_put(const field *f, mr__buf *line) {
  const char *item = mr__buf_text(line);
  if (line->err != MR_OK)
    return line->err;
  return mr__header_write_items(f->out, f->name, &item, 1);
}

static int people_ascii(const field *f) {
  mr__buf line;
  mr__buf_init(&line, f->out->env, f->out->max);
  int err = mr__people_ascii(&line, f->value, f->len);
  if (err == MR_OK)
    err = line_put(f, &line);
  mr__buf_free(&line);
  return err;
}

/* Octets above 0x7F as %XX (RFC 3987 3.1). */
static void percent_put(mr__buf *out, const char *text, size_t len) {
  for (size_t i = 0; i < len && out->err == MR_OK; i++) {
    uint8_t c = (uint8_t)text[i];
    char code[3] = {'%', mr__hex_digit(c >> 4), mr__hex_digit(c)};
    mr__buf_put(out, c < 0x80 ? text + i : code, c < 0x80 ? 1 : 3);
  }
}

static int uri_ascii(const field *f) {
  mr__buf line;
  mr__buf_init(&line, f->out->env, f->out->max);
  percent_put(&line, f->value, f->len);
  int err = line_put(f, &line);
  mr__buf_free(&line);
  return err;
}

static int needs_utf8(const field *f) {
  (void)f;
  return MR_ERR_ADDR;
}

/* Whatever else stands there says nothing. */
static int label_ascii(const field *f) {
  return mr__header_write_text(f->out, f->name, mr__mime_label_name(f->value, f->len));
}

/* ---- parameters ---- */

static void fold_in(mr__fold *f, mr__buf *text) {
  if (f->err == MR_OK)
    f->err = text->err;
  mr__fold_put(f, ";", 1);
  mr__fold_word(f, " ", 1, (const char *)text->data, text->len, MR__FOLD_AT - 1);
}

/* The value without quoting; what is no UTF-8 becomes U+FFFD. */
static const char *value_of(mr__buf *out, const mr__mime_param *p) {
  const uint8_t *v = (const uint8_t *)p->value;
  for (size_t i = 0; i < p->value_len;) {
    if (p->quoted && v[i] == '\\' && i + 1 < p->value_len)
      i++;
    size_t n = mr__utf8_next(v + i, p->value_len - i, NULL);
    mr__buf_put(out, n > 0 ? v + i : (const uint8_t *)"\xEF\xBF\xBD", n > 0 ? n : 3);
    i += n > 0 ? n : 1;
  }
  return mr__buf_text(out);
}

static void param_encode(mr__fold *f, const mr__mime_param *p, mr__buf *text) {
  char name[MR__PARAM_NAME + 1] = "";
  if (p->name_len <= MR__PARAM_NAME)
    memcpy(name, p->name, p->name_len);
  int fallback = mr__strcaseeq(name, "filename") || mr__strcaseeq(name, "name");
  const char *value = value_of(text, p);
  if (f->err == MR_OK)
    f->err = text->err;
  if (f->err == MR_OK && mr__param_name_check(name) != MR_OK)
    f->err = MR_ERR_NOTSUP;
  if (f->err == MR_OK)
    mr__param_put(f, name, value, fallback);
}

/* name*=… and its continuations hold percent-encoding already (RFC 2231 4). */
static int is_extended(const mr__mime_param *p) {
  return memchr(p->name, '*', p->name_len) != NULL;
}

static void param_put(mr__fold *f, const mr__mime_param *p) {
  mr__buf text;
  int eight = mr__eight_bit((const uint8_t *)p->raw, p->raw_len);
  mr__buf_init(&text, f->out->env, f->out->max);
  if (p->raw_len == 0) {
    mr__fold_put(f, ";", 1);
  } else if (!eight || (p->name_len > 0 && is_extended(p))) {
    percent_put(&text, p->raw, p->raw_len);
    fold_in(f, &text);
  } else if (p->name_len > 0) {
    param_encode(f, p, &text);
  } else if (f->err == MR_OK) {
    f->err = MR_ERR_NOTSUP;
  }
  mr__buf_free(&text);
}

static int params_ascii(const field *f) {
  mr__cur cur = mr__cur_of(f->value, f->len);
  const char *main;
  size_t len = mr__mime_main(&cur, &main);
  if (mr__eight_bit((const uint8_t *)main, len))
    return MR_ERR_NOTSUP;
  size_t before = f->out->len;
  mr__fold fold = {f->out, 0, f->out->err};
  mr__mime_param p;
  mr__fold_put(&fold, f->name, strlen(f->name));
  mr__fold_put(&fold, ": ", 2);
  mr__fold_put(&fold, main, len);
  while (fold.err == MR_OK && mr__mime_param_next(&cur, &p))
    param_put(&fold, &p);
  mr__fold_break(&fold);
  if (fold.err != MR_OK)
    f->out->len = before;
  return fold.err;
}

/* ---- which field is what ---- */

typedef int ascii_function(const field *f);

static ascii_function *function_of(const char *name, size_t len) {
  static const struct {
    const char *name;
    ascii_function *function;
  } rows[] = {{"From", people_ascii},
              {"Sender", people_ascii},
              {"Reply-To", people_ascii},
              {"To", people_ascii},
              {"Cc", people_ascii},
              {"Bcc", people_ascii},
              {"Resent-From", people_ascii},
              {"Resent-Sender", people_ascii},
              {"Resent-Reply-To", people_ascii},
              {"Resent-To", people_ascii},
              {"Resent-Cc", people_ascii},
              {"Resent-Bcc", people_ascii},
              {"Return-Path", people_ascii},
              {"Errors-To", people_ascii},
              {"Mail-Followup-To", people_ascii},
              {"Mail-Reply-To", people_ascii},
              {"Disposition-Notification-To", people_ascii},
              {"Return-Receipt-To", people_ascii},
              {"List-Id", people_ascii},
              {"Message-ID", needs_utf8},
              {"Resent-Message-ID", needs_utf8},
              {"In-Reply-To", needs_utf8},
              {"References", needs_utf8},
              {"Content-ID", needs_utf8},
              {"Content-Transfer-Encoding", label_ascii},
              {"Content-Type", params_ascii},
              {"Content-Disposition", params_ascii},
              {"Content-Location", uri_ascii},
              {"Content-Base", uri_ascii},
              {"Archived-At", uri_ascii},
              {"List-Help", uri_ascii},
              {"List-Unsubscribe", uri_ascii},
              {"List-Subscribe", uri_ascii},
              {"List-Post", uri_ascii},
              {"List-Owner", uri_ascii},
              {"List-Archive", uri_ascii}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (mr__mime_is_name(name, len, rows[i].name))
      return rows[i].function;
  return text_ascii;
}

/* Of an mbox line no reader wants more than its place. */
static int line_ascii(mr__buf *out, const uint8_t *p, size_t len) {
  for (size_t i = 0; i < len && out->err == MR_OK; i++)
    mr__buf_putc(out, p[i] < 0x80 ? p[i] : '?');
  return out->err;
}

/* What the writers answer about text that cannot be written as it has to be. */
static int reason_of(int err) {
  if (err == MR_OK || err == MR_ERR_NOMEM || err == MR_ERR_LIMIT)
    return err;
  int address = err == MR_ERR_ADDR || err == MR_ERR_ADDR_LONG ||
                err == MR_ERR_ADDR_CHAR || err == MR_ERR_ADDR_DOMAIN;
  return address ? MR_ERR_ADDR : MR_ERR_NOTSUP;
}

int mr__field_ascii(mr__buf *out, const uint8_t *text, size_t len) {
  size_t name_len, at;
  if (!mr__mime_split(text, len, &name_len, &at))
    return line_ascii(out, text, len);
  mr__buf value;
  mr__buf_init(&value, out->env, out->max);
  char *name = mr__memdup0(out->env, text, name_len);
  int err = name != NULL ? unfold(&value, text + at, len - at) : MR_ERR_NOMEM;
  if (err == MR_OK) {
    field f = {out, name, mr__buf_text(&value), value.len};
    err = function_of(name, name_len)(&f);
  }
  mr__free(out->env, name);
  mr__buf_free(&value);
  return reason_of(err);
}

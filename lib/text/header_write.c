/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "text/atext.h"
#include "text/header.h"
#include "text/utf8.h"
#include "text/words.h"

static int is_space(int c) { return c == ' ' || c == '\t'; }

static size_t space_len(const char *text, size_t len) {
  size_t n = 0;
  while (n < len && is_space(text[n]))
    n++;
  return n;
}

static size_t word_len(const char *text, size_t len) {
  size_t n = 0;
  while (n < len && !is_space(text[n]))
    n++;
  return n;
}

/* The name and its colon leave room on the first line. */
static mr__fold fold_begin(mr__buf *out, const char *name) {
  size_t len = strlen(name);
  mr__fold f = {out, 0, out->err};
  if (f.err == MR_OK)
    f.err = len < MR__FOLD_AT - 1 ? mr__header_name_check(name, len) : MR_ERR_HDR_NAME;
  mr__fold_put(&f, name, len);
  mr__fold_put(&f, ":", 1);
  return f;
}

static int fold_end(mr__fold *f, size_t before) {
  mr__fold_break(f);
  if (f->err != MR_OK)
    f->out->len = before;
  return f->err;
}

/* Words as they are, with the white space in front of each; of the first one it is a
 * single space, and it stays on the line of the name unless that gets too long. */
static void plain_put(mr__fold *f, const char *text, size_t len, int first, size_t at) {
  while (len > 0 && f->err == MR_OK) {
    size_t space = space_len(text, len);
    size_t word = word_len(text + space, len - space);
    if (first)
      mr__fold_word(f, " ", 1, text + space, word, MR__HEADER_LINE_MAX);
    else
      mr__fold_word(f, text, space, text + space, word, at);
    text += space + word;
    len -= space + word;
    first = 0;
  }
}

/* From the white space in front of the first word that is not ASCII to the end of the
 * last one: what has to be encoded together. Both len if there is none. */
static void find_stretch(const char *text, size_t len, size_t *start, size_t *end) {
  size_t at = 0;
  *start = len;
  *end = len;
  while (at < len) {
    size_t space = space_len(text + at, len - at);
    size_t word = word_len(text + at + space, len - at - space);
    if (mr__eight_bit((const uint8_t *)text + at, space + word)) {
      *start = *start == len ? at : *start;
      *end = at + space + word;
    }
    at += space + word;
  }
}

static void text_put(mr__fold *f, const char *charset, const char *text, size_t len) {
  size_t start, end;
  find_stretch(text, len, &start, &end);
  plain_put(f, text, start, 1, MR__FOLD_AT);
  if (start == len)
    return;
  size_t space = space_len(text + start, len - start);
  mr__words_put_as(f, charset, start > 0 ? text + start : " ", start > 0 ? space : 1,
                   text + start + space, end - start - space, 1);
  plain_put(f, text + end, len - end, 0, MR__WORD_LINE);
}

int mr__header_write_text(mr__buf *out, const char *name, const char *value) {
  size_t before = out->len;
  size_t len = strlen(value);
  mr__fold f = fold_begin(out, name);
  if (f.err == MR_OK)
    f.err = mr__header_value_check(value, len, NULL);
  size_t lead = space_len(value, len);
  while (len > lead && is_space(value[len - 1]))
    len--;
  if (f.err == MR_OK)
    text_put(&f, MR__WORDS_UTF8, value + lead, len - lead);
  return fold_end(&f, before);
}

int mr__header_write_octets(mr__buf *out, const char *name, const char *value,
                            size_t len) {
  size_t before = out->len;
  mr__fold f = fold_begin(out, name);
  if (f.err == MR_OK)
    text_put(&f, mr__words_charset(value, len), value, len);
  return fold_end(&f, before);
}

/* An item goes to a new line as a whole, and is folded inside only if it must. */
static void item_put(mr__fold *f, const char *item, int first, int last) {
  size_t len = strlen(item);
  size_t word = word_len(item, len);
  size_t whole = f->column + 1 + len + !last;
  size_t at = first ? MR__HEADER_LINE_MAX : whole > MR__FOLD_AT ? 0 : SIZE_MAX;
  if (f->err == MR_OK)
    f->err = mr__header_value_check(item, len, NULL);
  mr__fold_word(f, " ", 1, item, word, at);
  plain_put(f, item + word, len - word, 0, MR__FOLD_AT - 1);
  if (!last)
    mr__fold_put(f, ",", 1);
}

int mr__header_write_items(mr__buf *out, const char *name, const char *const *items,
                           size_t count) {
  size_t before = out->len;
  mr__fold f = fold_begin(out, name);
  for (size_t i = 0; i < count && f.err == MR_OK; i++)
    item_put(&f, items[i], i == 0, i + 1 == count);
  return fold_end(&f, before);
}

/* Atoms with single spaces between them, none of which a reader takes for an encoded
 * word. */
static int is_atoms(const char *text, size_t len) {
  int space = 1;
  for (size_t i = 0; i < len; i++) {
    int c = (uint8_t)text[i];
    if (c == ' ' ? space : !mr__is_atext(c))
      return 0;
    if (c == '=' && i + 1 < len && text[i + 1] == '?')
      return 0;
    space = c == ' ';
  }
  return !space;
}

static int quoted_put(mr__buf *out, const char *text, size_t len) {
  int err = mr__buf_putc(out, '"');
  for (size_t i = 0; i < len && err == MR_OK; i++) {
    if (text[i] == '"' || text[i] == '\\')
      err = mr__buf_putc(out, '\\');
    if (err == MR_OK)
      err = mr__buf_putc(out, text[i]);
  }
  return err != MR_OK ? err : mr__buf_putc(out, '"');
}

/* One line, however long: write_items folds it. */
static int words_put(mr__buf *out, const char *text, size_t len) {
  mr__fold f = {out, 0, MR_OK};
  mr__words_put(&f, "", 0, text, len, 0);
  return f.err;
}

int mr__header_phrase(mr__buf *out, const char *name) {
  size_t before = out->len;
  size_t len = strlen(name);
  int err = out->err;
  if (err == MR_OK)
    err = mr__header_value_check(name, len, NULL);
  if (err != MR_OK)
    return err;
  if (mr__eight_bit((const uint8_t *)name, len))
    err = words_put(out, name, len);
  else if (is_atoms(name, len))
    err = mr__buf_put(out, name, len);
  else
    err = quoted_put(out, name, len);
  if (err != MR_OK)
    out->len = before;
  return err;
}

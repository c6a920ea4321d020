/* SPDX-License-Identifier: MIT */
#include "message/mime_type.h"

#include <string.h>

#include "text/params.h"

static int is_space(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static int is_token(int c) {
  char octet = (char)c;
  return c >= 0 && mr__is_token(&octet, 1);
}

/* From the quote on to behind its end, or to the end of all. */
static void quoted_skip(mr__cur *cur) {
  mr__cur_next(cur);
  for (int c = mr__cur_next(cur); c >= 0 && c != '"'; c = mr__cur_next(cur))
    if (c == '\\')
      mr__cur_next(cur);
}

static void comment_skip(mr__cur *cur) {
  size_t depth = 0;
  do {
    int c = mr__cur_next(cur);
    if (c < 0)
      return;
    if (c == '\\')
      mr__cur_next(cur);
    depth += c == '(';
    depth -= c == ')';
  } while (depth > 0);
}

static void space_skip(mr__cur *cur) {
  for (;;) {
    if (mr__cur_peek(cur) == '(')
      comment_skip(cur);
    else if (is_space(mr__cur_peek(cur)))
      mr__cur_next(cur);
    else
      return;
  }
}

static size_t token_take(mr__cur *cur, const char **text) {
  const uint8_t *start = cur->p;
  *text = (const char *)start;
  while (is_token(mr__cur_peek(cur)))
    mr__cur_next(cur);
  return (size_t)(cur->p - start);
}

/* To the next ';' or the end; octets passed, without white space behind. */
static size_t segment_take(mr__cur *cur, const char **text) {
  const uint8_t *start = cur->p;
  *text = (const char *)start;
  for (int c = mr__cur_peek(cur); c >= 0 && c != ';'; c = mr__cur_peek(cur)) {
    if (c == '"')
      quoted_skip(cur);
    else if (c == '(')
      comment_skip(cur);
    else
      mr__cur_next(cur);
  }
  size_t len = (size_t)(cur->p - start);
  while (len > 0 && is_space(start[len - 1]))
    len--;
  return len;
}

size_t mr__mime_main(mr__cur *cur, const char **text) {
  while (is_space(mr__cur_peek(cur)))
    mr__cur_next(cur);
  return segment_take(cur, text);
}

static void value_take(mr__cur *cur, mr__mime_param *p) {
  const uint8_t *start = cur->p;
  p->quoted = mr__cur_peek(cur) == '"';
  if (p->quoted) {
    quoted_skip(cur);
    p->value = (const char *)start + 1;
    p->value_len = (size_t)(cur->p - start) - 1;
    p->value_len -= p->value_len > 0 && cur->p[-1] == '"';
    return;
  }
  while (mr__cur_left(cur) > 0 && mr__cur_peek(cur) != ';' &&
         !is_space(mr__cur_peek(cur)) && mr__cur_peek(cur) != '(')
    mr__cur_next(cur);
  p->value = (const char *)start;
  p->value_len = (size_t)(cur->p - start);
}

int mr__mime_param_next(mr__cur *cur, mr__mime_param *p) {
  memset(p, 0, sizeof *p);
  if (!mr__cur_skip_if(cur, ';'))
    return 0;
  while (is_space(mr__cur_peek(cur)))
    mr__cur_next(cur);
  mr__cur start = *cur;
  p->raw_len = segment_take(cur, &p->raw);
  mr__cur inner = mr__cur_of(start.p, (size_t)(cur->p - start.p));
  space_skip(&inner);
  p->name_len = token_take(&inner, &p->name);
  space_skip(&inner);
  if (mr__cur_skip_if(&inner, '=')) {
    space_skip(&inner);
    value_take(&inner, p);
  } else {
    p->name_len = 0;
  }
  return 1;
}

int mr__mime_is_name(const char *name, size_t len, const char *want) {
  return mr__strlen(want) == len && mr__memcaseeq(name, want, len);
}

int mr__mime_split(const uint8_t *field, size_t len, size_t *name_len, size_t *value) {
  const uint8_t *colon = memchr(field, ':', len);
  if (colon == NULL)
    return 0;
  size_t n = (size_t)(colon - field);
  *value = n + 1;
  while (n > 0 && (field[n - 1] == ' ' || field[n - 1] == '\t'))
    n--;
  *name_len = n;
  for (size_t i = 0; i < n; i++)
    if (field[i] <= ' ' || field[i] >= 0x7F)
      return 0;
  return n > 0;
}

/* Of a value as mr__mime_param_next gave it; what cannot be one counts as none. */
static void set_boundary(mr__mime_entity *e, const mr__mime_param *p) {
  size_t n = 0;
  for (size_t i = 0; i < p->value_len; i++) {
    int c = (uint8_t)p->value[i];
    if (c == '\r' || c == '\n')
      continue;
    if (c == '\\' && p->quoted && i + 1 < p->value_len)
      c = (uint8_t)p->value[++i];
    if (n == MR__MIME_BOUNDARY || c < ' ' || c > '~')
      return;
    e->boundary[n++] = (char)c;
  }
  while (n > 0 && e->boundary[n - 1] == ' ')
    n--;
  e->boundary_len = n;
}

static void find_boundary(mr__mime_entity *e, mr__cur *cur) {
  mr__mime_param p;
  (void)segment_take(cur, &p.raw);
  for (int i = 0; i < MR__MIME_PARAMS && mr__mime_param_next(cur, &p); i++)
    if (mr__mime_is_name(p.name, p.name_len, "boundary")) {
      set_boundary(e, &p);
      return;
    }
}

static void set_message(mr__mime_entity *e, const char *sub, size_t len) {
  if (mr__mime_is_name(sub, len, "rfc822") || mr__mime_is_name(sub, len, "news"))
    e->kind = MR__MIME_MESSAGE;
  else /* message/global and its kin may be encoded (RFC 6532 3.7, RFC 6533 6) */
    e->is_closed = len < 6 || !mr__memcaseeq(sub, "global", 6);
}

/* Content-Type. What is none counts as text/plain (RFC 2045 5.2). */
static void set_type(mr__mime_entity *e, const char *value, size_t len) {
  mr__cur cur = mr__cur_of(value, len);
  const char *type, *sub;
  space_skip(&cur);
  size_t type_len = token_take(&cur, &type);
  space_skip(&cur);
  if (type_len == 0 || !mr__cur_skip_if(&cur, '/'))
    return;
  space_skip(&cur);
  size_t sub_len = token_take(&cur, &sub);
  e->is_text = mr__mime_is_name(type, type_len, "text");
  if (mr__mime_is_name(type, type_len, "message"))
    set_message(e, sub, sub_len);
  if (!mr__mime_is_name(type, type_len, "multipart"))
    return;
  e->kind = MR__MIME_MULTIPART;
  e->is_signed = mr__mime_is_name(sub, sub_len, "signed");
  e->is_digest = mr__mime_is_name(sub, sub_len, "digest");
  find_boundary(e, &cur);
}

static const struct {
  const char *name;
  int label;
} labels[] = {{"7bit", MR__LABEL_7BIT},     {"8bit", MR__LABEL_8BIT},
              {"binary", MR__LABEL_BINARY}, {"quoted-printable", MR__LABEL_QP},
              {"base64", MR__LABEL_BASE64}, {"x-unknown", MR__LABEL_OTHER},
              {"7-bit", MR__LABEL_7BIT},    {"8-bit", MR__LABEL_8BIT}};

static int label_of(const char *value, size_t len) {
  mr__cur cur = mr__cur_of(value, len);
  const char *text;
  space_skip(&cur);
  if (mr__cur_left(&cur) == 0)
    return MR__LABEL_7BIT;
  size_t n = token_take(&cur, &text);
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
    if (mr__mime_is_name(text, n, labels[i].name))
      return labels[i].label;
  return MR__LABEL_OTHER;
}

const char *mr__mime_label_name(const char *value, size_t len) {
  int label = label_of(value, len);
  size_t i = 0;
  while (labels[i].label != label)
    i++;
  return labels[i].name;
}

void mr__mime_field(mr__mime_entity *e, const char *name, size_t name_len,
                    const char *value, size_t len) {
  if (mr__mime_is_name(name, name_len, "Content-Type")) {
    if (!e->has_type)
      set_type(e, value, len);
    e->has_type = 1;
  } else if (mr__mime_is_name(name, name_len, "Content-Transfer-Encoding")) {
    if (!e->has_label)
      e->label = label_of(value, len);
    e->has_label = 1;
  } else if (mr__mime_is_name(name, name_len, "MIME-Version")) {
    e->has_version = 1;
  }
}

void mr__mime_settle(mr__mime_entity *e, int in_digest) {
  if (!e->has_type && in_digest) {
    e->kind = MR__MIME_MESSAGE;
    e->is_text = 0;
  }
  int coded = e->label == MR__LABEL_QP || e->label == MR__LABEL_BASE64;
  /* a message that is encoded all the same cannot be looked into */
  if (e->kind == MR__MIME_MESSAGE && (coded || e->label == MR__LABEL_OTHER))
    e->kind = MR__MIME_LEAF;
  if (e->kind == MR__MIME_MULTIPART && e->boundary_len == 0) {
    e->kind = MR__MIME_LEAF;
    e->is_closed = 1;
  }
}

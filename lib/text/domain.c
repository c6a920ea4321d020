/* SPDX-License-Identifier: MIT */
#include "text/domain.h"

#include <string.h>

#include "text/idn.h"
#include "text/utf8.h"

enum { MR__LABEL_MAX = 63, MR__DOMAIN_INPUT = 1024 };

static int failed(size_t *offset, size_t at, int err) {
  if (offset != NULL)
    *offset = at;
  return err;
}

static int label_octet(int c) { return mr__is_alnum(c) || c == '-' || c == '_'; }

static int label_check(const uint8_t *label, size_t len, size_t *bad) {
  *bad = 0;
  if (len == 0 || label[0] == '-')
    return MR_ERR_ADDR_DOMAIN;
  *bad = len - 1;
  if (label[len - 1] == '-')
    return MR_ERR_ADDR_DOMAIN;
  *bad = MR__LABEL_MAX;
  return len <= MR__LABEL_MAX ? MR_OK : MR_ERR_ADDR_DOMAIN;
}

int mr__domain_check(const char *text, size_t len, size_t *offset) {
  const uint8_t *p = (const uint8_t *)text;
  size_t start = 0;
  size_t bad;
  if (len > MR__DOMAIN_TEXT - 1)
    return failed(offset, MR__DOMAIN_TEXT - 1, MR_ERR_ADDR_DOMAIN);
  for (size_t i = 0; i <= len; i++) {
    if (i < len && p[i] != '.') {
      if (p[i] < 0x20 || p[i] == 0x7F)
        return failed(offset, i, MR_ERR_ADDR_CHAR);
      if (!label_octet(p[i]))
        return failed(offset, i, MR_ERR_ADDR_DOMAIN);
      continue;
    }
    if (label_check(p + start, i - start, &bad) != MR_OK)
      return failed(offset, start + bad, MR_ERR_ADDR_DOMAIN);
    start = i + 1;
  }
  return MR_OK;
}

typedef struct name {
  char *dst;
  size_t len;
} name;

static int name_add(name *n, const char *text, size_t len) {
  if (len > (size_t)(MR__DOMAIN_TEXT - 1) - n->len)
    return MR_ERR_ADDR_DOMAIN;
  for (size_t i = 0; i < len; i++)
    n->dst[n->len + i] = (char)mr__lower((uint8_t)text[i]);
  n->len += len;
  return MR_OK;
}

/* An ASCII label passes as it is: xn-- is never decoded or encoded again (bug 58). */
static int label_ascii(name *n, const char *label, size_t len) {
  char text[MR__IDN_LABEL];
  char made[MR__IDN_OUT];
  if (!mr__eight_bit((const uint8_t *)label, len))
    return name_add(n, label, len);
  if (len >= sizeof text)
    return MR_ERR_ADDR_DOMAIN;
  memcpy(text, label, len);
  text[len] = 0;
  int err = mr__idn_label(text, made);
  return err != MR_OK ? err : name_add(n, made, strlen(made));
}

static int labels_ascii(name *n, const char *text, size_t len, size_t *offset) {
  size_t at = 0;
  for (;;) {
    const char *dot = memchr(text + at, '.', len - at);
    size_t end = dot != NULL ? (size_t)(dot - text) : len;
    int err = label_ascii(n, text + at, end - at);
    if (err == MR_OK && dot != NULL)
      err = name_add(n, ".", 1);
    if (err != MR_OK)
      return failed(offset, at, err);
    if (dot == NULL)
      return MR_OK;
    at = end + 1;
  }
}

int mr__domain_ascii(const mr_env *env, const char *text, size_t len, char *dst,
                     size_t *offset) {
  name n = {dst, 0};
  size_t bad = 0;
  (void)env; /* the IDN library has an allocator of its own */
  dst[0] = 0;
  if (len > MR__DOMAIN_INPUT)
    return failed(offset, MR__DOMAIN_INPUT, MR_ERR_ADDR_DOMAIN);
  size_t clean = mr__utf8_clean((const uint8_t *)text, len, 0);
  if (clean < len)
    return failed(offset, clean, MR_ERR_ADDR_CHAR);
  if (len > 1 && text[len - 1] == '.')
    len--;
  int ascii = !mr__eight_bit((const uint8_t *)text, len);
  int err = labels_ascii(&n, text, len, offset);
  if (err != MR_OK)
    return err;
  err = mr__domain_check(dst, n.len, &bad);
  dst[err == MR_OK ? n.len : 0] = 0;
  return err == MR_OK ? MR_OK : failed(offset, ascii ? bad : 0, err);
}

static size_t dotless(const char *text) {
  size_t len = strlen(text);
  return len > 0 && text[len - 1] == '.' ? len - 1 : len;
}

int mr__domain_equal(const char *a, const char *b) {
  size_t len = dotless(a);
  return len == dotless(b) && mr__memcaseeq(a, b, len);
}

/* SPDX-License-Identifier: MIT */
#include "kit/kit_grammar.h"

#include <string.h>

static int size_value(const char *v, size_t len) {
  return v && kit_is_digits(v, len, 20);
}

static int no_value(const char *v, size_t len) {
  (void)len;
  return !v;
}

static int body_value(const char *v, size_t len) {
  return v && (kit_same_word("7BIT", v, len) || kit_same_word("8BITMIME", v, len));
}

static int ret_value(const char *v, size_t len) {
  return v && (kit_same_word("FULL", v, len) || kit_same_word("HDRS", v, len));
}

static int envid_value(const char *v, size_t len) {
  return v && len && len <= 100 && kit_is_xtext(v, len);
}

static int auth_value(const char *v, size_t len) {
  return v && len && (kit_same_word("<>", v, len) || kit_is_xtext(v, len));
}

/* NEVER, or each of the three at most once (RFC 3461 4.1). */
static int notify_value(const char *v, size_t len) {
  static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
  unsigned seen = 0;
  if (!v || !len)
    return 0;
  if (kit_same_word("NEVER", v, len))
    return 1;
  for (size_t start = 0; start <= len;) {
    const char *comma = memchr(v + start, ',', len - start);
    size_t end = comma ? (size_t)(comma - v) : len;
    unsigned word = 0;
    while (word < 3 && !kit_same_word(words[word], v + start, end - start))
      word++;
    if (word == 3 || seen & 1U << word)
      return 0;
    seen |= 1U << word;
    start = end + 1;
  }
  return 1;
}

/* addr-type ";" xtext (RFC 3461 4.2); utf-8 carries its own form (RFC 6533 3). */
static int orcpt_value(const char *v, size_t len) {
  const char *semicolon = v ? memchr(v, ';', len) : NULL;
  if (!semicolon || semicolon == v || len > 500)
    return 0;
  size_t type = (size_t)(semicolon - v);
  if (kit_same_word("utf-8", v, type))
    return len > type + 1 && kit_is_utf8(v, len);
  return len > type + 1 && kit_is_xtext(v, type) &&
         kit_is_xtext(semicolon + 1, len - type - 1);
}

static int any_value(const char *v, size_t len) { return v && len; }

static const kit_param params[] = {
    {"SIZE", "SIZE", 0, 26, size_value},
    {"BODY", "8BITMIME", 0, 17, body_value},
    {"SMTPUTF8", "SMTPUTF8", 0, 10, no_value},
    {"RET", "DSN", 0, 9, ret_value},
    {"ENVID", "DSN", 0, 107, envid_value},
    {"AUTH", "AUTH", 0, 500, auth_value},
    {"REQUIRETLS", "REQUIRETLS", 0, 11, no_value},
    {"BY", "DELIVERBY", 0, 17, any_value},
    {"HOLDFOR", "FUTURERELEASE", 0, 34, any_value},
    {"HOLDUNTIL", "FUTURERELEASE", 0, 34, any_value},
    {"MT-PRIORITY", "MT-PRIORITY", 0, 15, any_value},
    {"NOTIFY", "DSN", 1, 29, notify_value},
    {"ORCPT", "DSN", 1, 507, orcpt_value},
};

const kit_param *kit_param_at(size_t index) {
  return index < sizeof params / sizeof params[0] ? &params[index] : NULL;
}

const kit_param *kit_param_find(const char *name, size_t len, int rcpt) {
  const kit_param *p;
  for (size_t i = 0; (p = kit_param_at(i)) != NULL; i++)
    if (p->rcpt == rcpt && kit_same_word(p->name, name, len))
      return p;
  return NULL;
}

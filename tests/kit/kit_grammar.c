/* SPDX-License-Identifier: MIT */
#include "kit/kit_grammar.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { KIT_LOCAL_MAX = 64, KIT_DOMAIN_MAX = 255, KIT_LABEL_MAX = 63, KIT_PATH_MAX = 254 };

static int is_alpha(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

int kit_is_digits(const char *text, size_t len, size_t most) {
  if (!len || len > most)
    return 0;
  for (size_t i = 0; i < len; i++)
    if (!is_digit((unsigned char)text[i]))
      return 0;
  return 1;
}

static size_t utf8_len(unsigned char lead) {
  return lead < 0x80   ? 1
         : lead < 0xc2 ? 0
         : lead < 0xe0 ? 2
         : lead < 0xf0 ? 3
         : lead < 0xf5 ? 4
                       : 0;
}

int kit_is_utf8(const char *text, size_t len) {
  const unsigned char *p = (const unsigned char *)text;
  for (size_t i = 0; i < len;) {
    size_t n = utf8_len(p[i]);
    if (!n || n > len - i)
      return 0;
    for (size_t k = 1; k < n; k++)
      if ((p[i + k] & 0xc0) != 0x80)
        return 0;
    /* overlong, surrogates, beyond U+10FFFF */
    if ((p[i] == 0xe0 && p[i + 1] < 0xa0) || (p[i] == 0xed && p[i + 1] > 0x9f) ||
        (p[i] == 0xf0 && p[i + 1] < 0x90) || (p[i] == 0xf4 && p[i + 1] > 0x8f))
      return 0;
    i += n;
  }
  return 1;
}

static int is_label(const char *text, size_t len, int utf8) {
  if (!len || len > KIT_LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
    return 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if (!is_alpha(c) && !is_digit(c) && c != '-' && !(utf8 && c >= 0x80))
      return 0;
  }
  return 1;
}

int kit_is_domain(const char *text, size_t len, int utf8) {
  if (!len || len > KIT_DOMAIN_MAX || !kit_is_utf8(text, len))
    return 0;
  size_t start = 0;
  for (size_t i = 0; i <= len; i++) {
    if (i < len && text[i] != '.')
      continue;
    if (!is_label(text + start, i - start, utf8))
      return 0;
    start = i + 1;
  }
  return 1;
}

int kit_is_literal(const char *text, size_t len) {
  char copy[64];
  unsigned char raw[16];
  if (len < 3 || len - 2 >= sizeof copy || text[0] != '[' || text[len - 1] != ']')
    return 0;
  memcpy(copy, text + 1, len - 2);
  copy[len - 2] = '\0';
  if (memchr(text, '\0', len))
    return 0;
  if (!strncasecmp(copy, "IPv6:", 5))
    return inet_pton(AF_INET6, copy + 5, raw) == 1;
  return inet_pton(AF_INET, copy, raw) == 1;
}

static int is_atext(unsigned char c, int utf8) {
  return is_alpha(c) || is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c)) ||
         (utf8 && c >= 0x80);
}

static int is_dot_string(const char *text, size_t len, int utf8) {
  int dot = 1; /* an atom must begin here */
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '.') {
      if (dot)
        return 0;
      dot = 1;
    } else if (is_atext((unsigned char)text[i], utf8)) {
      dot = 0;
    } else {
      return 0;
    }
  }
  return !dot;
}

static int is_quoted(const char *text, size_t len, int utf8) {
  if (len < 2 || text[0] != '"' || text[len - 1] != '"')
    return 0;
  for (size_t i = 1; i < len - 1; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"')
      return 0;
    if (c == '\\') {
      c = (unsigned char)text[++i];
      if (i >= len - 1 || c < 32 || c > 126)
        return 0;
    } else if (c < 32 || c == 127 || (c >= 0x80 && !utf8)) {
      return 0;
    }
  }
  return 1;
}

/* Where the local part ends: the '@' behind it. */
static size_t local_span(const char *text, size_t len) {
  size_t i = 0;
  int quoted = len && text[0] == '"';
  for (i = quoted ? 1 : 0; i < len; i++) {
    if (quoted && text[i] == '\\')
      i++;
    else if (quoted && text[i] == '"')
      quoted = 0;
    else if (!quoted && text[i] == '@')
      return i;
  }
  return len;
}

int kit_is_mailbox(const char *text, size_t len, int utf8) {
  size_t local = local_span(text, len);
  if (!local || local > KIT_LOCAL_MAX || local >= len || len > KIT_PATH_MAX ||
      !kit_is_utf8(text, len))
    return 0;
  if (!is_dot_string(text, local, utf8) && !is_quoted(text, local, utf8))
    return 0;
  const char *domain = text + local + 1;
  size_t domain_len = len - local - 1;
  return kit_is_domain(domain, domain_len, utf8) || kit_is_literal(domain, domain_len);
}

size_t kit_path_span(const char *text, size_t len) {
  int quoted = 0;
  if (!len || text[0] != '<')
    return 0;
  for (size_t i = 1; i < len; i++) {
    if (quoted && text[i] == '\\')
      i++;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && text[i] == '>')
      return i + 1;
  }
  return 0;
}

static int is_hex(char c) { return is_digit((unsigned char)c) || (c >= 'A' && c <= 'F'); }

int kit_is_xtext(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] < 33 || text[i] > 126 || text[i] == '=')
      return 0;
    if (text[i] != '+')
      continue;
    if (len - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
      return 0;
    i += 2;
  }
  return 1;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

int kit_glob(const char *pattern, const char *text) {
  const char *star = NULL, *mark = NULL;
  if (!pattern)
    return 1;
  while (*text) {
    if (*pattern == '*') {
      star = ++pattern;
      mark = text;
    } else if (*pattern == '?' || (*pattern && lower(*pattern) == lower(*text))) {
      pattern++;
      text++;
    } else if (star) {
      pattern = star;
      text = ++mark;
    } else {
      return 0;
    }
  }
  while (*pattern == '*')
    pattern++;
  return !*pattern;
}

int kit_same_word(const char *word, const char *text, size_t len) {
  return strlen(word) == len && !strncasecmp(word, text, len);
}

static int base64_value(char c) {
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c ? strchr(digits, c) : NULL;
  return at ? (int)(at - digits) : -1;
}

int kit_base64(const char *text, size_t len, kit_buf *out) {
  if (len % 4)
    return 0;
  for (size_t i = 0; i < len; i += 4) {
    int last = i + 4 == len;
    int pad =
        last ? (text[i + 3] == '=') + (text[i + 3] == '=' && text[i + 2] == '=') : 0;
    unsigned bits = 0;
    for (int k = 0; k < 4; k++) {
      int value = k >= 4 - pad ? 0 : base64_value(text[i + (size_t)k]);
      if (value < 0)
        return 0;
      bits = bits << 6 | (unsigned)value;
    }
    char raw[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
    kit_buf_add(out, raw, (size_t)(3 - pad));
  }
  return 1;
}

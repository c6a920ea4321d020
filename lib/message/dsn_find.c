/* SPDX-License-Identifier: MIT */
#include "message/dsn_find.h"

#include <string.h>

#include "text/atext.h"

enum { LOCAL_MAX = 64, DOMAIN_MAX = 255, HOST_MAX = 255 };

static int is_domain_octet(int c) {
  return mr__is_alnum(c) || c == '-' || c == '.' || c == '_' || c >= 0x80;
}

/* Octets of a quoted local part that ends in front of `at`, 0 = there is none. */
static size_t quoted_len(mr__slice s, size_t at) {
  size_t n = 1;
  if (at < 3 || s.p[at - 1] != '"')
    return 0;
  while (n < at && n <= LOCAL_MAX) {
    n++;
    if (s.p[at - n] == '"' && (n == at || s.p[at - n - 1] != '\\'))
      return n;
  }
  return 0;
}

static size_t local_len(mr__slice s, size_t at) {
  size_t n = quoted_len(s, at);
  if (n > 0)
    return n;
  while (n < at && n <= LOCAL_MAX &&
         (mr__is_atext((uint8_t)s.p[at - n - 1]) || s.p[at - n - 1] == '.'))
    n++;
  while (n > 0 && (s.p[at - n] == '.' || s.p[at - n] == '\''))
    n--; /* what ends a sentence, and a quotation mark */
  return n <= LOCAL_MAX ? n : 0;
}

/* A literal, or a name that does not end in a dot or a hyphen. */
static size_t domain_len(mr__slice s) {
  size_t n = 0;
  if (s.len > 0 && s.p[0] == '[') {
    while (n < s.len && n < DOMAIN_MAX && s.p[n] != ']' && !mr__slice_is_space(s.p[n]))
      n++;
    return n < s.len && s.p[n] == ']' && n > 1 ? n + 1 : 0;
  }
  while (n < s.len && n < DOMAIN_MAX && is_domain_octet((uint8_t)s.p[n]))
    n++;
  while (n > 0 && (s.p[n - 1] == '.' || s.p[n - 1] == '-'))
    n--;
  return n > 0 && s.p[0] != '.' && s.p[0] != '-' ? n : 0;
}

int mr__find_address(mr__slice s, mr__slice *address) {
  size_t at = 0;
  while (at < s.len) {
    const char *p = memchr(s.p + at, '@', s.len - at);
    if (p == NULL)
      return 0;
    at = (size_t)(p - s.p);
    size_t local = local_len(s, at), domain = domain_len(mr__slice_from(s, at + 1));
    if (local > 0 && domain > 0) {
      *address = mr__slice_of(s.p + at - local, local + 1 + domain);
      return 1;
    }
    at++;
  }
  return 0;
}

int mr__is_address(mr__slice s) {
  mr__slice found;
  return mr__find_address(s, &found) && found.p == s.p && found.len == s.len;
}

static int at_word(mr__slice s, size_t at) {
  return at == 0 || !(mr__is_alnum((uint8_t)s.p[at - 1]) || s.p[at - 1] == '.' ||
                      s.p[at - 1] == '-');
}

int mr__find_code(mr__slice s) {
  for (size_t i = 0; i + 3 <= s.len; i++) {
    const char *p = s.p + i;
    if ((p[0] != '2' && p[0] != '4' && p[0] != '5') || p[1] < '0' || p[1] > '5' ||
        !mr__is_digit((uint8_t)p[2]) || !at_word(s, i))
      continue;
    char after = i + 3 < s.len ? p[3] : ' ';
    if (after == ' ' || after == '-' || after == '\n' || after == ':' || after == '\'')
      return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
  }
  return 0;
}

/* Digits of a number of at most three at s, 0 = there is none. */
static size_t number_len(mr__slice s) {
  size_t n = 0;
  while (n < s.len && n < 4 && mr__is_digit((uint8_t)s.p[n]))
    n++;
  return n < 4 ? n : 0;
}

/* "c.n.n" at s: its octets, 0 = none. */
static size_t status_len(mr__slice s) {
  if (s.len < 5 || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5') || s.p[1] != '.')
    return 0;
  size_t subject = number_len(mr__slice_from(s, 2));
  if (subject == 0 || 2 + subject >= s.len || s.p[2 + subject] != '.')
    return 0;
  size_t detail = number_len(mr__slice_from(s, 3 + subject));
  size_t len = 3 + subject + detail;
  if (detail == 0 || (len < s.len && mr__is_alnum((uint8_t)s.p[len])))
    return 0;
  if (len + 1 < s.len && s.p[len] == '.' && mr__is_digit((uint8_t)s.p[len + 1]))
    return 0; /* an IP address */
  return len;
}

void mr__find_status(mr__slice s, char dst[MR__DSN_STATUS]) {
  dst[0] = '\0';
  for (size_t i = 0; i + 5 <= s.len; i++) {
    int free_start = i == 0 || s.p[i - 1] == '-' || at_word(s, i);
    size_t len = free_start ? status_len(mr__slice_from(s, i)) : 0;
    if (len == 0)
      continue;
    memcpy(dst, s.p + i, len);
    dst[len] = '\0';
    return;
  }
}

mr__slice mr__host_at(mr__slice s) {
  s = mr__slice_trim(s);
  while (s.len > 0 && (s.p[0] == '[' || s.p[0] == '(' || s.p[0] == '<'))
    s = mr__slice_from(s, 1);
  size_t n = 0;
  while (n < s.len && n < HOST_MAX && (is_domain_octet((uint8_t)s.p[n]) || s.p[n] == ':'))
    n++;
  while (n > 0 && (s.p[n - 1] == '.' || s.p[n - 1] == ':'))
    n--;
  s.len = n;
  return n > 0 && (memchr(s.p, '.', n) != NULL || memchr(s.p, ':', n) != NULL)
             ? s
             : mr__slice_of("", 0);
}

/* "mx.example.net #550 5.1.1 …", as Exchange has it. */
static int host_before_hash(mr__slice s, mr__slice *host) {
  const char *hash = s.len > 0 ? memchr(s.p, '#', s.len) : NULL;
  size_t at = hash != NULL ? (size_t)(hash - s.p) : 0;
  if (at < 2 || at + 1 >= s.len || s.p[at - 1] != ' ' ||
      !mr__is_digit((uint8_t)s.p[at + 1]))
    return 0;
  size_t start = at - 1;
  while (start > 0 && !mr__slice_is_space(s.p[start - 1]))
    start--;
  *host = mr__host_at(mr__slice_of(s.p + start, at - 1 - start));
  return host->len > 0;
}

int mr__find_host(mr__slice s, mr__slice *host) {
  static const char *const marks[] = {
      "while talking to ", "remote server at ", "rejected by: ", "recipient domain ",
      "connected to ",     "smtp host ",        "host "};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    size_t at = mr__slice_find(s, marks[i]);
    if (at == s.len)
      continue;
    mr__slice rest = mr__slice_from(s, at + strlen(marks[i]));
    size_t by = i == 3 ? mr__slice_find(rest, " by ") : 0;
    *host = mr__host_at(i == 3 ? mr__slice_from(rest, by + 4) : rest);
    if (host->len > 0)
      return 1;
  }
  return host_before_hash(s, host);
}

/* SPDX-License-Identifier: MIT */
/* Zone text into records. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kit/kit_alloc.h"
#include "kit/kit_dns_impl.h"
#include "kit/kit_grammar.h"

enum { KIT_TOKENS_MAX = 600, KIT_SOA_TOKENS = 7, KIT_TTL_DEFAULT = 3600 };

typedef struct token {
  const char *text; /* without quotes; escapes are still there */
  size_t len;
} token;

typedef struct reader {
  kit_dns *dns;
  kit_name origin, owner;
  int has_owner;
  uint32_t ttl; /* of $TTL */
  token tokens[KIT_TOKENS_MAX];
  size_t count;
  int blank; /* the line began with space: the last owner again */
} reader;

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Returns where the token ends, NULL = a quote is missing. */
static const char *scan(const char *p, const char *end, token *t) {
  int quoted = *p == '"';
  t->text = p += quoted;
  while (p < end && (quoted ? *p != '"' : !is_space(*p) && *p != ';'))
    p += *p == '\\' && p + 1 < end ? 2 : 1;
  t->len = (size_t)(p - t->text);
  if (quoted && p >= end)
    return NULL;
  return p + quoted;
}

static int split(reader *r, const char *line, const char *end) {
  const char *p = line;
  r->count = 0;
  r->blank = line < end && is_space(*line);
  while (p) {
    while (p < end && is_space(*p))
      p++;
    if (p >= end || *p == ';')
      return 1;
    if (r->count == KIT_TOKENS_MAX)
      return 0;
    p = scan(p, end, &r->tokens[r->count++]);
  }
  return 0;
}

static int number(const token *t, uint64_t most, uint64_t *out) {
  if (!kit_is_digits(t->text, t->len, 10))
    return 0;
  *out = 0;
  for (size_t i = 0; i < t->len; i++)
    *out = *out * 10 + (uint64_t)(t->text[i] - '0');
  return *out <= most;
}

static int type_of(const token *t) {
  static const struct {
    const char *name;
    int type;
  } types[] = {{"A", KIT_DNS_A},      {"NS", KIT_DNS_NS}, {"CNAME", KIT_DNS_CNAME},
               {"SOA", KIT_DNS_SOA},  {"MX", KIT_DNS_MX}, {"TXT", KIT_DNS_TXT},
               {"AAAA", KIT_DNS_AAAA}};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (kit_same_word(types[i].name, t->text, t->len))
      return types[i].type;
  token digits = {t->text + 4, t->len > 4 ? t->len - 4 : 0};
  uint64_t value;
  if (t->len > 4 && !strncasecmp(t->text, "TYPE", 4) && number(&digits, 65535, &value))
    return (int)value;
  return -1;
}

static int put_name(reader *r, const token *t, kit_buf *out) {
  kit_name name;
  if (!kit__name_read(&name, t->text, t->len, &r->origin))
    return 0;
  kit_buf_add(out, name.octets, name.len);
  return 1;
}

static int put_address(const token *t, int family, kit_buf *out) {
  char text[64];
  unsigned char raw[16];
  if (t->len >= sizeof text)
    return 0;
  memcpy(text, t->text, t->len);
  text[t->len] = '\0';
  if (inet_pton(family, text, raw) != 1)
    return 0;
  kit_buf_add(out, raw, family == AF_INET ? 4 : 16);
  return 1;
}

static int put_string(const token *t, kit_buf *out) {
  char raw[256];
  size_t len = 0;
  for (size_t i = 0; i < t->len && len < sizeof raw;) {
    unsigned value = 0;
    if (t->text[i] == '\\' && i + 3 < t->len && kit_is_digits(t->text + i + 1, 3, 3)) {
      for (size_t k = 1; k <= 3; k++)
        value = value * 10 + (unsigned)(t->text[i + k] - '0');
      i += 4;
    } else {
      i += t->text[i] == '\\' && i + 1 < t->len;
      value = (unsigned char)t->text[i++];
    }
    raw[len++] = (char)value;
  }
  if (len > 255)
    return 0;
  char n = (char)len;
  kit_buf_add(out, &n, 1);
  kit_buf_add(out, raw, len);
  return 1;
}

static int put_soa(reader *r, const token *t, size_t count, kit_buf *out) {
  uint64_t value;
  if (count != KIT_SOA_TOKENS || !put_name(r, &t[0], out) || !put_name(r, &t[1], out))
    return 0;
  for (size_t i = 2; i < KIT_SOA_TOKENS; i++) {
    if (!number(&t[i], UINT32_MAX, &value))
      return 0;
    kit__put32(out, (uint32_t)value);
  }
  return 1;
}

static int put_mx(reader *r, const token *t, size_t count, kit_buf *out) {
  uint64_t value;
  if (count != 2 || !number(&t[0], 65535, &value))
    return 0;
  kit__put16(out, (unsigned)value);
  return put_name(r, &t[1], out);
}

static int hex(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* \# length hex... (RFC 3597 5) */
static int put_generic(const token *t, size_t count, kit_buf *out) {
  uint64_t len;
  int high = -1;
  if (count < 2 || !number(&t[1], 65535, &len))
    return 0;
  for (size_t i = 2; i < count; i++)
    for (size_t k = 0; k < t[i].len; k++) {
      int digit = hex(t[i].text[k]);
      if (digit < 0)
        return 0;
      if (high < 0) {
        high = digit;
        continue;
      }
      char octet = (char)(high << 4 | digit);
      kit_buf_add(out, &octet, 1);
      high = -1;
    }
  return high < 0 && out->len == len;
}

static int put_txt(const token *t, size_t count, kit_buf *out) {
  for (size_t i = 0; i < count; i++)
    if (!put_string(&t[i], out))
      return 0;
  return count > 0;
}

static int rdata(reader *r, int type, const token *t, size_t count, kit_buf *out) {
  if (count && kit_same_word("\\#", t[0].text, t[0].len))
    return put_generic(t, count, out);
  switch (type) {
  case KIT_DNS_A:
    return count == 1 && put_address(t, AF_INET, out);
  case KIT_DNS_AAAA:
    return count == 1 && put_address(t, AF_INET6, out);
  case KIT_DNS_NS:
  case KIT_DNS_CNAME:
    return count == 1 && put_name(r, t, out);
  case KIT_DNS_SOA:
    return put_soa(r, t, count, out);
  case KIT_DNS_MX:
    return put_mx(r, t, count, out);
  case KIT_DNS_TXT:
    return put_txt(t, count, out);
  default:
    return 0;
  }
}

static int directive(reader *r) {
  uint64_t ttl;
  const token *t = r->tokens;
  if (r->count != 2)
    return 0;
  if (kit_same_word("$ORIGIN", t[0].text, t[0].len))
    return kit__name_read(&r->origin, t[1].text, t[1].len, NULL);
  if (!kit_same_word("$TTL", t[0].text, t[0].len) || !number(&t[1], UINT32_MAX, &ttl))
    return 0;
  r->ttl = (uint32_t)ttl;
  return 1;
}

static int record(reader *r) {
  size_t i = 0;
  uint64_t ttl = r->ttl;
  kit_buf data = {0};
  if (!r->blank &&
      !kit__name_read(&r->owner, r->tokens[i].text, r->tokens[i].len, &r->origin))
    return 0;
  i += !r->blank;
  r->has_owner |= !r->blank;
  if (i < r->count && number(&r->tokens[i], UINT32_MAX, &ttl))
    i++;
  if (i < r->count && kit_same_word("IN", r->tokens[i].text, r->tokens[i].len))
    i++;
  int type = i < r->count ? type_of(&r->tokens[i]) : -1;
  kit_buf_str(&data, "");
  if (!r->has_owner || type < 0 ||
      !rdata(r, type, r->tokens + i + 1, r->count - i - 1, &data)) {
    kit_buf_free(&data);
    return 0;
  }
  kit_record rec = {(uint16_t)type, (uint32_t)ttl, (uint8_t *)data.data, data.len};
  kit__node_add(r->dns, &r->owner, &rec);
  return 1;
}

static int line(reader *r, const char *text, const char *end) {
  if (!split(r, text, end))
    return 0;
  if (!r->count)
    return 1;
  return r->tokens[0].text[0] == '$' ? directive(r) : record(r);
}

int kit_dns_zone(kit_dns *dns, const char *text) {
  reader *r = kit_xalloc(NULL, sizeof *r);
  int number_of_line = 0, bad = 0;
  r->dns = dns;
  r->ttl = KIT_TTL_DEFAULT;
  r->origin.len = 1; /* the root */
  while (*text && !bad) {
    const char *end = text + strcspn(text, "\n");
    number_of_line++;
    if (!line(r, text, end))
      bad = number_of_line;
    text = end + (*end == '\n');
  }
  free(r);
  return bad;
}

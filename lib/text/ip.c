/* SPDX-License-Identifier: MIT */
#include "text/ip.h"

#include <string.h>

#include "base/fmt.h"
#include "text/escape.h"

/* One decimal octet: no leading zero, which some readers take for octal. */
static int octet_parse(mr__cur *cur, uint8_t *out) {
  unsigned value = 0;
  unsigned digits = 0;
  while (mr__is_digit(mr__cur_peek(cur)) && digits < 4) {
    value = value * 10 + (unsigned)(mr__cur_next(cur) - '0');
    digits++;
    if (value == 0 && mr__is_digit(mr__cur_peek(cur)))
      return MR_ERR_ADDR;
  }
  if (digits == 0 || value > 255)
    return MR_ERR_ADDR;
  *out = (uint8_t)value;
  return MR_OK;
}

static int v4_parse(mr__cur *cur, uint8_t *out) {
  for (int i = 0; i < 4; i++) {
    if (i > 0 && !mr__cur_skip_if(cur, '.'))
      return MR_ERR_ADDR;
    if (octet_parse(cur, &out[i]) != MR_OK)
      return MR_ERR_ADDR;
  }
  return mr__cur_left(cur) == 0 ? MR_OK : MR_ERR_ADDR;
}

/* One group of up to four hexadecimal digits; how many there were. */
static int group_parse(mr__cur *cur, unsigned *value) {
  int digits = 0;
  *value = 0;
  while (digits < 4 && mr__hex_value(mr__cur_peek(cur)) >= 0) {
    *value = *value << 4 | (unsigned)mr__hex_value(mr__cur_next(cur));
    digits++;
  }
  return digits;
}

typedef struct groups {
  uint8_t octets[16];
  size_t len; /* octets so far */
  size_t gap; /* where "::" stood, 17 = nowhere */
} groups;

/* What may follow a group: the end, ":" and a group, or "::". */
static int separator_parse(mr__cur *cur, groups *g) {
  if (mr__cur_left(cur) == 0)
    return MR_OK;
  if (!mr__cur_skip_if(cur, ':') || mr__cur_left(cur) == 0)
    return MR_ERR_ADDR;
  if (mr__cur_skip_if(cur, ':')) {
    if (g->gap != 17)
      return MR_ERR_ADDR;
    g->gap = g->len;
  }
  return MR_OK;
}

static int groups_parse(mr__cur *cur, groups *g) {
  while (mr__cur_left(cur) > 0) {
    mr__cur before = *cur;
    unsigned value;
    if (g->len >= 16 || group_parse(cur, &value) == 0)
      return MR_ERR_ADDR;
    if (mr__cur_peek(cur) == '.') {
      *cur = before;
      if (g->len > 12 || v4_parse(cur, g->octets + g->len) != MR_OK)
        return MR_ERR_ADDR;
      g->len += 4;
      return MR_OK;
    }
    g->octets[g->len++] = (uint8_t)(value >> 8);
    g->octets[g->len++] = (uint8_t)value;
    if (separator_parse(cur, g) != MR_OK)
      return MR_ERR_ADDR;
  }
  return MR_OK;
}

static int v6_parse(mr__cur *cur, uint8_t out[16]) {
  groups g = {{0}, 0, 17};
  if (mr__cur_skip_if(cur, ':')) {
    if (!mr__cur_skip_if(cur, ':'))
      return MR_ERR_ADDR;
    g.gap = 0;
  }
  if (groups_parse(cur, &g) != MR_OK)
    return MR_ERR_ADDR;
  if (g.gap == 17 ? g.len != 16 : g.len > 14)
    return MR_ERR_ADDR;
  size_t head = g.gap == 17 ? g.len : g.gap;
  size_t tail = g.len - head;
  memset(out, 0, 16);
  memcpy(out, g.octets, head);
  memcpy(out + 16 - tail, g.octets + head, tail);
  return MR_OK;
}

int mr__ip_parse(mr__ip *out, const char *text, size_t len) {
  mr__cur cur = mr__cur_of(text, len);
  memset(out, 0, sizeof *out);
  if (len == 0 || len >= MR__IP_TEXT)
    return MR_ERR_ADDR;
  int family = memchr(text, ':', len) != NULL ? 6 : 4;
  int err = family == 6 ? v6_parse(&cur, out->octets) : v4_parse(&cur, out->octets);
  if (err != MR_OK)
    memset(out, 0, sizeof *out);
  else
    out->family = family;
  return err;
}

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/* The longest run of two or more zero groups, the first of equals (RFC 5952 4.2). */
static void zero_run(const uint8_t octets[16], int *start, int *count) {
  *start = -1;
  *count = 1;
  for (int i = 0; i < 8; i++) {
    int n = 0;
    while (i + n < 8 && octets[(i + n) * 2] == 0 && octets[(i + n) * 2 + 1] == 0)
      n++;
    if (n > *count) {
      *start = i;
      *count = n;
    }
    i += n;
  }
}

static void v6_print(const uint8_t octets[16], char dst[MR__IP_TEXT]) {
  int start, count;
  size_t at = 0;
  zero_run(octets, &start, &count);
  for (int i = 0; i < 8; i++) {
    if (i == start) {
      at += mr__fmt_to(dst + at, MR__IP_TEXT - at, "::");
      i += count - 1;
      continue;
    }
    const char *colon = i > 0 && !(start >= 0 && i == start + count) ? ":" : "";
    unsigned value = (unsigned)octets[i * 2] << 8 | octets[i * 2 + 1];
    at += mr__fmt_to(dst + at, MR__IP_TEXT - at, "%s%x", colon, value);
  }
}

void mr__ip_print(const mr__ip *ip, char dst[MR__IP_TEXT]) {
  const uint8_t *o = ip->octets;
  dst[0] = 0;
  if (ip->family == 4)
    mr__fmt_to(dst, MR__IP_TEXT, "%u.%u.%u.%u", o[0], o[1], o[2], o[3]);
  else if (ip->family == 6 && memcmp(o, mapped_prefix, 12) == 0)
    mr__fmt_to(dst, MR__IP_TEXT, "::ffff:%u.%u.%u.%u", o[12], o[13], o[14], o[15]);
  else if (ip->family == 6)
    v6_print(o, dst);
}

/* The IPv4 octets of an address that is one, written either way; NULL = it is not. */
static const uint8_t *as_v4(const mr__ip *ip) {
  if (ip->family == 4)
    return ip->octets;
  if (ip->family == 6 && memcmp(ip->octets, mapped_prefix, 12) == 0)
    return ip->octets + 12;
  return NULL;
}

int mr__ip_equal(const mr__ip *a, const mr__ip *b) {
  const uint8_t *x = as_v4(a);
  const uint8_t *y = as_v4(b);
  if (x != NULL || y != NULL)
    return x != NULL && y != NULL && memcmp(x, y, 4) == 0;
  return a->family == b->family && memcmp(a->octets, b->octets, 16) == 0;
}

static int v4_special(const uint8_t *o) {
  static const uint8_t broadcast[4] = {255, 255, 255, 255};
  return o[0] == 0 || o[0] == 127 || (o[0] == 169 && o[1] == 254) ||
         (o[0] >= 224 && o[0] <= 239) || memcmp(o, broadcast, 4) == 0;
}

static int v6_special(const uint8_t *o) {
  static const uint8_t nat64[12] = {0, 0x64, 0xFF, 0x9B};
  static const uint8_t zero[15] = {0};
  if (memcmp(o, zero, 15) == 0 && o[15] <= 1)
    return 1;
  if (o[0] == 0xFF || (o[0] == 0xFE && (o[1] & 0xC0) == 0x80))
    return 1;
  /* IPv4-compatible (RFC 4291 2.5.5.1) counts like mapped */
  if (memcmp(o, zero, 12) == 0 || memcmp(o, nat64, 12) == 0)
    return v4_special(o + 12);
  return o[0] == 0x20 && o[1] == 0x02 && v4_special(o + 2);
}

int mr__ip_special(const mr__ip *ip) {
  const uint8_t *v4 = as_v4(ip);
  if (v4 != NULL)
    return v4_special(v4);
  return ip->family == 6 && v6_special(ip->octets);
}

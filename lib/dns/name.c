/* SPDX-License-Identifier: MIT */
#include "dns/name.h"

#include <string.h>

#include "base/buf.h"

static int is_plain(int c) { return mr__is_alnum(c) || c == '-' || c == '_'; }

static int label_from_text(mr__dname *out, const char *text, size_t len) {
  if (len == 0 || len > MR__DNAME_LABEL || out->len + len + 2 > MR__DNAME_WIRE)
    return MR_ERR_ADDR_DOMAIN;
  out->octets[out->len++] = (uint8_t)len;
  for (size_t i = 0; i < len; i++) {
    int c = (unsigned char)text[i];
    if (!is_plain(c))
      return MR_ERR_ADDR_DOMAIN;
    out->octets[out->len++] = (uint8_t)mr__lower(c);
  }
  return MR_OK;
}

int mr__dname_from_text(mr__dname *out, const char *text, size_t len) {
  out->len = 0;
  if (len == 0)
    return MR_ERR_ADDR_DOMAIN;
  if (text[len - 1] == '.')
    len--;
  size_t start = 0;
  for (size_t i = 0; len > 0 && i <= len; i++) {
    if (i < len && text[i] != '.')
      continue;
    int err = label_from_text(out, text + start, i - start);
    if (err)
      return err;
    start = i + 1;
  }
  out->octets[out->len++] = 0;
  return MR_OK;
}

/* Appends a label and its length octet; the root label must still fit behind it. */
static int add_label(mr__dname *out, const uint8_t *label, size_t len) {
  if (out->len + len + 2 > MR__DNAME_WIRE)
    return MR_ERR_PROTO;
  out->octets[out->len++] = (uint8_t)len;
  for (size_t i = 0; i < len; i++)
    out->octets[out->len++] = (uint8_t)mr__lower(label[i]);
  return MR_OK;
}

/* The target of the pointer at `at`. It must lie in front of the run of labels that the
 * pointer ends: so the walk ends, whatever the packet says. */
static int follow(mr__dns_walk *walk, size_t at, size_t run, size_t *target) {
  if (walk->len - at < 2)
    return MR_ERR_PROTO;
  *target = (size_t)(walk->data[at] & 0x3f) << 8 | walk->data[at + 1];
  if (*target >= run || *target < MR__DNS_HEADER)
    return MR_ERR_PROTO;
  if (walk->hops == 0)
    return MR_ERR_LIMIT;
  walk->hops--;
  return MR_OK;
}

int mr__dname_read(mr__dns_walk *walk, size_t *pos, mr__dname *out) {
  size_t at = *pos, run = *pos, behind = 0;
  unsigned hops = 0;
  out->len = 0;
  while (at < walk->len && walk->data[at] != 0) {
    unsigned octet = walk->data[at];
    int err = MR_ERR_PROTO;
    if ((octet & 0xc0) == 0xc0 && hops++ < MR__DNAME_HOPS) {
      behind = behind ? behind : at + 2;
      err = follow(walk, at, run, &run);
      at = run;
    } else if ((octet & 0xc0) == 0 && walk->len - at > octet) {
      err = add_label(out, walk->data + at + 1, octet);
      at += octet + 1;
    }
    if (err)
      return err;
  }
  if (at >= walk->len)
    return MR_ERR_PROTO;
  out->octets[out->len++] = 0;
  *pos = behind ? behind : at + 1;
  return MR_OK;
}

int mr__dname_equal(const mr__dname *name, const uint8_t *wire, size_t len) {
  return name->len == len && memcmp(name->octets, wire, len) == 0;
}

int mr__dname_below(const mr__dname *name, const uint8_t *zone, size_t zone_len) {
  size_t at = 0;
  while (name->len - at > zone_len)
    at += (size_t)name->octets[at] + 1;
  return name->len - at == zone_len && memcmp(name->octets + at, zone, zone_len) == 0;
}

int mr__dname_copy(mr__dname *out, const uint8_t *wire, size_t len) {
  if (len == 0 || len > MR__DNAME_WIRE)
    return MR_ERR_PROTO;
  memcpy(out->octets, wire, len);
  out->len = len;
  return MR_OK;
}

static size_t put_octet(char *dst, uint8_t octet) {
  if (is_plain(octet)) {
    dst[0] = (char)octet;
    return 1;
  }
  dst[0] = '\\';
  dst[1] = (char)('0' + octet / 100);
  dst[2] = (char)('0' + octet / 10 % 10);
  dst[3] = (char)('0' + octet % 10);
  return 4;
}

size_t mr__dname_text(const uint8_t *wire, size_t len, char dst[MR__DNAME_TEXT]) {
  size_t n = 0;
  for (size_t at = 0; at < len && wire[at] != 0; at += (size_t)wire[at] + 1) {
    if (n)
      dst[n++] = '.';
    for (size_t i = 1; i <= wire[at] && at + i < len; i++)
      n += put_octet(dst + n, wire[at + i]);
  }
  if (n == 0)
    dst[n++] = '.';
  dst[n] = '\0';
  return n;
}

/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "kit/kit_dns_impl.h"

void kit__put16(kit_buf *out, unsigned value) {
  char raw[2] = {(char)(value >> 8), (char)value};
  kit_buf_add(out, raw, sizeof raw);
}

void kit__put32(kit_buf *out, uint32_t value) {
  kit__put16(out, value >> 16);
  kit__put16(out, value & 0xffff);
}

unsigned kit__get16(const uint8_t *at) { return (unsigned)(at[0] << 8 | at[1]); }

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* One octet of a label at text[*i]; *escaped tells of a backslash. -1 = bad escape. */
static int label_octet(const char *text, size_t len, size_t *i, int *escaped) {
  *escaped = text[*i] == '\\';
  if (!*escaped)
    return (unsigned char)text[(*i)++];
  if (*i + 1 >= len)
    return -1;
  if (!is_digit(text[*i + 1])) {
    *i += 2;
    return (unsigned char)text[*i - 1];
  }
  if (*i + 3 >= len || !is_digit(text[*i + 2]) || !is_digit(text[*i + 3]))
    return -1;
  int value =
      (text[*i + 1] - '0') * 100 + (text[*i + 2] - '0') * 10 + (text[*i + 3] - '0');
  *i += 4;
  return value > 255 ? -1 : value;
}

static int end_label(kit_name *name, size_t *start) {
  size_t len = name->len - *start - 1;
  if (!len || len > KIT_LABEL_OCTETS || name->len >= KIT_NAME_MAX)
    return 0;
  name->octets[*start] = (uint8_t)len;
  *start = name->len++;
  return 1;
}

static int append_origin(kit_name *name, const kit_name *origin) {
  static const kit_name root = {{0}, 1};
  if (!origin)
    origin = &root;
  if (name->len + origin->len > KIT_NAME_MAX)
    return 0;
  memcpy(name->octets + name->len, origin->octets, origin->len);
  name->len += origin->len;
  return 1;
}

int kit__name_read(kit_name *name, const char *text, size_t len, const kit_name *origin) {
  size_t start = 0, i = 0;
  name->len = 0;
  if (len == 1 && text[0] == '.')
    return append_origin(name, NULL);
  if (len == 1 && text[0] == '@' && origin)
    return append_origin(name, origin);
  name->len = 1;
  while (i < len) {
    int escaped;
    int c = label_octet(text, len, &i, &escaped);
    if (c < 0 || name->len >= KIT_NAME_MAX)
      return 0;
    if (c == '.' && !escaped) {
      if (!end_label(name, &start))
        return 0;
      if (i == len) {
        name->len--;
        return append_origin(name, NULL);
      }
      continue;
    }
    name->octets[name->len++] = (uint8_t)c;
  }
  if (!end_label(name, &start))
    return 0;
  name->len--;
  return append_origin(name, origin);
}

static void text_octet(unsigned char c, kit_buf *out) {
  if (c == '.' || c == '\\')
    kit_buf_printf(out, "\\%c", c);
  else if (c <= 32 || c >= 127)
    kit_buf_printf(out, "\\%03u", c);
  else
    kit_buf_add(out, &c, 1);
}

void kit__name_text(const kit_name *name, kit_buf *out) {
  if (name->octets[0] == 0)
    kit_buf_str(out, ".");
  for (size_t at = 0; name->octets[at]; at += name->octets[at] + 1U) {
    for (size_t k = 1; k <= name->octets[at]; k++)
      text_octet(name->octets[at + k], out);
    kit_buf_str(out, ".");
  }
}

int kit__name_equal(const kit_name *a, const kit_name *b) {
  if (a->len != b->len)
    return 0;
  for (size_t i = 0; i < a->len; i++) {
    uint8_t x = a->octets[i], y = b->octets[i];
    x = x >= 'A' && x <= 'Z' ? (uint8_t)(x + 32) : x;
    y = y >= 'A' && y <= 'Z' ? (uint8_t)(y + 32) : y;
    if (x != y)
      return 0;
  }
  return 1;
}

int kit__name_parent(kit_name *name) {
  size_t cut = name->octets[0] + 1U;
  if (cut == 1)
    return 0;
  name->len -= cut;
  memmove(name->octets, name->octets + cut, name->len);
  return 1;
}

/* Past one name, compressed or not; 0 = it leaves the message. */
static size_t skip_name(const uint8_t *data, size_t len, size_t at) {
  while (at < len) {
    if (data[at] == 0)
      return at + 1;
    if (data[at] >= 0xc0)
      return at + 2 <= len ? at + 2 : 0;
    at += data[at] + 1U;
  }
  return 0;
}

static size_t read_qname(kit_name *name, const uint8_t *data, size_t len) {
  size_t at = KIT_DNS_HEADER;
  name->len = 0;
  while (at < len) {
    size_t n = data[at] + 1U;
    if (n > KIT_LABEL_OCTETS + 1 || at + n > len || name->len + n > KIT_NAME_MAX)
      return 0;
    memcpy(name->octets + name->len, data + at, n);
    name->len += n;
    at += n;
    if (n == 1)
      return at;
  }
  return 0;
}

/* Walks what follows the question in search of an OPT. */
static int read_rest(kit_question *q, const uint8_t *data, size_t len, unsigned count) {
  size_t at = q->end;
  for (; count; count--) {
    at = skip_name(data, len, at);
    if (!at || at + 10 > len)
      return 0;
    size_t rdlen = kit__get16(data + at + 8);
    if (kit__get16(data + at) == KIT_DNS_OPT) {
      q->edns = (uint16_t)kit__get16(data + at + 2);
      q->edns = q->edns < KIT_DNS_UDP ? KIT_DNS_UDP : q->edns;
      q->do_bit = data[at + 6] >> 7;
    }
    at += 10 + rdlen;
    if (at > len)
      return 0;
  }
  return at == len;
}

int kit__question_read(kit_question *q, const uint8_t *data, size_t len) {
  memset(q, 0, sizeof *q);
  q->id = (uint16_t)kit__get16(data);
  q->opcode = data[2] >> 3 & 15;
  q->rd = data[2] & 1;
  q->end = KIT_DNS_HEADER;
  if (data[2] & 0x80 || kit__get16(data + 4) != 1)
    return 0;
  size_t at = read_qname(&q->name, data, len);
  if (!at || at + 4 > len)
    return 0;
  q->type = (uint16_t)kit__get16(data + at);
  q->class = (uint16_t)kit__get16(data + at + 2);
  q->end = at + 4;
  return read_rest(q, data, len,
                   kit__get16(data + 6) + kit__get16(data + 8) + kit__get16(data + 10));
}

size_t kit_dns_query(uint8_t *dst, size_t cap, uint16_t id, const char *name, int type,
                     unsigned edns) {
  kit_buf out = {0};
  kit_name wire;
  if (!kit__name_read(&wire, name, strlen(name), NULL))
    return 0;
  kit__put16(&out, id);
  kit__put16(&out, 0x0100);
  kit__put16(&out, 1);
  kit__put32(&out, 0);
  kit__put16(&out, edns ? 1 : 0);
  kit_buf_add(&out, wire.octets, wire.len);
  kit__put16(&out, (unsigned)type);
  kit__put16(&out, 1);
  if (edns) {
    kit_buf_add(&out, "", 1);
    kit__put16(&out, KIT_DNS_OPT);
    kit__put16(&out, edns);
    kit__put32(&out, 0);
    kit__put16(&out, 0);
  }
  size_t len = out.len <= cap ? out.len : 0;
  memcpy(dst, out.data, len);
  kit_buf_free(&out);
  return len;
}

int kit_dns_frame(const void *buf, size_t len, size_t *message_len) {
  if (len < 2)
    return 0;
  *message_len = kit__get16(buf);
  return len - 2 >= *message_len;
}

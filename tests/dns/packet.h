/* SPDX-License-Identifier: MIT */
/* Writes DNS packets octet by octet, wrong ones too. */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include <stdint.h>
#include <string.h>

enum { PACKET_CAP = 66000, PACKET_HEADER = 12 };
enum { IN_ANSWER = 0, IN_AUTHORITY = 1, IN_ADDITIONAL = 2 };
enum {
  T_A = 1,
  T_NS = 2,
  T_CNAME = 5,
  T_SOA = 6,
  T_MX = 15,
  T_TXT = 16,
  T_AAAA = 28,
  T_OPT = 41,
  C_IN = 1
};

typedef struct packet {
  size_t len;
  uint8_t data[PACKET_CAP];
} packet;

static inline void packet_u8(packet *p, unsigned v) { p->data[p->len++] = (uint8_t)v; }

static inline void packet_u16(packet *p, unsigned v) {
  packet_u8(p, v >> 8);
  packet_u8(p, v & 0xff);
}

static inline void packet_u32(packet *p, uint32_t v) {
  packet_u16(p, v >> 16);
  packet_u16(p, v & 0xffff);
}

static inline void packet_raw(packet *p, const void *data, size_t len) {
  if (len)
    memcpy(p->data + p->len, data, len);
  p->len += len;
}

/* "a.b" without compression; "" and "." are the root. No escapes. */
static inline void packet_name(packet *p, const char *text) {
  while (*text && strcmp(text, ".") != 0) {
    size_t n = strcspn(text, ".");
    packet_u8(p, (unsigned)n);
    packet_raw(p, text, n);
    text += n + (text[n] == '.');
  }
  packet_u8(p, 0);
}

static inline void packet_start(packet *p, unsigned id, unsigned flags,
                                unsigned questions) {
  memset(p->data, 0, PACKET_HEADER);
  p->len = 0;
  packet_u16(p, id);
  packet_u16(p, flags);
  packet_u16(p, questions);
  p->len = PACKET_HEADER;
}

static inline void packet_question(packet *p, const char *name, unsigned type,
                                   unsigned qclass) {
  packet_name(p, name);
  packet_u16(p, type);
  packet_u16(p, qclass);
}

static inline void packet_count(packet *p, int section) {
  uint8_t *count = p->data + 6 + 2 * section;
  count[1]++;
  if (count[1] == 0)
    count[0]++;
}

/* Owner, fixed part, RDATA of any octets. */
static inline void packet_rr(packet *p, int section, const char *owner, unsigned type,
                             uint32_t ttl, const void *rdata, size_t len) {
  packet_count(p, section);
  packet_name(p, owner);
  packet_u16(p, type);
  packet_u16(p, C_IN);
  packet_u32(p, ttl);
  packet_u16(p, (unsigned)len);
  packet_raw(p, rdata, len);
}

/* MX (preference >= 0) or a type whose RDATA is one name. */
static inline void packet_named(packet *p, int section, const char *owner, unsigned type,
                                uint32_t ttl, int preference, const char *target) {
  packet rdata;
  rdata.len = 0;
  if (preference >= 0)
    packet_u16(&rdata, (unsigned)preference);
  packet_name(&rdata, target);
  packet_rr(p, section, owner, type, ttl, rdata.data, rdata.len);
}

static inline void packet_mx(packet *p, const char *owner, uint32_t ttl, int preference,
                             const char *target) {
  packet_named(p, IN_ANSWER, owner, T_MX, ttl, preference, target);
}

static inline void packet_cname(packet *p, const char *owner, uint32_t ttl,
                                const char *target) {
  packet_named(p, IN_ANSWER, owner, T_CNAME, ttl, -1, target);
}

static inline void packet_a(packet *p, const char *owner, uint32_t ttl, unsigned last) {
  const uint8_t ip[4] = {198, 51, 100, (uint8_t)last};
  packet_rr(p, IN_ANSWER, owner, T_A, ttl, ip, sizeof ip);
}

static inline void packet_soa(packet *p, const char *zone, uint32_t ttl,
                              uint32_t minimum) {
  packet rdata;
  rdata.len = 0;
  packet_name(&rdata, "ns.example");
  packet_name(&rdata, "hostmaster.example");
  for (int i = 0; i < 4; i++)
    packet_u32(&rdata, 3600);
  packet_u32(&rdata, minimum);
  packet_rr(p, IN_AUTHORITY, zone, T_SOA, ttl, rdata.data, rdata.len);
}

#endif

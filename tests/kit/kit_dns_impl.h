/* SPDX-License-Identifier: MIT */
/* Inside of kit_dns: wire names, the tree of names, and what its files call of each
 * other. */
#ifndef KIT_DNS_IMPL_H
#define KIT_DNS_IMPL_H

#include "kit/kit_buf.h"
#include "kit/kit_dns.h"

enum { KIT_NAME_MAX = 255, KIT_LABEL_OCTETS = 63, KIT_DNS_HEADER = 12, KIT_RRSIG = 46 };

/* An uncompressed wire name, root label included. */
typedef struct kit_name {
  uint8_t octets[KIT_NAME_MAX];
  size_t len;
} kit_name;

typedef struct kit_record {
  uint16_t type;
  uint32_t ttl;
  uint8_t *rdata;
  size_t len;
} kit_record;

/* A name that has records, or that lies above one (an empty non-terminal). */
typedef struct kit_node {
  struct kit_node *next; /* in its bucket */
  kit_name name;         /* case as loaded */
  kit_record *records;
  size_t count;
  size_t below; /* records here and below: 0 = the name does not exist */
} kit_node;

enum { KIT_DNS_BUCKETS = 4096 };

struct kit_dns {
  kit_node *buckets[KIT_DNS_BUCKETS];
  kit_dns_rule *rules;
  unsigned *hits;
  size_t rule_count;
  kit_dns_log *log;
  size_t log_count, log_cap;
  size_t udp_limit;
  int ad;
};

/* A query taken apart. */
typedef struct kit_question {
  kit_name name;
  uint16_t id, type, class;
  uint16_t edns; /* UDP size, 0 = no OPT */
  int do_bit, rd, opcode;
  size_t end; /* of the question section */
} kit_question;

/* kit_dns_wire.c */
void kit__put16(kit_buf *out, unsigned value);
void kit__put32(kit_buf *out, uint32_t value);
unsigned kit__get16(const uint8_t *at);
/* From presentation form; origin is added to a relative name (NULL = all are absolute).
 */
int kit__name_read(kit_name *name, const char *text, size_t len, const kit_name *origin);
void kit__name_text(const kit_name *name, kit_buf *out);
int kit__name_equal(const kit_name *a, const kit_name *b);
int kit__name_parent(kit_name *name); /* 0 = it was the root */
/* 1 = good; 0 = malformed, to be answered FORMERR if it has a header. */
int kit__question_read(kit_question *q, const uint8_t *data, size_t len);

/* kit_dns_tree.c */
kit_node *kit__node_find(const kit_dns *dns, const kit_name *name);
void kit__node_add(kit_dns *dns, const kit_name *name, const kit_record *record);
void kit__node_remove(kit_dns *dns, const kit_name *name, int type);
void kit__tree_free(kit_dns *dns);

/* kit_dns_find.c: the honest answer */
void kit__dns_build(const kit_dns *dns, const kit_question *q, const uint8_t *query,
                    int tcp, kit_buf *out);
void kit__dns_bare(const kit_dns *dns, const kit_question *q, const uint8_t *query,
                   int rcode, int tc, kit_buf *out);

#endif

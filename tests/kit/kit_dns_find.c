/* SPDX-License-Identifier: MIT */
/* The honest answer to a question. */
#include <string.h>

#include "kit/kit_alloc.h"
#include "kit/kit_dns_impl.h"

enum {
  KIT_CHAIN_MAX = 32,
  KIT_NXDOMAIN = 3,
  KIT_REFUSED = 5,
  KIT_QR = 0x8000,
  KIT_AA = 0x0400,
  KIT_TC = 0x0200,
  KIT_RD = 0x0100,
  KIT_RA = 0x0080,
  KIT_AD = 0x0020,
  KIT_EDNS_SIZE = 1232,
  KIT_POINTER_TO_QUESTION = 0xc00c
};

/* A response in the making. */
typedef struct answer {
  const kit_dns *dns;
  const kit_question *q;
  kit_buf *out;
  unsigned answers, authorities;
  int rcode, known; /* known: some zone is ours */
  const kit_record *followed[KIT_CHAIN_MAX];
  size_t hops;
} answer;

static void put_header(const answer *a, unsigned flags) {
  const kit_question *q = a->q;
  flags |= KIT_QR | (q->rd ? KIT_RD : 0U) | KIT_RA | (unsigned)q->opcode << 11;
  kit__put16(a->out, q->id);
  kit__put16(a->out, flags | (unsigned)(a->rcode & 15));
  kit__put16(a->out, q->end > KIT_DNS_HEADER);
  kit__put16(a->out, 0);
  kit__put16(a->out, 0);
  kit__put16(a->out, q->edns > 0);
}

static void put_opt(const answer *a) {
  if (!a->q->edns)
    return;
  kit_buf_add(a->out, "", 1);
  kit__put16(a->out, KIT_DNS_OPT);
  kit__put16(a->out, KIT_EDNS_SIZE);
  kit__put32(a->out, a->q->do_bit ? 0x8000 : 0);
  kit__put16(a->out, 0);
}

static void put_record(answer *a, const kit_name *owner, const kit_record *r) {
  if (kit__name_equal(owner, &a->q->name))
    kit__put16(a->out, KIT_POINTER_TO_QUESTION);
  else
    kit_buf_add(a->out, owner->octets, owner->len);
  kit__put16(a->out, r->type);
  kit__put16(a->out, 1);
  kit__put32(a->out, r->ttl);
  kit__put16(a->out, (unsigned)r->len);
  kit_buf_add(a->out, r->rdata, r->len);
}

static int wanted(const kit_record *r, int type, int do_bit) {
  if (r->type == type || type == KIT_DNS_ANY)
    return 1;
  return do_bit && r->type == KIT_RRSIG && r->len > 2 &&
         kit__get16(r->rdata) == (unsigned)type;
}

static unsigned put_set(answer *a, const kit_name *owner, const kit_node *node,
                        int type) {
  unsigned n = 0;
  for (size_t i = 0; i < node->count; i++) {
    if (!wanted(&node->records[i], type, a->q->do_bit))
      continue;
    put_record(a, owner, &node->records[i]);
    n++;
  }
  return n;
}

static const kit_record *first_of(const kit_node *node, int type) {
  for (size_t i = 0; i < node->count; i++)
    if (node->records[i].type == type || type == KIT_DNS_ANY)
      return &node->records[i];
  return NULL;
}

/* The apex of the zone that holds name. */
static const kit_node *zone_of(const kit_dns *dns, const kit_name *name) {
  kit_name up = *name;
  do {
    const kit_node *node = kit__node_find(dns, &up);
    if (node && first_of(node, KIT_DNS_SOA))
      return node;
  } while (kit__name_parent(&up));
  return NULL;
}

/* The node of name, or the wildcard below its closest encloser (RFC 4592 3.3.1). */
static const kit_node *find(const kit_dns *dns, const kit_name *name) {
  const kit_node *node = kit__node_find(dns, name);
  if (node && node->below)
    return node;
  kit_name up = *name;
  while (kit__name_parent(&up)) {
    node = kit__node_find(dns, &up);
    if (!node || !node->below)
      continue;
    kit_name star = {{1, '*'}, 2};
    if (up.len + 2 > KIT_NAME_MAX)
      return NULL;
    memcpy(star.octets + 2, up.octets, up.len);
    star.len += up.len;
    node = kit__node_find(dns, &star);
    return node && node->below ? node : NULL;
  }
  return NULL;
}

static void put_negative(answer *a, const kit_node *zone, int rcode) {
  a->rcode = rcode;
  a->authorities += put_set(a, &zone->name, zone, KIT_DNS_SOA);
}

/* 0 = the chain closes here, or is too long. */
static int follow(answer *a, const kit_record *alias) {
  for (size_t i = 0; i < a->hops; i++)
    if (a->followed[i] == alias)
      return 0;
  if (a->hops == KIT_CHAIN_MAX)
    return 0;
  a->followed[a->hops++] = alias;
  return 1;
}

/* One name of the chain. Returns 1 when a CNAME was put and *name is its target. */
static int resolve(answer *a, kit_name *name) {
  const kit_node *zone = zone_of(a->dns, name);
  if (!zone) /* beyond us: the asker has to go on */
    return 0;
  a->known = 1;
  const kit_node *node = find(a->dns, name);
  if (!node) {
    put_negative(a, zone, KIT_NXDOMAIN);
    return 0;
  }
  if (first_of(node, a->q->type)) {
    a->answers += put_set(a, name, node, a->q->type);
    return 0;
  }
  const kit_record *alias = first_of(node, KIT_DNS_CNAME);
  if (!alias) {
    put_negative(a, zone, 0);
    return 0;
  }
  if (!follow(a, alias))
    return 0;
  a->answers += put_set(a, name, node, KIT_DNS_CNAME);
  if (alias->len > KIT_NAME_MAX)
    kit_die("CNAME longer than a name");
  memcpy(name->octets, alias->rdata, alias->len);
  name->len = alias->len;
  return 1;
}

static void patch16(kit_buf *out, size_t at, unsigned value) {
  out->data[at] = (char)(value >> 8);
  out->data[at + 1] = (char)value;
}

static size_t limit_of(const kit_dns *dns, const kit_question *q, int tcp) {
  size_t limit = q->edns ? q->edns : KIT_DNS_UDP;
  if (tcp)
    return KIT_DNS_MAX;
  return limit < dns->udp_limit ? limit : dns->udp_limit;
}

void kit__dns_bare(const kit_dns *dns, const kit_question *q, const uint8_t *query,
                   int rcode, int tc, kit_buf *out) {
  answer a = {.dns = dns, .q = q, .out = out, .rcode = rcode};
  kit_buf_clear(out);
  put_header(&a, (tc ? KIT_TC : 0U) | (rcode ? 0U : KIT_AA));
  kit_buf_add(out, query + KIT_DNS_HEADER, q->end - KIT_DNS_HEADER);
  put_opt(&a);
}

void kit__dns_build(const kit_dns *dns, const kit_question *q, const uint8_t *query,
                    int tcp, kit_buf *out) {
  answer a = {.dns = dns, .q = q, .out = out};
  kit_name name = q->name;
  put_header(&a, KIT_AA | (dns->ad ? KIT_AD : 0U));
  kit_buf_add(out, query + KIT_DNS_HEADER, q->end - KIT_DNS_HEADER);
  while (resolve(&a, &name))
    continue;
  if (!a.known) {
    kit__dns_bare(dns, q, query, KIT_REFUSED, 0, out);
    return;
  }
  put_opt(&a);
  out->data[3] = (char)(out->data[3] | a.rcode);
  patch16(out, 6, a.answers);
  patch16(out, 8, a.authorities);
  if (out->len > limit_of(dns, q, tcp))
    kit__dns_bare(dns, q, query, 0, 1, out);
}

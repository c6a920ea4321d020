/* SPDX-License-Identifier: MIT */
#include "kit/kit_dns.h"

#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"
#include "kit/kit_dns_impl.h"

enum {
  KIT_UDP_LIMIT = 1232,
  KIT_FORMERR = 1,
  KIT_NOTIMP = 4,
  KIT_RULE_UDP = 1,
  KIT_RULE_TCP = 2
};

kit_dns *kit_dns_new(void) {
  kit_dns *dns = kit_xalloc(NULL, sizeof *dns);
  dns->udp_limit = KIT_UDP_LIMIT;
  return dns;
}

void kit_dns_rules_clear(kit_dns *dns) {
  for (size_t i = 0; i < dns->rule_count; i++) {
    free((void *)(uintptr_t)dns->rules[i].name);
    free((void *)(uintptr_t)dns->rules[i].raw);
  }
  dns->rule_count = 0;
}

void kit_dns_free(kit_dns *dns) {
  if (!dns)
    return;
  kit__tree_free(dns);
  kit_dns_rules_clear(dns);
  free(dns->rules);
  free(dns->hits);
  for (size_t i = 0; i < dns->log_count; i++)
    free(dns->log[i].name);
  free(dns->log);
  free(dns);
}

void kit_dns_ad(kit_dns *dns, int ad) { dns->ad = ad; }
void kit_dns_udp_limit(kit_dns *dns, size_t limit) { dns->udp_limit = limit; }
size_t kit_dns_count(const kit_dns *dns) { return dns->log_count; }

const kit_dns_log *kit_dns_at(const kit_dns *dns, size_t index) {
  return index < dns->log_count ? &dns->log[index] : NULL;
}

static void must_name(kit_name *name, const char *text) {
  if (!kit__name_read(name, text, strlen(text), NULL))
    kit_die("not a domain name");
}

void kit_dns_remove(kit_dns *dns, const char *name, int type) {
  kit_name wire;
  must_name(&wire, name);
  kit__node_remove(dns, &wire, type);
}

void kit_dns_rule_add(kit_dns *dns, const kit_dns_rule *rule) {
  size_t n = dns->rule_count++;
  dns->rules = kit_xalloc(dns->rules, (n + 1) * sizeof *dns->rules);
  dns->hits = kit_xalloc(dns->hits, (n + 1) * sizeof *dns->hits);
  dns->rules[n] = *rule;
  dns->hits[n] = 0;
  dns->rules[n].name = rule->name ? kit_xdup(rule->name) : NULL;
  dns->rules[n].raw = rule->raw ? kit_xdup_n(rule->raw, rule->raw_len) : NULL;
}

size_t kit_dns_asked(const kit_dns *dns, const char *name, int type) {
  kit_name want, have;
  size_t n = 0;
  must_name(&want, name);
  for (size_t i = 0; i < dns->log_count; i++) {
    must_name(&have, dns->log[i].name);
    n += kit__name_equal(&want, &have) && (!type || dns->log[i].type == type);
  }
  return n;
}

static void note(kit_dns *dns, const kit_question *q, int tcp, uint16_t port) {
  kit_buf text = {0};
  if (dns->log_count == dns->log_cap) {
    dns->log_cap = dns->log_cap ? dns->log_cap * 2 : 64;
    dns->log = kit_xalloc(dns->log, dns->log_cap * sizeof *dns->log);
  }
  kit__name_text(&q->name, &text);
  dns->log[dns->log_count++] =
      (kit_dns_log){q->id, q->type, port, tcp, text.data, q->edns, q->do_bit};
}

/* Whether name lies below "*.x". */
static int below(const kit_name *name, const char *pattern) {
  kit_name top, up = *name;
  must_name(&top, pattern + 2);
  while (kit__name_parent(&up))
    if (kit__name_equal(&up, &top))
      return 1;
  return 0;
}

static int name_fits(const kit_dns_rule *r, const kit_name *name) {
  kit_name exact;
  if (!r->name || !strcmp(r->name, "*"))
    return 1;
  if (!strncmp(r->name, "*.", 2))
    return below(name, r->name);
  must_name(&exact, r->name);
  return kit__name_equal(&exact, name);
}

static const kit_dns_rule *rule_for(kit_dns *dns, const kit_question *q, int tcp) {
  for (size_t i = 0; i < dns->rule_count; i++) {
    const kit_dns_rule *r = &dns->rules[i];
    if ((r->type && r->type != q->type) ||
        r->tcp == (tcp ? KIT_RULE_UDP : KIT_RULE_TCP) || !name_fits(r, &q->name))
      continue;
    unsigned hit = ++dns->hits[i];
    if (hit >= r->first && (!r->last || hit <= r->last))
      return r;
  }
  return NULL;
}

static void flip_case(char *name) {
  for (; *name; name += *name + 1)
    for (int k = 1; k <= *name; k++)
      if ((name[k] >= 'a' && name[k] <= 'z') || (name[k] >= 'A' && name[k] <= 'Z'))
        name[k] = (char)(name[k] ^ 0x20);
}

static void spoil_question(kit_buf *out, const kit_question *q, unsigned mutate) {
  char *name = out->data + KIT_DNS_HEADER;
  if (mutate & KIT_DNS_WRONG_CASE)
    flip_case(name);
  if (mutate & KIT_DNS_WRONG_NAME && *name)
    name[1] = name[1] == 'x' ? 'y' : 'x';
  if (mutate & KIT_DNS_WRONG_TYPE)
    out->data[q->end - 3] = (char)(out->data[q->end - 3] ^ 0x40);
  if (mutate & KIT_DNS_WRONG_CLASS)
    out->data[q->end - 1] = (char)(out->data[q->end - 1] ^ 2);
}

static void drop_question(kit_buf *out, const kit_question *q) {
  out->data[5] = 0;
  memmove(out->data + KIT_DNS_HEADER, out->data + q->end, out->len - q->end);
  out->len -= q->end - KIT_DNS_HEADER;
}

static void spoil(kit_buf *out, const kit_question *q, unsigned mutate) {
  if (mutate & KIT_DNS_WRONG_ID)
    out->data[1] = (char)(out->data[1] ^ 1);
  if (mutate & KIT_DNS_NOT_RESPONSE)
    out->data[2] = (char)(out->data[2] & 0x7f);
  if (mutate & KIT_DNS_WRONG_OPCODE)
    out->data[2] = (char)(out->data[2] ^ 0x10);
  if (mutate & KIT_DNS_SET_AD)
    out->data[3] = (char)(out->data[3] | 0x20);
  spoil_question(out, q, mutate);
  if (mutate & KIT_DNS_NO_QUESTION)
    drop_question(out, q);
  if (mutate & KIT_DNS_CUT)
    out->len--;
}

static void raw_answer(const kit_dns_rule *r, const uint8_t *query, kit_buf *out) {
  kit_buf_clear(out);
  kit_buf_add(out, r->raw, r->raw_len);
  if (!r->raw_id && r->raw_len > 1)
    memcpy(out->data, query, 2);
}

static void own_answer(const kit_dns_rule *r, const uint8_t *query, size_t len,
                       kit_buf *out) {
  uint8_t *dst = kit_xalloc(NULL, KIT_DNS_MAX);
  size_t n = r->answer(r->user, query, len, dst, KIT_DNS_MAX);
  kit_buf_clear(out);
  kit_buf_add(out, dst, n);
  free(dst);
}

static void apply(const kit_dns *dns, const kit_dns_rule *r, const kit_question *q,
                  const uint8_t *query, size_t len, int tcp, kit_buf *out) {
  if (r->raw)
    raw_answer(r, query, out);
  else if (r->answer)
    own_answer(r, query, len, out);
  else if (r->rcode > 0)
    kit__dns_bare(dns, q, query, r->rcode, 0, out);
  else if (r->mutate & KIT_DNS_TRUNCATE && !tcp)
    kit__dns_bare(dns, q, query, 0, 1, out);
  if (!r->raw && !r->answer)
    spoil(out, q, r->mutate);
  if (r->drop)
    kit_buf_clear(out);
}

static void give(kit_buf *out, uint8_t **data, size_t *len) {
  *len = out->len;
  *data = out->len ? (uint8_t *)kit_xdup_n(out->data, out->len) : NULL;
}

static void by_rule(kit_dns *dns, const kit_dns_rule *r, const kit_question *q,
                    const uint8_t *query, size_t len, int tcp, kit_buf *out,
                    kit_dns_reply *reply) {
  if (r->then_good)
    give(out, &reply->good, &reply->good_len);
  apply(dns, r, q, query, len, tcp, out);
  reply->delay = r->delay;
  reply->wrong_address = (r->mutate & KIT_DNS_WRONG_ADDRESS) != 0;
  reply->wrong_port = (r->mutate & KIT_DNS_WRONG_PORT) != 0;
  reply->frame_extra = tcp && r->mutate & KIT_DNS_LONG_TCP;
}

void kit_dns_answer(kit_dns *dns, const void *query, size_t len, int tcp, uint16_t port,
                    kit_dns_reply *reply) {
  kit_question q;
  kit_buf out = {0};
  *reply = (kit_dns_reply){0};
  if (len < KIT_DNS_HEADER)
    return;
  if (!kit__question_read(&q, query, len)) {
    q.end = KIT_DNS_HEADER;
    kit__dns_bare(dns, &q, query, KIT_FORMERR, 0, &out);
  } else if (q.opcode) {
    kit__dns_bare(dns, &q, query, KIT_NOTIMP, 0, &out);
  } else {
    note(dns, &q, tcp, port);
    kit__dns_build(dns, &q, query, tcp, &out);
    const kit_dns_rule *r = rule_for(dns, &q, tcp);
    if (r)
      by_rule(dns, r, &q, query, len, tcp, &out, reply);
  }
  give(&out, &reply->data, &reply->len);
  kit_buf_free(&out);
}

void kit_dns_reply_free(kit_dns_reply *reply) {
  free(reply->data);
  free(reply->good);
  *reply = (kit_dns_reply){0};
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>

#include "base/fmt.h"
#include "dns/internal.h"
#include "text/domain.h"

enum { SECOND = 1000 };
#define TTL_TOP_BIT 0x80000000u

typedef struct reading {
  mr__question *q;
  mr__dns_scan scan;
  mr__dns_reply reply;
  mr__dname at;   /* the name that the chain has led to */
  size_t records; /* of the type asked, owned by it */
  size_t broken;
  size_t followed; /* CNAMEs of this packet */
  mr__dns_rr soa;
  int has_soa; /* of a zone that holds `at` */
} reading;

const char *mr__dns_type_name(int type) {
  switch (type) {
  case MR_DNS_A:
    return "A";
  case MR_DNS_AAAA:
    return "AAAA";
  case MR_DNS_CNAME:
    return "CNAME";
  default:
    return "MX";
  }
}

const char *mr__dns_rcode_name(unsigned rcode) {
  static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                      "NXDOMAIN", "NOTIMP",  "REFUSED"};
  return rcode < sizeof names / sizeof *names ? names[rcode] : "an unknown error code";
}

const mr__dns_server *mr__question_server(const mr__question *q) {
  return &q->resolver->servers[q->turn % q->servers];
}

static int is_weak(int reason) {
  return reason == MR_REASON_DNS_TIMEOUT || reason == MR_REASON_DNS_LOCAL;
}

void mr__question_note(mr__question *q, int reason, const char *format, ...) {
  if (is_weak(reason) && q->reason != MR_REASON_NONE && !is_weak(q->reason))
    return;
  va_list args;
  va_start(args, format);
  mr__vfmt_to(q->text, sizeof q->text, format, args);
  va_end(args);
  q->reason = reason;
}

static int no_memory(mr__question *q) {
  q->reason = MR_REASON_NONE;
  mr__question_note(q, MR_REASON_DNS_LOCAL, "no memory for the answer");
  return MR__DNS_FAILED;
}

/* Seconds; with the top bit set it is 0 (RFC 2181 section 8). */
static uint32_t clamp_ttl(const mr__question *q, uint32_t ttl, int option) {
  uint64_t most = (uint64_t)mr_options_get(q->resolver->options, option) / SECOND;
  if (ttl & TTL_TOP_BIT)
    return 0;
  return ttl < most ? ttl : (uint32_t)most;
}

/* The i-th record of the answer, if it is of that type and owned by the name reached:
 * others were not asked for and do not count. */
static int get_own(const reading *rd, unsigned i, int type, mr__dns_rr *rr) {
  mr__dns_reply_get(&rd->reply, i, rr);
  return rr->type == type && mr__dname_equal(&rd->at, rr->owner, rr->owner_len);
}

static size_t count_own(const reading *rd, int type) {
  mr__dns_rr rr;
  size_t count = 0;
  for (unsigned i = 0; i < rd->reply.answers; i++)
    count += (size_t)get_own(rd, i, type, &rr);
  return count;
}

static int find_cname(const reading *rd, mr__dns_rr *rr) {
  for (unsigned i = 0; i < rd->reply.answers; i++)
    if (get_own(rd, i, MR_DNS_CNAME, rr))
      return 1;
  return 0;
}

static int seen_before(const mr__question *q, const mr__dns_rr *rr) {
  int seen = mr__dname_equal(&q->asked, rr->name, rr->name_len);
  for (size_t i = 0; i < q->alias_count; i++)
    seen |= mr__dname_equal(&q->aliases[i].target, rr->name, rr->name_len);
  return seen;
}

static int alias_room(mr__question *q) {
  if (q->alias_count < q->alias_room)
    return MR_OK;
  size_t room = q->alias_room + 1;
  mr__dns_alias *grown =
      mr__realloc(&q->resolver->ctx->env, q->aliases, room * sizeof *grown);
  if (!grown)
    return MR_ERR_NOMEM;
  q->aliases = grown;
  q->alias_room = room;
  return MR_OK;
}

/* 0 or the verdict. */
static int follow_cname(reading *rd, const mr__dns_rr *rr) {
  mr__question *q = rd->q;
  size_t most = (size_t)mr_options_get(q->resolver->options, MR_OPT_DNS_CNAME_MAX);
  if (seen_before(q, rr)) {
    mr__question_note(q, MR_REASON_DNS_CNAME_LOOP, "the CNAMEs of %s form a loop",
                      q->name);
    return MR__DNS_FAILED;
  }
  if (q->alias_count >= most) {
    mr__question_note(q, MR_REASON_DNS_LIMIT, "%s has more than %zu CNAMEs in a row",
                      q->name, most);
    return MR__DNS_FAILED;
  }
  if (alias_room(q) != MR_OK || mr__dname_copy(&rd->at, rr->name, rr->name_len) != MR_OK)
    return no_memory(q);
  mr__dns_alias *alias = &q->aliases[q->alias_count++];
  alias->target = rd->at;
  alias->ttl = clamp_ttl(q, rr->ttl, MR_OPT_DNS_TTL_MAX);
  rd->followed++;
  return 0;
}

/* Ends: each step adds an alias, and there is a limit of these. */
static int walk_chain(reading *rd) {
  mr__dns_rr rr;
  for (;;) {
    int type = rd->q->type;
    rd->records = count_own(rd, type);
    rd->broken = mr__dns_scan_broken(&rd->scan, &rd->at, type);
    if (rd->records > 0 || type == MR_DNS_CNAME)
      return 0;
    if (!find_cname(rd, &rr)) {
      rd->broken += mr__dns_scan_broken(&rd->scan, &rd->at, MR_DNS_CNAME);
      return 0;
    }
    int verdict = follow_cname(rd, &rr);
    if (verdict)
      return verdict;
  }
}

static void find_soa(reading *rd) {
  if (rd->reply.soas == 0)
    return;
  mr__dns_reply_get(&rd->reply, rd->reply.answers, &rd->soa);
  rd->has_soa = mr__dname_below(&rd->at, rd->soa.owner, rd->soa.owner_len);
}

/* How long "no" may be kept (RFC 2308 section 5): not at all without a SOA. */
static uint32_t negative_ttl(const reading *rd) {
  if (!rd->has_soa)
    return 0;
  uint32_t ttl = clamp_ttl(rd->q, rd->soa.ttl, MR_OPT_DNS_NEGATIVE_MAX);
  uint32_t minimum = clamp_ttl(rd->q, rd->soa.minimum, MR_OPT_DNS_NEGATIVE_MAX);
  return ttl < minimum ? ttl : minimum;
}

static void add_name(mr__dns_result *result, mr_dns_record *record, const uint8_t *wire,
                     size_t len, uint32_t ttl) {
  char text[MR__DNAME_TEXT];
  size_t n = mr__dname_text(wire, len, text);
  record->text = text;
  record->is_host = mr__domain_check(text, n, NULL) == MR_OK;
  mr__dns_result_add(result, record, ttl);
  record->text = "";
}

static void add_address(mr__dns_result *result, mr_dns_record *record,
                        const uint8_t *octets, uint32_t ttl) {
  char text[MR__IP_TEXT];
  mr__ip ip = {.family = record->type == MR_DNS_A ? 4 : 6};
  for (size_t i = 0; i < (ip.family == 4 ? 4u : 16u); i++)
    ip.octets[i] = octets[i];
  mr__ip_print(&ip, text);
  record->text = text;
  mr__dns_result_add(result, record, ttl);
  record->text = "";
}

static void add_aliases(const mr__question *q, mr__dns_result *result) {
  for (size_t i = 0; i < q->alias_count; i++) {
    const mr__dns_alias *alias = &q->aliases[i];
    mr_dns_record record = {.type = MR_DNS_CNAME};
    add_name(result, &record, alias->target.octets, alias->target.len, alias->ttl);
    if (alias->ttl < result->ttl)
      result->ttl = alias->ttl;
  }
  result->alias_count = result->count;
}

static void add_records(const reading *rd, mr__dns_result *result) {
  mr__dns_rr rr;
  for (unsigned i = 0; i < rd->reply.answers; i++) {
    if (!get_own(rd, i, rd->q->type, &rr))
      continue;
    uint32_t ttl = clamp_ttl(rd->q, rr.ttl, MR_OPT_DNS_TTL_MAX);
    mr_dns_record record = {.type = rr.type, .preference = (int)rr.preference};
    if (rr.name)
      add_name(result, &record, rr.name, rr.name_len, ttl);
    else
      add_address(result, &record, rr.address, ttl);
    if (ttl < result->ttl)
      result->ttl = ttl;
  }
}

static int make_result(const reading *rd, int status, mr__dns_result **out) {
  mr__question *q = rd->q;
  char canonical[MR__DNAME_TEXT];
  mr__dns_result *result = mr__dns_result_new(
      &q->resolver->ctx->env, q->alias_count + rd->records, q->resolver->ctx->now);
  if (!result)
    return no_memory(q);
  result->status = status;
  result->malformed = rd->broken;
  result->ttl = status == MR_DNS_OK ? UINT32_MAX : negative_ttl(rd);
  add_aliases(q, result);
  add_records(rd, result);
  mr__dname_text(rd->at.octets, rd->at.len, canonical);
  if (mr__dns_result_seal(result, canonical, "") != MR_OK) {
    mr__dns_result_drop(result);
    return no_memory(q);
  }
  *out = result;
  return MR__DNS_DONE;
}

static int worthless(reading *rd, int reason, const char *what) {
  mr__question_note(rd->q, reason, "%s answered %s %s with %s",
                    mr__question_server(rd->q)->address, rd->q->name,
                    mr__dns_type_name(rd->q->type), what);
  return MR__DNS_NEXT;
}

/* Names without records: does the packet say "no", or only that it does not know? */
static int judge_empty(reading *rd, mr__dns_result **result) {
  find_soa(rd);
  if (rd->broken > 0)
    return worthless(rd, MR_REASON_DNS_MALFORMED, "nothing but broken records");
  if (rd->scan.head.rcode == MR__DNS_NXNAME)
    return make_result(rd, MR_DNS_NXDOMAIN, result);
  if (rd->followed > 0 && !rd->has_soa) {
    rd->q->current = rd->at;
    return MR__DNS_FOLLOW;
  }
  /* Nameservers without SOA: a referral, not NODATA (RFC 2308 section 2.2). */
  if (rd->scan.nameservers > 0 && !rd->has_soa)
    return worthless(rd, MR_REASON_DNS_SERVFAIL, "a referral");
  return make_result(rd, MR_DNS_NODATA, result);
}

static int judge_decoded(reading *rd, mr__dns_result **result) {
  int verdict = walk_chain(rd);
  if (verdict)
    return verdict;
  if (rd->broken > 0)
    mr__log(&rd->q->resolver->ctx->env, MR_LOG_WARNING,
            "%s answered %s %s with %zu broken records: left out",
            mr__question_server(rd->q)->address, rd->q->name,
            mr__dns_type_name(rd->q->type), rd->broken);
  if (rd->records == 0)
    return judge_empty(rd, result);
  if (rd->scan.head.rcode != MR__DNS_NOERROR)
    return worthless(rd, MR_REASON_DNS_MALFORMED, "NXDOMAIN and records");
  return make_result(rd, MR_DNS_OK, result);
}

static int judge(reading *rd, const uint8_t *data, size_t len, mr__dns_result **result) {
  int err = mr__dns_prescan(&rd->scan, data, len, rd->q->type);
  if (err == MR_ERR_PROTO)
    return worthless(rd, MR_REASON_DNS_MALFORMED, "a malformed packet");
  if (err == MR_ERR_LIMIT)
    return worthless(rd, MR_REASON_DNS_LIMIT, "more than the limits allow");
  if (err || mr__dns_decode(&rd->reply, &rd->scan) != MR_OK)
    return no_memory(rd->q);
  return judge_decoded(rd, result);
}

int mr__dns_judge(mr__question *q, const uint8_t *data, size_t len,
                  mr__dns_result **result) {
  reading rd = {.q = q, .at = q->current};
  size_t before = q->alias_count;
  mr__dns_scan_init(&rd.scan, &q->resolver->ctx->env);
  int verdict = judge(&rd, data, len, result);
  mr__dns_reply_free(&rd.reply);
  mr__dns_scan_free(&rd.scan);
  if (verdict == MR__DNS_NEXT)
    q->alias_count = before;
  return verdict;
}

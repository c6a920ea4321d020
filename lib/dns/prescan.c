/* SPDX-License-Identifier: MIT */
#include "dns/prescan.h"

#include <string.h>

#include <mailroute/resolver.h>

enum {
  QUESTION_TAIL = 4, /* type and class */
  RECORD_MIN = 11,   /* root owner and the fixed part */
  SOA_TAIL = 20,     /* five numbers (RFC 1035 3.3.13) */
  RDATA_CLEAN = 2 * MR__DNAME_WIRE + SOA_TAIL,
  FLAGS_KEPT = 0x8000 /* QR alone */
};

enum section { ANSWER, AUTHORITY, ADDITIONAL, SECTIONS };

typedef struct record {
  mr__dname owner;
  int type;
  unsigned rclass;
  uint32_t ttl;
  size_t data, end; /* RDATA in the old packet */
  uint8_t clean[RDATA_CLEAN];
  size_t clean_len;
} record;

int mr__dns_head_read(mr__dns_head *out, const uint8_t *data, size_t len) {
  mr__cur cur = mr__cur_of(data, len);
  out->id = mr__cur_get16(&cur);
  unsigned flags = mr__cur_get16(&cur);
  out->response = (flags & 0x8000) != 0;
  out->opcode = flags >> 11 & 0xf;
  out->truncated = (flags & 0x0200) != 0;
  out->rcode = flags & 0xf;
  out->questions = mr__cur_get16(&cur);
  for (size_t i = 0; i < SECTIONS; i++)
    out->counts[i] = mr__cur_get16(&cur);
  return cur.err;
}

void mr__dns_scan_init(mr__dns_scan *scan, const mr_env *env) {
  memset(scan, 0, sizeof *scan);
  mr__buf_init(&scan->clean, env, MR__DNS_CLEAN_MAX);
  mr__buf_init(&scan->broken, env, MR__DNS_CLEAN_MAX);
}

void mr__dns_scan_free(mr__dns_scan *scan) {
  mr__buf_free(&scan->clean);
  mr__buf_free(&scan->broken);
}

unsigned mr__dns_field_count(int type) {
  switch (type) {
  case MR_DNS_A:
  case MR_DNS_AAAA:
  case MR_DNS_CNAME:
    return 1;
  case MR_DNS_MX:
    return 2;
  case MR__DNS_SOA:
    return 7;
  default:
    return 0;
  }
}

static void clean_put(record *rec, const uint8_t *data, size_t len) {
  memcpy(rec->clean + rec->clean_len, data, len);
  rec->clean_len += len;
}

static int clean_fixed(mr__dns_walk *walk, record *rec, size_t want) {
  if (rec->end - rec->data != want)
    return MR_ERR_PROTO;
  clean_put(rec, walk->data + rec->data, want);
  return MR_OK;
}

/* `head` octets, `names` names, `tail` octets: together exactly the RDATA. */
static int clean_names(mr__dns_walk *walk, record *rec, size_t head, int names,
                       size_t tail) {
  size_t at = rec->data;
  if (rec->end - at < head + (size_t)names + tail)
    return MR_ERR_PROTO;
  clean_put(rec, walk->data + at, head);
  at += head;
  for (int i = 0; i < names; i++) {
    mr__dname name;
    int err = mr__dname_read(walk, &at, &name);
    if (err)
      return err;
    clean_put(rec, name.octets, name.len);
  }
  if (at > rec->end || rec->end - at != tail)
    return MR_ERR_PROTO;
  clean_put(rec, walk->data + at, tail);
  return MR_OK;
}

static int clean_rdata(mr__dns_walk *walk, record *rec) {
  rec->clean_len = 0;
  switch (rec->type) {
  case MR_DNS_A:
    return clean_fixed(walk, rec, 4);
  case MR_DNS_AAAA:
    return clean_fixed(walk, rec, 16);
  case MR_DNS_MX:
    return clean_names(walk, rec, 2, 1, 0);
  case MR_DNS_CNAME:
    return clean_names(walk, rec, 0, 1, 0);
  default:
    return clean_names(walk, rec, 0, 2, SOA_TAIL);
  }
}

static int read_record(mr__dns_walk *walk, size_t *pos, record *rec) {
  int err = mr__dname_read(walk, pos, &rec->owner);
  if (err)
    return err;
  mr__cur cur = mr__cur_of(walk->data + *pos, walk->len - *pos);
  rec->type = (int)mr__cur_get16(&cur);
  rec->rclass = mr__cur_get16(&cur);
  rec->ttl = mr__cur_get32(&cur);
  size_t len = mr__cur_get16(&cur);
  rec->data = *pos + mr__cur_offset(&cur);
  mr__cur_get(&cur, len);
  rec->end = rec->data + len;
  *pos = rec->end;
  return cur.err;
}

static void put_record(mr__buf *clean, const record *rec) {
  mr__buf_put(clean, rec->owner.octets, rec->owner.len);
  mr__buf_put16(clean, (unsigned)rec->type);
  mr__buf_put16(clean, rec->rclass);
  mr__buf_put32(clean, rec->ttl);
  mr__buf_put16(clean, (unsigned)rec->clean_len);
  mr__buf_put(clean, rec->clean, rec->clean_len);
}

static void put_broken(mr__buf *broken, const record *rec) {
  mr__buf_put16(broken, (unsigned)rec->type);
  mr__buf_putc(broken, (int)rec->owner.len);
  mr__buf_put(broken, rec->owner.octets, rec->owner.len);
}

static int wanted(const mr__dns_scan *scan, const record *rec, int section, int type) {
  if (rec->rclass != MR__DNS_CLASS_IN)
    return 0;
  if (section == ANSWER)
    return rec->type == type || rec->type == MR_DNS_CNAME;
  return section == AUTHORITY && rec->type == MR__DNS_SOA && scan->soas == 0;
}

static int scan_record(mr__dns_scan *scan, mr__dns_walk *walk, size_t *pos, int section,
                       int type) {
  record rec;
  int err = read_record(walk, pos, &rec);
  if (err)
    return err;
  if (section == AUTHORITY && rec.type == MR__DNS_NS && rec.rclass == MR__DNS_CLASS_IN)
    scan->nameservers++;
  if (!wanted(scan, &rec, section, type))
    return MR_OK;
  err = clean_rdata(walk, &rec);
  if (err == MR_ERR_PROTO) {
    put_broken(&scan->broken, &rec);
    return MR_OK;
  }
  if (err)
    return err;
  put_record(&scan->clean, &rec);
  *(section == ANSWER ? &scan->answers : &scan->soas) += 1;
  return MR_OK;
}

static int scan_question(mr__dns_walk *walk, size_t *pos) {
  mr__dname name;
  int err = mr__dname_read(walk, pos, &name);
  if (err)
    return err;
  if (walk->len - *pos < QUESTION_TAIL)
    return MR_ERR_PROTO;
  *pos += QUESTION_TAIL;
  return MR_OK;
}

/* What the counts claim must have room in the packet, before anything is walked. */
static int check_counts(const mr__dns_head *head, size_t len) {
  size_t records = 0;
  for (size_t i = 0; i < SECTIONS; i++)
    records += head->counts[i];
  if (head->questions != 1 || records * RECORD_MIN > len - MR__DNS_HEADER)
    return MR_ERR_PROTO;
  return records > MR__DNS_RECORDS_MAX ? MR_ERR_LIMIT : MR_OK;
}

static void put_head(mr__dns_scan *scan) {
  mr__buf *clean = &scan->clean;
  mr__buf_put16(clean, scan->head.id);
  mr__buf_put16(clean, FLAGS_KEPT | scan->head.rcode);
  mr__buf_put32(clean, 0);
  mr__buf_put32(clean, 0);
}

static int put_counts(mr__dns_scan *scan) {
  if (scan->clean.err || scan->broken.err)
    return scan->clean.err ? scan->clean.err : scan->broken.err;
  uint8_t *counts = scan->clean.data + 6;
  counts[0] = (uint8_t)(scan->answers >> 8);
  counts[1] = (uint8_t)(scan->answers & 0xff);
  counts[3] = (uint8_t)scan->soas;
  return MR_OK;
}

int mr__dns_prescan(mr__dns_scan *scan, const uint8_t *data, size_t len, int type) {
  mr__dns_walk walk = {data, len, MR__DNS_HOPS_MAX};
  size_t pos = MR__DNS_HEADER;
  int err = mr__dns_head_read(&scan->head, data, len);
  if (!err)
    err = len > MR__DNS_PACKET_MAX ? MR_ERR_LIMIT : check_counts(&scan->head, len);
  if (!err)
    err = scan_question(&walk, &pos);
  if (err)
    return err;
  put_head(scan);
  for (int section = ANSWER; section < SECTIONS; section++)
    for (unsigned i = 0; i < scan->head.counts[section]; i++) {
      err = scan_record(scan, &walk, &pos, section, type);
      if (err)
        return err;
    }
  return put_counts(scan);
}

size_t mr__dns_scan_broken(const mr__dns_scan *scan, const mr__dname *owner, int type) {
  mr__cur cur = mr__cur_of(scan->broken.data, scan->broken.len);
  size_t count = 0;
  while (mr__cur_left(&cur) > 0) {
    int its_type = (int)mr__cur_get16(&cur);
    size_t len = mr__cur_get8(&cur);
    const uint8_t *name = mr__cur_get(&cur, len);
    if (name && its_type == type && mr__dname_equal(owner, name, len))
      count++;
  }
  return count;
}

/* SPDX-License-Identifier: MIT */
/*
 * An authoritative DNS server as a pure function from query to answer. Names are ASCII
 * presentation form without escapes except \DDD and \. ; a trailing dot is optional in
 * arguments. The question is echoed octet for octet (case included).
 */
#ifndef KIT_DNS_H
#define KIT_DNS_H

#include <stddef.h>
#include <stdint.h>

enum kit_dns_type {
  KIT_DNS_A = 1,
  KIT_DNS_NS = 2,
  KIT_DNS_CNAME = 5,
  KIT_DNS_SOA = 6,
  KIT_DNS_MX = 15,
  KIT_DNS_TXT = 16,
  KIT_DNS_AAAA = 28,
  KIT_DNS_OPT = 41,
  KIT_DNS_ANY = 255
};
enum { KIT_DNS_MAX = 65535, KIT_DNS_UDP = 512 };

/* Ways to spoil an answer. */
enum kit_dns_mutate {
  KIT_DNS_WRONG_ID = 1,
  KIT_DNS_WRONG_CASE = 2, /* letters of the question's name flipped */
  KIT_DNS_WRONG_NAME = 4, /* another name in the question */
  KIT_DNS_WRONG_TYPE = 8,
  KIT_DNS_WRONG_CLASS = 16,
  KIT_DNS_NOT_RESPONSE = 32, /* QR = 0 */
  KIT_DNS_WRONG_OPCODE = 64,
  KIT_DNS_TRUNCATE = 128, /* TC over UDP, no records */
  KIT_DNS_WRONG_ADDRESS =
      256,                  /* reply.wrong_address: the caller sends it from elsewhere */
  KIT_DNS_WRONG_PORT = 512, /* reply.wrong_port */
  KIT_DNS_NO_QUESTION = 1024, /* QDCOUNT 0 */
  KIT_DNS_CUT = 2048,         /* the last octet is missing */
  KIT_DNS_SET_AD = 4096,
  KIT_DNS_LONG_TCP = 8192 /* TCP frame announces one octet more than it has */
};

enum { KIT_DNS_NO_RCODE = -1 };

typedef struct kit_dns kit_dns;

/* What to do with certain questions. The first rule that fits is taken. Copied. */
typedef struct kit_dns_rule {
  const char *name; /* NULL or "*" = all; "*.x" = names below x; else exact, any case */
  int type;         /* 0 = all */
  unsigned first, last; /* n-th..m-th time that this rule fits, from 1; last 0 = no end */
  int tcp;              /* 0 = both, 1 = only UDP, 2 = only TCP */
  int rcode;       /* 0 and KIT_DNS_NO_RCODE = leave; else answer it without records */
  int drop;        /* 1 = no answer */
  uint64_t delay;  /* milliseconds */
  unsigned mutate; /* bits of kit_dns_mutate */
  int then_good;   /* 1 = the spoiled answer is followed by the honest one */
  const void *raw; /* these octets as the answer; the first two become the query's ID
                      unless raw_id */
  size_t raw_len;
  int raw_id;
  /* Writes an answer of its own; returns its length, 0 = drop. */
  size_t (*answer)(void *user, const uint8_t *query, size_t len, uint8_t *dst,
                   size_t cap);
  void *user;
} kit_dns_rule;

typedef struct kit_dns_log {
  uint16_t id;
  uint16_t type;
  uint16_t port; /* source port that the caller told */
  int tcp;
  char *name; /* as asked: case kept, trailing dot */
  int edns;   /* UDP size of the OPT, 0 = none */
  int do_bit;
} kit_dns_log;

/* One or two datagrams (two: then_good). len 0 = no answer. */
typedef struct kit_dns_reply {
  uint8_t *data; /* free by kit_dns_reply_free() */
  size_t len;
  uint64_t delay;
  int wrong_address, wrong_port; /* send it from another address / port */
  int frame_extra;               /* add this to the length of the TCP frame */
  uint8_t *good;                 /* send this after it, unspoiled; NULL = none */
  size_t good_len;
} kit_dns_reply;

kit_dns *kit_dns_new(void);
void kit_dns_free(kit_dns *dns);
/*
 * Master file subset, one record a line: [name] [TTL] [IN] TYPE rdata, '@', blank name =
 * the last one, "$ORIGIN x", "$TTL n", ';' comments, quoted TXT strings, "*.x" wildcards,
 * and any type as TYPEnnn \# length hex (RFC 3597). SOA: MNAME RNAME SERIAL REFRESH RETRY
 * EXPIRE MINIMUM on one line. A zone begins at each SOA; what is in no zone is REFUSED.
 * Returns 0, or the number of the first bad line.
 */
int kit_dns_zone(kit_dns *dns, const char *text);
void kit_dns_remove(kit_dns *dns, const char *name, int type); /* type 0 = all */
void kit_dns_rule_add(kit_dns *dns, const kit_dns_rule *rule);
void kit_dns_rules_clear(kit_dns *dns);
void kit_dns_ad(kit_dns *dns, int ad); /* 1: AD bit in every answer from a zone */
void kit_dns_udp_limit(kit_dns *dns,
                       size_t limit); /* most octets over UDP; default 1232 */

/* Answers one message (no TCP length in front). reply is overwritten. */
void kit_dns_answer(kit_dns *dns, const void *query, size_t len, int tcp, uint16_t port,
                    kit_dns_reply *reply);
void kit_dns_reply_free(kit_dns_reply *reply);
/* TCP: whether buf begins with a whole frame; its message is then at buf + 2. */
int kit_dns_frame(const void *buf, size_t len, size_t *message_len);

size_t kit_dns_count(const kit_dns *dns); /* queries so far */
const kit_dns_log *kit_dns_at(const kit_dns *dns, size_t index);
size_t kit_dns_asked(const kit_dns *dns, const char *name, int type); /* 0 = any type */

/* Writes a query; returns its length. edns = UDP size of an OPT, 0 = none. */
size_t kit_dns_query(uint8_t *dst, size_t cap, uint16_t id, const char *name, int type,
                     unsigned edns);

#endif

/* SPDX-License-Identifier: MIT */
/* The resolver's own state. resolver.c is its public face, query.c asks one question,
 * answer.c reads what came back, trace.c tells about both. */
#ifndef MR_DNS_INTERNAL_H
#define MR_DNS_INTERNAL_H

#include "base/channel.h"
#include "base/last_error.h"
#include "dns/cache.h"
#include "dns/codec.h"
#include "dns/match.h"
#include "dns/resolver.h"

enum {
  MR__DNS_SERVERS_MAX = 8,
  MR__DNS_PORT = 53,
  MR__DNS_PORT_DRAWS = 8, /* other local ports after one that is taken */
  MR__DNS_FAILURE_TEXT = 256
};

typedef struct mr__dns_server {
  mr__ip ip;
  char address[MR__IP_TEXT];
  int port;
} mr__dns_server;

/* A CNAME that was followed. */
typedef struct mr__dns_alias {
  mr__dname target;
  uint32_t ttl;
} mr__dns_alias;

typedef struct mr__dns_trace_line mr__dns_trace_line;

typedef struct mr__question {
  struct mr__question *prev, *next;
  mr_resolver *resolver;
  uint64_t id, tag;
  int type;
  mr__dname asked;
  mr__dname current; /* behind the CNAMEs known so far */
  char name[MR__DNAME_TEXT];
  mr__dns_alias *aliases;
  size_t alias_count, alias_room;

  uint64_t deadline;
  mr__timer timer;
  unsigned turn;    /* round * servers + server */
  unsigned servers; /* as many as there were at the start */
  unsigned bad;     /* bit per server: asked no more */
  unsigned draws;
  mr_channel *channel;
  unsigned wire_id;
  uint8_t wire[2 + MR__DNS_QUERY_MAX]; /* length as TCP has it, query */
  size_t wire_len;                     /* of the query alone */
  mr__buf in;                          /* TCP: length and message so far */

  int reason; /* of the last failure */
  char text[MR__DNS_FAILURE_TEXT];
  char server[MR__IP_TEXT]; /* that answered */
  int cached;
  mr__dns_result *result; /* NULL: it failed with reason and text */
  mr_answer answer;
  mr__event_node node;
} mr__question;

struct mr_resolver {
  mr__ctx *ctx;
  const mr_options *options;
  mr__events *answers;
  mr__dns_server servers[MR__DNS_SERVERS_MAX];
  unsigned server_count;
  mr__map by_id; /* questions whose answer the host has not taken */
  mr__question *questions;
  mr__dns_cache cache;
  mr__dns_trace_line *traces;
  size_t trace_count;
  mr__last_error error;
  mr_event event;
  int doomed; /* freed inside a service: goes when that has returned through us */
};

/* resolver.c: end of every input; the resolver may be gone behind it. */
void mr__resolver_leave(mr_resolver *r);

/* query.c */
/* MR_OK or MR_ERR_NOMEM. */
int mr__question_new(mr__question **out, mr_resolver *r, const mr__dname *name, int type);
void mr__question_free(mr__question *q);
/* From the cache, from a server, or as a failure: an answer will come. */
void mr__question_start(mr__question *q);

/* answer.c */
enum mr__dns_verdict {
  MR__DNS_DONE = 1,   /* *result is made */
  MR__DNS_FOLLOW = 2, /* q->current has moved: ask for it */
  MR__DNS_NEXT = 3,   /* worthless: ask another server; reason and text are noted */
  MR__DNS_FAILED = 4  /* no server can help; reason and text are noted */
};
int mr__dns_judge(mr__question *q, const uint8_t *data, size_t len,
                  mr__dns_result **result);
/* Why there is no answer. A weak reason (timeout, local) never hides what a server said.
 */
void mr__question_note(mr__question *q, int reason, const char *format, ...);
const mr__dns_server *mr__question_server(const mr__question *q);
const char *mr__dns_type_name(int type);
const char *mr__dns_rcode_name(unsigned rcode);

/* trace.c: best effort, only with MR_OPT_TRACE. */
void mr__dns_trace_sent(mr__question *q);
void mr__dns_trace_received(mr__question *q, const mr__dns_head *head, size_t len);
void mr__dns_trace_free(mr_resolver *r);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A resolver with virtual time and a host around it. Each query that leaves is given to
 * `serve`, which writes the answer packet (len 0 = none); the lab sends it back. Answers
 * are kept as one line of text each.
 */
#ifndef DNS_LAB_H
#define DNS_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <mailroute/options.h>
#include <mailroute/resolver.h>

#include "dns/packet.h"
#include "kit/kit_alloc.h"
#include "kit/kit_split.h"

enum { LAB_CHANNELS = 2048, LAB_LINE = 4096, LAB_ANSWERS = 64, LAB_TRACES = 8 };

typedef struct lab_query {
  unsigned id, type;
  int tcp, local_port;
  char name[256];
  const char *address; /* of the server */
  mr_channel *channel;
  size_t number; /* from 1 */
} lab_query;

typedef struct lab {
  kit_env *k;
  mr_options *options;
  mr_resolver *r;
  uint64_t now;
  void (*serve)(struct lab *lab, const lab_query *query, packet *out);
  /* Whether the channel opens; 0 or the #mr_close_cause. NULL = all open */
  int (*connect)(struct lab *lab, mr_channel *channel);
  kit_pieces pieces;        /* how TCP octets arrive */
  const char *from_address; /* NULL = the server's */
  int from_port;            /* 0 = the server's */
  mr_channel *channels[LAB_CHANNELS];
  size_t channel_count;
  size_t queries, tcp_queries, opened;
  char traces[LAB_TRACES][256]; /* "DIRECTION HOST TEXT" */
  size_t trace_count;
  char answers[LAB_ANSWERS][LAB_LINE];
  size_t answer_count;
  size_t told; /* answers, also those past the room */
  packet in, out;
} lab;

static inline void lab_add(char *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void lab_add(char *line, const char *format, ...) {
  size_t n = strlen(line);
  va_list args;
  va_start(args, format);
  vsnprintf(line + n, LAB_LINE - n, format, args);
  va_end(args);
}

static inline void lab_add_records(char *line, const mr_dns_record *const *records,
                                   size_t count) {
  for (size_t i = 0; i < count; i++) {
    const mr_dns_record *rec = records[i];
    lab_add(line, " [");
    if (rec->type == MR_DNS_MX)
      lab_add(line, "%d ", rec->preference);
    lab_add(line, "%s%s ttl=%llu]", rec->type == MR_DNS_CNAME ? "CNAME " : "", rec->text,
            (unsigned long long)rec->ttl);
    if ((rec->type == MR_DNS_MX || rec->type == MR_DNS_CNAME) && !rec->is_host)
      lab_add(line, "(no host)");
  }
}

/* "OK example.org ttl=300 [10 mx.example.org ttl=300]" */
static inline void lab_line(char *line, const mr_answer *a) {
  static const char *const status[] = {"?", "OK", "NODATA", "NXDOMAIN", "FAILURE"};
  line[0] = '\0';
  lab_add(line, "%s", status[a->status]);
  if (a->status == MR_DNS_FAILURE)
    lab_add(line, " %s", mr_reason_name(a->reason));
  lab_add(line, " %s ttl=%llu", a->canonical, (unsigned long long)a->ttl);
  lab_add_records(line, a->aliases, a->alias_count);
  lab_add_records(line, a->records, a->record_count);
  if (a->malformed)
    lab_add(line, " malformed=%zu", a->malformed);
  if (a->cached)
    lab_add(line, " cached");
}

static inline void lab_answer(lab *l, const mr_event *e) {
  assert_non_null(e->answer);
  assert_int_equal(e->id, e->answer->id);
  assert_int_equal(e->tag, e->answer->tag);
  assert_non_null(e->answer->text);
  assert_non_null(e->answer->server);
  l->told++;
  if (l->answer_count < LAB_ANSWERS)
    lab_line(l->answers[l->answer_count++], e->answer);
}

/* The last octets of a TCP stream may fall on an engine that has let go. */
static inline void lab_deliver(lab *l, mr_channel *c, const packet *p) {
  if (mr_channel_kind(c) == MR_CHANNEL_UDP) {
    mr_channel_recv_from(c, p->data, p->len,
                         l->from_address ? l->from_address : mr_channel_remote_address(c),
                         l->from_port ? l->from_port : mr_channel_remote_port(c), l->now);
    return;
  }
  uint8_t *frame = malloc(p->len + 2);
  frame[0] = (uint8_t)(p->len >> 8);
  frame[1] = (uint8_t)(p->len & 0xff);
  memcpy(frame + 2, p->data, p->len);
  for (size_t at = 0; at < p->len + 2;) {
    size_t n = kit_pieces_take(&l->pieces, p->len + 2 - at);
    void *piece = kit_exact(frame + at, n);
    mr_channel_recv(c, piece, n, l->now);
    free(piece);
    at += n;
  }
  free(frame);
}

static inline void lab_parse(lab_query *q, const uint8_t *data, size_t len) {
  size_t at = PACKET_HEADER, n = 0;
  assert_true(len > PACKET_HEADER + 4);
  q->id = (unsigned)data[0] << 8 | data[1];
  assert_int_equal(data[2], 1); /* standard query, recursion desired */
  assert_int_equal(data[3], 0);
  assert_memory_equal(data + 4, "\0\1\0\0\0\0\0\0", 8);
  for (; data[at]; at += (size_t)data[at] + 1) {
    memcpy(q->name + n, data + at + 1, data[at]);
    n += data[at];
    q->name[n++] = '.';
  }
  q->name[n ? n - 1 : 0] = '\0';
  assert_int_equal(at + 5, len);
  q->type = (unsigned)data[at + 1] << 8 | data[at + 2];
  assert_int_equal(data[at + 3] << 8 | data[at + 4], C_IN);
}

static inline void lab_query_out(lab *l, mr_channel *c) {
  lab_query q = {.tcp = mr_channel_kind(c) == MR_CHANNEL_TCP,
                 .local_port = mr_channel_local_port(c),
                 .address = mr_channel_remote_address(c),
                 .channel = c};
  const uint8_t *data = l->in.data;
  size_t len = l->in.len;
  if (q.tcp) {
    assert_true(len > 2);
    assert_int_equal(data[0] << 8 | data[1], len - 2);
    data += 2;
    len -= 2;
  }
  lab_parse(&q, data, len);
  q.number = ++l->queries;
  l->tcp_queries += (size_t)q.tcp;
  l->out.len = 0;
  if (l->serve)
    l->serve(l, &q, &l->out);
  if (l->out.len)
    lab_deliver(l, c, &l->out);
}

/* All that is pending is one query: nothing else is ever sent on a channel. */
static inline void lab_update(lab *l, mr_channel *c) {
  const void *data;
  size_t len;
  l->in.len = 0;
  while (mr_channel_pending(c, 0, &data, &len) == MR_OK && len > 0) {
    packet_raw(&l->in, data, len);
    assert_int_equal(mr_channel_sent(c, len, l->now), MR_OK);
  }
  if (l->in.len)
    lab_query_out(l, c);
}

static inline void lab_open(lab *l, mr_channel *c) {
  assert_true(l->channel_count < LAB_CHANNELS);
  l->channels[l->channel_count++] = c;
  l->opened++;
  int cause = l->connect ? l->connect(l, c) : 0;
  if (cause > 0)
    assert_int_equal(mr_channel_closed(c, cause, 0, NULL, l->now), MR_OK);
  else if (cause == 0)
    assert_int_equal(mr_channel_opened(c, NULL, l->now), MR_OK);
}

static inline void lab_channel_free(lab *l, mr_channel *c) {
  for (size_t i = 0; i < l->channel_count; i++)
    if (l->channels[i] == c)
      l->channels[i] = l->channels[--l->channel_count];
  mr_channel_free(c);
}

static inline void lab_trace(lab *l, const mr_event *e) {
  if (l->trace_count < LAB_TRACES)
    snprintf(l->traces[l->trace_count++], sizeof l->traces[0], "%d %s %s", e->direction,
             e->host, e->text);
}

static inline void lab_pump(lab *l) {
  const mr_event *e;
  for (int i = 0; (e = mr_resolver_next(l->r)) != NULL; i++) {
    assert_true(i < 100000);
    switch (e->type) {
    case MR_EVENT_OPEN:
      lab_open(l, e->channel);
      break;
    case MR_EVENT_UPDATE:
      lab_update(l, e->channel);
      break;
    case MR_EVENT_CLOSE:
      lab_channel_free(l, e->channel);
      break;
    case MR_EVENT_ANSWER:
      lab_answer(l, e);
      break;
    default:
      assert_int_equal(e->type, MR_EVENT_TRACE);
      lab_trace(l, e);
      break;
    }
  }
  /* Channels closed by us have no CLOSE event. */
  for (size_t i = l->channel_count; i-- > 0;)
    if (mr_channel_wants(l->channels[i]) == 0)
      lab_channel_free(l, l->channels[i]);
}

/* Time passes until nothing is due any more. Law: no deadline stays in the past. */
static inline void lab_run(lab *l) {
  lab_pump(l);
  for (int i = 0; mr_resolver_deadline(l->r) != MR_NEVER; i++) {
    assert_true(i < 10000);
    uint64_t due = mr_resolver_deadline(l->r);
    l->now = due > l->now ? due : l->now;
    assert_int_equal(mr_resolver_expire(l->r, l->now), MR_OK);
    assert_true(mr_resolver_deadline(l->r) > l->now);
    lab_pump(l);
  }
}

static inline lab *lab_new(kit_env *k) {
  lab *l = calloc(1, sizeof *l);
  l->k = k;
  l->now = 1000;
  kit_pieces_init(&l->pieces, KIT_PIECES_WHOLE, 1);
  if (mr_options_new(&l->options, &k->env) != MR_OK)
    l->options = NULL;
  return l;
}

/* MR_OK or what failed. */
static inline int lab_start(lab *l, unsigned servers) {
  static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "2001:db8::3"};
  if (!l->options)
    return MR_ERR_NOMEM;
  int err = mr_resolver_new(&l->r, &l->k->env, l->options);
  for (unsigned i = 0; !err && i < servers; i++)
    err = mr_resolver_add_server(l->r, addresses[i], 0);
  return err;
}

static inline void lab_free(lab *l) {
  mr_resolver_free(l->r);
  while (l->channel_count)
    lab_channel_free(l, l->channels[0]);
  mr_options_free(l->options);
  free(l);
}

/* The usual case: own environment, no faults. */
static inline lab *lab_with(unsigned servers,
                            void (*serve)(lab *, const lab_query *, packet *)) {
  static kit_env k;
  kit_env_init(&k, 7);
  lab *l = lab_new(&k);
  l->serve = serve;
  assert_int_equal(lab_start(l, servers), MR_OK);
  return l;
}

static inline void lab_done(lab *l) {
  kit_env *k = l->k;
  lab_free(l);
  assert_int_equal(kit_env_done(k), 0);
}

/* Asks, runs, and gives the line of the one answer. */
static inline const char *lab_ask(lab *l, const char *name, int type) {
  size_t told = l->told;
  uint64_t id = 0;
  l->answer_count = 0;
  assert_int_equal(mr_resolver_query(l->r, &id, name, type, 4711, l->now), MR_OK);
  assert_int_not_equal(id, 0);
  lab_run(l);
  assert_int_equal(l->told, told + 1);
  return l->answers[0];
}

/* Header and question of an honest answer. */
static inline void lab_reply(packet *out, const lab_query *q, unsigned rcode) {
  packet_start(out, q->id, 0x8180 | rcode, 1);
  packet_question(out, q->name, q->type, C_IN);
}

#endif

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/fmt.h"
#include "dns/internal.h"

enum {
  PORT_FIRST = 1024,
  PORT_COUNT = 65536 - PORT_FIRST,
  TCP_PREFIX = 2, /* RFC 1035 4.2.2 */
  IN_MAX = TCP_PREFIX + MR__DNS_PACKET_MAX,
  PERCENT = 100,
  SECOND = 1000
};

static mr__ctx *ctx_of(const mr__question *q) { return q->resolver->ctx; }

static uint64_t option(const mr__question *q, int id) {
  return (uint64_t)mr_options_get(q->resolver->options, id);
}

static uint64_t scaled(const mr__question *q, int id) {
  uint64_t time = option(q, id) * option(q, MR_OPT_TIMEOUT_SCALE) / PERCENT;
  return time ? time : 1;
}

/* ---- the end of a question ---- */

static void hang_up(mr__question *q) {
  mr__channel_close(q->channel);
  q->channel = NULL;
  mr__buf_free(&q->in);
}

static void finish(mr__question *q, mr__dns_result *result) {
  hang_up(q);
  mr__timer_stop(ctx_of(q), &q->timer);
  q->result = result;
  mr__event_post(q->resolver->answers, &q->node);
}

/* A failure is remembered for a while, unless it was our own. */
static void remember_failure(mr__question *q) {
  if (q->reason == MR_REASON_DNS_LOCAL || q->reason == MR_REASON_DNS_NO_SERVER)
    return;
  q->answer.ttl = option(q, MR_OPT_DNS_ERROR_MAX) / SECOND;
  mr__dns_result *result = mr__dns_result_new(&ctx_of(q)->env, 0, ctx_of(q)->now);
  if (!result)
    return;
  result->status = MR_DNS_FAILURE;
  result->reason = q->reason;
  result->ttl = q->answer.ttl;
  if (mr__dns_result_seal(result, q->name, q->text) == MR_OK)
    mr__dns_cache_put(&q->resolver->cache, &q->asked, q->type, result);
  mr__dns_result_drop(result);
}

static void finish_failure(mr__question *q) {
  remember_failure(q);
  finish(q, NULL);
}

static void finish_local(mr__question *q, const char *what) {
  q->reason = MR_REASON_NONE;
  mr__question_note(q, MR_REASON_DNS_LOCAL, "%s", what);
  finish_failure(q);
}

/* ---- one transmission ---- */

static const mr__channel_ops channel_ops;

static uint64_t turn_end(const mr__question *q) {
  uint64_t wait = scaled(q, MR_OPT_DNS_TRY_TIMEOUT) << q->turn / q->servers;
  uint64_t at = ctx_of(q)->now + wait;
  return at < q->deadline ? at : q->deadline;
}

/* A fresh random id and, for UDP, local port each time (RFC 5452 section 9.2). */
static int draw(mr__question *q, int kind, int *port) {
  const mr_env *env = &ctx_of(q)->env;
  uint32_t drawn = 0;
  int err = mr__random(env, q->wire + TCP_PREFIX, 2);
  if (!err && kind == MR_CHANNEL_UDP)
    err = mr__random_below(env, PORT_COUNT, &drawn);
  q->wire_id = (unsigned)q->wire[TCP_PREFIX] << 8 | q->wire[TCP_PREFIX + 1];
  *port = kind == MR_CHANNEL_UDP ? PORT_FIRST + (int)drawn : 0;
  return err;
}

static int open_channel(mr__question *q, int kind, int port) {
  const mr__dns_server *server = mr__question_server(q);
  const mr_options *options = q->resolver->options;
  const char *source = mr_options_get_text(
      options, server->ip.family == 4 ? MR_OPT_SOURCE_IPV4 : MR_OPT_SOURCE_IPV6);
  int err = mr__channel_open(&q->channel, ctx_of(q), &channel_ops, q, kind,
                             server->address, server->port, source, port,
                             (size_t)mr_options_get(options, MR_OPT_SEGMENT_SIZE));
  if (err)
    return err;
  size_t prefix = kind == MR_CHANNEL_TCP ? TCP_PREFIX : 0;
  return mr__out_put(&q->channel->out, q->wire + TCP_PREFIX - prefix,
                     q->wire_len + prefix);
}

static void transmit(mr__question *q, int kind) {
  int port;
  hang_up(q);
  if (draw(q, kind, &port) != MR_OK) {
    finish_local(q, "no random number for the query");
    return;
  }
  if (open_channel(q, kind, port) != MR_OK) {
    finish_local(q, "no memory for the query");
    return;
  }
  mr__dns_trace_sent(q);
  mr__timer_set(ctx_of(q), &q->timer, turn_end(q));
}

/* ---- turns: every server in every round, but for the bad ones ---- */

static void take_turn(mr__question *q) {
  unsigned turns = (unsigned)option(q, MR_OPT_DNS_TRIES) * q->servers;
  while (q->turn < turns && (q->bad >> q->turn % q->servers & 1))
    q->turn++;
  if (ctx_of(q)->now >= q->deadline)
    mr__question_note(q, MR_REASON_DNS_TIMEOUT, "no answer about %s in time", q->name);
  if (q->turn >= turns || ctx_of(q)->now >= q->deadline)
    finish_failure(q);
  else
    transmit(q, MR_CHANNEL_UDP);
}

static void next_turn(mr__question *q, int bad) {
  if (bad)
    q->bad |= 1u << q->turn % q->servers;
  q->turn++;
  q->draws = 0;
  take_turn(q);
}

static int over_tcp(const mr__question *q) {
  return q->channel && q->channel->kind == MR_CHANNEL_TCP;
}

static void on_time(mr__timer *timer, void *owner) {
  mr__question *q = owner;
  (void)timer;
  mr__question_note(q, MR_REASON_DNS_TIMEOUT, "%s did not answer%s in time",
                    mr__question_server(q)->address, over_tcp(q) ? " over TCP" : "");
  next_turn(q, over_tcp(q));
}

/* Asks for q->current, from the first turn on. */
static void ask(mr__question *q) {
  size_t len;
  if (mr__dns_encode(q->wire + TCP_PREFIX, &len, &q->current, q->type) != MR_OK) {
    finish_local(q, "no memory for the query");
    return;
  }
  q->wire[0] = (uint8_t)(len >> 8);
  q->wire[1] = (uint8_t)(len & 0xff);
  q->wire_len = len;
  q->turn = q->bad = q->draws = 0;
  q->reason = MR_REASON_NONE;
  take_turn(q);
}

/* ---- what comes back ---- */

static int reason_of(unsigned rcode) {
  switch (rcode) {
  case MR__DNS_FORMERR:
    return MR_REASON_DNS_FORMERR;
  case MR__DNS_REFUSED:
  case MR__DNS_NOTIMP:
    return MR_REASON_DNS_REFUSED;
  default:
    return MR_REASON_DNS_SERVFAIL;
  }
}

static void on_verdict(mr__question *q, int verdict, mr__dns_result *result) {
  switch (verdict) {
  case MR__DNS_DONE:
    mr__fmt_to(q->server, sizeof q->server, "%s", mr__question_server(q)->address);
    mr__dns_cache_put(&q->resolver->cache, &q->asked, q->type, result);
    finish(q, result);
    break;
  case MR__DNS_FOLLOW:
    ask(q);
    break;
  case MR__DNS_NEXT:
    next_turn(q, 1);
    break;
  default:
    finish_failure(q);
    break;
  }
}

/* A packet that answers our question. */
static void on_answer(mr__question *q, const uint8_t *data, size_t len,
                      const mr__dns_head *head) {
  mr__dns_result *result = NULL;
  mr__dns_trace_received(q, head, len);
  if (head->rcode != MR__DNS_NOERROR && head->rcode != MR__DNS_NXNAME) {
    mr__question_note(q, reason_of(head->rcode), "%s answered %s %s with %s",
                      mr__question_server(q)->address, q->name,
                      mr__dns_type_name(q->type), mr__dns_rcode_name(head->rcode));
    next_turn(q, 1);
  } else if (head->truncated && !over_tcp(q)) {
    transmit(q, MR_CHANNEL_TCP);
  } else if (head->truncated) {
    mr__question_note(q, MR_REASON_DNS_MALFORMED, "%s truncates over TCP",
                      mr__question_server(q)->address);
    next_turn(q, 1);
  } else {
    int verdict = mr__dns_judge(q, data, len, &result);
    on_verdict(q, verdict, result);
  }
}

static mr__dns_expect expectation(const mr__question *q) {
  const mr__dns_server *server = mr__question_server(q);
  return (mr__dns_expect){q->wire_id, &q->current, q->type, &server->ip, server->port};
}

static int recv_datagram(mr__question *q, const uint8_t *data, size_t len,
                         const char *address, int port) {
  mr__dns_expect expect = expectation(q);
  mr__dns_head head;
  if (mr__dns_from(&expect, address, port) && mr__dns_matches(&expect, data, len, &head))
    on_answer(q, data, len, &head);
  return MR_OK;
}

/* Octets still missing of the length, then of the message. */
static size_t missing(const mr__question *q) {
  if (q->in.len < TCP_PREFIX)
    return TCP_PREFIX - q->in.len;
  mr__cur cur = mr__cur_of(q->in.data, TCP_PREFIX);
  return TCP_PREFIX + mr__cur_get16(&cur) - q->in.len;
}

/* The channel is gone after an answer; what does not match is dropped, as over UDP. */
static void on_message(mr__question *q) {
  mr__dns_expect expect = expectation(q);
  mr__dns_head head;
  mr__buf in = q->in;
  mr__buf_init(&q->in, in.env, IN_MAX);
  if (mr__dns_matches(&expect, in.data + TCP_PREFIX, in.len - TCP_PREFIX, &head))
    on_answer(q, in.data + TCP_PREFIX, in.len - TCP_PREFIX, &head);
  mr__buf_free(&in);
}

static int recv_stream(mr__question *q, mr_channel *c, const uint8_t *data, size_t len) {
  while (len > 0 && q->channel == c) {
    size_t want = missing(q);
    size_t n = len < want ? len : want;
    if (mr__buf_put(&q->in, data, n) != MR_OK) {
      finish_local(q, "no memory for the answer");
      return MR_ERR_NOMEM;
    }
    data += n;
    len -= n;
    if (q->in.len >= TCP_PREFIX && missing(q) == 0)
      on_message(q);
  }
  return MR_OK;
}

static int on_recv(void *owner, mr_channel *c, const uint8_t *data, size_t len,
                   const char *address, int port) {
  mr__question *q = owner;
  mr_resolver *r = q->resolver;
  int result = c->kind == MR_CHANNEL_UDP ? recv_datagram(q, data, len, address, port)
                                         : recv_stream(q, c, data, len);
  mr__resolver_leave(r);
  return result;
}

static void on_opened(void *owner, mr_channel *c) {
  (void)owner;
  mr__channel_update(c);
}

static int is_local(int cause) {
  return cause == MR_CLOSE_NO_LOCAL_ADDRESS || cause == MR_CLOSE_NO_RESOURCES ||
         cause == MR_CLOSE_CANCELLED;
}

static void lost_channel(mr__question *q, int udp, int cause, const char *text) {
  hang_up(q);
  if (cause == MR_CLOSE_NO_LOCAL_ADDRESS && udp && q->draws < MR__DNS_PORT_DRAWS) {
    q->draws++;
    transmit(q, MR_CHANNEL_UDP);
    return;
  }
  mr__question_note(q, is_local(cause) ? MR_REASON_DNS_LOCAL : MR_REASON_DNS_TIMEOUT,
                    "the channel to %s ended without an answer%s%q",
                    mr__question_server(q)->address, *text ? ": " : "", text);
  next_turn(q, !udp);
}

static void on_closed(void *owner, mr_channel *c, int cause, uint64_t in_flight,
                      const char *text) {
  mr__question *q = owner;
  mr_resolver *r = q->resolver;
  (void)in_flight;
  lost_channel(q, c->kind == MR_CHANNEL_UDP, cause, text);
  mr__resolver_leave(r);
}

static const mr__channel_ops channel_ops = {on_opened, on_recv, NULL, on_closed};

/* ---- the event ---- */

static void fill_failure(const mr__question *q, mr_answer *out) {
  out->status = MR_DNS_FAILURE;
  out->reason = q->reason;
  out->canonical = q->name;
  out->text = q->text;
}

static void on_fill(mr__event_node *node, mr_event *out) {
  mr__question *q = MR__OWNER(node, mr__question, node);
  mr_answer *answer = &q->answer;
  answer->id = q->id;
  answer->tag = q->tag;
  answer->name = q->name;
  answer->type = q->type;
  answer->server = q->server;
  answer->cached = q->cached;
  if (q->result)
    mr__dns_result_answer(q->result, answer, ctx_of(q)->now);
  else
    fill_failure(q, answer);
  out->id = q->id;
  out->tag = q->tag;
  out->answer = answer;
  mr__map_remove(&q->resolver->by_id, &q->id, sizeof q->id);
}

static void on_done(mr__event_node *node) {
  mr__question_free(MR__OWNER(node, mr__question, node));
}

/* ---- life ---- */

int mr__question_new(mr__question **out, mr_resolver *r, const mr__dname *name,
                     int type) {
  mr__question *q = mr__calloc(&r->ctx->env, 1, sizeof *q);
  if (!q)
    return MR_ERR_NOMEM;
  q->resolver = r;
  q->id = mr__ctx_id(r->ctx);
  q->type = type;
  q->asked = q->current = *name;
  mr__dname_text(name->octets, name->len, q->name);
  mr__buf_init(&q->in, &r->ctx->env, IN_MAX);
  q->timer.fire = on_time;
  q->timer.owner = q;
  q->node.type = MR_EVENT_ANSWER;
  q->node.fill = on_fill;
  q->node.done = on_done;
  if (mr__map_put(&r->by_id, &q->id, sizeof q->id, q, NULL) != MR_OK) {
    mr__free(&r->ctx->env, q);
    return MR_ERR_NOMEM;
  }
  q->next = r->questions;
  if (q->next)
    q->next->prev = q;
  r->questions = q;
  *out = q;
  return MR_OK;
}

void mr__question_free(mr__question *q) {
  mr_resolver *r = q->resolver;
  hang_up(q);
  mr__timer_stop(r->ctx, &q->timer);
  mr__event_remove(r->answers, &q->node);
  mr__map_remove(&r->by_id, &q->id, sizeof q->id);
  *(q->prev ? &q->prev->next : &r->questions) = q->next;
  if (q->next)
    q->next->prev = q->prev;
  mr__dns_result_drop(q->result);
  mr__free(&r->ctx->env, q->aliases);
  mr__free(&r->ctx->env, q);
}

void mr__question_start(mr__question *q) {
  mr_resolver *r = q->resolver;
  q->deadline = r->ctx->now + scaled(q, MR_OPT_DNS_DEADLINE);
  q->servers = r->server_count;
  mr__dns_result *known = mr__dns_cache_get(&r->cache, &q->asked, q->type, r->ctx->now);
  if (known) {
    q->cached = 1;
    finish(q, known);
  } else if (q->servers == 0) {
    mr__question_note(q, MR_REASON_DNS_NO_SERVER, "no DNS server is known");
    finish_failure(q);
  } else {
    ask(q);
  }
}

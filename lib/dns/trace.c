/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"
#include "dns/internal.h"
#include "text/event.h"

enum {
  LINE = 512,      /* octets of a line */
  LINES_MAX = 1000 /* lines that the host has not taken */
};

struct mr__dns_trace_line {
  mr__dns_trace_line *prev, *next;
  mr_resolver *resolver;
  mr__event_node node;
  int direction;
  char host[MR__IP_TEXT];
  char text[LINE];
};

static void line_free(mr__dns_trace_line *line) {
  mr_resolver *r = line->resolver;
  *(line->prev ? &line->prev->next : &r->traces) = line->next;
  if (line->next)
    line->next->prev = line->prev;
  r->trace_count--;
  mr__event_remove(&r->ctx->events, &line->node);
  mr__free(&r->ctx->env, line);
}

static void on_fill(mr__event_node *node, mr_event *out) {
  const mr__dns_trace_line *line = MR__OWNER(node, mr__dns_trace_line, node);
  out->direction = line->direction;
  out->stage = MR_STAGE_ROUTE;
  out->host = line->host;
  out->text = line->text;
  out->text_len = mr__strlen(line->text);
}

static void on_done(mr__event_node *node) {
  line_free(MR__OWNER(node, mr__dns_trace_line, node));
}

/* NULL: no trace is wanted, or there is no room. */
static mr__dns_trace_line *line_new(mr__question *q, int direction) {
  mr_resolver *r = q->resolver;
  if (!mr_options_get(r->options, MR_OPT_TRACE) || r->trace_count >= LINES_MAX)
    return NULL;
  mr__dns_trace_line *line = mr__calloc(&r->ctx->env, 1, sizeof *line);
  if (!line)
    return NULL;
  line->resolver = r;
  line->next = r->traces;
  if (r->traces)
    r->traces->prev = line;
  r->traces = line;
  r->trace_count++;
  line->direction = direction;
  mr__fmt_to(line->host, sizeof line->host, "%s", mr__question_server(q)->address);
  line->node.type = MR_EVENT_TRACE;
  line->node.fill = on_fill;
  line->node.done = on_done;
  return line;
}

void mr__dns_trace_sent(mr__question *q) {
  mr__dns_trace_line *line = line_new(q, MR_DIRECTION_SENT);
  char name[MR__DNAME_TEXT];
  if (!line)
    return;
  mr__dname_text(q->current.octets, q->current.len, name);
  mr__fmt_to(line->text, sizeof line->text, "%u %s %s over %s", q->wire_id,
             mr__dns_type_name(q->type), name,
             q->channel->kind == MR_CHANNEL_UDP ? "UDP" : "TCP");
  mr__event_post(&q->resolver->ctx->events, &line->node);
}

void mr__dns_trace_received(mr__question *q, const mr__dns_head *head, size_t len) {
  mr__dns_trace_line *line = line_new(q, MR_DIRECTION_RECEIVED);
  if (!line)
    return;
  mr__fmt_to(line->text, sizeof line->text, "%u %s%s, answers %u, %zu octets", head->id,
             mr__dns_rcode_name(head->rcode), head->truncated ? " truncated" : "",
             head->counts[0], len);
  mr__event_post(&q->resolver->ctx->events, &line->node);
}

void mr__dns_trace_free(mr_resolver *r) {
  while (r->traces)
    line_free(r->traces);
}

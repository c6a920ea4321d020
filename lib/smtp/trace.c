/* SPDX-License-Identifier: MIT */
/* Transcripts (MR_OPT_TRACE): best effort; a line that finds no memory or room is
 * dropped. */
#include "smtp/smtp.h"

static mr__smtp_trace *trace_of(mr__event_node *node) {
  return MR__OWNER(node, mr__smtp_trace, node);
}

static void fill_trace(mr__event_node *node, struct mr_event *out) {
  mr__smtp_trace *trace = trace_of(node);
  out->direction = trace->direction;
  out->stage = trace->stage;
  out->id = trace->id;
  out->tag = trace->tag;
  out->host = trace->session->host;
  out->text = trace->text;
  out->text_len = trace->len;
}

static void forget(mr__smtp_trace *trace) {
  mr_session *s = trace->session;
  if (trace->prev)
    trace->prev->next = trace->next;
  else
    s->traces = trace->next;
  if (trace->next)
    trace->next->prev = trace->prev;
  s->trace_count--;
  mr__free(&s->ctx->env, trace);
}

static void trace_told(mr__event_node *node) { forget(trace_of(node)); }

static void keep(mr_session *s, mr__smtp_trace *trace) {
  trace->session = s;
  trace->next = s->traces;
  if (s->traces)
    s->traces->prev = trace;
  s->traces = trace;
  s->trace_count++;
  trace->node.type = MR_EVENT_TRACE;
  trace->node.fill = fill_trace;
  trace->node.done = trace_told;
  mr__event_post(&s->ctx->events, &trace->node);
}

void mr__smtp_trace_line(mr_session *s, int direction, int stage, const char *text,
                         size_t len) {
  if (!mr_options_get(s->options, MR_OPT_TRACE) || s->trace_count >= MR__SMTP_TRACE_MAX)
    return;
  mr__smtp_trace *trace = mr__calloc(&s->ctx->env, 1, sizeof *trace + len + 1);
  if (trace == NULL)
    return;
  trace->direction = direction;
  trace->stage = stage;
  trace->id = s->running ? s->running->id : 0;
  trace->tag = s->running ? s->running->tag : 0;
  trace->len = len;
  memcpy(trace->text, text, len);
  keep(s, trace);
}

void mr__smtp_trace_reply(mr_session *s, mr__reply *reply) {
  const char *line = mr__buf_text(&reply->raw);
  const char *end = line + strlen(line);
  while (line < end) {
    const char *lf = memchr(line, '\n', (size_t)(end - line));
    size_t len = (size_t)((lf ? lf : end) - line);
    mr__smtp_trace_line(s, MR_DIRECTION_RECEIVED, mr__smtp_stage(s), line, len);
    line += len + 1;
  }
}

void mr__smtp_trace_free(mr_session *s) {
  while (s->traces) {
    mr__event_remove(&s->ctx->events, &s->traces->node);
    forget(s->traces);
  }
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "text/event.h"
#include "text/json.h"
#include "text/names.h"

enum { MR__JSON_SCHEMA = 1, MR__JSON_MAX = 1 << 20 };

static void put_u64(mr__buf *buf, const char *key, uint64_t value) {
  mr__json_key(buf, key);
  mr__json_u64(buf, value);
}

static void put_tls(mr__buf *buf, const mr_outcome *o) {
  mr__json_key(buf, "tls");
  mr__json_open(buf, '{');
  mr__json_put_text(buf, "level", mr__level_name(o->tls_level));
  mr__json_put_text(buf, "version", o->tls_version);
  mr__json_put_text(buf, "cipher", o->tls_cipher);
  mr__json_put_flag(buf, "verified", o->tls_verified);
  mr__json_close(buf, '}');
}

void mr__outcome_json(mr__buf *buf, const mr_outcome *o) {
  put_u64(buf, "message", o->message);
  put_u64(buf, "tag", o->tag);
  put_u64(buf, "index", o->index);
  mr__json_put_text(buf, "recipient", o->recipient);
  mr__json_put_text(buf, "fate", mr_fate_name(o->fate));
  mr__json_put_flag(buf, "final", o->final);
  mr__json_put_text(buf, "action", mr__action_name(o->action));
  mr__json_put_text(buf, "reason", mr_reason_name(o->reason));
  mr__json_put_text(buf, "rule", mr_reason_rule(o->reason));
  mr__json_put_text(buf, "stage", mr_stage_name(o->stage));
  mr__json_put_number(buf, "code", o->code);
  mr__json_put_text(buf, "status", o->status);
  mr__json_put_text(buf, "text", o->text);
  mr__json_put_flag(buf, "from_server", o->from_server);
  mr__json_put_flag(buf, "throttle", o->throttle);
  mr__json_put_flag(buf, "uncertain", o->uncertain);
  mr__json_put_text(buf, "host", o->host);
  mr__json_put_text(buf, "address", o->address);
  mr__json_put_number(buf, "port", o->port);
  put_tls(buf, o);
  put_u64(buf, "attempts", o->attempts);
  put_u64(buf, "retry_in", o->retry_in);
}

static void put_channel(mr__buf *buf, const mr_channel *channel) {
  mr__json_key(buf, "channel");
  mr__json_open(buf, '{');
  put_u64(buf, "id", mr_channel_id(channel));
  mr__json_put_text(buf, "kind",
                    mr_channel_kind(channel) == MR_CHANNEL_UDP ? "udp" : "tcp");
  mr__json_put_text(buf, "address", mr_channel_remote_address(channel));
  mr__json_put_number(buf, "port", mr_channel_remote_port(channel));
  mr__json_close(buf, '}');
}

static void put_text(mr__buf *buf, const mr_event *e) {
  mr__json_key(buf, "text");
  mr__json_text_len(buf, e->text, e->text_len);
}

static void put_common(mr__buf *buf, const mr_event *e) {
  put_u64(buf, "id", e->id);
  if (e->outcome != NULL) {
    mr__outcome_json(buf, e->outcome);
    return;
  }
  put_u64(buf, "message", e->message);
  put_u64(buf, "tag", e->tag);
}

/* What is special to a type. */
static void put_special(mr__buf *buf, const mr_event *e) {
  switch (e->type) {
  case MR_EVENT_ACCEPTED:
    mr__json_put_text(buf, "durability", mr__durability_name(e->durability));
    break;
  case MR_EVENT_REFUSED:
    mr__json_put_text(buf, "reason", mr_reason_name(e->reason));
    put_text(buf, e);
    break;
  case MR_EVENT_ASK:
    mr__json_put_text(buf, "ask", mr__ask_name(e->ask));
    put_text(buf, e);
    break;
  case MR_EVENT_TRACE:
    mr__json_put_text(buf, "stage", mr_stage_name(e->stage));
    mr__json_put_text(buf, "direction", mr__direction_name(e->direction));
    mr__json_put_text(buf, "host", e->host);
    put_text(buf, e);
    break;
  default:
    if (e->channel != NULL)
      put_channel(buf, e->channel);
  }
}

int mr_event_json(const mr_event *event, char *dst, size_t cap, size_t *needed) {
  mr__buf buf;
  mr_env env;
  if (event == NULL || needed == NULL || (dst == NULL && cap > 0))
    return MR_ERR_MISUSE;
  mr__env_copy(&env, NULL);
  mr__buf_init(&buf, &env, MR__JSON_MAX);
  mr__json_open(&buf, '{');
  mr__json_put_number(&buf, "schema", MR__JSON_SCHEMA);
  mr__json_put_text(&buf, "event", mr_event_name(event->type));
  put_common(&buf, event);
  put_special(&buf, event);
  mr__json_close(&buf, '}');
  return mr__text_out(&buf, dst, cap, needed);
}

/* SPDX-License-Identifier: MIT */
/* Rules, and replies on their way out. */
#include <string.h>

#include "kit/kit_smtp_impl.h"

static int stage_fits(int rule, int at) {
  if (rule == at)
    return 1;
  return rule == KIT_AT_ANY && at != KIT_AT_GREETING && at != KIT_AT_TLS &&
         at != KIT_AT_BODY;
}

static int rule_fits(const kit_smtp *s, const kit_rule *r, int at, const char *arg) {
  if (!stage_fits(r->at, at) || !kit_glob(r->match, arg))
    return 0;
  if (s->number < r->conn_first || (r->conn_last && s->number > r->conn_last))
    return 0;
  return r->where == KIT_ANYWHERE || (r->where == KIT_IN_TLS) == s->under_tls;
}

const kit_rule *kit__smtp_rule(kit_smtp *s, int at, const char *arg) {
  kit_smtp_host *host = s->host;
  for (size_t i = 0; i < host->rule_count; i++) {
    const kit_rule *r = &host->rules[i];
    if (!rule_fits(s, r, at, arg))
      continue;
    unsigned hit = ++host->hits[i];
    if (hit >= r->first && (!r->last || hit <= r->last))
      return r;
  }
  return NULL;
}

static int class_of(const char *text, size_t len) {
  if (len < 4 || text[0] < '2' || text[0] > '5' || text[1] < '0' || text[1] > '9' ||
      text[2] < '0' || text[2] > '9')
    return 0;
  return text[0];
}

static void no_rule_defaults(kit_smtp *s, kit_pending *p) {
  p->due = s->now + s->host->config.delay;
}

/* Adds reply (or honest) and extra to the pending text; returns the class. */
static int fill(kit_smtp *s, const kit_rule *rule, const char *honest) {
  kit_pending *p = &s->pending;
  const char *text = rule && rule->reply ? rule->reply : honest;
  size_t len = rule && rule->reply ? rule->reply_len : strlen(honest);
  int silent = rule && (rule->action == KIT_DO_CLOSE || rule->action == KIT_DO_RESET ||
                        rule->action == KIT_DO_STALL);
  if (!silent) {
    kit_buf_add(&p->text, text, len);
    p->reply_len = p->text.len;
    if (rule && rule->extra)
      kit_buf_add(&p->text, rule->extra, rule->extra_len);
  }
  if (rule) {
    p->action = rule->action > p->action ? rule->action : p->action;
    p->dribble = rule->dribble;
    p->due = s->now + (rule->delay ? rule->delay : s->host->config.delay);
  }
  return class_of(text, len);
}

static void begin(kit_smtp *s, int counts) {
  kit_pending *p = &s->pending;
  kit_buf text = p->text;
  kit_buf_clear(&text);
  *p = (kit_pending){.active = 1, .text = text, .counts = counts, .next = s->phase};
  no_rule_defaults(s, p);
}

static void stall_if_asked(kit_pending *p) {
  if (p->action == KIT_DO_STALL)
    p->due = UINT64_MAX;
}

void kit__smtp_play(kit_smtp *s, const kit_rule *rule, const char *honest, int counts) {
  begin(s, counts);
  fill(s, rule, honest);
  stall_if_asked(&s->pending);
}

int kit__smtp_reply(kit_smtp *s, int at, const char *arg, const char *honest) {
  s->at = at;
  s->host->ledger.counts[at]++;
  begin(s, 1);
  int class = fill(s, kit__smtp_rule(s, at, arg), honest);
  stall_if_asked(&s->pending);
  return class;
}

int kit__smtp_reply_more(kit_smtp *s, int at, const char *arg, const char *honest,
                         int *discard) {
  if (!s->pending.active)
    begin(s, 1);
  const kit_rule *rule = kit__smtp_rule(s, at, arg);
  *discard = rule && rule->discard;
  int class = fill(s, rule, honest);
  stall_if_asked(&s->pending);
  return class;
}

static void mark_read(kit_smtp *s) {
  kit_pending *p = &s->pending;
  if (p->counts)
    s->reply_end = s->out_total;
  if (p->mail && p->reply_len)
    s->host->ledger.mails[p->mail - 1].replied = 1;
  s->host->ledger.replies += p->reply_len > 0;
}

/* Sends what is due now. Returns 1 when all of it is out. */
static int push(kit_smtp *s) {
  kit_pending *p = &s->pending;
  while (s->now >= p->due && p->sent < p->text.len) {
    size_t end = p->sent < p->reply_len ? p->reply_len : p->text.len;
    size_t n = p->dribble ? 1 : end - p->sent;
    kit__smtp_emit(s, p->text.data + p->sent, n);
    p->sent += n;
    p->due += p->dribble;
    if (p->sent == p->reply_len)
      mark_read(s);
  }
  return p->sent == p->text.len && (s->now >= p->due || (p->dribble && p->sent));
}

void kit__smtp_progress(kit_smtp *s) {
  kit_pending *p = &s->pending;
  if (!p->active || p->due == UINT64_MAX || !push(s))
    return;
  p->active = 0;
  s->phase = p->next;
  kit__smtp_log(s, 'S', kit_buf_at(&p->text), p->text.len);
  if (p->action == KIT_DO_RESET)
    kit__smtp_shut(s, KIT_CLOSE_RESET);
  else if (p->action == KIT_DO_CLOSE || p->action == KIT_DO_CLOSE_AFTER)
    kit__smtp_shut(s, KIT_CLOSE_EOF);
}

int kit__smtp_outstanding(const kit_smtp *s) {
  return (s->pending.active && s->pending.counts) || s->out_read < s->reply_end;
}

const char *kit__smtp_offers(const kit_smtp *s, const char *keyword) {
  const char *line = kit_buf_at(&s->offered);
  size_t len = strlen(keyword);
  for (; *line; line = strchr(line, '\n') + 1)
    if (kit_same_word(keyword, line, len) && strchr(" =\n", line[len]))
      return line + len + (line[len] != '\n');
  return NULL;
}

uint64_t kit__smtp_size_limit(const kit_smtp *s) {
  const char *text = kit__smtp_offers(s, "SIZE");
  uint64_t limit = 0;
  for (; text && *text >= '0' && *text <= '9'; text++)
    limit = limit * 10 + (uint64_t)(*text - '0');
  return limit ? limit : UINT64_MAX;
}

/* SPDX-License-Identifier: MIT */
#include "kit/kit_smtp.h"

#include <stdlib.h>
#include <string.h>

#include "kit/kit_smtp_impl.h"

static const char *const default_ehlo[] = {"PIPELINING", "SIZE 10485760", "8BITMIME",
                                           "ENHANCEDSTATUSCODES", NULL};
static const char *const default_ehlo_tls[] = {
    "PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS", NULL};

static void *keep(kit_smtp_host *host, char *copy) {
  host->kept = kit_xalloc(host->kept, (host->kept_count + 1) * sizeof *host->kept);
  host->kept[host->kept_count++] = copy;
  return copy;
}

static const char *keep_text(kit_smtp_host *host, const char *text) {
  return text ? keep(host, kit_xdup(text)) : NULL;
}

/* without = a line to leave out, or NULL. */
static const char *const *keep_list(kit_smtp_host *host, const char *const *list,
                                    const char *without) {
  size_t n = 0;
  while (list[n])
    n++;
  const char **copy = kit_xalloc(NULL, (n + 1) * sizeof *copy);
  keep(host, (char *)copy);
  size_t k = 0;
  for (size_t i = 0; i < n; i++)
    if (!without || !kit_same_word(without, list[i], strlen(list[i])))
      copy[k++] = keep_text(host, list[i]);
  return copy;
}

static const char *keep_octets(kit_smtp_host *host, const char *data, size_t *len) {
  if (!data)
    return NULL;
  if (!*len)
    *len = strlen(data);
  return keep(host, kit_xdup_n(data, *len));
}

void kit_smtp_rules(kit_smtp_host *host, const kit_rule *rules, size_t count) {
  host->rules = keep(host, kit_xalloc(NULL, (count + 1) * sizeof *host->rules));
  host->hits = keep(host, kit_xalloc(NULL, (count + 1) * sizeof *host->hits));
  host->rule_count = count;
  for (size_t i = 0; i < count; i++) {
    kit_rule *r = &host->rules[i];
    *r = rules[i];
    r->match = keep_text(host, r->match);
    r->reply = keep_octets(host, r->reply, &r->reply_len);
    r->extra = keep_octets(host, r->extra, &r->extra_len);
  }
}

void kit_smtp_certs(kit_smtp_host *host, const kit_tls_cert *certs, size_t count) {
  kit__smtp_tls_context(host, certs, count);
}

kit_smtp_host *kit_smtp_host_new(const kit_smtp_config *config) {
  static const kit_smtp_config none;
  kit_smtp_host *host = kit_xalloc(NULL, sizeof *host);
  kit_smtp_config *c = &host->config;
  *c = config ? *config : none;
  host->stored_user = c->user;
  int tls = c->cert_count || c->stub_tls;
  const char *const *ehlo = c->ehlo ? c->ehlo : tls ? default_ehlo_tls : default_ehlo;
  c->name = keep_text(host, c->name ? c->name : "mx.test");
  c->ehlo_tls = c->ehlo_tls ? keep_list(host, c->ehlo_tls, NULL)
                            : keep_list(host, ehlo, "STARTTLS");
  c->ehlo = keep_list(host, ehlo, NULL);
  c->priorities = keep_text(host, c->priorities);
  c->user_name = keep_text(host, c->user_name);
  c->password = keep_text(host, c->password);
  kit_smtp_rules(host, c->rules, c->rule_count);
  kit__smtp_tls_context(host, c->certs, c->cert_count);
  c->rules = NULL;
  c->certs = NULL;
  return host;
}

void kit_smtp_host_free(kit_smtp_host *host) {
  if (!host)
    return;
  kit__smtp_tls_context_drop(host);
  kit_ledger_free(&host->ledger);
  for (size_t i = 0; i < host->pair_count; i++)
    free(host->pairs[i]);
  for (size_t i = 0; i < host->kept_count; i++)
    free(host->kept[i]);
  free(host->pairs);
  free(host->kept);
  kit_buf_free(&host->transcript);
  free(host);
}

const kit_ledger *kit_smtp_ledger(const kit_smtp_host *host) { return &host->ledger; }

const char *kit_smtp_transcript(const kit_smtp_host *host) {
  return kit_buf_at(&host->transcript);
}

void kit_smtp_on_stored(kit_smtp_host *host, void (*stored)(void *, const kit_mail *),
                        void *user) {
  host->config.stored = stored;
  host->stored_user = user;
}

void kit__smtp_bad(kit_smtp *s, int kind, const char *text, size_t len) {
  kit_ledger_violate(&s->host->ledger, s->number, s->at, kind, text, len);
}

void kit__smtp_log(kit_smtp *s, char who, const char *text, size_t len) {
  if (!s->host->config.transcript)
    return;
  kit_buf_printf(&s->host->transcript, "%u %c: ", s->number, who);
  kit_buf_add(&s->host->transcript, text, len);
  if (!len || text[len - 1] != '\n')
    kit_buf_str(&s->host->transcript, "\n");
}

void kit__smtp_reset(kit_smtp *s) {
  kit_mail_free(&s->mail);
  kit_buf_clear(&s->body);
  s->mail_tried = s->mail_ok = s->rcpt_tried = 0;
  s->utf8 = s->body8 = 0;
  s->size = UINT64_MAX;
}

static void greet(kit_smtp *s) {
  s->greeted = 1;
  kit_buf text = {0};
  kit_buf_printf(&text, "220 %s %s ready\r\n", s->host->config.name,
                 s->host->config.lmtp ? "LMTP" : "ESMTP");
  kit__smtp_reply(s, KIT_AT_GREETING, "", text.data);
  kit_buf_free(&text);
}

unsigned kit_smtp_number(const kit_smtp *s) { return s->number; }

static int step(kit_smtp *s) {
  switch (s->phase) {
  case KIT_PHASE_COMMAND:
  case KIT_PHASE_AUTH:
    return kit__smtp_line(s);
  case KIT_PHASE_DATA:
    return kit__smtp_data(s);
  case KIT_PHASE_TLS:
    return kit__smtp_tls_start(s);
  default:
    return 0;
  }
}

static void pump(kit_smtp *s) {
  for (;;) {
    kit__smtp_progress(s);
    if (s->pending.active || s->wants_close)
      return;
    if (s->phase == KIT_PHASE_COMMAND && !s->greeted)
      greet(s);
    else if (!step(s))
      return;
  }
}

kit_smtp *kit_smtp_connect(kit_smtp_host *host, uint64_t now) {
  kit_smtp *s = kit_xalloc(NULL, sizeof *s);
  s->host = host;
  s->now = now;
  s->number = ++host->ledger.connections;
  s->size = UINT64_MAX;
  if (host->config.tls_at_once)
    s->phase = KIT_PHASE_TLS;
  pump(s);
  return s;
}

static void after_quit(kit_smtp *s, const void *data, size_t len) {
  if (s->tls) {
    kit__smtp_tls_feed(s, data, len);
    data = kit_buf_at(&s->in);
    len = kit_buf_left(&s->in);
  }
  if (len)
    kit__smtp_bad(s, KIT_BAD_AFTER_QUIT, data, len);
}

void kit_smtp_feed(kit_smtp *s, const void *data, size_t len, uint64_t now) {
  if (now > s->now)
    s->now = now;
  s->host->ledger.octets_in += len;
  if (!len)
    return;
  if (s->quit)
    after_quit(s, data, len);
  else if (s->phase == KIT_PHASE_STUB)
    kit__smtp_bad(s, KIT_BAD_CLEAR_AFTER_TLS, data, len);
  if (s->quit || s->wants_close || s->phase == KIT_PHASE_STUB)
    return;
  if (s->tls)
    kit__smtp_tls_feed(s, data, len);
  else
    kit_buf_add(s->phase == KIT_PHASE_TLS ? &s->wire : &s->in, data, len);
  if (s->pending.active && s->phase == KIT_PHASE_COMMAND && kit_buf_left(&s->in))
    kit__smtp_check_ahead(s);
  pump(s);
}

void kit_smtp_output(const kit_smtp *s, const void **data, size_t *len) {
  *data = kit_buf_at(&s->out);
  *len = kit_buf_left(&s->out);
}

void kit_smtp_consumed(kit_smtp *s, size_t n) {
  kit_buf_take(&s->out, n);
  s->out_read += n;
  s->host->ledger.octets_out += n;
}

uint64_t kit_smtp_deadline(const kit_smtp *s) {
  return s->pending.active && !s->wants_close ? s->pending.due : UINT64_MAX;
}

void kit_smtp_tick(kit_smtp *s, uint64_t now) {
  if (now > s->now)
    s->now = now;
  pump(s);
}

int kit_smtp_wants_close(const kit_smtp *s) { return s->wants_close; }

void kit_smtp_closed(kit_smtp *s, uint64_t now) {
  if (now > s->now)
    s->now = now;
  int inside = s->phase == KIT_PHASE_DATA || s->mail_ok || kit_buf_left(&s->in);
  s->host->ledger.unfinished += (unsigned)(inside && !s->wants_close);
  kit__smtp_log(s, '*', "closed by the client", 20);
  s->phase = KIT_PHASE_DEAD;
  if (!s->wants_close)
    s->wants_close = KIT_CLOSE_EOF;
}

void kit_smtp_free(kit_smtp *s) {
  if (!s)
    return;
  kit__smtp_reset(s);
  kit__smtp_tls_free(s);
  kit_buf_free(&s->wire);
  kit_buf_free(&s->in);
  kit_buf_free(&s->out);
  kit_buf_free(&s->pending.text);
  kit_buf_free(&s->offered);
  kit_buf_free(&s->body);
  free(s->tls_version);
  free(s->sni);
  free(s->helo);
  free(s->mechanism);
  free(s->user);
  free(s);
}

int kit_smtp_wants_stub_tls(const kit_smtp *s) {
  return s->phase == KIT_PHASE_STUB && !s->wants_close;
}

void kit_smtp_stub_tls(kit_smtp *s, const char *version, const char *sni, uint64_t now) {
  if (now > s->now)
    s->now = now;
  if (*version) {
    kit__smtp_tls_up(s, version, sni);
    return;
  }
  s->host->ledger.handshakes_failed++;
  kit__smtp_shut(s, KIT_CLOSE_EOF);
}

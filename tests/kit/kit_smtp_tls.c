/* SPDX-License-Identifier: MIT */
/* Output, with or without TLS; the handshake; closing. */
#include <stdlib.h>
#include <string.h>

#include "kit/kit_smtp_impl.h"

enum { KIT_TLS_HANDSHAKE_RECORD = 0x16 };

static void count_output(kit_smtp *s, size_t before) {
  s->out_total += kit_buf_left(&s->out) - before;
}

void kit__smtp_emit(kit_smtp *s, const char *data, size_t len) {
  size_t before = kit_buf_left(&s->out);
#if MR_WITH_TLS
  if (s->tls)
    kit_tls_send(s->tls, data, len, &s->out);
  else
#endif
    kit_buf_add(&s->out, data, len);
  count_output(s, before);
}

static void say_bye(kit_smtp *s) {
#if MR_WITH_TLS
  size_t before = kit_buf_left(&s->out);
  if (s->tls && !s->host->config.tls_no_bye)
    kit_tls_bye(s->tls, &s->out);
  count_output(s, before);
#else
  (void)s;
#endif
}

void kit__smtp_shut(kit_smtp *s, int how) {
  if (s->wants_close)
    return;
  if (how == KIT_CLOSE_EOF)
    say_bye(s);
  else
    kit_buf_clear(&s->out);
  s->wants_close = how;
  s->phase = KIT_PHASE_DEAD;
}

void kit__smtp_tls_up(kit_smtp *s, const char *version, const char *sni) {
  free(s->tls_version);
  free(s->sni);
  s->tls_version = kit_xdup(version);
  s->sni = kit_xdup(sni);
  s->under_tls = 1;
  s->host->ledger.handshakes++;
  s->phase = KIT_PHASE_COMMAND;
  kit__smtp_log(s, '*', version, strlen(version));
}

static void handshake_failed(kit_smtp *s, const char *why) {
  s->host->ledger.handshakes_failed++;
  kit__smtp_log(s, '*', why, strlen(why));
  kit__smtp_shut(s, KIT_CLOSE_EOF);
}

#if MR_WITH_TLS
static void shaken(kit_smtp *s) {
  kit__smtp_tls_up(s, kit_tls_version(s->tls), kit_tls_sni(s->tls));
  s->resumed = kit_tls_resumed(s->tls);
  s->host->ledger.resumed += (unsigned)kit_tls_resumed(s->tls);
}

void kit__smtp_tls_feed(kit_smtp *s, const void *data, size_t len) {
  size_t before = kit_buf_left(&s->out);
  int state = kit_tls_feed(s->tls, data, len, &s->in, &s->out);
  count_output(s, before);
  if (s->phase == KIT_PHASE_SHAKE && state != KIT_TLS_SHAKING &&
      kit_tls_version(s->tls)[0])
    shaken(s);
  if (state == KIT_TLS_FAILED && !s->under_tls)
    handshake_failed(s, kit_tls_error(s->tls));
  else if (state == KIT_TLS_FAILED)
    kit__smtp_shut(s, KIT_CLOSE_EOF);
}

/* Of the octets behind STARTTLS only a ClientHello goes into the handshake. */
static void gather(kit_smtp *s) {
  if (!kit_buf_left(&s->in))
    return;
  kit__smtp_check_ahead(s);
  if (*kit_buf_at(&s->in) == KIT_TLS_HANDSHAKE_RECORD)
    kit_buf_add(&s->wire, kit_buf_at(&s->in), kit_buf_left(&s->in));
  kit_buf_clear(&s->in);
}

static void check_hello(kit_smtp *s) {
  if (*kit_buf_at(&s->wire) != KIT_TLS_HANDSHAKE_RECORD)
    kit__smtp_bad(s, KIT_BAD_CLEAR_AFTER_TLS, kit_buf_at(&s->wire),
                  kit_buf_left(&s->wire));
}

static int scripted(kit_smtp *s) {
  const kit_rule *rule = kit__smtp_rule(s, KIT_AT_TLS, "");
  if (!rule)
    return 0;
  kit__smtp_play(s, rule, "", 0);
  if (rule->reply || rule->action != KIT_DO_REPLY)
    s->pending.next = KIT_PHASE_DEAD;
  return 1;
}

static void accept_hello(kit_smtp *s) {
  s->tls = kit_tls_new(s->host->tls);
  s->phase = KIT_PHASE_SHAKE;
  if (s->host->config.tls_alert) {
    size_t before = kit_buf_left(&s->out);
    kit_tls_alert(s->tls, s->host->config.tls_alert, &s->out);
    count_output(s, before);
    handshake_failed(s, kit_tls_error(s->tls));
    return;
  }
  kit_buf hello = s->wire;
  s->wire = (kit_buf){0};
  kit__smtp_tls_feed(s, kit_buf_at(&hello), kit_buf_left(&hello));
  kit_buf_free(&hello);
}

int kit__smtp_tls_start(kit_smtp *s) {
  gather(s);
  if (!kit_buf_left(&s->wire))
    return 0;
  if (!s->hello_seen) {
    s->hello_seen = 1;
    check_hello(s);
    s->at = KIT_AT_TLS;
    s->host->ledger.counts[KIT_AT_TLS]++;
    if (scripted(s))
      return 1;
  }
  accept_hello(s);
  return 1;
}

void kit__smtp_tls_context(kit_smtp_host *host, const kit_tls_cert *certs, size_t count) {
  kit_tls_context_free(host->tls);
  host->tls = kit_tls_context_new(certs, count, host->config.priorities);
}

void kit__smtp_tls_context_drop(kit_smtp_host *host) { kit_tls_context_free(host->tls); }

void kit__smtp_tls_free(kit_smtp *s) { kit_tls_free(s->tls); }

#else
void kit__smtp_tls_feed(kit_smtp *s, const void *data, size_t len) {
  (void)s;
  (void)data;
  (void)len;
}

int kit__smtp_tls_start(kit_smtp *s) {
  if (kit_buf_left(&s->wire) || kit_buf_left(&s->in))
    handshake_failed(s, "built without TLS");
  return 0;
}

void kit__smtp_tls_context(kit_smtp_host *host, const kit_tls_cert *certs, size_t count) {
  (void)host;
  (void)certs;
  (void)count;
}

void kit__smtp_tls_context_drop(kit_smtp_host *host) { (void)host; }

void kit__smtp_tls_free(kit_smtp *s) { (void)s; }
#endif

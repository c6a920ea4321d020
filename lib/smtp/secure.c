/* SPDX-License-Identifier: MIT */
/* STARTTLS (RFC 3207) and TLS in the middle of the stream: R45 to R56. */
#include "smtp/smtp.h"

int mr__smtp_write_starttls(mr_session *s) {
  int err = mr__command_word(&s->batch, "STARTTLS");
  if (err)
    mr__smtp_fault(s, err);
  s->send.state = MR__SMTP_NONE;
  return 0;
}

/* R47: at MAY a refusal is no failure. */
static void go_on_in_clear(mr_session *s, const mr__reply *reply) {
  mr__log(&s->ctx->env, MR_LOG_WARNING,
          "%s[%s]: STARTTLS refused (%d), going on in clear", s->host, s->address,
          reply->code);
  mr__smtp_next(s);
}

void mr__smtp_read_starttls(mr_session *s, mr__reply *reply) {
  int class = reply->code / 100;
  if (reply->code == 220)
    mr__smtp_goto(s, MR__SMTP_HANDSHAKE);
  else if ((class == 4 || class == 5) && !mr__smtp_closing(reply) &&
           s->need.level == MR_TLS_MAY)
    go_on_in_clear(s, reply);
  else
    mr__smtp_refuse_reply(s, reply);
}

#if MR_WITH_TLS

static int reason_of(int failure) {
  switch (failure) {
  case MR__TLS_FAIL_CERTIFICATE:
    return MR_REASON_TLS_CERTIFICATE;
  case MR__TLS_FAIL_CLOCK:
    return MR_REASON_TLS_CLOCK;
  case MR__TLS_FAIL_NO_TRUST:
    return MR_REASON_TLS_NO_TRUST;
  case MR__TLS_FAIL_TRUNCATED:
    return MR_REASON_TLS_TRUNCATED;
  default:
    return MR_REASON_TLS_HANDSHAKE;
  }
}

/* R49, R51, R56. */
static void tls_failed(mr_session *s, int err) {
  int failure = mr__tls_failure(s->tls);
  if (err == MR_ERR_NOMEM || failure == MR__TLS_FAIL_MEMORY) {
    mr__smtp_fault(s, MR_ERR_NOMEM);
    return;
  }
  int reason = reason_of(failure);
  mr__smtp_verdict v = mr__smtp_verdict_of(s, reason, MR_ACTION_NEXT);
  if (reason == MR_REASON_TLS_NO_TRUST)
    v.action = MR_ACTION_LOCAL;
  v.fallback = s->need.level == MR_TLS_MAY;
  v.throttle = s->secure;
  v.text = mr__tls_text(s->tls);
  mr__smtp_fail(s, &v);
}

/* It did not even begin: ours to mend. */
static void tls_unavailable(mr_session *s, int err) {
  int no_trust = s->tls && mr__tls_failure(s->tls) == MR__TLS_FAIL_NO_TRUST;
  if (err == MR_ERR_NOMEM)
    mr__smtp_fault(s, err);
  else
    mr__smtp_fail_reason(s, no_trust ? MR_REASON_TLS_NO_TRUST : MR_REASON_TLS_UNAVAILABLE,
                         MR_ACTION_LOCAL, 0);
}

int mr__smtp_write_handshake(mr_session *s) {
  s->send.state = MR__SMTP_NONE;
  memset(&s->ehlo, 0, sizeof s->ehlo); /* RFC 3207 4.2: nothing of it counts any more */
  s->pipelining = 0;
  int err = mr__tls_new(&s->tls, &s->ctx->env, &s->need, &s->channel->out);
  if (err == MR_OK)
    err = mr__tls_start(s->tls);
  if (err)
    tls_unavailable(s, err);
  return 0;
}

static void trace_secured(mr_session *s, const mr__tls_info *info) {
  char note[192];
  size_t len = mr__fmt_to(note, sizeof note, "[%s %s, certificate %s, SHA-256 %s]",
                          info->version, info->cipher,
                          info->verified ? "verified" : "not checked", info->fingerprint);
  mr__smtp_trace_line(s, MR_DIRECTION_NOTE, MR_STAGE_TLS, note, len);
}

static void secured(mr_session *s) {
  const mr__tls_info *info = mr__tls_info_get(s->tls);
  s->secure = 1;
  mr__fmt_to(s->tls_version, sizeof s->tls_version, "%s", info->version);
  mr__fmt_to(s->tls_cipher, sizeof s->tls_cipher, "%s", info->cipher);
  s->tls_verified = info->verified;
  trace_secured(s, info);
  mr__smtp_goto(s, s->quitting ? MR__SMTP_QUIT : MR__SMTP_EHLO);
  mr__smtp_go(s);
}

static int drain(mr_session *s) {
  uint8_t plain[1024];
  size_t len = 1;
  int err = MR_OK;
  while (err == MR_OK && len > 0 && !s->ended) {
    err = mr__tls_read(s->tls, plain, sizeof plain, &len);
    if (err == MR_OK)
      mr__smtp_feed(s, plain, len);
  }
  return s->ended ? MR_OK : err;
}

int mr__smtp_secure_recv(mr_session *s, const uint8_t *data, size_t len) {
  if (!s->secure && s->channel->out.exposed <= s->begins[MR__SMTP_HANDSHAKE]) {
    mr__smtp_fail_reason(s, MR_REASON_TLS_INJECTION, MR_ACTION_NEXT, 0);
    return MR_OK;
  }
  int err = mr__tls_recv(s->tls, data, len);
  if (!s->secure && mr__tls_ready(s->tls))
    secured(s);
  int read_err = s->secure && !s->ended ? drain(s) : MR_OK;
  if (!s->ended && (err || read_err))
    tls_failed(s, err ? err : read_err);
  return s->fault;
}

int mr__smtp_encrypting(const mr_session *s) { return s->tls != NULL; }

int mr__smtp_encrypt(mr_session *s, const uint8_t *data, size_t len) {
  return mr__tls_write(s->tls, data, len);
}

int mr__smtp_truncated(mr_session *s) {
  return s->secure && s->tls && mr__tls_end(s->tls) != MR_OK;
}

void mr__smtp_bye(mr_session *s) {
  if (s->tls)
    mr__tls_bye(s->tls);
}

void mr__smtp_secure_free(mr_session *s) {
  mr__tls_free(s->tls);
  s->tls = NULL;
}

#else

int mr__smtp_write_handshake(mr_session *s) {
  mr__smtp_fail_reason(s, MR_REASON_TLS_UNAVAILABLE, MR_ACTION_LOCAL, 0);
  return 0;
}

int mr__smtp_secure_recv(mr_session *s, const uint8_t *data, size_t len) {
  (void)s, (void)data, (void)len;
  return MR_ERR_NOTSUP;
}

int mr__smtp_encrypting(const mr_session *s) {
  (void)s;
  return 0;
}

int mr__smtp_encrypt(mr_session *s, const uint8_t *data, size_t len) {
  (void)s, (void)data, (void)len;
  return MR_ERR_NOTSUP;
}

int mr__smtp_truncated(mr_session *s) {
  (void)s;
  return 0;
}

void mr__smtp_bye(mr_session *s) { (void)s; }
void mr__smtp_secure_free(mr_session *s) { (void)s; }

#endif

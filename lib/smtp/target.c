/* SPDX-License-Identifier: MIT */
/* Where to connect, with what need of TLS, and under which name. */
#include "smtp/smtp.h"
#include "text/ip.h"

/* Of a struct that grows: the part that its writer knew. */
static int take_sized(void *dst, size_t cap, const void *src, size_t size) {
  if (size < sizeof(size_t))
    return MR_ERR_MISUSE;
  memset(dst, 0, cap);
  memcpy(dst, src, size < cap ? size : cap);
  return MR_OK;
}

static int take_text(char *dst, size_t cap, const char *text) {
  size_t len = strlen(text);
  if (len >= cap)
    return MR_ERR_ADDR_LONG;
  memcpy(dst, text, len + 1);
  return MR_OK;
}

static void need_clear(mr_session *s) {
  const mr_env *env = &s->ctx->env;
  char **names = (char **)(uintptr_t)s->need.names;
  for (size_t i = 0; names && i < s->need.name_count; i++)
    mr__free(env, names[i]);
  mr__free(env, names);
  mr__free(env, (char *)(uintptr_t)s->need.sni);
#if MR_WITH_TLS
  mr_trust_free(s->need.trust);
#endif
  memset(&s->need, 0, sizeof s->need);
}

static int take_names(mr_session *s, const mr_tls_need *need) {
  char **names = mr__calloc(&s->ctx->env, need->name_count + 1, sizeof *names);
  if (names == NULL)
    return MR_ERR_NOMEM;
  s->need.names = (const char *const *)names;
  for (size_t i = 0; i < need->name_count; i++) {
    names[i] = mr__strdup(&s->ctx->env, need->names[i]);
    if (names[i] == NULL)
      return MR_ERR_NOMEM;
    s->need.name_count = i + 1;
  }
  return MR_OK;
}

static int take_sni(mr_session *s, const char *sni) {
  s->need.sni = mr__strdup(&s->ctx->env, sni ? sni : "");
  return s->need.sni ? MR_OK : MR_ERR_NOMEM;
}

static int need_check(const mr_tls_need *need) {
  if (need->level < MR_TLS_NONE || need->level > MR_TLS_VERIFY)
    return MR_ERR_MISUSE;
  if (need->name_count > MR__SMTP_NAMES_MAX || (need->name_count && !need->names))
    return MR_ERR_MISUSE;
  for (size_t i = 0; i < need->name_count; i++)
    if (need->names[i] == NULL)
      return MR_ERR_MISUSE;
  if (need->level > MR_TLS_MAY && !MR_WITH_TLS)
    return MR_ERR_NOTSUP;
  return MR_OK;
}

static int need_set(mr_session *s, const mr_tls_need *from) {
  mr_tls_need need;
  int err = take_sized(&need, sizeof need, from, from->size);
  if (err == MR_OK)
    err = need_check(&need);
  if (err)
    return err;
  s->need.size = sizeof s->need;
  s->need.level = need.level;
#if MR_WITH_TLS
  if (need.trust)
    s->need.trust = mr_trust_ref(need.trust);
#endif
  err = take_sni(s, need.sni);
  return err ? err : take_names(s, &need);
}

static int need_default(mr_session *s) {
  mr__ip ip;
  int is_name = mr__ip_parse(&ip, s->host, strlen(s->host)) != MR_OK;
  mr_tls_need need = {.size = sizeof need, .level = MR_TLS_MAY};
  need.sni = is_name ? s->host : NULL;
  return need_set(s, &need);
}

static int take_address(mr_session *s, const char *text, mr__ip *ip) {
  if (mr__ip_parse(ip, text, strlen(text)) != MR_OK)
    return MR_ERR_ADDR;
  mr__ip_print(ip, s->address);
  return MR_OK;
}

static int take_source(const mr_session *s, const char *text, int family, char out[46]) {
  mr__ip ip;
  if (text == NULL || text[0] == '\0')
    text = mr_options_get_text(s->options,
                               family == 4 ? MR_OPT_SOURCE_IPV4 : MR_OPT_SOURCE_IPV6);
  out[0] = '\0';
  if (text[0] == '\0')
    return MR_OK;
  if (mr__ip_parse(&ip, text, strlen(text)) != MR_OK || ip.family != family)
    return MR_ERR_ADDR;
  mr__ip_print(&ip, out);
  return MR_OK;
}

/* A name of ours that no EHLO can carry is found before anything is opened. */
static int check_helo(const mr_session *s) {
  const char *name = mr_options_get_text(s->options, MR_OPT_HELO_NAME);
  mr__buf trial;
  if (name[0] == '\0')
    return MR_OK;
  if (strlen(name) >= MR__SMTP_HELO_MAX)
    return MR_ERR_ADDR_LONG;
  mr__buf_init(&trial, &s->ctx->env, MR__SMTP_BATCH_MAX);
  int err = mr__command_hello(&trial, "EHLO", name);
  mr__buf_free(&trial);
  return err;
}

static int take_target(mr_session *s, const mr_session_target *t, char source[46]) {
  mr__ip ip;
  int err = take_address(s, t->address, &ip);
  if (err == MR_OK)
    err = take_source(s, t->source, ip.family, source);
  if (err == MR_OK)
    err = take_text(s->host, sizeof s->host, t->host ? t->host : s->address);
  if (err == MR_OK)
    err = check_helo(s);
  if (err)
    return err;
  s->port = t->port;
  s->use_helo = t->use_helo != 0;
  return t->need ? need_set(s, t->need) : need_default(s);
}

int mr__smtp_target_set(mr_session *s, const mr_session_target *target, char source[46]) {
  mr_session_target t;
  int err = take_sized(&t, sizeof t, target, target->size);
  if (err == MR_OK && t.address == NULL)
    err = MR_ERR_MISUSE;
  if (err == MR_OK && (t.port < 1 || t.port > 65535))
    err = MR_ERR_RANGE;
  if (err == MR_OK)
    err = take_target(s, &t, source);
  if (err)
    mr__smtp_target_clear(s);
  return err;
}

void mr__smtp_target_clear(mr_session *s) {
  need_clear(s);
  s->host[0] = s->address[0] = '\0';
  s->port = s->use_helo = 0;
}

/* RFC 5321 4.1.4: without a name, the address literal. */
void mr__smtp_name_self(mr_session *s) {
  const char *name = mr_options_get_text(s->options, MR_OPT_HELO_NAME);
  const char *local = mr_channel_local_address(s->channel);
  mr__ip ip;
  char text[MR__IP_TEXT] = "127.0.0.1";
  if (name[0]) {
    mr__fmt_to(s->helo, sizeof s->helo, "%s", name);
    return;
  }
  ip.family = 0;
  if (mr__ip_parse(&ip, local, strlen(local)) == MR_OK)
    mr__ip_print(&ip, text);
  mr__fmt_to(s->helo, sizeof s->helo, ip.family == 6 ? "[IPv6:%s]" : "[%s]", text);
}

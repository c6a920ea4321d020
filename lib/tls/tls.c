/* SPDX-License-Identifier: MIT */
#include "tls/tls.h"
#include "base/config.h"

#if MR_WITH_TLS
#include <string.h>

#include "base/fmt.h"
#include "tls/state.h"

static int copy_names(mr__tls *tls, const mr_tls_need *need) {
  if (need->name_count > MR__NAMES_MAX || (need->name_count && !need->names))
    return MR_ERR_TLS;
  if (need->name_count == 0)
    return MR_OK;
  tls->names = mr__calloc(&tls->env, need->name_count, sizeof *tls->names);
  if (!tls->names)
    return MR_ERR_NOMEM;
  tls->name_count = need->name_count;
  for (size_t i = 0; i < need->name_count; i++)
    mr__name_set(&tls->names[i], &tls->env, need->names[i]);
  return MR_OK;
}

/* RFC 6066 section 3: no addresses in the server name. */
static void copy_sni(mr__tls *tls, const char *sni) {
  mr__name name;
  mr__name_set(&name, &tls->env, sni);
  memcpy(tls->sni, name.text, sizeof tls->sni);
}

static int copy_need(mr__tls *tls, const mr_tls_need *given) {
  mr_tls_need need;
  memset(&need, 0, sizeof need);
  memcpy(&need, given, given->size < sizeof need ? given->size : sizeof need);
  tls->level = need.level;
  if (need.level <= MR_TLS_NONE || need.level > MR_TLS_VERIFY)
    return MR_ERR_TLS;
  copy_sni(tls, need.sni);
  if (need.level == MR_TLS_VERIFY)
    tls->trust = mr__trust_use(need.trust);
  return copy_names(tls, &need);
}

int mr__tls_new(mr__tls **out, const mr_env *env, const mr_tls_need *need,
                mr__out *sink) {
  mr_env copy;
  *out = NULL;
  mr__env_copy(&copy, env);
  mr__tls *tls = mr__calloc(&copy, 1, sizeof *tls);
  if (!tls)
    return MR_ERR_NOMEM;
  tls->env = copy;
  mr__buf_init(&tls->plain, &tls->env, MR__TLS_PLAIN_MAX);
  tls->out = sink;
  tls->verdict.failure = MR__TLS_FAIL_NONE;
  tls->info.version = tls->info.cipher = "";
  int rc = copy_need(tls, need);
  if (!rc)
    rc = mr__tls_session_init(tls);
  if (rc) {
    mr__tls_free(tls);
    return rc;
  }
  *out = tls;
  return MR_OK;
}

void mr__tls_free(mr__tls *tls) {
  if (!tls)
    return;
  mr_env env = tls->env;
  if (tls->session)
    gnutls_deinit(tls->session);
  if (tls->credentials)
    gnutls_certificate_free_credentials(tls->credentials);
  mr_trust_free(tls->trust);
  mr__free(&env, tls->names);
  mr__buf_free(&tls->plain);
  mr__free(&env, tls);
}

int mr__tls_fail(mr__tls *tls, int failure, const char *what, const char *detail) {
  if (tls->err)
    return tls->err;
  tls->err = failure == MR__TLS_FAIL_MEMORY ? MR_ERR_NOMEM : MR_ERR_TLS;
  tls->verdict.failure = failure;
  tls->info.verified = 0;
  mr__fmt_to(tls->verdict.text, sizeof tls->verdict.text, "%s%s", what, detail);
  return tls->err;
}

int mr__tls_start(mr__tls *tls) {
  if (tls->err)
    return tls->err;
  if (tls->started)
    return MR_ERR_STATE;
  if (tls->level == MR_TLS_VERIFY && mr_trust_count(tls->trust) == 0)
    return mr__tls_fail(tls, MR__TLS_FAIL_NO_TRUST,
                        "there are no trust anchors to check the server against", "");
  tls->started = 1;
  return mr__tls_shake(tls);
}

int mr__tls_ready(const mr__tls *tls) { return tls->ready && !tls->err; }

int mr__tls_failure(const mr__tls *tls) { return tls->verdict.failure; }

const char *mr__tls_text(const mr__tls *tls) { return tls->verdict.text; }

const mr__tls_info *mr__tls_info_get(const mr__tls *tls) { return &tls->info; }

#endif

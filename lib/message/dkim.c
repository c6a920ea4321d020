/* SPDX-License-Identifier: MIT */
/* A signer: identity, settings, names of fields. */
#include "message/dkim.h"

#include <string.h>

#include "base/config.h"
#include "base/fmt.h"
#include "text/domain.h"

#if MR_WITH_TLS

enum { LIFETIME_MAX = 10 * 365 * 86400 };

static const char oversigned_default[] =
    "To:Cc:Subject:Date:Message-ID:Reply-To:MIME-Version:Content-Type:"
    "Content-Transfer-Encoding";
static const char present_default[] =
    "Sender:In-Reply-To:References:Content-ID:Content-Description:Content-Disposition:"
    "Auto-Submitted:Resent-From:Resent-Sender:Resent-To:Resent-Cc:Resent-Date:"
    "Resent-Message-ID:List-Id:List-Help:List-Unsubscribe:List-Unsubscribe-Post:"
    "List-Subscribe:List-Post:List-Owner:List-Archive";

/* Fields that change under way, or say nothing about the message (RFC 6376 5.4.1). */
static int is_forbidden(const char *name, size_t len) {
  static const char *const names[] = {"Bcc",
                                      "Resent-Bcc",
                                      "Received",
                                      "Return-Path",
                                      "DKIM-Signature",
                                      "Comments",
                                      "Keywords",
                                      "Authentication-Results"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (mr__strlen(names[i]) == len && mr__memcaseeq(names[i], name, len))
      return 1;
  return len >= 4 && mr__memcaseeq("ARC-", name, 4);
}

static int has_name(const mr__buf *list, const char *name, size_t len) {
  mr__cur cur = mr__cur_of(list->data, list->len);
  const char *known;
  size_t known_len;
  while (mr__dkim_name_next(&cur, &known, &known_len) == 1)
    if (known_len == len && mr__memcaseeq(known, name, len))
      return 1;
  return 0;
}

/* Appends the names that are not in a list yet. */
static int add_names(mr__buf *out, const mr__buf *other, const char *list,
                     size_t *count) {
  size_t len = mr__strlen(list);
  if (len > MR__DKIM_NAMES_TEXT)
    return MR_ERR_LIMIT;
  mr__cur cur = mr__cur_of(list, len);
  const char *name;
  int more;
  while ((more = mr__dkim_name_next(&cur, &name, &len)) == 1) {
    if (is_forbidden(name, len))
      return MR_ERR_HDR_NAME;
    if (++*count > MR__DKIM_NAMES_MAX)
      return MR_ERR_LIMIT;
    if (has_name(out, name, len) || has_name(other, name, len))
      continue;
    (void)mr__buf_put(out, name, len);
    if (mr__buf_putc(out, ':') != MR_OK)
      return out->err;
  }
  return more;
}

static int set_headers(mr_dkim *k, const char *oversigned, const char *present) {
  mr__buf over, there;
  size_t count = 0;
  mr__buf_init(&over, &k->env, 2 * MR__DKIM_NAMES_TEXT);
  mr__buf_init(&there, &k->env, 2 * MR__DKIM_NAMES_TEXT);
  int err = add_names(&over, &there, "From", &count);
  if (err == MR_OK)
    err = add_names(&over, &there, oversigned ? oversigned : oversigned_default, &count);
  if (err == MR_OK)
    err = add_names(&there, &over, present ? present : present_default, &count);
  if (err != MR_OK) {
    mr__buf_free(&over);
    mr__buf_free(&there);
    return err;
  }
  mr__buf_free(&k->oversigned);
  mr__buf_free(&k->present);
  k->oversigned = over;
  k->present = there;
  return MR_OK;
}

static int set_names(mr_dkim *k, const char *domain, const char *selector) {
  char ascii[MR__DOMAIN_TEXT], name[2 * MR__DOMAIN_TEXT + 16];
  int err = mr__domain_ascii(&k->env, domain, mr__strlen(domain), ascii, NULL);
  if (err == MR_OK)
    err = mr__domain_check(selector, mr__strlen(selector), NULL);
  if (err != MR_OK)
    return err;
  size_t len = mr__fmt_to(name, sizeof name, "%s._domainkey.%s", selector, ascii);
  if (len >= MR__DOMAIN_TEXT)
    return MR_ERR_ADDR_DOMAIN;
  k->domain = mr__strdup(&k->env, ascii);
  k->selector = mr__strdup(&k->env, selector);
  k->name = mr__strdup(&k->env, name);
  return k->domain != NULL && k->selector != NULL && k->name != NULL ? MR_OK
                                                                     : MR_ERR_NOMEM;
}

int mr_dkim_new(mr_dkim **out, const mr_env *env, const char *domain,
                const char *selector) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (domain == NULL || selector == NULL)
    return MR_ERR_MISUSE;
  mr_env own;
  mr__env_copy(&own, env);
  mr_dkim *k = mr__calloc(&own, 1, sizeof *k);
  if (k == NULL)
    return MR_ERR_NOMEM;
  k->env = own;
  atomic_init(&k->refs, 1);
  atomic_init(&k->frozen, 0);
  mr__last_error_init(&k->last);
  k->relaxed_header = k->relaxed_body = k->timestamp = 1;
  mr__buf_init(&k->oversigned, &k->env, MR__DKIM_NAMES_TEXT);
  mr__buf_init(&k->present, &k->env, MR__DKIM_NAMES_TEXT);
  int err = set_names(k, domain, selector);
  if (err == MR_OK)
    err = set_headers(k, NULL, NULL);
  if (err != MR_OK) {
    mr_dkim_free(k);
    return err;
  }
  *out = k;
  return MR_OK;
}

mr_dkim *mr_dkim_ref(mr_dkim *dkim) {
  if (dkim != NULL)
    atomic_fetch_add_explicit(&dkim->refs, 1, memory_order_relaxed);
  return dkim;
}

void mr_dkim_free(mr_dkim *dkim) {
  if (dkim == NULL || atomic_fetch_sub_explicit(&dkim->refs, 1, memory_order_acq_rel) > 1)
    return;
  mr_env env = dkim->env;
  mr_dkim_key host = dkim->host;
  mr__key_drop(&dkim->key);
  mr__buf_free(&dkim->oversigned);
  mr__buf_free(&dkim->present);
  mr__free(&env, dkim->domain);
  mr__free(&env, dkim->selector);
  mr__free(&env, dkim->name);
  mr__free(&env, dkim);
  if (host.release != NULL)
    host.release(host.user);
}

const mr_error *mr_dkim_error(const mr_dkim *dkim) {
  static const mr_error none = {MR_ERR_MISUSE, 0, 0, "", "there is no signer"};
  return dkim != NULL ? &dkim->last.view : &none;
}

const char *mr_dkim_name(const mr_dkim *dkim) { return dkim != NULL ? dkim->name : ""; }

int mr__dkim_may_change(mr_dkim *k) {
  if (k == NULL)
    return MR_ERR_MISUSE;
  if (atomic_load(&k->frozen))
    return mr__fail(&k->last, MR_ERR_STATE, 0, NULL, "%s",
                    "a message uses the signer already");
  return MR_OK;
}

int mr__dkim_use(mr_dkim *k) {
  if (k->algorithm == 0)
    return MR_ERR_STATE;
  atomic_store(&k->frozen, 1);
  (void)mr_dkim_ref(k);
  return MR_OK;
}

int mr_dkim_set(mr_dkim *dkim, int setting, int64_t value) {
  int err = mr__dkim_may_change(dkim);
  if (err != MR_OK)
    return err;
  if (setting < MR_DKIM_HEADER_CANON || setting > MR_DKIM_TIMESTAMP)
    return mr__fail(&dkim->last, MR_ERR_MISUSE, 0, NULL, "%s", "no such setting");
  if (value < 0 || value > (setting == MR_DKIM_LIFETIME ? LIFETIME_MAX : 1))
    return mr__fail(&dkim->last, MR_ERR_RANGE, 0, NULL, "setting %d has no such value",
                    setting);
  if (setting == MR_DKIM_HEADER_CANON)
    dkim->relaxed_header = (int)value;
  else if (setting == MR_DKIM_BODY_CANON)
    dkim->relaxed_body = (int)value;
  else if (setting == MR_DKIM_LIFETIME)
    dkim->lifetime = value;
  else
    dkim->timestamp = (int)value;
  return MR_OK;
}

int mr_dkim_set_headers(mr_dkim *dkim, const char *oversigned, const char *present) {
  int err = mr__dkim_may_change(dkim);
  if (err != MR_OK)
    return err;
  err = set_headers(dkim, oversigned, present);
  if (err == MR_OK)
    return MR_OK;
  return mr__fail(&dkim->last, err, 0, NULL, "%s",
                  err == MR_ERR_HDR_NAME ? "no list of fields that can be signed"
                                         : mr_strerror(err));
}

#endif

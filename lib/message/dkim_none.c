/* SPDX-License-Identifier: MIT */
/* The public interface of a build without TLS, and so without cryptography: it exists and
 * says so. */
#include <mailroute/dkim.h>

#include "base/config.h"

#if !MR_WITH_TLS
#include "message/sign.h"

int mr_dkim_new(mr_dkim **out, const mr_env *env, const char *domain,
                const char *selector) {
  (void)env;
  (void)domain;
  (void)selector;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  return MR_ERR_NOTSUP;
}

mr_dkim *mr_dkim_ref(mr_dkim *dkim) { return dkim; }

void mr_dkim_free(mr_dkim *dkim) { (void)dkim; }

const mr_error *mr_dkim_error(const mr_dkim *dkim) {
  static const mr_error none = {MR_ERR_NOTSUP, 0, 0, "", "built without TLS"};
  (void)dkim;
  return &none;
}

int mr_dkim_set_key_pem(mr_dkim *dkim, const void *pem, size_t len) {
  (void)dkim;
  (void)pem;
  (void)len;
  return MR_ERR_NOTSUP;
}

int mr_dkim_set_key_ed25519(mr_dkim *dkim, const void *seed, size_t len) {
  (void)dkim;
  (void)seed;
  (void)len;
  return MR_ERR_NOTSUP;
}

int mr_dkim_set_callback(mr_dkim *dkim, int algorithm, const mr_dkim_key *key) {
  (void)dkim;
  (void)algorithm;
  (void)key;
  return MR_ERR_NOTSUP;
}

int mr_dkim_set(mr_dkim *dkim, int setting, int64_t value) {
  (void)dkim;
  (void)setting;
  (void)value;
  return MR_ERR_NOTSUP;
}

int mr_dkim_set_headers(mr_dkim *dkim, const char *oversigned, const char *present) {
  (void)dkim;
  (void)oversigned;
  (void)present;
  return MR_ERR_NOTSUP;
}

const char *mr_dkim_name(const mr_dkim *dkim) {
  (void)dkim;
  return "";
}

int mr_dkim_txt(const mr_dkim *dkim, char *dst, size_t cap, size_t *needed) {
  (void)dkim;
  (void)dst;
  (void)cap;
  if (needed != NULL)
    *needed = 0;
  return MR_ERR_NOTSUP;
}

int mr_message_sign(mr_message *message, mr_dkim *dkim) {
  (void)message;
  (void)dkim;
  return MR_ERR_NOTSUP;
}

int mr_message_arc_seal(mr_message *message, mr_dkim *dkim, int chain_passed,
                        const char *results) {
  (void)message;
  (void)dkim;
  (void)chain_passed;
  (void)results;
  return MR_ERR_NOTSUP;
}

int mr_message_arc_instance(const mr_message *message) {
  (void)message;
  return 0;
}

int mr__seal_sign(mr_message *message) {
  (void)message;
  return MR_OK;
}

int mr__seal_is_signing(const mr_message *message) {
  (void)message;
  return 0;
}

void mr__signing_free(mr_message *message) { (void)message; }

#endif

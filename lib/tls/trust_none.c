/* SPDX-License-Identifier: MIT */
/* The public interface of a build without TLS: it exists and says so. */
#include <mailroute/tls.h>

#include "base/config.h"

#if !MR_WITH_TLS

int mr_trust_new(mr_trust **out, const mr_env *env) {
  (void)env;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  return MR_ERR_NOTSUP;
}

int mr_trust_add_pem(mr_trust *trust, const void *data, size_t len) {
  (void)trust;
  (void)data;
  (void)len;
  return MR_ERR_NOTSUP;
}

size_t mr_trust_count(const mr_trust *trust) {
  (void)trust;
  return 0;
}

mr_trust *mr_trust_ref(mr_trust *trust) { return trust; }

void mr_trust_free(mr_trust *trust) { (void)trust; }

#endif

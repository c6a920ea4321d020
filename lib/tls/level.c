/* SPDX-License-Identifier: MIT */
#include <mailroute/tls.h>

const char *mr_tls_level_name(int level) {
  static const char *const names[] = {"none", "may", "encrypt", "verify"};
  if (level < MR_TLS_NONE || level > MR_TLS_VERIFY)
    return "unknown";
  return names[level];
}

/* SPDX-License-Identifier: MIT */
#include <mailroute/dsn.h>

const char *mr_dsn_action_name(int action) {
  static const char *const names[] = {"none",      "failed",  "delayed",
                                      "delivered", "relayed", "expanded"};
  int known = action >= 0 && action <= MR_DSN_EXPANDED;
  return known ? names[action] : "unknown";
}

const char *mr_dsn_verdict_name(int verdict) {
  static const char *const names[] = {"not-bounce", "failed",   "delayed", "delivered",
                                      "relayed",    "expanded", "abuse",   "auto-reply",
                                      "receipt",    "unclear"};
  int known = verdict >= 0 && verdict <= MR_VERDICT_UNCLEAR;
  return known ? names[verdict] : "unknown";
}

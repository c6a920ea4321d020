/* SPDX-License-Identifier: MIT */
#include <mailroute/base.h>

#include "base/buf.h"
#include "base/config.h"

#ifndef MR_VERSION
#define MR_VERSION "0.1.0"
#endif

/* Ends in NULL, which also stands for an empty list. */
static const char *const features[] = {
#if MR_WITH_TLS
    "tls",
#endif
#if MR_WITH_DNS
    "dns",
#endif
#if MR_WITH_IDN
    "idn",
#endif
#if MR_WITH_DRIVER && MR_WITH_DNS
    "driver",
#endif
    NULL};

const char *mr_version(void) { return MR_VERSION; }

int mr_version_number(void) {
  int parts[3] = {0, 0, 0}, part = 0;
  for (const char *p = MR_VERSION; *p != '\0' && part < 3; p++) {
    if (*p == '.')
      part++;
    else if (mr__is_digit(*p))
      parts[part] = parts[part] * 10 + (*p - '0');
    else
      break;
  }
  return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

const char *mr_feature_at(size_t index) {
  return index < sizeof features / sizeof features[0] ? features[index] : NULL;
}

int mr_feature(const char *name) {
  if (name == NULL)
    return 0;
  for (size_t i = 0; features[i] != NULL; i++)
    if (mr__streq(features[i], name))
      return 1;
  return 0;
}

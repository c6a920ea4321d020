/* SPDX-License-Identifier: MIT */
#include "text/idn.h"

#include "base/config.h"

#if MR_WITH_IDN

#include <idn2.h>
#include <string.h>

int mr__idn_label(const char *label, char dst[MR__IDN_OUT]) {
  char *made = NULL;
  int code = idn2_to_ascii_8z(label, &made, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  if (code == IDN2_MALLOC)
    return MR_ERR_NOMEM;
  if (code != IDN2_OK)
    return MR_ERR_ADDR_DOMAIN;
  size_t len = strlen(made);
  int err = len < MR__IDN_OUT ? MR_OK : MR_ERR_ADDR_DOMAIN;
  if (err == MR_OK)
    memcpy(dst, made, len + 1);
  idn2_free(made);
  return err;
}

#else

int mr__idn_label(const char *label, char dst[MR__IDN_OUT]) {
  (void)label;
  dst[0] = 0;
  return MR_ERR_NOTSUP;
}

#endif

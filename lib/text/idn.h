/* SPDX-License-Identifier: MIT */
/* The only place that knows the IDN library. */
#ifndef MR_TEXT_IDN_H
#define MR_TEXT_IDN_H

#include "base/env.h"

enum { MR__IDN_LABEL = 256, MR__IDN_OUT = 256 };

/* One U-label (UTF-8, NUL-terminated, not ASCII) to its A-label; what comes out is not
 * checked for letters, digits and hyphens, and may hold dots. MR_ERR_ADDR_DOMAIN,
 * MR_ERR_NOMEM; MR_ERR_NOTSUP without IDN. */
int mr__idn_label(const char *label, char dst[MR__IDN_OUT]);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MR_TLS_PEM_H
#define MR_TLS_PEM_H

#include <gnutls/gnutls.h>

#include "base/buf.h"

/* Next certificate block (RFC 7468 section 5), markers included; other text and blocks
 * are passed over. Points into the input. 0 = none left. */
int mr__pem_next(mr__cur *cur, gnutls_datum_t *block);

#endif

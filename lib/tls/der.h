/* SPDX-License-Identifier: MIT */
/* DER elements (X.690), as far as certificate extensions need them. */
#ifndef MR_TLS_DER_H
#define MR_TLS_DER_H

#include "base/buf.h"

enum {
  MR__DER_SEQUENCE = 0x30,
  MR__DER_OID = 0x06,
  MR__DER_NAME = 0x82,
  MR__DER_IP = 0x87
};

/* Next element: its tag octet and its content. 0 at the end, and on what is no DER (then
 * cur->err is set). */
int mr__der_next(mr__cur *cur, unsigned *tag, mr__cur *content);

#endif

/* SPDX-License-Identifier: MIT */
/* A verifier of DKIM and ARC for tests: whole messages in memory, written from the RFCs
 * with none of the library's canonical forms, tag lists or decoders. */
#ifndef TEST_MESSAGE_VERIFY_H
#define TEST_MESSAGE_VERIFY_H

#include <stddef.h>

#include "kit/kit_buf.h"

/* The index-th field of that name from the top, with its line ends; NULL = none. */
const char *verify_field(const char *mail, size_t len, const char *name, size_t index,
                         size_t *field_len);
/* A tag of such a field without its white space; "" = none. free() it. */
char *verify_tag(const char *field, size_t len, const char *tag);

/* The octets whose hash a DKIM-Signature or ARC-Message-Signature signs. */
kit_buf verify_signed(const char *mail, size_t len, const char *field, size_t field_len);

/* Whether a signature is right, body included; txt = the key record. */
int verify_signature(const char *mail, size_t len, const char *name, size_t index,
                     const char *txt);
/* RFC 8617 5.2: number of the newest ARC set if the whole chain is right, else 0. */
unsigned verify_chain(const char *mail, size_t len, const char *txt);
/* Whether ARC-Seal n is right; alone = it covers its own set only (5.1.2). */
int verify_seal(const char *mail, size_t len, unsigned n, int alone, const char *txt);

#endif

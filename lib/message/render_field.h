/* SPDX-License-Identifier: MIT */
/*
 * Header fields with octets above 0x7F, made ASCII: RFC 2047 words in text, phrases and
 * comments, RFC 2231 in parameters, A-labels in addresses, percent-encoding in URIs.
 */
#ifndef MR_MESSAGE_RENDER_FIELD_H
#define MR_MESSAGE_RENDER_FIELD_H

#include "base/buf.h"

/* Appends the field, which is one with its line ends. MR_ERR_ADDR: only SMTPUTF8 can
 * carry it (a local part or a message id that is not ASCII, a domain without A-labels);
 * MR_ERR_NOTSUP: no way is known; MR_ERR_NOMEM, MR_ERR_LIMIT. */
int mr__field_ascii(mr__buf *out, const uint8_t *text, size_t len);

/* Appends an unfolded list of addresses, in ASCII, on one line. */
int mr__people_ascii(mr__buf *out, const char *value, size_t len);

#endif

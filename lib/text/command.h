/* SPDX-License-Identifier: MIT */
/*
 * The one writer of SMTP commands. Arguments are typed and checked: no octet below 0x20,
 * no 0x7F, nothing above 0x7E without SMTPUTF8, line length by RFC 5321 4.5.3.1.4 plus
 * the extensions' increments. MR_ERR_ADDR_CHAR / MR_ERR_ADDR_LONG / MR_ERR_NOMEM; on
 * error nothing is appended. An empty word or name is MR_ERR_ADDR_CHAR.
 */
#ifndef MR_TEXT_COMMAND_H
#define MR_TEXT_COMMAND_H

#include <mailroute/address.h>

#include "base/buf.h"

/* word: "EHLO" or "HELO"; name: a host name or an address literal with brackets. */
int mr__command_hello(mr__buf *out, const char *word, const char *name);
/* A word alone: STARTTLS, DATA, RSET, QUIT, NOOP. */
int mr__command_word(mr__buf *out, const char *word);
/* size: MR_LENGTH_UNKNOWN = no SIZE parameter. body_8bit: BODY=8BITMIME. */
int mr__command_mail(mr__buf *out, const mr_address *from, uint64_t size, int body_8bit);
int mr__command_rcpt(mr__buf *out, const mr_address *to);

/* xtext (RFC 3461 4): every octet outside '!'..'~' and '+', '=' as +HH. decode:
 * MR_ERR_PROTO on bad input, also for an encoded NUL (bug 28). */
int mr__xtext_encode(mr__buf *out, const void *data, size_t len);
int mr__xtext_decode(mr__buf *out, const char *text, size_t len);

#endif

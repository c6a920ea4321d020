/* SPDX-License-Identifier: MIT */
/* The header section of raw input: what is in it, and its canonical form. */
#ifndef MR_MESSAGE_RAW_HEADER_H
#define MR_MESSAGE_RAW_HEADER_H

#include "message/object.h"

/* Reads the header section (any line ends, with its blank line if there is one): checks
 * it, takes the envelope from it if that is wanted, sets message->id and message->header.
 */
int mr__raw_header(mr_message *message, const mr__buf *section);
/* For a section that is longer than allowed: a fault in it, or MR_ERR_LIMIT. */
int mr__raw_header_over(mr_message *message, const mr__buf *section);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MR_TEXT_ADDRESS_LIST_H
#define MR_TEXT_ADDRESS_LIST_H

#include "base/buf.h"

/*
 * Walks an RFC 5322 address list (display names, quoted strings, comments, groups,
 * folding), one mailbox per call, iteratively and in linear time. `found` gets a slice of
 * the input that mr_address_parse takes, with its angle brackets. A ';' outside of a
 * group counts as a comma; comments inside an address are refused. Returns 1 for a
 * mailbox, 0 at the end, or MR_ERR_ADDR, MR_ERR_DEPTH (comments deeper than 100) with cur
 * at the place.
 */
int mr__address_list_next(mr__cur *cur, const char **found, size_t *len);

#endif

/* SPDX-License-Identifier: MIT */
/* Walks RFC 5322 address lists, iteratively and in linear time. */
#ifndef MR_TEXT_ADDRESS_LIST_H
#define MR_TEXT_ADDRESS_LIST_H

#include <mailroute/address_list.h>

#include "base/buf.h"

typedef struct mr__span {
  const char *data;
  size_t len;
} mr__span;

typedef struct mr__list_item {
  int kind;         /* #mr_address_item */
  mr__span name;    /* words in front of '<' or ':', as they are written */
  mr__span comment; /* the first comment behind an address without angle brackets */
  mr__span address; /* with its angle brackets */
  int spaced;       /* white space or comments inside of address */
} mr__list_item;

typedef struct mr__list {
  mr__cur cur;
  unsigned depth; /* of groups */
} mr__list;

/* The next item; kind MR_ITEM_NONE = the end. Slices point into the input. MR_OK, or
 * MR_ERR_ADDR, MR_ERR_DEPTH with cur at the place. A ';' outside of a group counts as a
 * comma, a group that is not closed ends with the list. */
int mr__list_next(mr__list *list, mr__list_item *item);

/* Parses the address of a mailbox, white space and comments taken out where the grammar
 * lets them be (RFC 5322 3.4.1, 4.4). *place receives the octet where it broke. Errors
 * as mr_address_parse(). */
int mr__list_address(mr_address **out, const mr_env *env, const mr__list_item *item,
                     const char **place);

/* Over a comment, or white space with its folds, if one is there: 1 = yes, 0 = no, or
 * MR_ERR_ADDR, MR_ERR_DEPTH. */
int mr__list_comment(mr__cur *cur);
int mr__list_space(mr__cur *cur);

/*
 * Mailboxes only, one per call: `found` gets a slice of the input that mr_address_parse
 * takes, with its angle brackets. White space or comments inside an address are refused.
 * Returns 1 for a mailbox, 0 at the end, or MR_ERR_ADDR, MR_ERR_DEPTH with cur at the
 * place.
 */
int mr__address_list_next(mr__cur *cur, const char **found, size_t *len);

#endif

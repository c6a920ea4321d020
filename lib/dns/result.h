/* SPDX-License-Identifier: MIT */
/* What is known about a question: made once, then shared by the cache and all answers. */
#ifndef MR_DNS_RESULT_H
#define MR_DNS_RESULT_H

#include <mailroute/resolver.h>

#include "base/buf.h"

enum { MR__DNS_TEXT_MAX = 1024 * 1024 }; /* text of all records of an answer */

typedef struct mr__dns_slot {
  mr_dns_record view;
  uint32_t ttl; /* at birth */
  size_t at;    /* of its text, until the result is sealed */
} mr__dns_slot;

typedef struct mr__dns_result {
  const mr_env *env;
  unsigned refs;
  uint64_t born; /* milliseconds */
  uint64_t ttl;  /* seconds, at birth */
  int status, reason;
  size_t malformed;
  const char *canonical, *text;
  size_t count, alias_count, room; /* the aliases come first */
  mr__dns_slot *slots;
  const mr_dns_record **views;
  mr__buf texts;
} mr__dns_result;

/* With room for so many records. NULL = no memory. */
mr__dns_result *mr__dns_result_new(const mr_env *env, size_t room, uint64_t now);
mr__dns_result *mr__dns_result_ref(mr__dns_result *result);
void mr__dns_result_drop(mr__dns_result *result); /* NULL-safe */
/* Adds a record; aliases before all others. Errors stick until the seal. */
void mr__dns_result_add(mr__dns_result *result, const mr_dns_record *record,
                        uint32_t ttl);
/* MR_OK or MR_ERR_NOMEM. */
int mr__dns_result_seal(mr__dns_result *result, const char *canonical, const char *text);
size_t mr__dns_result_octets(const mr__dns_result *result);
/* Seconds left of the whole. */
uint64_t mr__dns_result_left(const mr__dns_result *result, uint64_t now);
/* Fills all of the answer that the result knows; counts the records' ttl down. */
void mr__dns_result_answer(mr__dns_result *result, mr_answer *out, uint64_t now);

#endif

/* SPDX-License-Identifier: MIT */
/* Variable envelope return paths. */
#include <mailroute/dsn.h>

#include <string.h>

#include "message/return_path.h"

/* RFC 5321 has these for local parts, and names have none of the second. */
static int delimiters_check(const char *d) {
  static const char first[] = "!#$%&'*+-/=?^_`{|}~";
  static const char second[] = "!#$%&'*+/=?^`{|}~";
  if (d[0] == '\0' || d[1] == '\0' || d[2] != '\0')
    return MR_ERR_RANGE;
  if (memchr(first, d[0], sizeof first - 1) == NULL ||
      memchr(second, d[1], sizeof second - 1) == NULL)
    return MR_ERR_RANGE;
  return MR_OK;
}

static size_t put(char *dst, size_t at, const char *text) {
  size_t len = strlen(text);
  memcpy(dst + at, text, len);
  return at + len;
}

static int make(char *dst, size_t cap, const mr_env *env, const mr_address *sender,
                const mr_address *recipient, const char *d) {
  char local[MR__LOCAL_ROOM]; /* two local parts of 64 and a domain of 255 */
  const char *domain = mr_address_domain(sender);
  size_t at = put(local, 0, mr_address_local(sender));
  local[at++] = d[0];
  at = put(local, at, mr_address_local(recipient));
  local[at++] = d[1];
  at = put(local, at, mr_address_domain(recipient));
  return mr__return_path_put(dst, cap, env, local, at, domain, strlen(domain));
}

int mr_verp_make(char *dst, size_t cap, const mr_env *env, const char *sender,
                 const char *recipient, const char *delimiters) {
  const char *d = delimiters != NULL ? delimiters : "+=";
  mr_address *from = NULL, *to = NULL;
  if (dst == NULL || cap == 0 || sender == NULL || recipient == NULL)
    return MR_ERR_MISUSE;
  dst[0] = '\0';
  int err = delimiters_check(d);
  if (err == MR_OK)
    err = mr__return_path_get(&from, env, sender);
  if (err == MR_OK)
    err = mr__return_path_get(&to, env, recipient);
  if (err == MR_OK)
    err = make(dst, cap, env, from, to, d);
  mr_address_free(from);
  mr_address_free(to);
  return err;
}

/* Octets of the sender's local part at the start of local, 0 = it is another sender's. */
static size_t sender_len(const char *local, const char *domain, const mr_address *sender,
                         char delimiter) {
  if (sender == NULL) {
    const char *end = memchr(local, delimiter, strlen(local));
    return end != NULL ? (size_t)(end - local) : 0;
  }
  size_t len = strlen(mr_address_local(sender));
  if (!mr__streq(domain, mr_address_domain(sender)) || strlen(local) <= len ||
      !mr__memcaseeq(local, mr_address_local(sender), len) || local[len] != delimiter)
    return 0;
  return len;
}

static int parse(char *dst, size_t cap, const mr_env *env, const mr_address *sender,
                 const mr_address *address, const char *d) {
  const char *local = mr_address_local(address);
  size_t skip = sender_len(local, mr_address_domain(address), sender, d[0]);
  if (skip == 0)
    return MR_ERR_NOT_FOUND;
  const char *start = local + skip + 1;
  const char *at = NULL;
  for (const char *p = start; *p != '\0'; p++)
    if (*p == d[1])
      at = p; /* the last one: a domain has none */
  if (at == NULL || at == start)
    return MR_ERR_NOT_FOUND;
  int err = mr__return_path_put(dst, cap, env, start, (size_t)(at - start), at + 1,
                                strlen(at + 1));
  int told = err == MR_OK || err == MR_ERR_LIMIT || err == MR_ERR_NOMEM;
  return told ? err : MR_ERR_NOT_FOUND;
}

int mr_verp_parse(char *dst, size_t cap, const mr_env *env, const char *sender,
                  const char *address, const char *delimiters) {
  const char *d = delimiters != NULL ? delimiters : "+=";
  mr_address *from = NULL, *given = NULL;
  if (dst == NULL || cap == 0 || address == NULL)
    return MR_ERR_MISUSE;
  dst[0] = '\0';
  int err = delimiters_check(d);
  if (err == MR_OK && sender != NULL)
    err = mr__return_path_get(&from, env, sender);
  if (err == MR_OK)
    err = mr__return_path_get(&given, env, address);
  if (err == MR_OK)
    err = parse(dst, cap, env, from, given, d);
  mr_address_free(from);
  mr_address_free(given);
  return err;
}

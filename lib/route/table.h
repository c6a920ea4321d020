/* SPDX-License-Identifier: MIT */
/* The routing table: patterns to targets, looked up from the most exact to "*" (R1). */
#ifndef MR_ROUTE_TABLE_H
#define MR_ROUTE_TABLE_H

#include <mailroute/address.h>
#include <mailroute/event.h>

#include "base/last_error.h"
#include "base/map.h"

enum mr__target_kind {
  MR__TARGET_MX = 1,
  MR__TARGET_RELAY,
  MR__TARGET_DISCARD,
  MR__TARGET_HOLD,
  MR__TARGET_REJECT
};

enum { MR__RELAY_HOSTS_MAX = 64, MR__TABLE_MAX = 100000 };

typedef struct mr__relay_host {
  char *name; /* host name in A-labels, or IP address as text */
  int is_ip;
  int port; /* 0 = the configured one */
} mr__relay_host;

typedef struct mr__target {
  int kind;
  char *text;      /* MX: domain or ""; REJECT: words; RELAY: as written, for the key */
  char status[12]; /* REJECT: "5.y.z" or "" */
  mr__relay_host *hosts;
  size_t host_count;
} mr__target;

/* MR_ERR_RANGE with the place in err, MR_ERR_LIMIT, MR_ERR_NOMEM. */
int mr__target_parse(mr__target **out, const mr_env *env, const char *text,
                     mr__last_error *err);
void mr__target_free(const mr_env *env, mr__target *target);

typedef struct mr__table {
  const mr_env *env;
  mr__map entries;  /* pattern in canonical form → mr__target */
  size_t addresses; /* patterns of single addresses */
} mr__table;

int mr__table_init(mr__table *table, const mr_env *env);
void mr__table_free(mr__table *table);
int mr__table_add(mr__table *table, const char *pattern, const char *target,
                  mr__last_error *err);
/* NULL = no entry: by MX. *pattern: what matched, for the explanation. */
const mr__target *mr__table_find(const mr__table *table, const mr_address *address,
                                 const char **pattern);

#endif

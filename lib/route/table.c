/* SPDX-License-Identifier: MIT */
#include "route/table.h"

#include <string.h>

#include "base/fmt.h"
#include "text/domain.h"

enum { PATTERN_MAX = 64 + 1 + MR__DOMAIN_TEXT + 64 };

int mr__table_init(mr__table *table, const mr_env *env) {
  table->env = env;
  table->addresses = 0;
  return mr__map_init(&table->entries, env);
}

void mr__table_free(mr__table *table) {
  size_t position = 0;
  mr__map_entry *entry = NULL;
  while (mr__map_each(&table->entries, &position, &entry)) {
    mr__target_free(table->env, mr__map_entry_value(entry));
  }
  mr__map_free(&table->entries);
}

static int canonical_address(const mr_env *env, const char *pattern, char *dst) {
  mr_address *address = NULL;
  int err = mr_address_parse(&address, env, pattern, strlen(pattern), 0, NULL);
  if (err == MR_OK) {
    mr__fmt_to(dst, PATTERN_MAX, "%s", mr_address_text(address));
    mr_address_free(address);
  }
  return err;
}

static int canonical(const mr_env *env, const char *pattern, char *dst) {
  size_t len = strlen(pattern);
  if (mr__streq(pattern, "*")) {
    mr__fmt_to(dst, PATTERN_MAX, "*");
    return MR_OK;
  }
  if (memchr(pattern, '@', len)) {
    return canonical_address(env, pattern, dst);
  }
  size_t dot = len > 0 && pattern[0] == '.';
  dst[0] = '.';
  return mr__domain_ascii(env, pattern + dot, len - dot, dst + dot, NULL);
}

int mr__table_add(mr__table *table, const char *pattern, const char *target,
                  mr__last_error *err) {
  char key[PATTERN_MAX];
  mr__target *parsed = NULL;
  int result = canonical(table->env, pattern, key);
  if (result == MR_ERR_NOMEM) {
    return result;
  }
  if (result) {
    return mr__fail(err, MR_ERR_ADDR, MR_STAGE_ROUTE, NULL,
                    "routing pattern \"%q\": use user@domain, domain, .parent or *",
                    pattern);
  }
  if (mr__map_get(&table->entries, key, strlen(key))) {
    return mr__fail(err, MR_ERR_EXISTS, MR_STAGE_ROUTE, NULL,
                    "routing pattern \"%q\" has an entry already", pattern);
  }
  if (table->entries.count >= MR__TABLE_MAX) {
    return mr__fail(err, MR_ERR_LIMIT, MR_STAGE_ROUTE, NULL, "routing table is full");
  }
  result = mr__target_parse(&parsed, table->env, target, err);
  if (result == MR_OK) {
    result = mr__map_put(&table->entries, key, strlen(key), parsed, NULL);
  }
  if (result) {
    mr__target_free(table->env, parsed);
  } else if (memchr(key, '@', strlen(key))) {
    table->addresses++;
  }
  return result;
}

static const mr__target *lookup(const mr__table *table, const char *key,
                                const char **pattern) {
  *pattern = key;
  return mr__map_get(&table->entries, key, strlen(key));
}

const mr__target *mr__table_find(const mr__table *table, const mr_address *address,
                                 const char **pattern) {
  if (table->entries.count == 0) {
    return NULL;
  }
  const mr__target *target = lookup(table, mr_address_text(address), pattern);
  const char *domain = mr_address_domain(address);
  if (!target) {
    target = lookup(table, domain, pattern);
  }
  while (!target && mr_address_domain_kind(address) == MR_DOMAIN_NAME) {
    const char *dot = memchr(domain, '.', strlen(domain));
    if (!dot) {
      break;
    }
    target = lookup(table, dot, pattern);
    domain = dot + 1;
  }
  return target ? target : lookup(table, "*", pattern);
}

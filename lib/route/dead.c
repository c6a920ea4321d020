/* SPDX-License-Identifier: MIT */
#include "route/dead.h"

#include "base/fmt.h"
#include "base/options.h"

enum { KEY_MAX = 64 };

typedef struct dead_host {
  uint64_t until;
  uint64_t rest;
  int reason;
} dead_host;

int mr__dead_init(mr__dead *dead, const mr_env *env, const mr_options *options) {
  dead->env = env;
  dead->first = (uint64_t)mr_options_get(options, MR_OPT_DEAD_HOST_MIN);
  dead->longest = (uint64_t)mr_options_get(options, MR_OPT_DEAD_HOST_MAX);
  return mr__map_init(&dead->hosts, env);
}

void mr__dead_free(mr__dead *dead) {
  size_t position = 0;
  mr__map_entry *entry = NULL;
  while (mr__map_each(&dead->hosts, &position, &entry)) {
    mr__free(dead->env, mr__map_entry_value(entry));
  }
  mr__map_free(&dead->hosts);
}

/* Makes room by forgetting all whose rest is over for long. */
static void sweep(mr__dead *dead, uint64_t now) {
  size_t position = 0;
  mr__map_entry *entry = NULL;
  while (mr__map_each(&dead->hosts, &position, &entry)) {
    dead_host *host = mr__map_entry_value(entry);
    if (host->until + dead->longest <= now) {
      size_t len = 0;
      const void *key = mr__map_entry_key(entry, &len);
      mr__map_remove(&dead->hosts, key, len);
      mr__free(dead->env, host);
    }
  }
}

static dead_host *add(mr__dead *dead, const char *key, size_t len, uint64_t now) {
  if (dead->hosts.count >= MR__DEAD_MAX) {
    sweep(dead, now);
  }
  if (dead->hosts.count >= MR__DEAD_MAX) {
    return NULL;
  }
  dead_host *host = mr__calloc(dead->env, 1, sizeof *host);
  if (host && mr__map_put(&dead->hosts, key, len, host, NULL)) {
    mr__free(dead->env, host);
    host = NULL;
  }
  return host;
}

int mr__dead_report(mr__dead *dead, const char *address, int port, int reason,
                    uint64_t now) {
  char key[KEY_MAX];
  size_t len = mr__fmt_to(key, sizeof key, "%s %d", address, port);
  dead_host *host = mr__map_get(&dead->hosts, key, len);
  if (reason == MR_REASON_NONE) {
    mr__free(dead->env, mr__map_remove(&dead->hosts, key, len));
    return MR_OK;
  }
  if (!host) {
    host = add(dead, key, len, now);
  }
  if (!host) {
    return MR_ERR_NOMEM;
  }
  if (host->until > now) {
    return MR_OK; /* one failure counts once, however many deliveries saw it */
  }
  host->rest = host->rest ? host->rest * 2 : dead->first;
  host->rest = host->rest > dead->longest ? dead->longest : host->rest;
  host->until = now + host->rest;
  host->reason = reason;
  return MR_OK;
}

static const dead_host *resting(const mr__dead *dead, const char *address, int port,
                                uint64_t now) {
  char key[KEY_MAX];
  size_t len = mr__fmt_to(key, sizeof key, "%s %d", address, port);
  const dead_host *host = mr__map_get(&dead->hosts, key, len);
  return host && host->until > now ? host : NULL;
}

int mr__dead_reason(const mr__dead *dead, const char *address, int port, uint64_t now) {
  const dead_host *host = resting(dead, address, port, now);
  return host ? host->reason : MR_REASON_NONE;
}

uint64_t mr__dead_left(const mr__dead *dead, const char *address, int port,
                       uint64_t now) {
  const dead_host *host = resting(dead, address, port, now);
  return host ? host->until - now : 0;
}

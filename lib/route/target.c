/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/fmt.h"
#include "route/table.h"
#include "text/domain.h"
#include "text/ip.h"

enum { PORT_MAX = 65535, TARGET_MAX = 4096, STATUS_PART_MAX = 3 };

void mr__target_free(const mr_env *env, mr__target *target) {
  if (!target) {
    return;
  }
  for (size_t i = 0; i < target->host_count; i++) {
    mr__free(env, target->hosts[i].name);
  }
  mr__free(env, target->hosts);
  mr__free(env, target->text);
  mr__free(env, target);
}

static int bad(mr__last_error *err, const char *text, const char *what) {
  return mr__fail(err, MR_ERR_RANGE, MR_STAGE_ROUTE, NULL,
                  "routing target \"%q\": %s; use mx, mx:DOMAIN, relay:HOST[:PORT],…, "
                  "discard, hold or reject:TEXT",
                  text, what);
}

static int parse_port(const char *text, size_t len, int *port) {
  uint64_t value = 0;
  if (mr__parse_u64(text, len, &value) || value < 1 || value > PORT_MAX) {
    return MR_ERR_RANGE;
  }
  *port = (int)value;
  return MR_OK;
}

/* Splits "HOST:PORT", "[ADDRESS]:PORT", "HOST" or a bare address. */
static int split_host(const char *item, size_t len, const char **name, size_t *name_len,
                      int *port) {
  mr__ip ip;
  *port = 0;
  *name = item;
  *name_len = len;
  if (len > 0 && item[0] == '[') {
    const char *end = memchr(item, ']', len);
    if (!end) {
      return MR_ERR_RANGE;
    }
    *name = item + 1;
    *name_len = (size_t)(end - item) - 1;
    size_t rest = len - *name_len - 2;
    if (rest == 0) {
      return MR_OK;
    }
    return end[1] == ':' ? parse_port(end + 2, rest - 1, port) : MR_ERR_RANGE;
  }
  if (mr__ip_parse(&ip, item, len) == MR_OK) {
    return MR_OK;
  }
  const char *colon = memchr(item, ':', len);
  if (!colon) {
    return MR_OK;
  }
  *name_len = (size_t)(colon - item);
  return parse_port(colon + 1, len - *name_len - 1, port);
}

static int add_host(mr__target *target, const mr_env *env, const char *item, size_t len) {
  const char *name = NULL;
  size_t name_len = 0;
  char text[MR__DOMAIN_TEXT];
  mr__ip ip;
  mr__relay_host *host = &target->hosts[target->host_count];
  if (split_host(item, len, &name, &name_len, &host->port)) {
    return MR_ERR_RANGE;
  }
  host->is_ip = mr__ip_parse(&ip, name, name_len) == MR_OK;
  if (host->is_ip) {
    mr__ip_print(&ip, text);
  } else {
    int err = mr__domain_ascii(env, name, name_len, text, NULL);
    if (err) {
      return err == MR_ERR_NOMEM ? err : MR_ERR_RANGE;
    }
  }
  host->name = mr__strdup(env, text);
  if (!host->name) {
    return MR_ERR_NOMEM;
  }
  target->host_count++;
  return MR_OK;
}

static size_t count_items(const char *list) {
  size_t n = 1;
  for (; *list; list++) {
    n += *list == ',';
  }
  return n;
}

static int parse_relay(mr__target *target, const mr_env *env, const char *list) {
  size_t n = count_items(list);
  if (n > MR__RELAY_HOSTS_MAX) {
    return MR_ERR_LIMIT;
  }
  target->hosts = mr__calloc(env, n, sizeof *target->hosts);
  if (!target->hosts) {
    return MR_ERR_NOMEM;
  }
  for (;;) {
    const char *comma = memchr(list, ',', strlen(list));
    size_t len = comma ? (size_t)(comma - list) : strlen(list);
    int err = add_host(target, env, list, len);
    if (err || !comma) {
      return err;
    }
    list = comma + 1;
  }
}

/* "5.y.z " in front of a rejection's text. */
static size_t status_length(const char *text) {
  size_t i = 1;
  if (text[0] != '5') {
    return 0;
  }
  for (int part = 0; part < 2; part++) {
    size_t digits = 0;
    if (text[i++] != '.') {
      return 0;
    }
    while (digits < STATUS_PART_MAX && mr__is_digit((unsigned char)text[i])) {
      digits++;
      i++;
    }
    if (digits == 0) {
      return 0;
    }
  }
  return text[i] == ' ' ? i : 0;
}

static const char *parse_reject(mr__target *target, const char *text) {
  size_t n = status_length(text);
  if (n == 0) {
    return text;
  }
  memcpy(target->status, text, n);
  target->status[n] = '\0';
  return text + n + 1;
}

static const char *after(const char *text, const char *prefix) {
  size_t n = strlen(prefix);
  return strlen(text) >= n && memcmp(text, prefix, n) == 0 ? text + n : NULL;
}

static int parse_kind(mr__target *target, const mr_env *env, const char *text,
                      const char **words, char domain[MR__DOMAIN_TEXT]) {
  const char *rest;
  *words = "";
  if (mr__streq(text, "mx")) {
    target->kind = MR__TARGET_MX;
  } else if (mr__streq(text, "discard")) {
    target->kind = MR__TARGET_DISCARD;
  } else if (mr__streq(text, "hold")) {
    target->kind = MR__TARGET_HOLD;
  } else if ((rest = after(text, "reject:")) != NULL) {
    target->kind = MR__TARGET_REJECT;
    *words = parse_reject(target, rest);
  } else if ((rest = after(text, "mx:")) != NULL) {
    target->kind = MR__TARGET_MX;
    *words = domain;
    int err = mr__domain_ascii(env, rest, strlen(rest), domain, NULL);
    return err == MR_OK || err == MR_ERR_NOMEM ? err : MR_ERR_RANGE;
  } else if ((rest = after(text, "relay:")) != NULL) {
    target->kind = MR__TARGET_RELAY;
    *words = rest;
    return parse_relay(target, env, rest);
  } else {
    return MR_ERR_RANGE;
  }
  return MR_OK;
}

static int has_control(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7F) {
      return 1;
    }
  }
  return 0;
}

int mr__target_parse(mr__target **out, const mr_env *env, const char *text,
                     mr__last_error *err) {
  const char *words = NULL;
  char domain[MR__DOMAIN_TEXT];
  if (strlen(text) > TARGET_MAX || has_control(text)) {
    return bad(err, "", "too long, or a control character in it");
  }
  mr__target *target = mr__calloc(env, 1, sizeof *target);
  if (!target) {
    return MR_ERR_NOMEM;
  }
  int result = parse_kind(target, env, text, &words, domain);
  if (result == MR_OK) {
    target->text = mr__strdup(env, words);
    result = target->text ? MR_OK : MR_ERR_NOMEM;
  }
  if (result == MR_OK) {
    *out = target;
    return MR_OK;
  }
  mr__target_free(env, target);
  if (result == MR_ERR_RANGE) {
    return bad(err, text, "unknown kind, or a host or port that is none");
  }
  return result;
}

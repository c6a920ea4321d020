/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "driver/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ADDRESS_OCTETS = 64 };

void *mr__driver_alloc(mr_driver *driver, void *ptr, size_t size) {
  if (driver->env.alloc) {
    return ptr || size ? driver->env.alloc(driver->env.user, ptr, size) : NULL;
  }
  if (size) {
    return realloc(ptr, size);
  }
  free(ptr);
  return NULL;
}

int mr__driver_fail(mr_driver *driver, int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(driver->error_text, sizeof driver->error_text, format, args);
  va_end(args);
  driver->error.code = code;
  return code;
}

/* --- life ------------------------------------------------------------------------- */

static int open_loop(mr_driver *driver, unsigned flags) {
  driver->loop = &mr__loop_poll;
#ifdef __linux__
  if (!(flags & MR_DRIVER_POLL)) {
    driver->loop = &mr__loop_epoll;
  }
#endif
  int err = driver->loop->open(driver);
  if (err == MR_OK && pipe2(driver->wake, O_NONBLOCK | O_CLOEXEC)) {
    err = MR_ERR_IO;
  }
  return err ? err : driver->loop->watch(driver, driver->wake[0], MR_WANT_READ, NULL, 0);
}

static int configure(mr_driver *driver, const mr_options *options, unsigned flags) {
  int err = MR_OK;
  if (!(flags & MR_DRIVER_NO_RESOLV_CONF)) {
    err = mr__driver_resolv_conf(driver, "/etc/resolv.conf");
  }
  if (err == MR_OK && !(flags & MR_DRIVER_NO_SYSTEM_CA) && mr_feature("tls") &&
      mr_options_get(options, MR_OPT_TLS_LEVEL) >= MR_TLS_VERIFY) {
    err = mr__driver_system_ca(driver);
  }
  return err;
}

static void copy_env(mr_driver *driver, const mr_env *env) {
  if (env) {
    memcpy(&driver->env, env, env->size < sizeof *env ? env->size : sizeof *env);
  }
  driver->env.size = sizeof driver->env;
}

static mr_driver *allocate(const mr_env *env) {
  mr_driver fresh;
  memset(&fresh, 0, sizeof fresh);
  copy_env(&fresh, env);
  fresh.loop_fd = fresh.wake[0] = fresh.wake[1] = -1;
  mr_driver *driver = mr__driver_alloc(&fresh, NULL, sizeof *driver);
  if (driver) {
    *driver = fresh;
    driver->error.host = "";
    driver->error.text = driver->error_text;
    driver->input = mr__driver_alloc(driver, NULL, MR__DRIVER_READ);
  }
  return driver;
}

int mr_driver_new(mr_driver **out, const mr_env *env, const mr_options *options,
                  const mr_store *store, unsigned flags) {
  if (!out) {
    return MR_ERR_MISUSE;
  }
  *out = NULL;
  mr_driver *driver = allocate(env);
  if (!driver) {
    return MR_ERR_NOMEM;
  }
  int err = driver->input ? mr_router_new(&driver->router, &driver->env, options, store)
                          : MR_ERR_NOMEM;
  if (err == MR_OK) {
    err = open_loop(driver, flags);
  }
  if (err == MR_OK) {
    err = configure(driver, options, flags);
  }
  if (err == MR_OK) { /* what is in the store may be due */
    err = mr_router_expire(driver->router, mr_driver_now(driver));
  }
  if (err) {
    mr_driver_free(driver);
    return err;
  }
  *out = driver;
  return MR_OK;
}

static const mr_event *take(mr_driver *driver);
static int wait_once(mr_driver *driver, uint64_t until);

/* Idle sessions say QUIT before their sockets close. */
static void say_goodbye(mr_driver *driver) {
  uint64_t until = mr_driver_now(driver) + MR__DRIVER_FAREWELL;
  if (!driver->sockets || mr_router_busy(driver->router) > 0 ||
      mr_router_drain(driver->router, until, mr_driver_now(driver))) {
    return;
  }
  while (driver->sockets && mr_driver_now(driver) < until) {
    while (take(driver)) {
    }
    if (!driver->sockets || wait_once(driver, until)) {
      break;
    }
  }
}

void mr_driver_free(mr_driver *driver) {
  if (!driver) {
    return;
  }
  if (driver->router) {
    say_goodbye(driver);
  }
  while (driver->sockets) {
    mr__socket_destroy(driver->sockets);
  }
  mr_router_free(driver->router);
  if (driver->loop) {
    driver->loop->close(driver);
  }
  for (int i = 0; i < 2; i++) {
    if (driver->wake[i] >= 0) {
      close(driver->wake[i]);
    }
  }
  mr__driver_alloc(driver, driver->input, 0);
  mr_driver fresh = *driver;
  mr__driver_alloc(&fresh, driver, 0);
}

const mr_error *mr_driver_error(const mr_driver *driver) {
  if (!driver) {
    return NULL;
  }
  return driver->error.code ? &driver->error : mr_router_error(driver->router);
}

mr_router *mr_driver_router(mr_driver *driver) { return driver ? driver->router : NULL; }

uint64_t mr_driver_now(const mr_driver *driver) {
  struct timespec t;
  (void)driver;
#ifdef CLOCK_BOOTTIME
  if (clock_gettime(CLOCK_BOOTTIME, &t) == 0) {
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
  }
#endif
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- settings and submission ------------------------------------------------------ */

/* Digits alone: strtol would take blanks and signs too. */
static int parse_port(const char *text) {
  long port = 0;
  size_t len = strspn(text, "0123456789");
  if (len == 0 || len > 5 || text[len] != '\0') {
    return -1;
  }
  port = strtol(text, NULL, 10);
  return port < 1 || port > 65535 ? -1 : (int)port;
}

/* Parts of "ADDR", "ADDR:PORT" (IPv4), "[V6]" and "[V6]:PORT"; rest is what follows the
 * address. -1: a bracket does not close. */
static int split_server(const char *server, const char **address, size_t *len,
                        const char **rest) {
  const char *colon = strchr(server, ':');
  *address = server;
  if (server[0] == '[') {
    *address = server + 1;
    *len = strcspn(server + 1, "]");
    *rest = *address + *len + 1;
    return (*address)[*len] == ']' ? 0 : -1;
  }
  int one_colon = colon && !strchr(colon + 1, ':');
  *len = one_colon ? (size_t)(colon - server) : strlen(server);
  *rest = server + *len;
  return 0;
}

static int bad_server(mr_driver *driver, int code, const char *server) {
  return mr__driver_fail(
      driver, code, "DNS server \"%.60s\": use ADDR, ADDR:PORT or [V6]:PORT", server);
}

int mr_driver_add_server(mr_driver *driver, const char *server) {
  char address[ADDRESS_OCTETS];
  const char *start = NULL, *rest = NULL;
  size_t len = 0;
  int port = 0;
  if (!driver || !server) {
    return MR_ERR_MISUSE;
  }
  driver->error.code = MR_OK;
  if (split_server(server, &start, &len, &rest) || len >= sizeof address) {
    return bad_server(driver, MR_ERR_ADDR, server);
  }
  if (*rest) {
    port = *rest == ':' ? parse_port(rest + 1) : -1;
  }
  if (port < 0) {
    return bad_server(driver, MR_ERR_RANGE, server);
  }
  memcpy(address, start, len);
  address[len] = '\0';
  int err = mr_route_add_server(mr_router_route(driver->router), address, port);
  return err == MR_ERR_ADDR ? bad_server(driver, err, server) : err;
}

int mr_driver_send(mr_driver *driver, mr_message *message) {
  mr_submission submission;
  if (!driver || !message) {
    return MR_ERR_MISUSE;
  }
  driver->error.code = MR_OK;
  int err = mr_message_header(message, &(size_t){0}) ? MR_OK : mr_message_seal(message);
  if (err) {
    return mr__driver_fail(driver, err, "message: %s", mr_message_error(message)->text);
  }
  memset(&submission, 0, sizeof submission);
  submission.size = sizeof submission;
  submission.message = message;
  return mr_router_submit(driver->router, NULL, &submission, mr_driver_now(driver));
}

/* --- the loop --------------------------------------------------------------------- */

/* The next event for the program; those of channels are handled on the way. */
static const mr_event *take(mr_driver *driver) {
  const mr_event *event;
  while ((event = mr_router_next(driver->router)) != NULL) {
    if (!event->channel) {
      return event;
    }
    if (event->type == MR_EVENT_OPEN) {
      mr__socket_open(driver, event->channel);
    } else if (event->type == MR_EVENT_UPDATE) {
      mr__socket_update(driver, event->channel);
    } else if (event->type == MR_EVENT_CLOSE) {
      mr__socket_close(driver, event->channel);
    }
  }
  return NULL;
}

static int wait_once(mr_driver *driver, uint64_t until) {
  uint64_t now = mr_driver_now(driver);
  uint64_t at = mr_router_deadline(driver->router);
  at = until < at ? until : at;
  uint64_t left = at <= now ? 0 : at - now;
  int timeout = at == MR_NEVER ? -1 : left > INT_MAX ? INT_MAX : (int)left;
  int err = driver->loop->wait(driver, timeout);
  if (err) {
    return mr__driver_fail(driver, err, "waiting for sockets: %s", strerror(errno));
  }
  now = mr_driver_now(driver);
  if (mr_router_deadline(driver->router) <= now) {
    mr_router_expire(driver->router, now);
  }
  return MR_OK;
}

const mr_event *mr_driver_next(mr_driver *driver, uint64_t timeout) {
  if (!driver) {
    return NULL;
  }
  uint64_t start = mr_driver_now(driver);
  uint64_t until = timeout > MR_NEVER - start ? MR_NEVER : start + timeout;
  for (;;) {
    const mr_event *event = take(driver);
    if (event) {
      return event;
    }
    if (driver->woken || mr_router_busy(driver->router) == 0) {
      driver->woken = 0;
      return NULL;
    }
    if (wait_once(driver, until)) {
      return NULL;
    }
    if (mr_driver_now(driver) >= until) {
      return take(driver);
    }
  }
}

void mr_driver_wake(mr_driver *driver) {
  int saved = errno;
  if (driver && write(driver->wake[1], "", 1) < 0) {
    /* the pipe is full: it wakes anyway */
  }
  errno = saved;
}

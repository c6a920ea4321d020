/* SPDX-License-Identifier: MIT */
/*
 * A session and the kit's strict server, joined by memory and virtual time, with a link
 * that can break after any octet in either direction.
 */
#ifndef WORLD_H
#define WORLD_H

#include "kit/kit_persona.h"
#include "smtp/drive.h"

enum { WORLD_STEPS = 200000 };

typedef struct world {
  kit_env k;
  drive d;
  kit_smtp_host *host;
  kit_smtp *server;
  kit_pieces up;             /* how octets go to the server */
  size_t up_left, down_left; /* octets until the link breaks */
  size_t lag;                /* octets that the host sends before it says `sent` */
  size_t unsaid;             /* … of these so far */
  int broken;
} world;

static inline void world_begin(world *w, kit_smtp_host *host, const char *settings,
                               const mr_tls_need *need) {
  memset(w, 0, sizeof *w);
  kit_env_init(&w->k, 1);
  w->host = host;
  w->up_left = w->down_left = SIZE_MAX;
  kit_pieces_init(&w->up, KIT_PIECES_WHOLE, 1);
  assert_int_equal(drive_begin(&w->d, &w->k, settings, 0), MR_OK);
  w->k.wall = 1767225600000;
  assert_int_equal(drive_connect(&w->d, need, 0), MR_OK);
  drive_events(&w->d);
}

static inline void world_end(world *w) {
  if (w->server) {
    kit_smtp_closed(w->server, w->d.now);
    kit_smtp_free(w->server);
  }
  drive_done(&w->d);
  assert_int_equal(kit_env_done(&w->k), 0);
}

static inline void world_break(world *w) {
  if (w->d.c)
    (void)mr_channel_closed(w->d.c, MR_CLOSE_RESET, w->unsaid, NULL, w->d.now);
  drive_events(&w->d);
  w->broken = 1;
}

static inline void world_hang_up(world *w) {
  kit_smtp_closed(w->server, w->d.now);
  kit_smtp_free(w->server);
  w->server = NULL;
}

/* Some octets to the server; `sent` follows behind by `lag`. 1 = something moved. */
static inline int world_up(world *w) {
  const void *data;
  size_t len;
  if (!w->d.c || mr_channel_pending(w->d.c, w->unsaid, &data, &len) != MR_OK || len == 0)
    return 0;
  size_t n = kit_pieces_take(&w->up, len);
  if (n > w->up_left)
    n = w->up_left;
  void *copy = kit_exact(data, n);
  kit_smtp_feed(w->server, copy, n, w->d.now);
  free(copy);
  w->up_left -= n;
  w->unsaid += n;
  size_t said = w->unsaid > w->lag ? w->unsaid - w->lag : 0;
  w->unsaid -= said;
  if (w->up_left == 0) {
    (void)mr_channel_sent(w->d.c, said, w->d.now);
    world_break(w);
  } else {
    (void)mr_channel_sent(w->d.c, said, w->d.now);
  }
  drive_events(&w->d);
  return 1;
}

static inline int world_down(world *w) {
  const void *data;
  size_t len;
  kit_smtp_output(w->server, &data, &len);
  if (len == 0 || !w->d.c)
    return 0;
  size_t n = len > w->down_left ? w->down_left : len;
  void *copy = kit_exact(data, n);
  kit_smtp_consumed(w->server, n);
  w->down_left -= n;
  drive_recv(&w->d, copy, n);
  free(copy);
  if (w->down_left == 0)
    world_break(w);
  return 1;
}

static inline int world_time(world *w) {
  uint64_t at = mr_session_deadline(w->d.s), theirs = kit_smtp_deadline(w->server);
  uint64_t next = at < theirs ? at : theirs;
  if (next == MR_NEVER)
    return 0;
  w->d.now = next > w->d.now ? next : w->d.now + 1;
  kit_smtp_tick(w->server, w->d.now);
  if (at <= w->d.now)
    drive_time(&w->d, 0);
  return 1;
}

static inline int world_close(world *w) {
  const void *data;
  size_t len;
  kit_smtp_output(w->server, &data, &len);
  int wish = kit_smtp_wants_close(w->server);
  if (wish == KIT_CLOSE_NO || (wish == KIT_CLOSE_EOF && len > 0) || !w->d.c)
    return 0;
  (void)mr_channel_closed(w->d.c, wish == KIT_CLOSE_RESET ? MR_CLOSE_RESET : MR_CLOSE_EOF,
                          w->unsaid, NULL, w->d.now);
  drive_events(&w->d);
  return 1;
}

/* Until the session has ended or nothing moves any more. */
static inline void world_run(world *w) {
  if (!w->server) {
    w->server = kit_smtp_connect(w->host, w->d.now);
    drive_opened(&w->d, "192.0.2.9");
  }
  size_t steps = 0;
  while (!w->d.ended && !w->broken && steps++ < WORLD_STEPS)
    if (!world_down(w) && !world_up(w) && !world_close(w) && !world_time(w))
      break;
  assert_true(steps < WORLD_STEPS);
}

static inline void world_quit(world *w) {
  (void)mr_session_quit(w->d.s, w->d.now);
  drive_events(&w->d);
  world_run(w);
}

static inline void world_clean(const world *w) {
  char *report = kit_ledger_report(kit_smtp_ledger(w->host));
  assert_string_equal(report, "");
  free(report);
}

#endif

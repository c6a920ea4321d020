/* SPDX-License-Identifier: MIT */
/* The engine's side of a channel; the host's side is <mailroute/channel.h>. */
#ifndef MR_BASE_CHANNEL_H
#define MR_BASE_CHANNEL_H

#include <mailroute/channel.h>

#include "base/ctx.h"
#include "base/out.h"

/* What the engine does with the host's inputs, after the checks; ctx->now is set. */
typedef struct mr__channel_ops {
  void (*opened)(void *owner, mr_channel *c);
  /* TCP: address NULL. Result goes to the host: MR_OK, MR_ERR_LIMIT or MR_ERR_NOMEM. */
  int (*recv)(void *owner, mr_channel *c, const uint8_t *data, size_t len,
              const char *address, int port);
  void (*sent)(void *owner, mr_channel *c); /* room again; NULL = not wanted */
  /* The channel is over. c->out.sent + in_flight tells what may have left. The engine
   * must let go of it (mr__channel_close) here or later. */
  void (*closed)(void *owner, mr_channel *c, int cause, uint64_t in_flight,
                 const char *text);
} mr__channel_ops;

/* As MR_EVENT_OPEN, _UPDATE and _CLOSE in <mailroute/event.h>, one floor up. */
enum { MR__EVENT_OPEN = 1, MR__EVENT_UPDATE = 2, MR__EVENT_CLOSE = 3 };

struct mr_channel {
  mr__ctx *ctx; /* a reference */
  const mr__channel_ops *ops;
  void *owner;   /* NULL: the engine let go */
  unsigned refs; /* engine's and host's */
  uint64_t id;
  int kind;
  char remote_address[46];
  int remote_port;
  char local_address[46]; /* to bind; after opened: the real one if the host told */
  int local_port;
  int told;   /* OPEN was taken by the host: it has a reference */
  int opened; /* by the host */
  int over;   /* closed by the host or let go by the engine */
  int paused; /* the engine wants no READ now */
  mr__out out;
  mr__event_node open_event, update_event, close_event;
  mr__event_node free_event; /* in ctx->deferred: freed by the host inside a service */
};

/* Makes a channel and posts its OPEN event to ctx->events. The engine has a reference. */
int mr__channel_open(mr_channel **out, mr__ctx *ctx, const mr__channel_ops *ops,
                     void *owner, int kind, const char *remote_address, int remote_port,
                     const char *local_address, int local_port, size_t segment_size);
/* The engine lets go: posts CLOSE if the host knows the channel and has not closed it,
 * takes back an untold OPEN; drops the engine's reference. NULL-safe. */
void mr__channel_close(mr_channel *c);
/* `wants` may have changed (output was put, reading paused): posts UPDATE, coalesced. */
void mr__channel_update(mr_channel *c);
void mr__channel_pause(mr_channel *c, int paused);

#endif

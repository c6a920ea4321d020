/* SPDX-License-Identifier: MIT */
#include "base/channel.h"

#include <string.h>

#include "base/buf.h"

static mr_channel *channel_of(mr__event_node *node) { return node->object; }

static void drop(mr_channel *c) {
  if (--c->refs > 0)
    return;
  mr__ctx *ctx = c->ctx;
  mr__event_remove(&ctx->events, &c->open_event);
  mr__event_remove(&ctx->events, &c->update_event);
  mr__event_remove(&ctx->events, &c->close_event);
  mr__event_remove(&ctx->deferred, &c->free_event);
  mr__out_free(&c->out);
  mr__free(&ctx->env, c);
  mr__ctx_drop(ctx);
}

/* The host took the OPEN event, and with it a reference. */
static void open_taken(mr__event_node *node) {
  mr_channel *c = channel_of(node);
  c->told = 1;
  c->refs++;
}

static int set_address(char dst[46], const char *text) {
  size_t len = mr__strlen(text);
  if (len >= 46)
    return MR_ERR_LIMIT;
  memset(dst, 0, 46);
  if (len > 0)
    memcpy(dst, text, len);
  return MR_OK;
}

static void return_reference(mr_channel *c);

static void free_deferred(mr__event_node *node) { return_reference(channel_of(node)); }

static void set_nodes(mr_channel *c) {
  c->open_event.type = MR__EVENT_OPEN;
  c->open_event.object = c;
  c->open_event.taken = open_taken;
  c->update_event.type = MR__EVENT_UPDATE;
  c->update_event.object = c;
  c->close_event.type = MR__EVENT_CLOSE;
  c->close_event.object = c;
  c->free_event.object = c;
  c->free_event.done = free_deferred;
}

static int port_ok(int port) { return port >= 0 && port <= 65535; }

int mr__channel_open(mr_channel **out, mr__ctx *ctx, const mr__channel_ops *ops,
                     void *owner, int kind, const char *remote_address, int remote_port,
                     const char *local_address, int local_port, size_t segment_size) {
  *out = NULL;
  if (owner == NULL || !port_ok(remote_port) || !port_ok(local_port))
    return MR_ERR_MISUSE;
  mr_channel *c = mr__calloc(&ctx->env, 1, sizeof *c);
  if (c == NULL)
    return MR_ERR_NOMEM;
  if (set_address(c->remote_address, remote_address) != MR_OK ||
      set_address(c->local_address, local_address) != MR_OK) {
    mr__free(&ctx->env, c);
    return MR_ERR_LIMIT;
  }
  c->ctx = mr__ctx_ref(ctx);
  c->ops = ops;
  c->owner = owner;
  c->refs = 1;
  c->id = mr__ctx_id(ctx);
  c->kind = kind;
  c->remote_port = remote_port;
  c->local_port = local_port;
  set_nodes(c);
  mr__out_init(&c->out, &ctx->env, segment_size, kind == MR_CHANNEL_UDP);
  mr__event_post(&ctx->events, &c->open_event);
  *out = c;
  return MR_OK;
}

void mr__channel_close(mr_channel *c) {
  if (c == NULL || c->owner == NULL)
    return;
  mr__ctx *ctx = c->ctx;
  int freed = mr__event_linked(&c->free_event);
  c->owner = NULL;
  mr__event_remove(&ctx->events, &c->update_event);
  if (c->told && !c->over && !freed)
    mr__event_post(&ctx->events, &c->close_event);
  c->over = 1;
  if (freed)
    return_reference(c);
  drop(c);
}

void mr__channel_update(mr_channel *c) {
  if (c->opened && !c->over)
    mr__event_post(&c->ctx->events, &c->update_event);
}

void mr__channel_pause(mr_channel *c, int paused) {
  paused = paused != 0;
  if (c->paused == paused)
    return;
  c->paused = paused;
  mr__channel_update(c);
}

uint64_t mr_channel_id(const mr_channel *channel) {
  return channel != NULL ? channel->id : 0;
}

int mr_channel_kind(const mr_channel *channel) {
  return channel != NULL ? channel->kind : 0;
}

const char *mr_channel_remote_address(const mr_channel *channel) {
  return channel != NULL ? channel->remote_address : "";
}

int mr_channel_remote_port(const mr_channel *channel) {
  return channel != NULL ? channel->remote_port : 0;
}

const char *mr_channel_local_address(const mr_channel *channel) {
  return channel != NULL ? channel->local_address : "";
}

int mr_channel_local_port(const mr_channel *channel) {
  return channel != NULL ? channel->local_port : 0;
}

/* Looks twice: what enter does for others may end this channel. */
static int enter(mr_channel *c, uint64_t now) {
  if (c->over)
    return MR_ERR_CLOSED;
  int rc = mr__ctx_enter(c->ctx, now);
  if (rc != MR_OK)
    return rc;
  return c->over ? MR_ERR_CLOSED : MR_OK;
}

static int enter_opened(mr_channel *c, uint64_t now) {
  int rc = enter(c, now);
  if (rc != MR_OK)
    return rc;
  return c->opened ? MR_OK : MR_ERR_STATE;
}

int mr_channel_opened(mr_channel *channel, const char *local_address, uint64_t now) {
  if (channel == NULL)
    return MR_ERR_MISUSE;
  int rc = enter(channel, now);
  if (rc != MR_OK)
    return rc;
  if (channel->opened)
    return MR_ERR_STATE;
  channel->opened = 1;
  if (local_address != NULL)
    (void)set_address(channel->local_address, local_address);
  channel->ops->opened(channel->owner, channel);
  if (!channel->over && mr_channel_wants(channel) != MR_WANT_READ)
    mr__channel_update(channel);
  return MR_OK;
}

int mr_channel_recv(mr_channel *channel, const void *data, size_t len, uint64_t now) {
  if (channel == NULL || data == NULL || channel->kind == MR_CHANNEL_UDP)
    return MR_ERR_MISUSE;
  int rc = enter_opened(channel, now);
  if (rc != MR_OK || len == 0)
    return rc;
  return channel->ops->recv(channel->owner, channel, data, len, NULL, 0);
}

int mr_channel_recv_from(mr_channel *channel, const void *data, size_t len,
                         const char *address, int port, uint64_t now) {
  if (channel == NULL || data == NULL || address == NULL ||
      channel->kind != MR_CHANNEL_UDP)
    return MR_ERR_MISUSE;
  int rc = enter_opened(channel, now);
  if (rc != MR_OK)
    return rc;
  return channel->ops->recv(channel->owner, channel, data, len, address, port);
}

unsigned mr_channel_wants(const mr_channel *channel) {
  if (channel == NULL || channel->over)
    return 0;
  if (!channel->opened)
    return MR_WANT_WRITE;
  unsigned wants = channel->paused ? 0u : (unsigned)MR_WANT_READ;
  if (mr__out_unsent(&channel->out) > 0)
    wants |= MR_WANT_WRITE;
  return wants != 0 ? wants : MR_WANT_WAIT;
}

int mr_channel_pending(mr_channel *channel, size_t skip, const void **data, size_t *len) {
  if (channel == NULL || data == NULL || len == NULL)
    return MR_ERR_MISUSE;
  *data = "";
  *len = 0;
  int rc = enter_opened(channel, channel->ctx->now);
  if (rc == MR_OK)
    mr__out_peek(&channel->out, skip, data, len);
  return rc;
}

int mr_channel_sent(mr_channel *channel, size_t n, uint64_t now) {
  if (channel == NULL)
    return MR_ERR_MISUSE;
  int rc = enter_opened(channel, now);
  if (rc != MR_OK)
    return rc;
  rc = mr__out_sent(&channel->out, n);
  if (rc == MR_OK && n > 0 && channel->ops->sent != NULL)
    channel->ops->sent(channel->owner, channel);
  return rc;
}

/* What was never exposed cannot have left. */
static void end(mr_channel *c, int cause, uint64_t in_flight, const char *text) {
  uint64_t exposed = c->out.exposed - c->out.sent;
  c->over = 1;
  mr__event_remove(&c->ctx->events, &c->update_event);
  c->ops->closed(c->owner, c, cause, in_flight < exposed ? in_flight : exposed,
                 text != NULL ? text : "");
}

int mr_channel_closed(mr_channel *channel, int cause, size_t in_flight, const char *text,
                      uint64_t now) {
  if (channel == NULL || cause < MR_CLOSE_EOF || cause > MR_CLOSE_CANCELLED)
    return MR_ERR_MISUSE;
  int rc = enter(channel, now);
  if (rc == MR_OK)
    end(channel, cause, in_flight, text);
  return rc;
}

/* A host that says nothing may have sent all that it was shown. */
static void return_reference(mr_channel *c) {
  mr__event_remove(&c->ctx->deferred, &c->free_event);
  if (!c->over)
    end(c, MR_CLOSE_CANCELLED, UINT64_MAX, NULL);
  mr__event_remove(&c->ctx->events, &c->close_event);
  drop(c);
}

void mr_channel_free(mr_channel *channel) {
  if (channel == NULL)
    return;
  if (!channel->over && channel->ctx->busy > 0) {
    mr__event_post(&channel->ctx->deferred, &channel->free_event);
    return;
  }
  mr__ctx *ctx = mr__ctx_ref(channel->ctx);
  return_reference(channel);
  (void)mr__ctx_enter(ctx, ctx->now); /* does what was asked for inside a service */
  mr__ctx_drop(ctx);
}

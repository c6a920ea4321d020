/* SPDX-License-Identifier: MIT */
#include "kit/kit_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DNS_PORT = 53, INPUT = 65536 };

struct kit_world_conn {
  kit_world_conn *prev, *next;
  mr_channel *channel;
  kit_smtp *smtp;  /* mail server's side, NULL for DNS */
  unsigned number; /* of mail connections, from 1 */
  uint64_t out, in;
  int over;
  kit_buf tcp;   /* DNS over TCP: what came so far */
  uint8_t *late; /* a DNS answer under way */
  size_t late_len;
  uint64_t late_at;
};

/* --- life ------------------------------------------------------------------------- */

void kit_world_init(kit_world *world, kit_env *env, uint64_t seed) {
  memset(world, 0, sizeof *world);
  world->env = env;
  world->now = 1000;
  world->dns = kit_dns_new();
  world->cut_out = world->cut_in = UINT64_MAX;
  world->cut_cause = MR_CLOSE_RESET;
  kit_pieces_init(&world->pieces, KIT_PIECES_WHOLE, seed);
}

int kit_world_router(kit_world *world, const mr_options *options, const mr_store *store) {
  int err = mr_router_new(&world->router, &world->env->env, options, store);
  return err ? err
             : mr_route_add_server(mr_router_route(world->router), KIT_WORLD_DNS,
                                   DNS_PORT);
}

static void add_host(kit_world *world, const char *address, kit_smtp_host *host,
                     int silent) {
  if (world->host_count == KIT_WORLD_HOSTS) {
    kit_die("too many hosts in the world");
  }
  size_t i = world->host_count++;
  snprintf(world->hosts[i].address, sizeof world->hosts[i].address, "%s", address);
  world->hosts[i].host = host;
  world->hosts[i].silent = silent;
}

void kit_world_host(kit_world *world, const char *address, kit_smtp_host *host) {
  add_host(world, address, host, 0);
}

void kit_world_silent(kit_world *world, const char *address) {
  add_host(world, address, NULL, 1);
}

static void drop(kit_world *world, kit_world_conn *c) {
  if (c->smtp) {
    kit_smtp_closed(c->smtp, world->now);
    kit_smtp_free(c->smtp);
  }
  if (c->prev) {
    c->prev->next = c->next;
  } else {
    world->conns = c->next;
  }
  if (c->next) {
    c->next->prev = c->prev;
  }
  mr_channel_free(c->channel);
  kit_buf_free(&c->tcp);
  free(c->late);
  free(c);
}

void kit_world_done(kit_world *world) {
  while (world->conns) {
    drop(world, world->conns);
  }
  mr_router_free(world->router);
  for (size_t i = 0; i < world->host_count; i++) {
    if (world->hosts[i].host) {
      kit_smtp_host_free(world->hosts[i].host);
    }
  }
  for (size_t i = 0; i < world->told_count; i++) {
    free(world->told[i].recipient);
    free(world->told[i].text);
    free(world->told[i].host);
    free(world->told[i].status);
  }
  free(world->told);
  kit_dns_free(world->dns);
}

/* --- events ----------------------------------------------------------------------- */

static void tell(kit_world *world, const mr_event *event) {
  world->told = kit_xalloc(world->told, (world->told_count + 1) * sizeof *world->told);
  kit_told *t = &world->told[world->told_count++];
  memset(t, 0, sizeof *t);
  t->type = event->type;
  t->id = event->id;
  t->message = event->message;
  t->tag = event->tag;
  t->now = world->now;
  if (event->type == MR_EVENT_OUTCOME) {
    const mr_outcome *o = event->outcome;
    t->recipient = kit_xdup(o->recipient);
    t->text = kit_xdup(o->text);
    t->host = kit_xdup(o->host);
    t->status = kit_xdup(o->status);
    t->fate = o->fate;
    t->final = o->final;
    t->reason = o->reason;
    t->stage = o->stage;
    t->code = o->code;
    t->uncertain = o->uncertain;
    t->attempts = o->attempts;
    t->retry_in = o->retry_in;
  }
}

static void closed(kit_world *world, kit_world_conn *c, int cause) {
  if (!c->over) {
    c->over = 1;
    mr_channel_closed(c->channel, cause, 0, NULL, world->now);
  }
}

static void open_mail(kit_world *world, kit_world_conn *c) {
  const char *address = mr_channel_remote_address(c->channel);
  c->number = ++world->opened;
  for (size_t i = 0; i < world->host_count; i++) {
    if (strcmp(world->hosts[i].address, address) == 0) {
      if (world->hosts[i].silent) {
        return;
      }
      c->smtp = kit_smtp_connect(world->hosts[i].host, world->now);
      mr_channel_opened(c->channel, "10.9.9.9", world->now);
      return;
    }
  }
  closed(world, c, MR_CLOSE_REFUSED);
}

static void open_channel(kit_world *world, mr_channel *channel) {
  kit_world_conn *c = kit_xalloc(NULL, sizeof *c);
  c->channel = channel;
  c->late_at = UINT64_MAX;
  c->next = world->conns;
  if (c->next) {
    c->next->prev = c;
  }
  world->conns = c;
  if (strcmp(mr_channel_remote_address(channel), KIT_WORLD_DNS) == 0) {
    mr_channel_opened(channel, NULL, world->now);
  } else {
    open_mail(world, c);
  }
}

static kit_world_conn *find(kit_world *world, const mr_channel *channel) {
  kit_world_conn *c = world->conns;
  while (c && c->channel != channel) {
    c = c->next;
  }
  return c;
}

static void host_open(void *user, mr_channel *channel) {
  kit_world *world = user;
  open_channel(world, channel);
  if (world->on_channel) {
    world->on_channel(world, MR_EVENT_OPEN, channel);
  }
}

static void host_update(void *user, mr_channel *channel) {
  kit_world *world = user;
  if (world->on_channel) {
    world->on_channel(world, MR_EVENT_UPDATE, channel);
  }
}

static void host_close(void *user, mr_channel *channel) {
  kit_world *world = user;
  if (world->on_channel) {
    world->on_channel(world, MR_EVENT_CLOSE, channel);
  }
  drop(world, find(world, channel));
}

static void host_event(void *user, const mr_event *event) {
  kit_world *world = user;
  tell(world, event);
  if (world->on_event) {
    world->on_event(world, event);
  }
}

static int dispatch_events(kit_world *world) {
  mr_host host = {sizeof host, world, host_open, host_update, host_close, host_event};
  size_t before = world->told_count;
  if (mr_router_dispatch(world->router, &host, world->now) == MR_ERR_CLOSED) {
    world->router = NULL;
  }
  return world->told_count != before;
}

static int take_events(kit_world *world) {
  const mr_event *event;
  int any = 0;
  if (world->by_dispatch) {
    return dispatch_events(world);
  }
  while ((event = mr_router_next(world->router)) != NULL) {
    any = 1;
    if (event->type == MR_EVENT_OPEN) {
      host_open(world, event->channel);
    } else if (event->type == MR_EVENT_CLOSE && event->channel) {
      host_close(world, event->channel);
    } else if (event->type == MR_EVENT_UPDATE) {
      host_update(world, event->channel);
    } else {
      host_event(world, event);
    }
  }
  return any;
}

/* --- DNS -------------------------------------------------------------------------- */

static void answer(kit_world *world, kit_world_conn *c, const void *data, size_t len,
                   int tcp) {
  kit_dns_reply reply;
  kit_dns_answer(world->dns, data, len, tcp, (uint16_t)mr_channel_local_port(c->channel),
                 &reply);
  if (reply.len > 0 && reply.delay == 0 && !tcp) {
    mr_channel_recv_from(c->channel, reply.data, reply.len,
                         reply.wrong_address ? "10.6.6.6" : KIT_WORLD_DNS,
                         reply.wrong_port ? DNS_PORT + 1 : DNS_PORT, world->now);
  } else if (reply.len > 0 && tcp) {
    uint8_t length[2] = {(uint8_t)(reply.len >> 8), (uint8_t)reply.len};
    mr_channel_recv(c->channel, length, sizeof length, world->now);
    mr_channel_recv(c->channel, reply.data, reply.len, world->now);
  } else if (reply.len > 0) {
    free(c->late);
    c->late = kit_exact(reply.data, reply.len);
    c->late_len = reply.len;
    c->late_at = world->now + reply.delay;
  }
  kit_dns_reply_free(&reply);
}

static void late_answer(kit_world *world, kit_world_conn *c) {
  c->late_at = UINT64_MAX;
  mr_channel_recv_from(c->channel, c->late, c->late_len, KIT_WORLD_DNS, DNS_PORT,
                       world->now);
}

static int move_dns(kit_world *world, kit_world_conn *c) {
  const void *data = NULL;
  size_t len = 0, message = 0;
  if (mr_channel_pending(c->channel, 0, &data, &len) || len == 0) {
    return 0;
  }
  int tcp = mr_channel_kind(c->channel) == MR_CHANNEL_TCP;
  void *copy = kit_exact(data, len);
  mr_channel_sent(c->channel, len, world->now);
  if (!tcp) {
    answer(world, c, copy, len, 0);
  } else {
    kit_buf_add(&c->tcp, copy, len);
    while (kit_dns_frame(kit_buf_at(&c->tcp), kit_buf_left(&c->tcp), &message)) {
      void *query = kit_exact(kit_buf_at(&c->tcp) + 2, message);
      kit_buf_take(&c->tcp, message + 2);
      answer(world, c, query, message, 1);
      free(query);
    }
  }
  free(copy);
  return 1;
}

/* --- mail ------------------------------------------------------------------------- */

/* How many octets may still pass before the connection breaks. */
static size_t allowed(const kit_world *world, const kit_world_conn *c, uint64_t done,
                      uint64_t limit, size_t len) {
  if (world->cut_conn != c->number || limit == UINT64_MAX || done + len <= limit) {
    return len;
  }
  return limit > done ? (size_t)(limit - done) : 0;
}

static int move_out(kit_world *world, kit_world_conn *c) {
  const void *data = NULL;
  size_t len = 0;
  if (c->over || mr_channel_pending(c->channel, 0, &data, &len) || len == 0) {
    return 0;
  }
  len = kit_pieces_take(&world->pieces, len);
  size_t pass = allowed(world, c, c->out, world->cut_out, len);
  void *copy = kit_exact(data, pass);
  c->out += pass;
  world->moved_out = c->number == world->cut_conn ? c->out : world->moved_out;
  if (pass) {
    mr_channel_sent(c->channel, pass, world->now);
    kit_smtp_feed(c->smtp, copy, pass, world->now);
  }
  free(copy);
  if (pass < len) {
    closed(world, c, world->cut_cause);
  }
  return 1;
}

static int move_in(kit_world *world, kit_world_conn *c) {
  const void *data = NULL;
  size_t len = 0;
  kit_smtp_output(c->smtp, &data, &len);
  if (c->over || len == 0) {
    return 0;
  }
  len = kit_pieces_take(&world->pieces, len);
  size_t pass = allowed(world, c, c->in, world->cut_in, len);
  void *copy = kit_exact(data, pass);
  c->in += pass;
  world->moved_in = c->number == world->cut_conn ? c->in : world->moved_in;
  kit_smtp_consumed(c->smtp, pass);
  if (pass) {
    mr_channel_recv(c->channel, copy, pass, world->now);
  }
  free(copy);
  if (pass < len) {
    closed(world, c, world->cut_cause);
  }
  return 1;
}

static int move_mail(kit_world *world, kit_world_conn *c) {
  if (!c->smtp) {
    return 0;
  }
  int any = move_out(world, c) | move_in(world, c);
  int wish = kit_smtp_wants_close(c->smtp);
  const void *data = NULL;
  size_t left = 0;
  kit_smtp_output(c->smtp, &data, &left);
  if (!c->over && (wish == KIT_CLOSE_RESET || (wish == KIT_CLOSE_EOF && left == 0))) {
    closed(world, c, wish == KIT_CLOSE_RESET ? MR_CLOSE_RESET : MR_CLOSE_EOF);
    any = 1;
  }
  return any;
}

/* --- running ---------------------------------------------------------------------- */

static int move_all(kit_world *world) {
  int any = take_events(world);
  for (kit_world_conn *c = world->conns, *next; c; c = next) {
    next = c->next;
    if (c->over) {
      drop(world, c);
      any = 1;
    } else {
      any |= c->number ? move_mail(world, c) : move_dns(world, c);
    }
  }
  return any;
}

static uint64_t next_time(const kit_world *world) {
  uint64_t at = mr_router_deadline(world->router);
  for (const kit_world_conn *c = world->conns; c; c = c->next) {
    uint64_t server = c->smtp ? kit_smtp_deadline(c->smtp) : c->late_at;
    at = server < at ? server : at;
  }
  return at;
}

static void advance(kit_world *world, uint64_t at) {
  uint64_t before = world->now;
  world->now = at > before ? at : before;
  world->env->wall += (int64_t)(world->now - before);
  for (kit_world_conn *c = world->conns; c; c = c->next) {
    if (c->smtp && kit_smtp_deadline(c->smtp) <= world->now) {
      kit_smtp_tick(c->smtp, world->now);
    } else if (!c->smtp && c->late_at <= world->now) {
      late_answer(world, c);
    }
  }
  if (mr_router_deadline(world->router) <= world->now) {
    mr_router_expire(world->router, world->now);
    if (mr_router_deadline(world->router) <= world->now) {
      kit_die("deadline <= now after expire");
    }
  }
}

int kit_world_run(kit_world *world, uint64_t until) {
  for (int step = 0; step < KIT_WORLD_STEPS; step++) {
    if (move_all(world)) {
      continue;
    }
    if (mr_router_busy(world->router) == 0) {
      return 1;
    }
    uint64_t at = next_time(world);
    if (at > until) {
      advance(world, until);
      return 0;
    }
    advance(world, at);
  }
  kit_die("the world spins");
  return 0;
}

/* --- sending and looking ---------------------------------------------------------- */

static int build(kit_world *world, mr_message **out, const char *from,
                 const char *const *to, size_t count, const char *text) {
  int err = mr_message_new(out, &world->env->env, NULL);
  if (err) {
    return err;
  }
  mr_message_set_from(*out, NULL, from);
  for (size_t i = 0; i < count; i++) {
    mr_message_add_bcc(*out, NULL, to[i]);
  }
  mr_message_set_subject(*out, "World");
  mr_message_set_text(*out, text, strlen(text));
  err = mr_message_seal(*out);
  if (err) {
    mr_message_free(*out);
    *out = NULL;
  }
  return err;
}

int kit_world_send(kit_world *world, const char *from, const char *const *to,
                   size_t count, const char *text, uint64_t tag) {
  mr_submission s;
  mr_message *message = NULL;
  memset(&s, 0, sizeof s);
  int err = build(world, &message, from, to, count, text);
  if (err) {
    return err;
  }
  s.size = sizeof s;
  s.message = message;
  s.tag = tag;
  err = mr_router_submit(world->router, NULL, &s, world->now);
  mr_message_free(message);
  return err;
}

const kit_told *kit_world_last(const kit_world *world, const char *recipient) {
  for (size_t i = world->told_count; i > 0; i--) {
    const kit_told *t = &world->told[i - 1];
    if (t->recipient && strcmp(t->recipient, recipient) == 0) {
      return t;
    }
  }
  return NULL;
}

static size_t count_outcomes(const kit_world *world, const char *recipient, int final) {
  size_t n = 0;
  for (size_t i = 0; i < world->told_count; i++) {
    const kit_told *t = &world->told[i];
    n += t->recipient && strcmp(t->recipient, recipient) == 0 && (t->final || !final);
  }
  return n;
}

size_t kit_world_outcomes(const kit_world *world, const char *recipient) {
  return count_outcomes(world, recipient, 0);
}

size_t kit_world_finals(const kit_world *world, const char *recipient) {
  return count_outcomes(world, recipient, 1);
}

size_t kit_world_count(const kit_world *world, int type) {
  size_t n = 0;
  for (size_t i = 0; i < world->told_count; i++) {
    n += world->told[i].type == type;
  }
  return n;
}

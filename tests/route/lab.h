/* SPDX-License-Identifier: MIT */
/* A route engine on virtual time whose DNS questions are answered by kit_dns at once. */
#ifndef ROUTE_LAB_H
#define ROUTE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mailroute/route.h>

#include "kit/kit_alloc.h"
#include "kit/kit_dns.h"

enum { LAB_CHANNELS = 256 };

typedef struct lab {
  kit_env env;
  mr_options *options;
  mr_route *route;
  kit_dns *dns;
  mr_channel *channels[LAB_CHANNELS];
  size_t channel_count;
  const mr_plan *plan; /* the last one, kept */
  uint64_t asked;      /* id of the last ASK */
  uint64_t now;
} lab;

static inline void lab_init(lab *l, const char *zone) {
  memset(l, 0, sizeof *l);
  kit_env_init(&l->env, 7);
  l->now = 1000;
  l->dns = kit_dns_new();
  assert_int_equal(kit_dns_zone(l->dns, zone), 0);
  assert_int_equal(mr_options_new(&l->options, &l->env.env), MR_OK);
}

static inline int lab_start(lab *l) {
  int err = mr_route_new(&l->route, &l->env.env, l->options);
  return err ? err : mr_route_add_server(l->route, "10.0.0.53", 53);
}

static inline void lab_forget(lab *l, mr_channel *c) {
  for (size_t i = 0; i < l->channel_count; i++) {
    if (l->channels[i] == c) {
      l->channels[i] = l->channels[--l->channel_count];
      break;
    }
  }
  mr_channel_free(c);
}

static inline void lab_done(lab *l) {
  mr_plan_free(l->plan);
  mr_route_free(l->route);
  while (l->channel_count) {
    lab_forget(l, l->channels[0]);
  }
  mr_options_free(l->options);
  kit_dns_free(l->dns);
  assert_int_equal(kit_env_done(&l->env), 0);
}

static inline void lab_answer(lab *l, mr_channel *c, const uint8_t *data, size_t len) {
  kit_dns_reply reply;
  int tcp = mr_channel_kind(c) == MR_CHANNEL_TCP;
  size_t skip = tcp ? 2 : 0; /* the length in front (RFC 1035 4.2.2) */
  kit_dns_answer(l->dns, data + skip, len - skip, tcp, (uint16_t)mr_channel_local_port(c),
                 &reply);
  mr_channel_sent(c, len, l->now);
  if (reply.len && tcp) {
    uint8_t frame[2] = {(uint8_t)(reply.len >> 8), (uint8_t)reply.len};
    mr_channel_recv(c, frame, sizeof frame, l->now);
    mr_channel_recv(c, reply.data, reply.len, l->now);
  } else if (reply.len) {
    mr_channel_recv_from(c, reply.data, reply.len, "10.0.0.53", 53, l->now);
  }
  kit_dns_reply_free(&reply);
}

static inline int lab_move(lab *l) {
  int any = 0;
  for (size_t i = 0; i < l->channel_count; i++) {
    const void *data = NULL;
    size_t len = 0;
    if (mr_channel_pending(l->channels[i], 0, &data, &len) == MR_OK && len > 0) {
      lab_answer(l, l->channels[i], data, len);
      any = 1;
    }
  }
  return any;
}

static inline int lab_events(lab *l) {
  const mr_event *e;
  int any = 0;
  while ((e = mr_route_next(l->route)) != NULL) {
    any = 1;
    if (e->type == MR_EVENT_OPEN) {
      assert_true(l->channel_count < LAB_CHANNELS);
      l->channels[l->channel_count++] = e->channel;
      mr_channel_opened(e->channel, NULL, l->now);
    } else if (e->type == MR_EVENT_CLOSE) {
      lab_forget(l, e->channel);
    } else if (e->type == MR_EVENT_ASK) {
      assert_int_equal(e->ask, MR_ASK_ROUTE);
      l->asked = e->id;
    } else if (e->type == MR_EVENT_PLAN) {
      mr_plan_free(l->plan);
      l->plan = mr_plan_ref(e->plan);
    }
  }
  return any;
}

/* Runs until there is a plan, or an ASK that nobody answered, or nothing can happen. */
static inline void lab_run(lab *l) {
  for (int i = 0; i < 10000 && !l->plan; i++) {
    if (lab_events(l) | lab_move(l)) {
      continue;
    }
    uint64_t at = mr_route_deadline(l->route);
    if (at == MR_NEVER) {
      return;
    }
    l->now = at > l->now ? at : l->now;
    mr_route_expire(l->route, l->now);
    assert_true(mr_route_deadline(l->route) > l->now);
  }
}

/* The plan for a recipient; owned by the lab. */
static inline const mr_plan *lab_plan_aged(lab *l, const char *recipient, uint64_t age) {
  mr_plan_free(l->plan);
  l->plan = NULL;
  assert_int_equal(mr_route_query(l->route, NULL, recipient, age, 42, l->now), MR_OK);
  lab_run(l);
  assert_non_null(l->plan);
  return l->plan;
}

static inline const mr_plan *lab_plan(lab *l, const char *recipient) {
  return lab_plan_aged(l, recipient, 0);
}

static inline const mr_drop *lab_dropped(const mr_plan *plan, int reason) {
  for (size_t i = 0; i < plan->drop_count; i++) {
    if (plan->drops[i]->reason == reason) {
      return plan->drops[i];
    }
  }
  return NULL;
}

static inline void lab_verdict(const mr_plan *plan, int verdict, int reason,
                               const char *status) {
  assert_string_equal(mr_verdict_name(plan->verdict), mr_verdict_name(verdict));
  assert_string_equal(mr_reason_name(plan->reason), mr_reason_name(reason));
  assert_string_equal(plan->status, status);
}

#define LAB_SOA "@ SOA ns.test. root.test. 1 60 60 60 60\n"

#endif

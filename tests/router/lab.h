/* SPDX-License-Identifier: MIT */
/* A world with a few domains, for the tests of the router. */
#ifndef ROUTER_LAB_H
#define ROUTER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_persona.h"
#include "kit/kit_world.h"

#define LAB_SOA "@ SOA ns.test. root.test. 1 60 60 60 60\n"

static const char lab_zone[] =
    "$TTL 60\n"
    "$ORIGIN origin.test.\n" LAB_SOA "@ MX 10 mx\nmx A 10.0.0.1\n"
    "$ORIGIN one.test.\n" LAB_SOA "@ MX 10 mx\nmx A 10.0.0.2\n"
    "$ORIGIN two.test.\n" LAB_SOA
    "@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 10.0.0.3\nmx2 A 10.0.0.4\n"
    "$ORIGIN shared.test.\n" LAB_SOA "@ MX 10 mx.one.test.\n"
    "$ORIGIN null.test.\n" LAB_SOA "@ MX 0 .\n";

enum { LAB_DAY = 24 * 3600 * 1000, LAB_FOREVER = 30 };

typedef struct lab {
  kit_env env;
  kit_world world;
  mr_options *options;
  kit_smtp_host *origin, *one, *mx1, *mx2; /* as in the zone; NULL = refused */
} lab;

static inline void lab_init(lab *l) {
  memset(l, 0, sizeof *l);
  kit_env_init(&l->env, 11);
  kit_world_init(&l->world, &l->env, 11);
  assert_int_equal(kit_dns_zone(l->world.dns, lab_zone), 0);
  assert_int_equal(mr_options_new(&l->options, &l->env.env), MR_OK);
}

static inline void lab_host(lab *l, const char *address, kit_smtp_host **slot,
                            int persona) {
  *slot = kit_persona_new(persona, NULL);
  kit_world_host(&l->world, address, *slot);
}

static inline void lab_start(lab *l) {
  assert_int_equal(kit_world_router(&l->world, l->options, NULL), MR_OK);
}

/* All honest but for those given before. */
static inline void lab_honest(lab *l) {
  if (!l->origin) {
    lab_host(l, "10.0.0.1", &l->origin, KIT_HONEST);
  }
  if (!l->one) {
    lab_host(l, "10.0.0.2", &l->one, KIT_HONEST);
  }
  lab_start(l);
}

static inline void lab_clean(const kit_smtp_host *host) {
  if (host) {
    char *report = kit_ledger_report(kit_smtp_ledger(host));
    assert_string_equal(report, "");
    free(report);
  }
}

static inline void lab_done(lab *l) {
  lab_clean(l->origin);
  lab_clean(l->one);
  lab_clean(l->mx1);
  lab_clean(l->mx2);
  kit_world_done(&l->world);
  mr_options_free(l->options);
  assert_int_equal(kit_env_done(&l->env), 0);
}

static inline void lab_send(lab *l, const char *a, const char *b) {
  const char *to[2] = {a, b};
  assert_int_equal(
      kit_world_send(&l->world, "me@origin.test", to, b ? 2 : 1, "Hello.\n", 77), MR_OK);
}

static inline int lab_run(lab *l) {
  return kit_world_run(&l->world, (uint64_t)LAB_FOREVER * LAB_DAY);
}

static inline size_t lab_copies(const kit_smtp_host *host, const char *to) {
  return kit_ledger_copies(kit_smtp_ledger(host), to);
}

static inline void lab_fate(const lab *l, const char *to, int fate, int reason) {
  const kit_told *t = kit_world_last(&l->world, to);
  assert_non_null(t);
  assert_string_equal(mr_fate_name(t->fate), mr_fate_name(fate));
  assert_string_equal(mr_reason_name(t->reason), mr_reason_name(reason));
  assert_int_equal(kit_world_finals(&l->world, to), 1);
}

#endif

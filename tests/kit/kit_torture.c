/* SPDX-License-Identifier: MIT */
#include "kit/kit_torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KIT_TORTURE_CAP = 1000, KIT_TORTURE_SEED = 1 };

/* Runs once. The environment is on the heap, so that ASan sees what outlives the run. */
static uint64_t run(kit_torture_fn *fn, void *arg, uint64_t fail_at, int from) {
  kit_env *k = kit_xalloc(NULL, sizeof *k);
  kit_env_init(k, KIT_TORTURE_SEED);
  k->fail_at = fail_at;
  k->fail_from = from;
  int result = fn(k, arg);
  uint64_t calls = k->calls;
  size_t bytes = k->live_bytes;
  size_t live = kit_env_done(k);
  if (result || live) {
    fprintf(stderr,
            "torture: allocation %llu%s: result %d, live blocks %zu (%zu octets)\n",
            (unsigned long long)fail_at, from ? " and later" : "", result, live, bytes);
    fail();
  }
  free(k);
  return calls;
}

uint64_t kit_torture(kit_torture_fn *fn, void *arg, unsigned max) {
  uint64_t n = run(fn, arg, 0, 0);
  uint64_t cap = max && max < KIT_TORTURE_CAP ? max : KIT_TORTURE_CAP;
  uint64_t runs = n < cap ? n : cap;
  for (uint64_t i = 0; i < runs; i++) {
    uint64_t k = runs == n ? i + 1 : 1 + i * (n - 1) / (runs > 1 ? runs - 1 : 1);
    run(fn, arg, k, 0);
    run(fn, arg, k, 1);
  }
  return n;
}

/* SPDX-License-Identifier: MIT */
/* An environment whose allocator fails on demand and counts what is alive. */
#ifndef TESTS_BASE_FAIL_H
#define TESTS_BASE_FAIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mailroute/base.h>

typedef struct failing {
  mr_env env;
  size_t calls;   /* allocations asked for */
  size_t fail_at; /* the first that fails, 1 = first, 0 = none */
  int for_good;   /* all later ones fail too */
  size_t live;    /* blocks not freed */
  uint64_t seed;
} failing;

static inline void *failing_alloc(void *user, void *ptr, size_t size) {
  failing *f = user;
  if (size == 0) {
    f->live -= ptr != NULL;
    free(ptr);
    return NULL;
  }
  f->calls++;
  if (f->fail_at > 0 &&
      (f->calls == f->fail_at || (f->for_good && f->calls > f->fail_at)))
    return NULL;
  void *fresh = realloc(ptr, size);
  f->live += ptr == NULL;
  return fresh;
}

static inline uint32_t next_random(uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*seed >> 33);
}

static inline int failing_random(void *user, void *buf, size_t len) {
  failing *f = user;
  for (size_t i = 0; i < len; i++)
    ((uint8_t *)buf)[i] = (uint8_t)next_random(&f->seed);
  return MR_OK;
}

static inline void failing_init(failing *f) {
  memset(f, 0, sizeof *f);
  f->env.size = sizeof f->env;
  f->env.user = f;
  f->env.alloc = failing_alloc;
  f->env.random = failing_random;
}

/* Runs a scenario with each of its allocations failing, once and for good (fault 98). It
 * must free all that it made and answer MR_OK or MR_ERR_NOMEM. */
static inline void torture(int (*scenario)(const mr_env *env)) {
  enum { MOST = 1000 };
  for (int for_good = 0; for_good < 2; for_good++) {
    int rc = MR_ERR_NOMEM;
    size_t k;
    for (k = 1; k <= MOST; k++) {
      failing f;
      failing_init(&f);
      f.fail_at = k;
      f.for_good = for_good;
      rc = scenario(&f.env);
      assert_int_equal(f.live, 0);
      if (f.calls < k)
        break;
      if (rc != MR_OK)
        assert_int_equal(rc, MR_ERR_NOMEM);
    }
    assert_true(k > 1 && k <= MOST);
    assert_int_equal(rc, MR_OK);
  }
}

#endif

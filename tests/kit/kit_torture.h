/* SPDX-License-Identifier: MIT */
/*
 * Allocation torture. fn runs a complete scenario with the given environment and frees
 * everything. It is run clean first (env->fail_at == 0: it must succeed) to count the
 * requests N, then for each k in 1..N (spread evenly when N > max; max is capped at 1000)
 * twice: request k refused once, and all from k on. fn returns 0 when the result was
 * right: success, or, if env->failed > 0, a clean MR_ERR_NOMEM. After each run no block
 * may be live. A violation fails the running CMocka test and names k.
 */
#ifndef KIT_TORTURE_H
#define KIT_TORTURE_H

#include "kit/kit_alloc.h"

typedef int kit_torture_fn(kit_env *env, void *arg);

/* Returns N. */
uint64_t kit_torture(kit_torture_fn *fn, void *arg, unsigned max);

#endif

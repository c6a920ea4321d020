/* SPDX-License-Identifier: MIT */
#ifndef MR_BASE_ENV_H
#define MR_BASE_ENV_H

#include <mailroute/base.h>

/* Fills gaps of a host's table (which may be shorter than ours) with the defaults. */
void mr__env_copy(mr_env *out, const mr_env *host);

/* The defaults: services of the C library (env_default.c). */
void *mr__default_alloc(void *user, void *ptr, size_t size);
int mr__default_random(void *user, void *buf, size_t len);
int mr__default_wall(void *user, int64_t *milliseconds);

/* n == 0 frees; NULL = no memory. Never touches ptr on failure. */
void *mr__realloc(const mr_env *env, void *ptr, size_t n);
void *mr__calloc(const mr_env *env, size_t count, size_t size); /* overflow checked */
void mr__free(const mr_env *env, void *ptr);
char *mr__strdup(const mr_env *env, const char *text);
char *mr__memdup0(const mr_env *env, const void *data, size_t len); /* adds a NUL */

int mr__random(const mr_env *env, void *buf, size_t len);
/* Uniform in 0..n-1 (n > 0), by rejection. */
int mr__random_below(const mr_env *env, uint32_t n, uint32_t *out);
int mr__wall(const mr_env *env, int64_t *milliseconds);
void mr__log(const mr_env *env, int level, const char *format, ...); /* see fmt.h */

#endif

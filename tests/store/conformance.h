/* SPDX-License-Identifier: MIT */
/* What every store has to do: one suite, run on each through a factory. */
#ifndef STORE_CONFORMANCE_H
#define STORE_CONFORMANCE_H

#include <mailroute/store.h>

typedef struct store_factory {
  const char *name;
  void *user;
  /* A fresh, empty store, and its end. */
  const mr_store *(*open)(void *user);
  void (*close)(void *user);
  /* Ends an operation that answered MR_ERR_PENDING; NULL for a synchronous store. */
  int (*wait)(void *user, uint64_t token, mr_store_result *result);
  /* Lets time pass for a store with a calendar of its own; NULL: `now` is its clock. */
  void (*advance)(void *user, uint64_t ms);
  /* Closes and opens it again; NULL: it keeps nothing. */
  const mr_store *(*reopen)(void *user);
} store_factory;

/* Runs all checks; a violation fails the running CMocka test. Returns how many there
 * were. */
unsigned store_conformance(const store_factory *factory);

#endif

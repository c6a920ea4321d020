/* SPDX-License-Identifier: MIT */
/* The steps of one commit, with all that they point to, alive until it is over. */
#ifndef MR_QUEUE_BATCH_H
#define MR_QUEUE_BATCH_H

#include <mailroute/store.h>

#include "base/buf.h"

typedef struct mr__batch_step {
  mr_record record;
  mr_record_op op;
  size_t start; /* of its data in the buffer */
} mr__batch_step;

typedef struct mr__batch {
  mr__buf data;
  mr__batch_step *steps;
  const mr_record_op **ops; /* NULL = there is no batch */
  size_t count, cap;
} mr__batch;

int mr__batch_init(mr__batch *batch, const mr_env *env, size_t cap); /* MR_ERR_NOMEM */
void mr__batch_free(mr__batch *batch);
/* The next step, at most cap of them. What is put into batch->data from now on is its
 * data; the other fields of the record are the caller's to fill. */
mr_record *mr__batch_add(mr__batch *batch, int action, uint64_t lease_token, int kind,
                         uint64_t message, uint64_t part);
int mr__batch_seal(mr__batch *batch); /* points all data; MR_ERR_NOMEM, MR_ERR_LIMIT */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Operations of the store. An op is embedded in what asks for it and is one operation at
 * a time. Its end is told to done(), inside the call or later; done() copies what it
 * needs, and wakes a task, but starts no operation: results are valid until the next one.
 */
#ifndef MR_QUEUE_OP_H
#define MR_QUEUE_OP_H

#include <mailroute/queue.h>

#include "base/ctx.h"
#include "queue/index.h"

typedef struct mr__op mr__op;
typedef void mr__op_done(mr__op *op, int err, const mr_record *const *records,
                         size_t count);
struct mr__op {
  mr__link link; /* by token */
  mr_queue *queue;
  mr__op_done *done;
  uint64_t token; /* 0 = idle */
  mr__timer timer;
};

void mr__op_init(mr__op *op, mr_queue *queue, mr__op_done *done);
int mr__op_busy(const mr__op *op);
/* Forgets it: done() is not called, the store is told. */
void mr__op_cancel(mr__op *op);
/* The completion that mr_queue_stored() brings. */
int mr__op_stored(mr_queue *queue, uint64_t token, int err,
                  const mr_record *const *records, size_t count);

void mr__op_begin(mr__op *op, const void *key, size_t key_len);
void mr__op_write(mr__op *op, uint64_t message, uint64_t offset, const void *data,
                  size_t len);
void mr__op_read(mr__op *op, uint64_t message, uint64_t offset, size_t cap);
void mr__op_commit(mr__op *op, const mr_record_op *const *ops, size_t count);
void mr__op_claim(mr__op *op, uint64_t lease, size_t max, const mr_claim_limits *limits);
void mr__op_renew(mr__op *op, uint64_t message, uint64_t part, uint64_t lease_token,
                  uint64_t lease);
void mr__op_release(mr__op *op, uint64_t message, uint64_t part, uint64_t lease_token,
                    uint64_t delay);
void mr__op_due(mr__op *op, const mr_claim_limits *limits);
void mr__op_list(mr__op *op, const mr_record_filter *filter, size_t max);

#endif

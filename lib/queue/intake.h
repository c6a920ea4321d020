/* SPDX-License-Identifier: MIT */
/* The checked copy of a submission: recipients once each, grouped by domain (R5). */
#ifndef MR_QUEUE_INTAKE_H
#define MR_QUEUE_INTAKE_H

#include <mailroute/queue.h>

#include "queue/batch.h"
#include "queue/core.h"
#include "queue/record.h"

typedef struct mr__intake_rcpt {
  size_t address, given; /* offsets in text */
  uint64_t index;
  struct mr__intake_rcpt *next; /* of its group */
} mr__intake_rcpt;

typedef struct mr__intake_group {
  size_t domain; /* offset in text */
  mr__intake_rcpt *first, *last;
  size_t count;
} mr__intake_group;

typedef struct mr__intake {
  mr__buf text; /* NUL-terminated strings */
  size_t sender;
  mr__intake_rcpt *rcpts;
  size_t rcpt_count;
  mr__intake_group *groups;
  size_t group_count;
  uint8_t key[MR__KEY_MAX];
  size_t key_len;
  uint64_t tag, lifetime;
  int priority;
} mr__intake;

/* As mr_queue_submit(). Free it in any case. */
int mr__intake_read(mr__intake *in, mr_queue *q, const mr_submission *submission);
void mr__intake_free(mr__intake *in);
/* The steps of its commit: MESSAGE, then one DELIVERY for at most `most` recipients of a
 * domain. MR_ERR_NOMEM, MR_ERR_LIMIT. */
int mr__intake_batch(const mr__intake *in, const mr_env *env, mr__batch *batch,
                     uint64_t id, const mr__record_head *head, size_t most);

#endif

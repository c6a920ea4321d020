/* SPDX-License-Identifier: MIT */
#include "queue/batch.h"

#include <string.h>

#include "queue/record.h"

int mr__batch_init(mr__batch *batch, const mr_env *env, size_t cap) {
  memset(batch, 0, sizeof *batch);
  mr__buf_init(&batch->data, env, MR__RECORD_MAX);
  batch->steps = mr__calloc(env, cap, sizeof *batch->steps);
  batch->ops = mr__calloc(env, cap, sizeof *batch->ops);
  batch->cap = cap;
  if (batch->steps != NULL && batch->ops != NULL)
    return MR_OK;
  mr__batch_free(batch);
  return MR_ERR_NOMEM;
}

void mr__batch_free(mr__batch *batch) {
  const mr_env *env = batch->data.env;
  if (env == NULL)
    return;
  mr__buf_free(&batch->data);
  mr__free(env, batch->steps);
  mr__free(env, batch->ops);
  memset(batch, 0, sizeof *batch);
}

mr_record *mr__batch_add(mr__batch *batch, int action, uint64_t lease_token, int kind,
                         uint64_t message, uint64_t part) {
  mr__batch_step *step = &batch->steps[batch->count];
  step->record = (mr_record){.size = sizeof step->record,
                             .kind = kind,
                             .message = message,
                             .part = part,
                             .lane = ""};
  step->op = (mr_record_op){sizeof step->op, action, lease_token, &step->record};
  step->start = batch->data.len;
  batch->ops[batch->count++] = &step->op;
  return &step->record;
}

int mr__batch_seal(mr__batch *batch) {
  size_t end = batch->data.len;
  if (batch->data.err != MR_OK)
    return batch->data.err;
  for (size_t i = batch->count; i > 0; i--) {
    mr__batch_step *step = &batch->steps[i - 1];
    step->record.data_len = end - step->start;
    step->record.data = end > step->start ? batch->data.data + step->start : NULL;
    end = step->start;
  }
  return MR_OK;
}

/* SPDX-License-Identifier: MIT */
/* The queue's bounce: a report on failures alone. */
#include <mailroute/dsn.h>

#include "message/message.h"
#include "message/object.h"

static int make(mr_message **out, const mr_env *env, const mr_options *options,
                const mr__bounce *b, mr_dsn_recipient *recipients,
                const mr_dsn_recipient **list) {
  for (size_t i = 0; i < b->outcome_count; i++) {
    recipients[i] = (mr_dsn_recipient){.size = sizeof recipients[i],
                                       .action = MR_DSN_FAILED,
                                       .outcome = b->outcomes[i],
                                       .last_attempt = -1,
                                       .retry_until = -1};
    list[i] = &recipients[i];
  }
  mr_dsn_facts facts = {.size = sizeof facts,
                        .to = b->to,
                        .reporting_mta = b->reporting_mta,
                        .arrival = b->arrival,
                        .recipients = list,
                        .recipient_count = b->outcome_count,
                        .original = b->header,
                        .original_len = b->header_len};
  return mr_dsn_make(out, env, options, &facts);
}

int mr__message_bounce(mr_message **out, const mr_env *env, const mr_options *options,
                       const mr__bounce *b) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (b == NULL || b->outcomes == NULL || b->outcome_count == 0)
    return MR_ERR_MISUSE;
  mr_env own;
  mr__env_copy(&own, env);
  mr_dsn_recipient *recipients = mr__calloc(&own, b->outcome_count, sizeof *recipients);
  const mr_dsn_recipient **list = mr__calloc(&own, b->outcome_count, sizeof *list);
  int err = MR_ERR_NOMEM;
  if (recipients != NULL && list != NULL)
    err = make(out, &own, options, b, recipients, list);
  mr__free(&own, recipients);
  mr__free(&own, list);
  return err;
}

/* SPDX-License-Identifier: MIT */
#include "queue/intake.h"

#include <string.h>

#include <mailroute/address.h>

enum { TEXT_MAX = 1 << 30 }; /* octets of all addresses; the count is an option's */

typedef struct reading {
  mr__intake *in;
  mr_queue *queue;
  const mr_submission *s;
  mr__map seen;    /* addresses */
  mr__map domains; /* to groups */
} reading;

static size_t keep_text(mr__intake *in, const char *text) {
  size_t at = in->text.len;
  mr__buf_put(&in->text, text, strlen(text) + 1);
  return at;
}

static int address_failed(reading *r, int rc, size_t offset, const char *what) {
  return rc == MR_ERR_NOMEM ? rc
                            : mr__fail_at(&r->queue->error, rc, offset,
                                          "a %s is no address that mail can use", what);
}

static int read_sender(reading *r) {
  const char *text = r->s->sender;
  mr_address *address = NULL;
  size_t offset = 0;
  if (text == NULL)
    text = mr_message_sender(r->s->message);
  int rc = mr_address_parse(&address, &r->queue->ctx->env, text, strlen(text),
                            MR_ADDRESS_ALLOW_NULL, &offset);
  if (rc != MR_OK)
    return address_failed(r, rc, offset, "sender");
  r->in->sender = keep_text(r->in, mr_address_text(address));
  mr_address_free(address);
  return r->in->text.err;
}

static int group_of(reading *r, const char *domain, mr__intake_group **out) {
  mr__intake *in = r->in;
  size_t len = strlen(domain);
  *out = mr__map_get(&r->domains, domain, len);
  if (*out != NULL)
    return MR_OK;
  mr__intake_group *group = &in->groups[in->group_count];
  int rc = mr__map_put(&r->domains, domain, len, group, NULL);
  if (rc != MR_OK)
    return rc;
  group->domain = keep_text(in, domain);
  in->group_count++;
  *out = group;
  return in->text.err;
}

static int add(reading *r, const mr_address *address, const char *given, uint64_t index) {
  mr__intake *in = r->in;
  const char *text = mr_address_text(address);
  if (mr__map_get(&r->seen, text, strlen(text)) != NULL)
    return MR_OK;
  mr__intake_group *group;
  int rc = group_of(r, mr_address_domain(address), &group);
  if (rc == MR_OK)
    rc = mr__map_put(&r->seen, text, strlen(text), group, NULL);
  if (rc != MR_OK)
    return rc;
  mr__intake_rcpt *rcpt = &in->rcpts[in->rcpt_count++];
  rcpt->address = keep_text(in, text);
  rcpt->given = strlen(given) <= MR__RECORD_STRING ? keep_text(in, given) : rcpt->address;
  rcpt->index = index;
  if (group->last != NULL)
    group->last->next = rcpt;
  else
    group->first = rcpt;
  group->last = rcpt;
  group->count++;
  return in->text.err;
}

static const char *given_at(const mr_submission *s, size_t i) {
  return s->recipients != NULL ? s->recipients[i] : mr_message_recipient(s->message, i);
}

static int read_recipients(reading *r, size_t count) {
  const mr_env *env = &r->queue->ctx->env;
  int rc = MR_OK;
  for (size_t i = 0; rc == MR_OK && i < count; i++) {
    const char *given = given_at(r->s, i);
    mr_address *address = NULL;
    size_t offset = 0;
    if (given == NULL)
      return MR_ERR_MISUSE;
    rc = mr_address_parse(&address, env, given, strlen(given), 0, &offset);
    if (rc != MR_OK)
      return address_failed(r, rc, offset, "recipient");
    rc = add(r, address, given, i);
    mr_address_free(address);
  }
  return rc;
}

static int read_lists(reading *r, size_t count) {
  const mr_env *env = &r->queue->ctx->env;
  mr__intake *in = r->in;
  in->rcpts = mr__calloc(env, count, sizeof *in->rcpts);
  in->groups = mr__calloc(env, count, sizeof *in->groups);
  if (in->rcpts == NULL || in->groups == NULL)
    return MR_ERR_NOMEM;
  int rc = mr__map_init(&r->seen, env);
  if (rc != MR_OK)
    return rc;
  rc = mr__map_init(&r->domains, env);
  if (rc == MR_OK) {
    rc = read_sender(r);
    if (rc == MR_OK)
      rc = read_recipients(r, count);
    mr__map_free(&r->domains);
  }
  mr__map_free(&r->seen);
  return rc;
}

static int check(const mr_submission *s, size_t *count) {
  if (s->message == NULL || (s->key == NULL && s->key_len > 0))
    return MR_ERR_MISUSE;
  size_t len;
  if (mr_message_header(s->message, &len) == NULL)
    return MR_ERR_MISUSE;
  *count =
      s->recipients != NULL ? s->recipient_count : mr_message_recipient_count(s->message);
  if (*count == 0 || (s->recipients == NULL && s->recipient_count > 0))
    return MR_ERR_MISUSE;
  if (s->priority < 0 || s->priority > MR__PRIORITY_MAX || s->key_len > MR__KEY_MAX)
    return MR_ERR_RANGE;
  return MR_OK;
}

int mr__intake_read(mr__intake *in, mr_queue *q, const mr_submission *submission) {
  size_t count = 0;
  mr__buf_init(&in->text, &q->ctx->env, TEXT_MAX);
  int rc = check(submission, &count);
  if (rc == MR_OK && count > (size_t)mr__queue_option(q, MR_OPT_SUBMIT_RECIPIENTS))
    rc = MR_ERR_LIMIT;
  if (rc != MR_OK)
    return rc;
  in->key_len = submission->key_len;
  if (in->key_len > 0)
    memcpy(in->key, submission->key, in->key_len);
  in->tag = submission->tag;
  in->priority = submission->priority;
  in->lifetime = submission->lifetime != 0
                     ? submission->lifetime
                     : (uint64_t)mr__queue_option(q, MR_OPT_LIFETIME);
  reading r = {.in = in, .queue = q, .s = submission};
  return read_lists(&r, count);
}

void mr__intake_free(mr__intake *in) {
  const mr_env *env = in->text.env;
  if (env == NULL)
    return;
  mr__free(env, in->rcpts);
  mr__free(env, in->groups);
  mr__buf_free(&in->text);
}

/* ---- its commit ---- */

static const char *text_at(const mr__intake *in, size_t at) {
  return (const char *)in->text.data + at;
}

static void put_delivery(const mr__intake *in, mr__buf *buf, mr__record_head *head,
                         mr__intake_rcpt **next) {
  size_t start = buf->len;
  mr__record_put_head(buf, head);
  for (uint32_t i = 0; i < head->count; i++) {
    mr__intake_rcpt *r = *next;
    mr__record_put_rcpt(buf, MR__RCPT_PENDING, r->index, text_at(in, r->address),
                        text_at(in, r->given), NULL);
    *next = r->next;
  }
  mr__record_end(buf, start);
}

static void add_group(const mr__intake *in, mr__batch *batch, uint64_t id,
                      mr__record_head head, const mr__intake_group *group, size_t most) {
  size_t left = group->count;
  mr__intake_rcpt *next = group->first;
  head.domain = text_at(in, group->domain);
  while (left > 0) {
    mr_record *record =
        mr__batch_add(batch, MR_RECORD_PUT, 0, MR_RECORD_DELIVERY, id, batch->count);
    head.count = (uint32_t)(left < most ? left : most);
    left -= head.count;
    record->tag = in->tag;
    record->lane = head.domain;
    record->priority = in->priority;
    record->state = MR_RECORD_QUEUED;
    put_delivery(in, &batch->data, &head, &next);
  }
}

int mr__intake_batch(const mr__intake *in, const mr_env *env, mr__batch *batch,
                     uint64_t id, const mr__record_head *head, size_t most) {
  size_t steps = 1;
  for (size_t i = 0; i < in->group_count; i++)
    steps += (in->groups[i].count + most - 1) / most;
  int rc = mr__batch_init(batch, env, steps);
  if (rc != MR_OK)
    return rc;
  mr_record *message = mr__batch_add(batch, MR_RECORD_PUT, 0, MR_RECORD_MESSAGE, id, 0);
  message->tag = in->tag;
  mr__record_head filled = *head;
  filled.sender = text_at(in, in->sender);
  for (size_t i = 0; i < in->group_count; i++)
    add_group(in, batch, id, filled, &in->groups[i], most);
  return mr__batch_seal(batch);
}

/* SPDX-License-Identifier: MIT */
/* Taking raw input. */
#include <string.h>

#include <mailroute/options.h>

#include "message/message.h"
#include "message/object.h"
#include "message/part_object.h"

enum { RAW_FLAGS = MR_RAW_STRICT | MR_RAW_KEEP };

static int set_raw(mr_message *m, const void *data, size_t len, unsigned flags) {
  if ((data == NULL && len > 0) || (flags & ~(unsigned)RAW_FLAGS) != 0)
    return MR_ERR_MISUSE;
  if (len > mr__message_limit(m, MR_OPT_MESSAGE_MAX))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "the message is larger than allowed");
  m->raw = (uint8_t *)mr__memdup0(&m->env, data, len);
  m->raw_len = len;
  m->raw_flags = flags;
  return m->raw != NULL ? MR_OK : MR_ERR_NOMEM;
}

int mr_message_set_raw(mr_message *message, const void *data, size_t len,
                       unsigned flags) {
  int err = mr__message_enter(message, MR__MODE_RAW);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, set_raw(message, data, len, flags));
}

int mr_message_set_raw_source(mr_message *message, const mr_source *source,
                              unsigned flags) {
  int err = mr__message_enter(message, MR__MODE_RAW);
  if (err != MR_OK)
    return err;
  if (!mr__source_usable(source) || (flags & ~(unsigned)RAW_FLAGS) != 0)
    return mr__message_leave(message, MR_ERR_MISUSE);
  message->source = *source;
  message->raw_flags = flags;
  return mr__message_leave(message, MR_OK);
}

int mr__message_stored(mr_message **out, const mr_env *env, const mr_source *source,
                       uint64_t size, int is_8bit) {
  if (out == NULL || !mr__source_usable(source))
    return MR_ERR_MISUSE;
  int err = mr_message_new(out, env, NULL);
  if (err != MR_OK)
    return err;
  mr_message *m = *out;
  m->mode = MR__MODE_STORED;
  m->source = *source;
  m->body_size = size;
  m->is_8bit = is_8bit != 0;
  mr__message_settle(m);
  return MR_OK;
}

/* SPDX-License-Identifier: MIT */
/* Attachments from sources through a session, without a queue: bounded memory, and no
 * dot behind octets that the seal did not see. */
#include "smtp/drive.h"

#include <mailroute/mime.h>

enum { HEAP_MAX = 64 * 1024 };

#define GO                                                                               \
  "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL                                                   \
  "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\n"
#define GOOD "out 1.0 delivered none delivered dot 250 2.0.0\ndone 1\nready\n"
#define FAILED                                                                           \
  "out 1.0 deferred local source-failed body 0 4.3.0\ndone 1\n"                          \
  "end source-failed local body\nclose\n"

typedef struct source {
  uint64_t len;
  int sealed;
  /* what goes wrong behind the seal, at this octet */
  uint64_t fail_at, end_at, more_at, flip_at;
} source;

static uint64_t end_of(const source *s) {
  if (s->sealed && s->end_at > 0)
    return s->end_at;
  return s->sealed && s->more_at > 0 ? s->len + 1 : s->len;
}

static int read_source(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  const source *s = user;
  uint8_t *out = buf;
  uint64_t end = end_of(s);
  if (s->sealed && s->fail_at > 0 && offset >= s->fail_at)
    return MR_ERR_IO;
  size_t n = offset < end ? (size_t)(end - offset) : 0;
  n = n < cap ? n : cap;
  for (size_t i = 0; i < n; i++)
    out[i] = (uint8_t)((offset + i) * 167 >> 3);
  if (s->sealed && s->flip_at > offset && s->flip_at <= offset + n)
    out[s->flip_at - 1 - offset] ^= 1;
  *len = n;
  return MR_OK;
}

/* Up to the 354; the message has a memory of its own, which is measured. */
static void begin(drive *d, kit_env *k, kit_env *memory, source *s) {
  const drive_case none = {.settings = "", .script = ""};
  mr_source table = {sizeof table, s, read_source, NULL, MR_LENGTH_UNKNOWN};
  mr_options *options = NULL;
  mr_message *m = NULL;
  kit_env_init(k, 1);
  kit_env_init(memory, 2);
  assert_int_equal(drive_case_run(d, k, &none, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  mr_message_free(d->message);
  assert_int_equal(mr_options_new(&options, &k->env), MR_OK);
  assert_int_equal(mr_options_set(options, MR_OPT_MESSAGE_MAX, INT64_C(8) << 30), MR_OK);
  assert_int_equal(mr_message_new(&m, &memory->env, options), MR_OK);
  mr_options_free(options);
  assert_int_equal(mr_message_set_from(m, NULL, "me@client.test"), MR_OK);
  assert_int_equal(mr_message_set_text(m, ".\n.a\n", 5), MR_OK);
  assert_int_equal(mr_message_attach_source(m, "big", NULL, &table), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  s->sealed = 1;
  d->message = m;
}

static void done(drive *d, kit_env *k, kit_env *memory) {
  drive_done(d);
  assert_int_equal(kit_env_done(k), 0);
  assert_int_equal(kit_env_done(memory), 0);
}

/* Takes the body and keeps its last octets only; octets in all. */
static uint64_t drain(drive *d, char tail[5]) {
  const void *data;
  size_t len;
  uint64_t total = 0;
  memset(tail, 0, 5);
  while (d->c && mr_channel_pending(d->c, 0, &data, &len) == MR_OK && len > 0) {
    size_t n = len < 5 ? len : 5;
    memmove(tail, tail + n, 5 - n);
    memcpy(tail + 5 - n, (const char *)data + len - n, n);
    total += len;
    if (mr_channel_sent(d->c, len, d->now) != MR_OK)
      break;
    drive_events(d);
  }
  return total;
}

/* What the plan calls 2 GiB; the session and the message each stay small. */
static void test_huge(void **state) {
  kit_env k, memory;
  drive d;
  char tail[5];
  (void)state;
  source s = {.len = UINT64_C(64) << 20};
  if (getenv("MR_TEST_SLOW") != NULL)
    s.len = UINT64_C(2) << 30;
  begin(&d, &k, &memory, &s);
  drive_run(&d, GO);
  uint64_t total = drain(&d, tail);
  assert_int_equal(total, mr_message_size(d.message) + 2 + 3); /* dots doubled, and the
                                                                  last one */
  assert_memory_equal(tail, "\r\n.\r\n", 5);
  assert_true(memory.peak_bytes < HEAP_MAX);
  drive_run(&d, "S 250 ok\n");
  if (strcmp(kit_buf_at(&d.log), GOOD) != 0)
    drive_bad(&d, "expected", GOOD);
  done(&d, &k, &memory);
}

/* fault 21, bug 29, T3: a source that fails, ends early, runs over or changed: no dot,
 * the attempt is ours to repeat, and the next one is sound. */
static void test_faults(void **state) {
  enum { LEN = 200000 };
  (void)state;
  for (int kind = 0; kind < 4; kind++)
    for (int where = 1; where <= 3; where++) {
      kit_env k, memory;
      drive d;
      char tail[5];
      uint64_t at = (uint64_t)where * LEN / 3 - (where == 3 ? 1 : 0);
      source s = {.len = LEN,
                  .fail_at = kind == 0 ? at : 0,
                  .end_at = kind == 1 ? at : 0,
                  .more_at = kind == 2 ? at : 0,
                  .flip_at = kind == 3 ? at : 0};
      begin(&d, &k, &memory, &s);
      drive_run(&d, GO);
      assert_true(drain(&d, tail) < mr_message_size(d.message) + 2);
      assert_memory_not_equal(tail, "\r\n.\r\n", 5);
      if (strcmp(kit_buf_at(&d.log), FAILED) != 0)
        drive_bad(&d, "expected", FAILED);
      done(&d, &k, &memory);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_huge),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

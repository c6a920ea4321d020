/* SPDX-License-Identifier: MIT */
/* Messages from a source that waits, fails, changes, or meddles. */
#include "smtp/drive.h"

#define GO                                                                               \
  "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL                                                   \
  "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\n"
#define GOOD "out 1.0 delivered none delivered dot 250 2.0.0\ndone 1\nready\n"
#define FAILED                                                                           \
  "out 1.0 deferred local source-failed body 0 4.3.0\ndone 1\n"                          \
  "end source-failed local body\nclose\n"

typedef struct source {
  const char *data;
  size_t len;
  size_t chunk;
  unsigned reads;
  unsigned pending_at; /* this read and those behind it answer PENDING while not ready */
  int ready;
  unsigned fail_at; /* this read fails */
  drive *d;
  int wake;        /* so many times it answers PENDING before it is ready */
  int wake_inside; /* and calls mr_session_source_done inside */
  int kill;        /* frees the session inside */
} source;

static int read_source(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  source *src = user;
  src->reads++;
  if (src->kill && src->d) {
    assert_int_equal(mr_session_quit(src->d->s, src->d->now), MR_ERR_STATE);
    assert_int_equal(mr_session_expire(src->d->s, src->d->now), MR_ERR_STATE);
    assert_null(mr_session_next(src->d->s));
    mr_session_free(src->d->s);
    src->d->s = NULL;
    src->d = NULL;
  }
  if (src->fail_at && src->reads >= src->fail_at)
    return MR_ERR_IO;
  if (src->pending_at && src->reads >= src->pending_at && !src->ready) {
    src->ready = src->wake > 0 && --src->wake == 0;
    if (src->wake_inside)
      assert_int_equal(mr_session_source_done(src->d->s, src->d->now), MR_OK);
    return MR_ERR_PENDING;
  }
  size_t n = src->len - (size_t)offset;
  if (n > cap)
    n = cap;
  if (src->chunk && n > src->chunk)
    n = src->chunk;
  memcpy(buf, src->data + offset, n);
  *len = n;
  return MR_OK;
}

static char text[20000];

static int make_text(void **state) {
  (void)state;
  memset(text, 'x', sizeof text);
  memcpy(text, "Subject: s\r\n\r\n", 14);
  for (size_t i = 76; i + 2 < sizeof text; i += 76)
    memcpy(text + i, "\r\n", 2);
  memcpy(text + sizeof text - 2, "\r\n", 2);
  return 0;
}

/* Up to the 354, the message coming from the source; faults begin behind the seal. */
static void begin(drive *d, kit_env *k, source *src, const char *settings) {
  const drive_case none = {.settings = settings, .script = ""};
  mr_source table = {.size = sizeof table,
                     .user = src,
                     .read = read_source,
                     .length = MR_LENGTH_UNKNOWN};
  kit_env_init(k, 1);
  assert_int_equal(drive_case_run(d, k, &none, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  mr_message_free(d->message);
  src->data = text;
  src->len = sizeof text;
  assert_int_equal(mr_message_new(&d->message, &k->env, NULL), MR_OK);
  assert_int_equal(mr_message_set_raw_source(d->message, &table, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_set_sender(d->message, "me@client.test"), MR_OK);
  assert_int_equal(mr_message_add_recipient(d->message, "you@mx.test"), MR_OK);
  assert_int_equal(mr_message_seal(d->message), MR_OK);
  src->reads = 0;
}

static void finish(drive *d, kit_env *k, const char *events) {
  if (events && strcmp(kit_buf_at(&d->log), events) != 0)
    drive_bad(d, "expected", events);
  drive_done(d);
  assert_int_equal(kit_env_done(k), 0);
}

/* The whole of it arrives, whatever the pieces of the source. */
static void test_plain(void **state) {
  static const size_t chunks[] = {0, 1, 7, 4096};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    kit_env k;
    drive d;
    source src = {.chunk = chunks[i]};
    begin(&d, &k, &src, "segment-size=2048");
    drive_run(&d, GO);
    drive_take(&d);
    assert_int_equal(kit_buf_left(&d.wire), sizeof text + 3);
    assert_memory_equal(kit_buf_at(&d.wire), text, sizeof text);
    drive_run(&d, "D\nS 250 ok\n");
    finish(&d, &k, GOOD);
  }
}

/* PENDING from the n-th read on, then mr_session_source_done(). */
static void test_pending(void **state) {
  (void)state;
  for (unsigned n = 1; n < 8; n++) {
    kit_env k;
    drive d;
    source src = {.chunk = 4000};
    begin(&d, &k, &src, NULL);
    src.pending_at = n;
    drive_run(&d, GO);
    drive_take(&d);
    assert_int_equal(mr_session_source_done(d.s, d.now),
                     n <= 6 ? MR_OK : MR_ERR_NOT_FOUND);
    src.ready = 1; /* the first completion was a false one */
    drive_run(&d, "W\nD\nS 250 ok\n");
    finish(&d, &k, GOOD);
  }
}

/* Completion inside the read itself: heard at the next moment, without a spin. */
static void test_woken_inside(void **state) {
  kit_env k;
  drive d;
  source src = {.chunk = 4000};
  (void)state;
  begin(&d, &k, &src, NULL);
  src.d = &d;
  src.pending_at = 2;
  src.wake =
      3; /* the reader may keep one of them to itself, when it has octets to give */
  src.wake_inside = 1;
  drive_run(&d, GO);
  drive_take(&d);
  assert_true(mr_session_deadline(d.s) <= d.now + 1);
  drive_run(&d, "T 0\nT 1\nT 1\nD\nS 250 ok\n");
  finish(&d, &k, GOOD);
}

/* R83, bug 29, fault 21: no dot, ever; our fault, not theirs. */
static void test_failure(void **state) {
  (void)state;
  for (unsigned n = 1; n < 6; n++) {
    kit_env k;
    drive d;
    source src = {.chunk = 4000};
    begin(&d, &k, &src, "segment-size=1024");
    src.fail_at = n;
    drive_run(&d, GO);
    drive_take(&d);
    assert_null(strstr(kit_buf_at(&d.wire), "\r\n.\r\n"));
    assert_int_equal(mr_session_error(d.s)->code, MR_ERR_SOURCE);
    finish(&d, &k, FAILED);
  }
}

/* R83: it is shorter or longer or other than at the seal. */
static void test_changed(void **state) {
  static char other[sizeof text + 10];
  (void)state;
  for (int how = 0; how < 3; how++) {
    kit_env k;
    drive d;
    source src = {0};
    begin(&d, &k, &src, NULL);
    memcpy(other, text, sizeof text);
    memcpy(other + sizeof text, "more\r\n", 6);
    src.data = other;
    src.len = how == 0 ? sizeof text - 76 : how == 1 ? sizeof text + 6 : sizeof text;
    other[500] = how == 2 ? 'y' : other[500];
    drive_run(&d, GO);
    drive_take(&d);
    assert_null(strstr(kit_buf_at(&d.wire), "\r\n.\r\n"));
    finish(&d, &k, FAILED);
  }
}

/* It never answers again: the block's timeout, and our fault. */
static void test_silence(void **state) {
  kit_env k;
  drive d;
  source src = {.chunk = 4000};
  (void)state;
  begin(&d, &k, &src, NULL);
  src.pending_at = 3;
  drive_run(&d, GO);
  drive_take(&d);
  drive_run(&d, "T 179999\nT 1\n");
  finish(&d, &k, FAILED);
}

/* A refusal, a loss and quitting while it waits. */
static void test_meanwhile(void **state) {
  static const char *const rows_[][2] = {
      {"S 552 5.3.4 no\n", "out 1.0 failed bounce dot-hard body 552 5.3.4\ndone 1\n"
                           "end reply-unexpected none idle\nclose\n"},
      {"X reset\n",
       "out 1.0 deferred next connection-lost body 0 4.4.2 throttle\ndone 1\n"
       "end connection-lost next body\n"},
      {"Q\n=\n", ""},
  };
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    kit_env k;
    drive d;
    source src = {.chunk = 4000};
    begin(&d, &k, &src, NULL);
    src.pending_at = 2;
    drive_run(&d, GO "H\n");
    drive_run(&d, rows_[i][0]);
    finish(&d, &k, rows_[i][1]);
  }
}

/* bug 32, fault 101: every call inside answers MR_ERR_STATE, freeing waits until it has
 * returned. */
static void test_freed_inside(void **state) {
  (void)state;
  for (int from_sent = 0; from_sent < 2; from_sent++) {
    kit_env k;
    drive d;
    source src = {.chunk = 900};
    begin(&d, &k, &src, "segment-size=1024");
    drive_run(&d, from_sent ? GO : "");
    src.d = &d;
    src.kill = 1;
    if (from_sent) {
      drive_take(&d);
    } else {
      drive_run(&d, "M a@x.test\n" DRIVE_PIPE DRIVE_MAIL
                    "C RCPT TO:<a@x.test>\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\n");
    }
    assert_null(d.s);
    finish(&d, &k, NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),        cmocka_unit_test(test_pending),
      cmocka_unit_test(test_woken_inside), cmocka_unit_test(test_failure),
      cmocka_unit_test(test_changed),      cmocka_unit_test(test_silence),
      cmocka_unit_test(test_meanwhile),    cmocka_unit_test(test_freed_inside),
  };
  return cmocka_run_group_tests(tests, make_text, NULL);
}

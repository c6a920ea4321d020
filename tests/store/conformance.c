/* SPDX-License-Identifier: MIT */
#include "store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_alloc.h"

enum { MANY = 400, LEASE = 60000, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

typedef struct suite {
  const store_factory *f;
  const mr_store *s;
  uint64_t now, token;
  mr_store_result r;
} suite;

/* ---- calls, brought to their end ---- */

static int end(suite *t, int rc) {
  if (rc == MR_ERR_PENDING)
    rc = t->f->wait(t->f->user, t->token, &t->r);
  if (rc != MR_OK) {
    t->r.count = 0;
    return rc;
  }
  for (size_t i = 0; i < t->r.count; i++)
    assert_true(t->r.records[i]->size >= sizeof(mr_record));
  return rc;
}

static void fresh(suite *t) {
  t->token++;
  t->r = (mr_store_result){sizeof t->r, NULL, 0};
}

#define CALL(t, member, ...)                                                             \
  (fresh(t), end((t), (t)->s->member((t)->s->user, (t)->token, __VA_ARGS__)))

static void pass(suite *t, uint64_t ms) {
  t->now += ms;
  if (t->f->advance != NULL)
    t->f->advance(t->f->user, ms);
}

static uint64_t begin(suite *t, const char *key, int state) {
  size_t len = key != NULL ? strlen(key) : 0;
  assert_int_equal(CALL(t, begin, key, len, t->now, &t->r), MR_OK);
  assert_int_equal(t->r.count, 1);
  assert_int_equal(t->r.records[0]->kind, MR_RECORD_MESSAGE);
  assert_int_equal(t->r.records[0]->state, state);
  assert_true(t->r.records[0]->message != 0);
  return t->r.records[0]->message;
}

static int write_at(suite *t, uint64_t message, uint64_t at, const void *data,
                    size_t len) {
  return CALL(t, body_write, message, at, data, len, t->now);
}

static int read_at(suite *t, uint64_t message, uint64_t at, size_t cap) {
  return CALL(t, body_read, message, at, cap, t->now, &t->r);
}

/* One step of a commit. */
typedef struct step {
  mr_record record;
  mr_record_op op;
} step;

static step make(int action, int kind, uint64_t message, uint64_t part) {
  step s = {.record = {.size = sizeof s.record,
                       .kind = kind,
                       .message = message,
                       .part = part,
                       .lane = ""},
            .op = {.size = sizeof s.op, .action = action}};
  return s;
}

static step put_message(uint64_t message, uint64_t tag) {
  step s = make(MR_RECORD_PUT, MR_RECORD_MESSAGE, message, 0);
  s.record.tag = tag;
  s.record.data = "m\0d";
  s.record.data_len = 3;
  return s;
}

static step put_delivery(uint64_t message, uint64_t part, const char *lane, uint64_t tag,
                         int priority, int64_t due_in) {
  step s = make(MR_RECORD_PUT, MR_RECORD_DELIVERY, message, part);
  s.record.tag = tag;
  s.record.lane = lane;
  s.record.priority = priority;
  s.record.state = MR_RECORD_QUEUED;
  s.record.due_in = due_in;
  s.record.data = "d\n\0\xFF";
  s.record.data_len = 4;
  return s;
}

static int commit(suite *t, step *steps, size_t count) {
  const mr_record_op *ops[MANY + 1];
  for (size_t i = 0; i < count; i++) {
    steps[i].op.record = &steps[i].record;
    ops[i] = &steps[i].op;
  }
  return CALL(t, commit, ops, count, t->now, &t->r);
}

static int commit_one(suite *t, step s) { return commit(t, &s, 1); }

/* A message with one delivery. */
static uint64_t simple(suite *t, const char *lane, uint64_t tag, int priority,
                       int64_t due_in) {
  uint64_t id = begin(t, NULL, 0);
  step steps[2] = {put_message(id, tag),
                   put_delivery(id, 1, lane, tag, priority, due_in)};
  assert_int_equal(write_at(t, id, 0, "body\r\n", 6), MR_OK);
  assert_int_equal(commit(t, steps, 2), MR_OK);
  assert_int_equal(t->r.count, 0);
  return id;
}

static size_t claim(suite *t, size_t max, const mr_claim_limits *limits) {
  assert_int_equal(CALL(t, claim, "worker", LEASE, max, limits, t->now, &t->r), MR_OK);
  assert_in_range(t->r.count, 0, max);
  return t->r.count;
}

static mr_record claim_one(suite *t) {
  assert_int_equal(claim(t, 1, NULL), 1);
  return *t->r.records[0];
}

static size_t count_of(suite *t, int kind, uint64_t message, int state) {
  mr_record_filter f = {
      .size = sizeof f, .kind = kind, .message = message, .state = state};
  assert_int_equal(CALL(t, list, &f, 1000, t->now, &t->r), MR_OK);
  return t->r.count;
}

static int renew(suite *t, const mr_record *d, uint64_t lease_token) {
  return CALL(t, renew, d->message, d->part, lease_token, LEASE, t->now, &t->r);
}

static int release(suite *t, const mr_record *d, uint64_t delay) {
  return CALL(t, release, d->message, d->part, d->lease_token, delay, t->now);
}

static step update_of(const mr_record *d, const char *lane, int state, int64_t due_in) {
  step s = make(MR_RECORD_UPDATE, MR_RECORD_DELIVERY, d->message, d->part);
  s.op.lease_token = d->lease_token;
  s.record.tag = d->tag;
  s.record.lane = lane;
  s.record.priority = 3;
  s.record.state = state;
  s.record.due_in = due_in;
  s.record.data = "changed";
  s.record.data_len = 7;
  return s;
}

static step remove_of(uint64_t message, uint64_t part, uint64_t lease_token) {
  step s = make(MR_RECORD_REMOVE, MR_RECORD_DELIVERY, message, part);
  s.op.lease_token = lease_token;
  return s;
}

static int64_t next_due(suite *t, const mr_claim_limits *limits) {
  assert_int_equal(CALL(t, next_due, limits, t->now, &t->r), MR_OK);
  if (t->r.count == 0)
    return -1;
  assert_int_equal(t->r.records[0]->kind, MR_RECORD_TIME);
  return t->r.records[0]->due_in;
}

/* ---- checks ---- */

static void body_round_trip(suite *t, uint64_t id, const unsigned char *body,
                            size_t len) {
  static const size_t caps[] = {1, 7, 4096, 100000};
  for (size_t c = 0; c < sizeof caps / sizeof *caps; c++) {
    size_t at = c == 0 ? len - 300 : 0; /* the smallest cap only near the end */
    do {
      assert_int_equal(read_at(t, id, at, caps[c]), MR_OK);
      assert_int_equal(t->r.count, 1);
      assert_int_equal(t->r.records[0]->kind, MR_RECORD_BYTES);
      assert_in_range(t->r.records[0]->data_len, at < len, caps[c]);
      assert_true(at + t->r.records[0]->data_len <= len);
      if (t->r.records[0]->data_len > 0)
        assert_memory_equal(t->r.records[0]->data, body + at, t->r.records[0]->data_len);
      at += t->r.records[0]->data_len;
    } while (t->r.records[0]->data_len > 0);
    assert_int_equal(at, len);
  }
}

/* A message does not exist before its commit; after it all of it does (R103). */
static void message_begins_r103(suite *t) {
  enum { LEN = 41000 };
  unsigned char *body = kit_xalloc(NULL, LEN);
  for (size_t i = 0; i < LEN; i++)
    body[i] = (unsigned char)(i * 7 + i / 256);
  uint64_t id = begin(t, NULL, 0);
  assert_int_equal(write_at(t, id, 0, body, 1), MR_OK);
  assert_int_equal(write_at(t, id, 1, body + 1, 999), MR_OK);
  assert_int_equal(write_at(t, id, 1000, body + 1000, LEN - 1000), MR_OK);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 0);
  assert_int_equal(read_at(t, id, 0, 10), MR_ERR_NOT_FOUND);
  assert_int_equal(claim(t, 10, NULL), 0);
  step steps[2] = {put_message(id, 77), put_delivery(id, 1, "one.example", 77, 4, 0)};
  assert_int_equal(commit(t, steps, 2), MR_OK);
  assert_int_equal(t->r.count, 0);
  body_round_trip(t, id, body, LEN);
  free(body);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 1);
  assert_int_equal(t->r.records[0]->message, id);
  assert_int_equal(t->r.records[0]->tag, 77);
  assert_int_equal(t->r.records[0]->data_len, 3);
  assert_memory_equal(t->r.records[0]->data, "m\0d", 3);
  assert_int_equal(read_at(t, id + 1000, 0, 10), MR_ERR_NOT_FOUND);
}

static void records_keep_their_fields(suite *t) {
  uint64_t id = simple(t, "lane.example", UINT64_C(0xFFFFFFFFFFFFFFF1), 9, 5000);
  pass(t, 2000);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, id, MR_RECORD_QUEUED), 1);
  const mr_record *d = t->r.records[0];
  assert_int_equal(d->kind, MR_RECORD_DELIVERY);
  assert_int_equal(d->part, 1);
  assert_true(d->tag == UINT64_C(0xFFFFFFFFFFFFFFF1));
  assert_string_equal(d->lane, "lane.example");
  assert_int_equal(d->priority, 9);
  assert_in_range(d->due_in, 2500, 3000);
  assert_in_range(d->age, 2000, 2500);
  assert_int_equal(d->attempts, 0);
  assert_int_equal(d->lease_token, 0);
  assert_int_equal(d->data_len, 4);
  assert_memory_equal(d->data, "d\n\0\xFF", 4);
}

/* A commit is all or nothing, whatever in it fails. */
static void all_or_nothing(suite *t) {
  uint64_t old = simple(t, "a", 1, 0, 0);
  uint64_t id = begin(t, NULL, 0);
  step lost[3] = {put_message(id, 2), put_delivery(id, 1, "b", 2, 0, 0),
                  remove_of(old, 1, 999999)};
  assert_int_equal(commit(t, lost, 3), MR_ERR_LEASE_LOST);
  step twice[3] = {put_message(id, 2), put_delivery(id, 1, "b", 2, 0, 0),
                   put_delivery(id, 1, "b", 2, 0, 0)};
  assert_int_equal(commit(t, twice, 3), MR_ERR_EXISTS);
  step nowhere[2] = {put_message(id, 2), put_delivery(id + 500, 1, "b", 2, 0, 0)};
  assert_int_equal(commit(t, nowhere, 2), MR_ERR_NOT_FOUND);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 1);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, 0, 0), 1);
  assert_int_equal(t->r.records[0]->message, old);
  step good[2] = {put_message(id, 2), put_delivery(id, 1, "b", 2, 0, 0)};
  assert_int_equal(commit(t, good, 2), MR_OK);
  assert_int_equal(commit(t, good, 2), MR_ERR_EXISTS);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, 0, 0), 2);
}

/* bug 55: one key, one message, also when both were begun and when it has ended. */
static void idempotency_bug_55(suite *t) {
  uint64_t a = begin(t, "key", 0), b = begin(t, "key", 0);
  assert_true(a != b);
  step first[2] = {put_message(a, 5), put_delivery(a, 1, "l", 5, 0, 0)};
  step second[2] = {put_message(b, 6), put_delivery(b, 1, "l", 6, 0, 0)};
  assert_int_equal(commit(t, first, 2), MR_OK);
  assert_int_equal(commit(t, second, 2), MR_ERR_EXISTS);
  assert_int_equal(begin(t, "key", 1), a);
  assert_int_equal(t->r.records[0]->tag, 5);
  assert_true(begin(t, "key2", 0) != a);
  assert_int_equal(commit_one(t, remove_of(a, 1, 0)), MR_OK);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 0);
  assert_int_equal(begin(t, "key", 1), a);
}

static void claims_by_priority_and_due(suite *t) {
  uint64_t late = simple(t, "a", 1, 5, 0), future = simple(t, "a", 1, 0, HOUR_MS);
  pass(t, 10);
  uint64_t later = simple(t, "b", 2, 5, 0), urgent = simple(t, "c", 3, 0, 0);
  pass(t, 10);
  assert_int_equal(claim(t, 2, NULL), 2);
  assert_int_equal(t->r.records[0]->message, urgent);
  assert_int_equal(t->r.records[1]->message, late);
  mr_record d = *t->r.records[1];
  assert_true(d.lease_token != 0 && d.lease_token != t->r.records[0]->lease_token);
  assert_int_equal(d.lease_left, LEASE);
  assert_int_equal(d.attempts, 0);
  assert_int_equal(d.state, MR_RECORD_QUEUED);
  assert_int_equal(d.data_len, 4);
  assert_string_equal(d.lane, "a");
  assert_int_equal(claim(t, 10, NULL), 1);
  assert_int_equal(t->r.records[0]->message, later);
  assert_int_equal(claim(t, 10, NULL), 0);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, 0, MR_RECORD_LEASED), 3);
  pass(t, HOUR_MS);
  assert_int_equal(claim(t, 10, NULL), 4); /* the leases have run out as well */
  assert_true(t->r.records[0]->message == future || t->r.records[1]->message == future);
}

static void claims_leave_out(suite *t) {
  simple(t, "slow", 1, 0, 0);
  simple(t, "slow", 2, 0, 0);
  uint64_t b = simple(t, "b", 1, 0, 0), c = simple(t, "c", 2, 1, 0);
  static const char *const lanes[] = {"slow", "unknown"};
  static const uint64_t tags[] = {1, 99};
  mr_claim_limits limits = {sizeof limits, lanes, 2, tags, 2};
  assert_int_equal(next_due(t, &limits), 0);
  assert_int_equal(claim(t, 10, &limits), 1);
  assert_int_equal(t->r.records[0]->message, c);
  assert_int_equal(next_due(t, &limits), LEASE);
  limits.tag_count = 0;
  assert_int_equal(claim(t, 10, &limits), 1);
  assert_int_equal(t->r.records[0]->message, b);
  limits.lane_count = 0;
  limits.tag_count = 1;
  assert_int_equal(claim(t, 10, &limits), 1);
  assert_int_equal(t->r.records[0]->tag, 2);
  assert_int_equal(claim(t, 10, NULL), 1);
  assert_string_equal(t->r.records[0]->lane, "slow");
}

static void next_due_tells_when(suite *t) {
  assert_int_equal(next_due(t, NULL), -1);
  simple(t, "a", 1, 9, 7000);
  assert_in_range(next_due(t, NULL), 6500, 7000);
  simple(t, "b", 1, 0, 9000);
  assert_in_range(next_due(t, NULL), 6500, 7000);
  pass(t, 7500);
  assert_true(next_due(t, NULL) <= 0);
  mr_record d = claim_one(t);
  assert_string_equal(d.lane, "a");
  assert_in_range(next_due(t, NULL), 1000, 1500);
  pass(t, 2000);
  claim_one(t);
  assert_in_range(next_due(t, NULL), LEASE - 2500, LEASE - 2000);
}

/* bug 54: whoever loses does not prolong; the lease runs out and one contender wins. */
static void leases_run_out_bug_54(suite *t) {
  simple(t, "a", 1, 0, 0);
  mr_record old = claim_one(t);
  pass(t, LEASE / 2);
  assert_int_equal(renew(t, &old, old.lease_token + 12345), MR_ERR_LEASE_LOST);
  assert_int_equal(claim(t, 1, NULL), 0);
  pass(t, LEASE / 2 + 1000);
  assert_int_equal(claim(t, 1, NULL), 1);
  mr_record new = *t->r.records[0];
  assert_int_equal(claim(t, 1, NULL), 0);
  assert_true(new.lease_token != old.lease_token);
  assert_int_equal(new.state, MR_RECORD_LEASED); /* an expired lease was there before */
  assert_int_equal(new.attempts, 1);
  assert_int_equal(renew(t, &old, old.lease_token), MR_ERR_LEASE_LOST);
  assert_int_equal(release(t, &old, 0), MR_ERR_LEASE_LOST);
  assert_int_equal(commit_one(t, update_of(&old, "x", MR_RECORD_QUEUED, 0)),
                   MR_ERR_LEASE_LOST);
  assert_int_equal(commit_one(t, remove_of(old.message, 1, old.lease_token)),
                   MR_ERR_LEASE_LOST);
  assert_int_equal(renew(t, &new, new.lease_token), MR_OK);
  assert_int_equal(t->r.count, 1);
  assert_int_equal(t->r.records[0]->lease_left, LEASE);
  pass(t, LEASE - 1000);
  assert_int_equal(claim(t, 1, NULL), 0);
}

static void release_counts_no_attempt_r95(suite *t) {
  simple(t, "a", 1, 0, 0);
  mr_record d = claim_one(t);
  assert_int_equal(release(t, &d, 5000), MR_OK);
  assert_int_equal(claim(t, 1, NULL), 0);
  assert_in_range(next_due(t, NULL), 4500, 5000);
  assert_int_equal(release(t, &d, 0), MR_ERR_LEASE_LOST);
  pass(t, 5000);
  mr_record again = claim_one(t);
  assert_int_equal(again.attempts, 0);
  assert_int_equal(again.state, MR_RECORD_QUEUED);
  assert_true(again.lease_token != d.lease_token);
}

/* R93: an update may move a delivery to another lane. */
static void update_writes_anew_r93(suite *t) {
  simple(t, "a", 1, 0, 0);
  mr_record d = claim_one(t);
  assert_int_equal(commit_one(t, update_of(&d, "mx-set", MR_RECORD_QUEUED, 8000)), MR_OK);
  assert_int_equal(t->r.count, 0);
  assert_int_equal(claim(t, 1, NULL), 0);
  assert_int_equal(commit_one(t, update_of(&d, "z", MR_RECORD_QUEUED, 0)),
                   MR_ERR_LEASE_LOST);
  pass(t, 8000);
  mr_record e = claim_one(t);
  assert_string_equal(e.lane, "mx-set");
  assert_int_equal(e.priority, 3);
  assert_int_equal(e.attempts, 1);
  assert_int_equal(e.data_len, 7);
  assert_memory_equal(e.data, "changed", 7);
}

static void update_may_keep_the_lease(suite *t) {
  simple(t, "a", 1, 0, 0);
  mr_record d = claim_one(t);
  assert_int_equal(commit_one(t, update_of(&d, "b", MR_RECORD_LEASED, 0)), MR_OK);
  assert_int_equal(claim(t, 1, NULL), 0);
  assert_int_equal(renew(t, &d, d.lease_token), MR_OK);
  assert_int_equal(release(t, &d, 0), MR_OK);
  mr_record e = claim_one(t);
  assert_string_equal(e.lane, "b");
  assert_int_equal(e.attempts, 0);
}

static void held_ones_wait(suite *t) {
  uint64_t id = simple(t, "a", 1, 0, 0);
  mr_record d = claim_one(t);
  assert_int_equal(commit_one(t, update_of(&d, "a", MR_RECORD_HELD, 0)), MR_OK);
  pass(t, DAY_MS);
  assert_int_equal(claim(t, 1, NULL), 0);
  assert_int_equal(next_due(t, NULL), -1);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, 0, MR_RECORD_HELD), 1);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, 0, MR_RECORD_QUEUED), 0);
  assert_int_equal(commit_one(t, remove_of(id, 1, 0)), MR_OK);
  assert_int_equal(t->r.count, 1);
}

/* The last delivery takes its message and the body with it, and the commit says so. */
static void messages_end(suite *t) {
  uint64_t id = begin(t, NULL, 0);
  step steps[3] = {put_message(id, 42), put_delivery(id, 1, "a", 42, 0, 0),
                   put_delivery(id, 2, "b", 42, 0, 0)};
  assert_int_equal(write_at(t, id, 0, "x\r\n", 3), MR_OK);
  assert_int_equal(commit(t, steps, 3), MR_OK);
  assert_int_equal(claim(t, 1, NULL), 1);
  mr_record d = *t->r.records[0];
  assert_int_equal(commit_one(t, remove_of(id, d.part, 0)), MR_ERR_LEASE_LOST);
  assert_int_equal(commit_one(t, remove_of(id, d.part, d.lease_token)), MR_OK);
  assert_int_equal(t->r.count, 0);
  assert_int_equal(read_at(t, id, 0, 10), MR_OK);
  assert_int_equal(commit_one(t, remove_of(id, 3 - d.part, 0)), MR_OK);
  assert_int_equal(t->r.count, 1);
  assert_int_equal(t->r.records[0]->kind, MR_RECORD_MESSAGE);
  assert_int_equal(t->r.records[0]->message, id);
  assert_int_equal(t->r.records[0]->tag, 42);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 0);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, 0, 0), 0);
  assert_int_equal(read_at(t, id, 0, 10), MR_ERR_NOT_FOUND);
  assert_int_equal(commit_one(t, remove_of(id, 1, 0)), MR_ERR_NOT_FOUND);
}

/* R102: a bounce and the removal it replaces are one commit. */
static void bounce_replaces_r102(suite *t) {
  uint64_t id = simple(t, "a", 1, 0, 0), bounce = begin(t, NULL, 0);
  mr_record d = claim_one(t);
  step steps[3] = {put_message(bounce, 1), put_delivery(bounce, 1, "s", 1, 0, 0),
                   remove_of(id, 1, d.lease_token)};
  assert_int_equal(commit(t, steps, 3), MR_OK);
  assert_int_equal(t->r.count, 1);
  assert_int_equal(t->r.records[0]->message, id);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 1);
  assert_int_equal(t->r.records[0]->message, bounce);
}

static step event_of(int action, uint64_t message, uint64_t part) {
  step s = make(action, MR_RECORD_EVENT, message, part);
  s.record.tag = part + 1;
  s.record.data = "event";
  s.record.data_len = action == MR_RECORD_PUT ? 5 : 0;
  return s;
}

static void events_outlive_their_message(suite *t) {
  uint64_t id = simple(t, "a", 1, 0, 0), high = UINT64_C(1) << 63 | 5;
  step steps[3] = {event_of(MR_RECORD_PUT, id, 9), event_of(MR_RECORD_PUT, id, high),
                   remove_of(id, 1, 0)};
  assert_int_equal(commit(t, steps, 3), MR_OK);
  assert_int_equal(t->r.count, 1);
  assert_int_equal(count_of(t, MR_RECORD_EVENT, 0, 0), 2);
  assert_int_equal(t->r.records[0]->part, 9);
  assert_true(t->r.records[1]->part == high);
  assert_true(t->r.records[1]->tag == high + 1);
  assert_memory_equal(t->r.records[0]->data, "event", 5);
  assert_int_equal(commit_one(t, event_of(MR_RECORD_PUT, id, 9)), MR_ERR_EXISTS);
  assert_int_equal(commit_one(t, event_of(MR_RECORD_REMOVE, id, 9)), MR_OK);
  assert_int_equal(t->r.count, 0);
  assert_int_equal(commit_one(t, event_of(MR_RECORD_REMOVE, id, 9)), MR_ERR_NOT_FOUND);
  assert_int_equal(count_of(t, MR_RECORD_EVENT, id, 0), 1);
}

static size_t page(suite *t, mr_record_filter *f, size_t max) {
  assert_int_equal(CALL(t, list, f, max, t->now, &t->r), MR_OK);
  for (size_t i = 0; i < t->r.count; i++) {
    const mr_record *r = t->r.records[i];
    assert_true(r->message > f->after_message ||
                (r->message == f->after_message && r->part > f->after_part));
    f->after_message = r->message;
    f->after_part = r->part;
  }
  return t->r.count;
}

static void lists_page_in_order(suite *t) {
  uint64_t ids[3];
  for (size_t m = 0; m < 3; m++) {
    ids[m] = begin(t, NULL, 0);
    step steps[5] = {put_message(ids[m], m)};
    for (uint64_t p = 1; p <= 4; p++)
      steps[p] = put_delivery(ids[m], p, p % 2 ? "odd" : "even", m, 0, 0);
    assert_int_equal(commit(t, steps, 5), MR_OK);
  }
  mr_record_filter all = {.size = sizeof all, .kind = MR_RECORD_DELIVERY};
  size_t seen = 0, got;
  while ((got = page(t, &all, 5)) > 0)
    seen += got;
  assert_int_equal(seen, 12);
  mr_record_filter lane = {
      .size = sizeof lane, .kind = MR_RECORD_DELIVERY, .lane = "odd"};
  assert_int_equal(page(t, &lane, 100), 6);
  mr_record_filter one = {.size = sizeof one,
                          .kind = MR_RECORD_DELIVERY,
                          .message = ids[1],
                          .after_message = ids[1],
                          .after_part = 2};
  assert_int_equal(page(t, &one, 100), 2);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, ids[2], 0), 4);
  assert_int_equal(count_of(t, MR_RECORD_DELIVERY, ids[2] + 100, 0), 0);
}

static int hint_put(suite *t, const char *key, size_t key_len, const char *data,
                    uint64_t ttl) {
  return CALL(t, hint_put, key, key_len, data, strlen(data), ttl, t->now);
}

static void hint_is(suite *t, const char *key, size_t key_len, const char *data) {
  assert_int_equal(CALL(t, hint_get, key, key_len, t->now, &t->r), MR_OK);
  assert_int_equal(t->r.count, data != NULL);
  if (data == NULL)
    return;
  assert_int_equal(t->r.records[0]->kind, MR_RECORD_BYTES);
  assert_int_equal(t->r.records[0]->data_len, strlen(data));
  assert_memory_equal(t->r.records[0]->data, data, strlen(data));
}

static void hints_expire(suite *t) {
  hint_is(t, "k", 1, NULL);
  assert_int_equal(hint_put(t, "k", 1, "one", 5000), MR_OK);
  assert_int_equal(hint_put(t, "k\0x", 3, "two", HOUR_MS), MR_OK);
  hint_is(t, "k", 1, "one");
  hint_is(t, "k\0x", 3, "two");
  assert_int_equal(hint_put(t, "k", 1, "three", 5000), MR_OK);
  hint_is(t, "k", 1, "three");
  pass(t, 6000);
  hint_is(t, "k", 1, NULL);
  hint_is(t, "k\0x", 3, "two");
}

static void hints_in_number(suite *t) {
  char key[16];
  for (int i = 0; i < MANY; i++) {
    int len = snprintf(key, sizeof key, "key %d", i);
    assert_int_equal(hint_put(t, key, (size_t)len, key, i % 2 ? 1000 : HOUR_MS), MR_OK);
    pass(t, 10);
  }
  hint_is(t, "key 0", 5, "key 0");
  hint_is(t, "key 1", 5, NULL);
  hint_is(t, "key 399", 7, "key 399");
}

static void what_was_only_begun_is_reaped(suite *t) {
  uint64_t id = begin(t, "lost", 0);
  assert_int_equal(write_at(t, id, 0, "x", 1), MR_OK);
  pass(t, DAY_MS + HOUR_MS);
  assert_true(begin(t, "lost", 0) != id);
  assert_int_equal(commit_one(t, put_message(id, 1)), MR_ERR_NOT_FOUND);
}

/* A big message is claimed piece by piece; ids are never used twice. */
static void many_deliveries(suite *t) {
  static step steps[MANY + 1];
  uint64_t id = begin(t, NULL, 0);
  steps[0] = put_message(id, 1);
  for (uint64_t i = 1; i <= MANY; i++)
    steps[i] = put_delivery(id, i, i % 3 ? "big" : "small", i % 5, (int)(i % 10), 0);
  assert_int_equal(commit(t, steps, MANY + 1), MR_OK);
  static const char *const lanes[] = {"big"};
  mr_claim_limits limits = {.size = sizeof limits, .lanes = lanes, .lane_count = 1};
  size_t got, small = 0, rest = 0;
  while ((got = claim(t, 50, &limits)) > 0) {
    small += got;
    assert_string_equal(t->r.records[0]->lane, "small");
  }
  assert_int_equal(small, MANY / 3);
  while ((got = claim(t, 50, NULL)) > 0)
    rest += got;
  assert_int_equal(small + rest, MANY);
  assert_true(simple(t, "z", 1, 0, 0) > id);
}

/* R107: what is stored is there again after the store was opened anew (R106). */
static void kept_over_a_restart_r106_r107(suite *t) {
  if (t->f->reopen == NULL)
    return;
  uint64_t id = simple(t, "a", 11, 2, 4000), leased = simple(t, "b", 12, 0, 0);
  mr_record d = claim_one(t);
  assert_int_equal(d.message, leased);
  uint64_t begun = begin(t, "k", 0);
  t->s = t->f->reopen(t->f->user);
  assert_int_equal(count_of(t, MR_RECORD_MESSAGE, 0, 0), 2);
  assert_int_equal(read_at(t, id, 0, 100), MR_OK);
  assert_memory_equal(t->r.records[0]->data, "body\r\n", 6);
  assert_true(begin(t, NULL, 0) > begun);
  pass(t, LEASE + 4000);
  assert_int_equal(claim(t, 10, NULL), 2);
  assert_int_equal(t->r.records[0]->message, leased);
  assert_int_equal(t->r.records[1]->tag, 11);
}

typedef void check(suite *t);

unsigned store_conformance(const store_factory *factory) {
  static check *const checks[] = {message_begins_r103,
                                  records_keep_their_fields,
                                  all_or_nothing,
                                  idempotency_bug_55,
                                  claims_by_priority_and_due,
                                  claims_leave_out,
                                  next_due_tells_when,
                                  leases_run_out_bug_54,
                                  release_counts_no_attempt_r95,
                                  update_writes_anew_r93,
                                  update_may_keep_the_lease,
                                  held_ones_wait,
                                  messages_end,
                                  bounce_replaces_r102,
                                  events_outlive_their_message,
                                  lists_page_in_order,
                                  hints_expire,
                                  hints_in_number,
                                  what_was_only_begun_is_reaped,
                                  many_deliveries,
                                  kept_over_a_restart_r106_r107};
  unsigned count = sizeof checks / sizeof *checks;
  for (unsigned i = 0; i < count; i++) {
    suite t = {.f = factory, .now = 1000000};
    t.s = factory->open(factory->user);
    assert_non_null(t.s);
    checks[i](&t);
    factory->close(factory->user);
  }
  return count;
}

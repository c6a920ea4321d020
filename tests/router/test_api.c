/* SPDX-License-Identifier: MIT */
/* Who calls what from where (bug 32, fault 101): everything in a callback, nothing in a
 * service, and late calls on channels whose router is gone. */
#include "router/lab.h"
#include "router/router.h"

/* --- one life that touches everything --------------------------------------------- */

typedef struct life {
  lab l;
  mr_env plain;   /* the environment without the probe */
  mr_store store; /* probed */
  mr_memory *memory;
  const mr_store *inner;
  mr_message *message;
  mr_channel *channel; /* some mail channel */
  int armed;
  int wrong; /* a call that answered something else */
  unsigned probes[5];
  uint64_t free_at; /* number of the probe in which the router is freed, 0 = none */
  uint64_t count;
} life;

enum service { IN_ALLOC, IN_RANDOM, IN_WALL, IN_STORE, IN_SOURCE };

static life *now_living;

/* Every call that takes `now` must refuse, with one answer. */
static void expect_state(life *f, int result, int line) {
  if (result != MR_ERR_STATE && f->wrong == 0) {
    fprintf(stderr, "line %d: %d inside a service\n", line, result);
    f->wrong = line;
  }
}

#define EXPECT(call) expect_state(f, (call), __LINE__)

static void probe_router(life *f) {
  mr_router *r = f->l.world.router;
  uint64_t now = f->l.world.now;
  mr_submission s = {.size = sizeof s, .message = f->message};
  mr_host host = {.size = sizeof host};
  EXPECT(mr_router_submit(r, NULL, &s, now));
  EXPECT(mr_router_explain(r, NULL, "a@one.test", 1, now));
  EXPECT(mr_router_answer(r, 1, "discard", now));
  EXPECT(mr_router_cancel(r, 1, now));
  EXPECT(mr_router_drain(r, MR_NEVER, now));
  EXPECT(mr_router_dispatch(r, &host, now));
  EXPECT(mr_router_expire(r, now));
  EXPECT(mr_router_next(r) ? MR_OK : MR_ERR_STATE);
  EXPECT(mr_router_busy(r) == SIZE_MAX ? MR_OK : MR_ERR_STATE);
}

static void probe_engines(life *f) {
  mr_queue *q = mr_router_queue(f->l.world.router);
  mr_route *route = mr_router_route(f->l.world.router);
  uint64_t now = f->l.world.now;
  EXPECT(mr_queue_take(q, 1, now));
  EXPECT(mr_queue_finish(q, 1, now));
  EXPECT(mr_queue_release(q, 1, 1, now));
  EXPECT(mr_queue_ack(q, 1, now));
  EXPECT(mr_queue_expire(q, now));
  EXPECT(mr_route_add(route, "x.test", "discard"));
  EXPECT(mr_route_add_self(route, "me.test"));
  EXPECT(mr_route_refuse(route, "10.1.1.1"));
  EXPECT(mr_route_query(route, NULL, "a@one.test", 0, 0, now));
  EXPECT(mr_route_cancel(route, 1, now));
  EXPECT(mr_route_report(route, "10.1.1.1", 25, 0, now));
  EXPECT(mr_route_add_server(route, "10.1.1.1", 53));
  EXPECT(mr_route_expire(route, now));
}

static void probe_channel(life *f) {
  const void *data = NULL;
  size_t len = 0;
  uint64_t now = f->l.world.now;
  if (!f->channel || mr_channel_wants(f->channel) == 0) {
    return;
  }
  EXPECT(mr_channel_opened(f->channel, NULL, now));
  EXPECT(mr_channel_recv(f->channel, "250 x\r\n", 7, now));
  EXPECT(mr_channel_pending(f->channel, 0, &data, &len));
  EXPECT(mr_channel_sent(f->channel, 1, now));
  EXPECT(mr_channel_closed(f->channel, MR_CLOSE_EOF, 0, NULL, now));
}

static void probe(life *f, int where) {
  mr_router *r = f->l.world.router;
  if (!f->armed || !r) {
    return;
  }
  f->probes[where]++;
  f->count++;
  if (f->free_at) {
    if (f->count == f->free_at) {
      f->armed = 0;
      f->l.world.router = NULL;
      mr_router_free(r);
    }
    return;
  }
  f->armed = 0; /* not in what the probe itself asks for */
  probe_router(f);
  probe_engines(f);
  probe_channel(f);
  f->armed = 1;
}

/* --- the services ----------------------------------------------------------------- */

/* The memory of messages is theirs, not the router's. */
static void *probed_alloc(void *user, void *ptr, size_t size) {
  const mr_router *r = now_living->l.world.router;
  if (now_living->armed && r && r->ctx->busy) {
    probe(now_living, IN_ALLOC);
  }
  return now_living->plain.alloc(user, ptr, size);
}

static int probed_random(void *user, void *buf, size_t len) {
  probe(now_living, IN_RANDOM);
  return now_living->plain.random(user, buf, len);
}

static int probed_wall(void *user, int64_t *ms) {
  probe(now_living, IN_WALL);
  return now_living->plain.wall(user, ms);
}

static int probed_claim(void *user, uint64_t token, const char *owner, uint64_t lease,
                        size_t max, const mr_claim_limits *limits, uint64_t now,
                        mr_store_result *result) {
  life *f = user;
  probe(f, IN_STORE);
  return f->inner->claim(f->inner->user, token, owner, lease, max, limits, now, result);
}

static int probed_read(void *user, uint64_t token, uint64_t message, uint64_t offset,
                       size_t cap, uint64_t now, mr_store_result *result) {
  life *f = user;
  probe(f, IN_STORE);
  return f->inner->body_read(f->inner->user, token, message, offset, cap, now, result);
}

static int probed_commit(void *user, uint64_t token, const mr_record_op *const *ops,
                         size_t count, uint64_t now, mr_store_result *result) {
  life *f = user;
  probe(f, IN_STORE);
  return f->inner->commit(f->inner->user, token, ops, count, now, result);
}

static int begin(void *user, uint64_t token, const void *key, size_t key_len,
                 uint64_t now, mr_store_result *result) {
  life *f = user;
  probe(f, IN_STORE);
  return f->inner->begin(f->inner->user, token, key, key_len, now, result);
}

static int body_write(void *user, uint64_t token, uint64_t message, uint64_t offset,
                      const void *data, size_t len, uint64_t now) {
  life *f = user;
  return f->inner->body_write(f->inner->user, token, message, offset, data, len, now);
}

static int renew(void *user, uint64_t token, uint64_t message, uint64_t part,
                 uint64_t lease_token, uint64_t lease, uint64_t now,
                 mr_store_result *result) {
  life *f = user;
  return f->inner->renew(f->inner->user, token, message, part, lease_token, lease, now,
                         result);
}

static int release(void *user, uint64_t token, uint64_t message, uint64_t part,
                   uint64_t lease_token, uint64_t delay, uint64_t now) {
  life *f = user;
  return f->inner->release(f->inner->user, token, message, part, lease_token, delay, now);
}

static int next_due(void *user, uint64_t token, const mr_claim_limits *limits,
                    uint64_t now, mr_store_result *result) {
  life *f = user;
  return f->inner->next_due(f->inner->user, token, limits, now, result);
}

static int list(void *user, uint64_t token, const mr_record_filter *filter, size_t max,
                uint64_t now, mr_store_result *result) {
  life *f = user;
  return f->inner->list(f->inner->user, token, filter, max, now, result);
}

static int hint_put(void *user, uint64_t token, const void *key, size_t key_len,
                    const void *data, size_t len, uint64_t ttl, uint64_t now) {
  life *f = user;
  return f->inner->hint_put(f->inner->user, token, key, key_len, data, len, ttl, now);
}

static int hint_get(void *user, uint64_t token, const void *key, size_t key_len,
                    uint64_t now, mr_store_result *result) {
  life *f = user;
  return f->inner->hint_get(f->inner->user, token, key, key_len, now, result);
}

static void make_store(life *f) {
  assert_int_equal(mr_memory_new(&f->memory, &f->plain, 0), MR_OK);
  f->inner = mr_memory_store(f->memory);
  f->store = (mr_store){
      .size = sizeof f->store,
      .user = f,
      .durability = MR_DURABILITY_VOLATILE,
      .begin = begin,
      .body_write = body_write,
      .body_read = probed_read,
      .commit = probed_commit,
      .claim = probed_claim,
      .renew = renew,
      .release = release,
      .next_due = next_due,
      .list = list,
      .hint_put = hint_put,
      .hint_get = hint_get,
  };
}

static int read_source(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  static const char text[] = "From: me@origin.test\r\nSubject: x\r\n\r\nHello.\r\n";
  size_t left = offset < sizeof text - 1 ? sizeof text - 1 - (size_t)offset : 0;
  probe(user, IN_SOURCE);
  *len = left < cap ? left : cap;
  if (*len) {
    memcpy(buf, text + offset, *len);
  }
  return MR_OK;
}

static void make_message(life *f) {
  const mr_source source = {sizeof source, f, read_source, NULL, MR_LENGTH_UNKNOWN};
  assert_int_equal(mr_message_new(&f->message, &f->plain, NULL), MR_OK);
  mr_message_set_sender(f->message, "me@origin.test");
  mr_message_add_recipient(f->message, "a@one.test");
  mr_message_add_recipient(f->message, "b@one.test");
  assert_int_equal(mr_message_set_raw_source(f->message, &source, 0), MR_OK);
  assert_int_equal(mr_message_seal(f->message), MR_OK);
}

static void note_channel(kit_world *world, int type, mr_channel *channel) {
  life *f = world->user;
  int mail = mr_channel_kind(channel) == MR_CHANNEL_TCP;
  if (type == MR_EVENT_OPEN && mail) {
    f->channel = channel;
  } else if (type == MR_EVENT_CLOSE && f->channel == channel) {
    f->channel = NULL;
  }
}

static const kit_rule refuse_b[] = {
    {.at = KIT_AT_RCPT, .match = "b@*", .reply = "550 5.1.1 no b here\r\n"}};

static life *life_new(void) {
  const kit_smtp_config config = {.rules = refuse_b, .rule_count = 1};
  life *f = kit_xalloc(NULL, sizeof *f);
  now_living = f;
  lab_init(&f->l);
  f->plain = f->l.env.env;
  f->l.one = kit_smtp_host_new(&config);
  kit_world_host(&f->l.world, "10.0.0.2", f->l.one);
  f->l.world.user = f;
  make_store(f);
  make_message(f);
  return f;
}

static void life_start(life *f) {
  f->l.env.env.alloc = probed_alloc;
  f->l.env.env.random = probed_random;
  f->l.env.env.wall = probed_wall;
  lab_host(&f->l, "10.0.0.1", &f->l.origin, KIT_HONEST);
  assert_int_equal(kit_world_router(&f->l.world, f->l.options, &f->store), MR_OK);
  f->l.env.env = f->plain;
}

static int life_submit(life *f, uint64_t tag) {
  const mr_submission s = {.size = sizeof s, .message = f->message, .tag = tag};
  return mr_router_submit(f->l.world.router, NULL, &s, f->l.world.now);
}

static void life_free(life *f) {
  f->armed = 0;
  f->l.world.on_channel = NULL;
  f->l.world.on_event = NULL;
  kit_world *w = &f->l.world;
  mr_router_free(w->router);
  w->router = NULL;
  mr_message_free(f->message);
  mr_memory_free(f->memory);
  lab_done(&f->l);
  free(f);
}

static void test_services_may_not_call_back(void **state) { /* bug 32, fault 101 */
  (void)state;
  life *f = life_new();
  f->l.world.on_channel = note_channel;
  life_start(f);
  f->armed = 1;
  assert_int_equal(life_submit(f, 1), MR_OK);
  assert_true(lab_run(&f->l));
  f->armed = 0;
  assert_int_equal(f->wrong, 0);
  for (int i = IN_ALLOC; i <= IN_SOURCE; i++) {
    assert_true(f->probes[i] > 0);
  }
  assert_true(kit_world_finals(&f->l.world, "a@one.test") == 1);
  life_free(f);
}

/* Counts the services of a life, then frees the router in each of some of them. */
static uint64_t free_in_service(uint64_t at, int by_dispatch) {
  life *f = life_new();
  f->free_at = at;
  f->l.world.by_dispatch = by_dispatch;
  life_start(f);
  f->armed = 1;
  int err = life_submit(f, 1);
  assert_true(err == MR_OK || (f->l.world.router == NULL && err == MR_ERR_CLOSED));
  kit_world_run(&f->l.world, 60000);
  uint64_t count = f->count;
  life_free(f);
  return count;
}

static void test_freed_inside_a_service(void **state) { /* bug 32, fault 101 */
  (void)state;
  uint64_t count = free_in_service(UINT64_MAX, 0);
  uint64_t step = count / 300 + 1;
  for (uint64_t i = 1; i <= count; i += step) {
    free_in_service(i, (int)(i % 2));
  }
}

/* --- callbacks -------------------------------------------------------------------- */

enum call {
  DO_SUBMIT,
  DO_CANCEL,
  DO_EXPLAIN,
  DO_ANSWER,
  DO_DRAIN,
  DO_EXPIRE,
  DO_DISPATCH,
  DO_ROUTE,
  DO_CLOSE_CHANNEL,
  DO_FREE,
  DO_COUNT
};

typedef struct inside {
  int at; /* mr_event_type */
  int call;
  int done;
} inside;

static inside plan;

static void close_channel(life *f) {
  if (f->channel) {
    mr_channel_closed(f->channel, MR_CLOSE_CANCELLED, 0, NULL, f->l.world.now);
  }
}

static void do_it(life *f, uint64_t message) {
  mr_router *r = f->l.world.router;
  uint64_t now = f->l.world.now;
  mr_host host = {.size = sizeof host};
  switch (plan.call) {
  case DO_SUBMIT:
    assert_int_equal(life_submit(f, 2), MR_OK);
    break;
  case DO_CANCEL:
    assert_int_equal(mr_router_cancel(r, message, now), MR_OK);
    break;
  case DO_EXPLAIN:
    assert_int_equal(mr_router_explain(r, NULL, "x@two.test", 3, now), MR_OK);
    break;
  case DO_ANSWER:
    assert_int_equal(mr_router_answer(r, 12345, "discard", now), MR_ERR_NOT_FOUND);
    break;
  case DO_DRAIN:
    assert_int_equal(mr_router_drain(r, now + 5000, now), MR_OK);
    break;
  case DO_EXPIRE:
    assert_int_equal(mr_router_expire(r, now), MR_OK);
    break;
  case DO_DISPATCH:
    assert_int_equal(mr_router_dispatch(r, &host, now), MR_ERR_STATE);
    break;
  case DO_ROUTE:
    assert_int_equal(mr_route_add(mr_router_route(r), "new.test", "discard"), MR_OK);
    break;
  case DO_CLOSE_CHANNEL:
    close_channel(f);
    break;
  default:
    mr_router_free(r);
    assert_int_equal(life_submit(f, 2), MR_ERR_CLOSED);
    assert_int_equal(mr_router_expire(r, now), MR_ERR_CLOSED);
    assert_null(mr_router_next(r));
    break;
  }
}

static void event_seen(kit_world *world, const mr_event *event) {
  life *f = world->user;
  if (event->type == plan.at && !plan.done) {
    plan.done = 1;
    do_it(f, event->message ? event->message : 1);
  }
}

static void channel_seen(kit_world *world, int type, mr_channel *channel) {
  life *f = world->user;
  note_channel(world, type, channel);
  if (type == plan.at && !plan.done) {
    plan.done = 1;
    do_it(f, 1);
  }
}

/* What is left of the promise: what was accepted and not cut short has its end. */
static void judge(const life *f) {
  const kit_world *w = &f->l.world;
  size_t submitted = kit_world_count(w, MR_EVENT_ACCEPTED);
  assert_true(kit_world_finals(w, "b@one.test") <= submitted);
  if (plan.call == DO_FREE || plan.call == DO_DRAIN) {
    return;
  }
  assert_int_equal(kit_world_count(w, MR_EVENT_MESSAGE_DONE), submitted);
  assert_int_equal(kit_world_finals(w, "a@one.test"), 1 + (plan.call == DO_SUBMIT));
  assert_int_equal(kit_world_count(w, MR_EVENT_PLAN), 1 + (plan.call == DO_EXPLAIN));
}

static void run_inside(int at, int call) {
  plan = (inside){at, call, 0};
  life *f = life_new();
  f->l.world.by_dispatch = 1;
  f->l.world.on_event = event_seen;
  f->l.world.on_channel = channel_seen;
  life_start(f);
  assert_int_equal(life_submit(f, 1), MR_OK);
  assert_int_equal(
      mr_router_explain(f->l.world.router, NULL, "e@one.test", 1, f->l.world.now), MR_OK);
  kit_world_run(&f->l.world, 24 * 3600 * 1000);
  assert_true(plan.done);
  judge(f);
  life_free(f);
}

static void test_everything_may_be_called_in_a_callback(void **state) { /* bug 32 */
  static const int types[] = {MR_EVENT_OPEN,     MR_EVENT_UPDATE,  MR_EVENT_CLOSE,
                              MR_EVENT_ACCEPTED, MR_EVENT_OUTCOME, MR_EVENT_MESSAGE_DONE,
                              MR_EVENT_PLAN};
  (void)state;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    for (int call = 0; call < DO_COUNT; call++) {
      run_inside(types[i], call);
    }
  }
}

/* --- questions -------------------------------------------------------------------- */

static void answer_it(kit_world *world, const mr_event *event) {
  if (event->type == MR_EVENT_ASK) {
    int wrong = mr_router_answer(world->router, event->id, "nonsense", world->now);
    assert_int_equal(wrong, MR_ERR_RANGE);
    const char *target = strncmp(event->text, "a@", 2) == 0 ? "" : "discard";
    assert_int_equal(mr_router_answer(world->router, event->id, target, world->now),
                     MR_OK);
    assert_int_equal(mr_router_answer(world->router, event->id, "", world->now),
                     MR_ERR_NOT_FOUND);
    assert_int_equal(event->tag, 77);
  }
}

static void test_questions_answered_in_the_callback(void **state) { /* R1, bug 32 */
  lab l;
  (void)state;
  for (int by_dispatch = 0; by_dispatch < 2; by_dispatch++) {
    lab_init(&l);
    assert_int_equal(mr_options_set(l.options, MR_OPT_ASK_ROUTE, 1), MR_OK);
    l.world.by_dispatch = by_dispatch;
    l.world.on_event = answer_it;
    lab_honest(&l);
    lab_send(&l, "a@one.test", "b@one.test");
    assert_true(lab_run(&l));
    lab_fate(&l, "a@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
    assert_int_equal(kit_world_last(&l.world, "b@one.test")->fate, MR_FATE_DISCARDED);
    lab_done(&l);
  }
}

static void test_unanswered_question_is_not_the_end(void **state) { /* R1 */
  lab l;
  (void)state;
  lab_init(&l);
  assert_int_equal(mr_options_set(l.options, MR_OPT_ASK_ROUTE, 1), MR_OK);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  assert_true(lab_run(&l));
  lab_fate(&l, "a@one.test", MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(kit_world_last(&l.world, "a@one.test")->now, 1000 + 30000);
  lab_done(&l);
}

/* --- too late --------------------------------------------------------------------- */

static void test_channels_outlive_their_router(void **state) { /* fault 100 */
  const void *data = NULL;
  size_t len = 0;
  (void)state;
  for (uint64_t until = 1000; until < 8000; until += 500) {
    life *f = life_new();
    f->l.world.on_channel = note_channel;
    life_start(f);
    kit_smtp_rules(f->l.one, NULL, 0);
    assert_int_equal(life_submit(f, 1), MR_OK);
    kit_world_run(&f->l.world, until);
    mr_channel *c = f->channel;
    mr_router_free(f->l.world.router);
    f->l.world.router = NULL;
    if (c) {
      assert_int_equal(mr_channel_opened(c, NULL, 1), MR_ERR_CLOSED);
      assert_int_equal(mr_channel_recv(c, "250\r\n", 5, 1), MR_ERR_CLOSED);
      assert_int_equal(mr_channel_pending(c, 0, &data, &len), MR_ERR_CLOSED);
      assert_int_equal(mr_channel_sent(c, 1, 1), MR_ERR_CLOSED);
      assert_int_equal(mr_channel_closed(c, MR_CLOSE_EOF, 0, NULL, 1), MR_ERR_CLOSED);
      assert_int_equal(mr_channel_wants(c), 0);
    }
    life_free(f);
  }
}

static void test_misuse(void **state) { /* fault 100 */
  mr_host small = {.size = 1};
  lab l;
  (void)state;
  lab_init(&l);
  lab_honest(&l);
  mr_router *r = l.world.router;
  mr_router_free(NULL);
  assert_int_equal(mr_router_new(NULL, NULL, NULL, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_router_submit(NULL, NULL, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_submit(r, NULL, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_explain(r, NULL, NULL, 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_explain(NULL, NULL, "a@b.test", 0, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_answer(NULL, 1, "", 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_cancel(NULL, 1, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_drain(NULL, 1, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_dispatch(r, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_dispatch(r, &small, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_router_expire(NULL, 0), MR_ERR_MISUSE);
  assert_null(mr_router_next(NULL));
  assert_null(mr_router_error(NULL));
  assert_null(mr_router_queue(NULL));
  assert_null(mr_router_route(NULL));
  assert_int_equal(mr_router_busy(NULL), 0);
  assert_true(mr_router_deadline(NULL) == MR_NEVER);
  lab_done(&l);
}

static void test_a_host_without_functions(void **state) { /* fault 101 */
  mr_host none = {.size = sizeof none};
  lab l;
  (void)state;
  lab_init(&l);
  lab_honest(&l);
  lab_send(&l, "a@one.test", NULL);
  for (int i = 0; i < 200; i++) {
    assert_int_equal(mr_router_dispatch(l.world.router, &none, l.world.now), MR_OK);
    uint64_t at = mr_router_deadline(l.world.router);
    l.world.now = at == MR_NEVER ? l.world.now : at;
    mr_router_expire(l.world.router, l.world.now);
    assert_true(mr_router_deadline(l.world.router) > l.world.now);
  }
  lab_done(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_services_may_not_call_back),
      cmocka_unit_test(test_freed_inside_a_service),
      cmocka_unit_test(test_everything_may_be_called_in_a_callback),
      cmocka_unit_test(test_questions_answered_in_the_callback),
      cmocka_unit_test(test_unanswered_question_is_not_the_end),
      cmocka_unit_test(test_channels_outlive_their_router),
      cmocka_unit_test(test_misuse),
      cmocka_unit_test(test_a_host_without_functions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

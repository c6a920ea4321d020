/* SPDX-License-Identifier: MIT */
/* The contract of <mailroute/channel.h>, from both sides. */
#include "base/channel.h"

#include "base/fail.h"

typedef struct engine {
  int opened, recv, sent, closed;
  int cause, port, recv_rc;
  uint64_t in_flight, now;
  char text[64], address[64], data[64];
  size_t len;
  int lets_go; /* calls mr__channel_close inside `closed` */
  int breaks;  /* calls mr__channel_close inside each other input */
} engine;

static failing host;
static mr__ctx *ctx;
static engine eng;

static void react(engine *e, mr_channel *c) {
  e->now = c->ctx->now;
  if (e->breaks)
    mr__channel_close(c);
}

static void on_opened(void *owner, mr_channel *c) {
  engine *e = owner;
  e->opened++;
  react(e, c);
}

static int on_recv(void *owner, mr_channel *c, const uint8_t *data, size_t len,
                   const char *address, int port) {
  engine *e = owner;
  e->recv++;
  assert_true(len < sizeof e->data);
  memcpy(e->data, data, len);
  e->len = len;
  strcpy(e->address, address != NULL ? address : "none");
  e->port = port;
  react(e, c);
  return e->recv_rc;
}

static void on_sent(void *owner, mr_channel *c) {
  engine *e = owner;
  e->sent++;
  react(e, c);
}

static void on_closed(void *owner, mr_channel *c, int cause, uint64_t in_flight,
                      const char *text) {
  engine *e = owner;
  e->closed++;
  e->cause = cause;
  e->in_flight = in_flight;
  strcpy(e->text, text);
  e->now = c->ctx->now;
  if (e->lets_go)
    mr__channel_close(c);
}

static const mr__channel_ops ops = {on_opened, on_recv, on_sent, on_closed};

static int setup(void **state) {
  (void)state;
  failing_init(&host);
  memset(&eng, 0, sizeof eng);
  eng.lets_go = 1;
  return mr__ctx_new(&ctx, &host.env);
}

static int teardown(void **state) {
  (void)state;
  mr__ctx_drop(ctx);
  return host.live != 0;
}

static mr_channel *make(int kind) {
  mr_channel *c = NULL;
  assert_int_equal(mr__channel_open(&c, ctx, &ops, &eng, kind, "192.0.2.1", 25,
                                    "198.51.100.7", 4321, 16),
                   MR_OK);
  return c;
}

static int next_type(mr_channel *c) {
  mr__event_node *node = mr__events_take(&ctx->events);
  if (node == NULL)
    return 0;
  assert_ptr_equal(node->object, c);
  assert_null(node->fill);
  return node->type;
}

static mr_channel *make_told(int kind) {
  mr_channel *c = make(kind);
  assert_int_equal(next_type(c), MR__EVENT_OPEN);
  return c;
}

static mr_channel *make_open(int kind) {
  mr_channel *c = make_told(kind);
  assert_int_equal(mr_channel_opened(c, NULL, 1), MR_OK);
  return c;
}

static size_t pending(mr_channel *c, size_t skip) {
  const void *data;
  size_t len = 99;
  assert_int_equal(mr_channel_pending(c, skip, &data, &len), MR_OK);
  assert_non_null(data);
  return len;
}

static void output(mr_channel *c, const char *text) {
  assert_int_equal(mr__out_put(&c->out, text, strlen(text)), MR_OK);
  mr__channel_update(c);
}

/* What each input answers. */
enum { OPENED, RECV, RECV_FROM, PENDING, SENT, CLOSED, INPUTS };

static int call(mr_channel *c, int input) {
  const void *data;
  size_t len;
  switch (input) {
  case OPENED:
    return mr_channel_opened(c, NULL, 5);
  case RECV:
    return mr_channel_recv(c, "x", 1, 5);
  case RECV_FROM:
    return mr_channel_recv_from(c, "x", 1, "192.0.2.9", 53, 5);
  case PENDING:
    return mr_channel_pending(c, 0, &data, &len);
  case SENT:
    return mr_channel_sent(c, 0, 5);
  default:
    return mr_channel_closed(c, MR_CLOSE_EOF, 0, NULL, 5);
  }
}

static void getters(void **state) {
  (void)state;
  mr_channel *c = make_told(MR_CHANNEL_TCP), *other = make_told(MR_CHANNEL_UDP);
  assert_true(mr_channel_id(c) != 0 && mr_channel_id(c) != mr_channel_id(other));
  assert_int_equal(mr_channel_kind(c), MR_CHANNEL_TCP);
  assert_int_equal(mr_channel_kind(other), MR_CHANNEL_UDP);
  assert_string_equal(mr_channel_remote_address(c), "192.0.2.1");
  assert_int_equal(mr_channel_remote_port(c), 25);
  assert_string_equal(mr_channel_local_address(c), "198.51.100.7");
  assert_int_equal(mr_channel_local_port(c), 4321);
  assert_int_equal(mr_channel_opened(c, "203.0.113.5", 1), MR_OK);
  assert_string_equal(mr_channel_local_address(c), "203.0.113.5");
  char huge[100];
  memset(huge, '1', sizeof huge);
  huge[99] = '\0';
  assert_int_equal(mr_channel_opened(other, huge, 1), MR_OK);
  assert_string_equal(mr_channel_local_address(other), "198.51.100.7");
  mr_channel_free(c);
  mr_channel_free(other);
}

/* fault 100: NULL wherever a pointer goes, and values that no caller may pass. */
static void misuse(void **state) {
  (void)state;
  const void *data;
  size_t len;
  for (int input = 0; input < INPUTS; input++)
    assert_int_equal(call(NULL, input), MR_ERR_MISUSE);
  assert_int_equal(mr_channel_wants(NULL), 0);
  assert_true(mr_channel_id(NULL) == 0);
  assert_int_equal(mr_channel_kind(NULL), 0);
  assert_string_equal(mr_channel_remote_address(NULL), "");
  assert_string_equal(mr_channel_local_address(NULL), "");
  assert_int_equal(mr_channel_remote_port(NULL) + mr_channel_local_port(NULL), 0);
  mr_channel_free(NULL);
  mr_channel *tcp = make_open(MR_CHANNEL_TCP), *udp = make_open(MR_CHANNEL_UDP);
  assert_int_equal(mr_channel_recv(tcp, NULL, 1, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_channel_recv_from(udp, NULL, 1, "::1", 1, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_channel_recv_from(udp, "x", 1, NULL, 1, 1), MR_ERR_MISUSE);
  assert_int_equal(call(udp, RECV), MR_ERR_MISUSE);
  assert_int_equal(call(tcp, RECV_FROM), MR_ERR_MISUSE);
  assert_int_equal(mr_channel_pending(tcp, 0, NULL, &len), MR_ERR_MISUSE);
  assert_int_equal(mr_channel_pending(tcp, 0, &data, NULL), MR_ERR_MISUSE);
  static const int causes[] = {0, -1, 10, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
    assert_int_equal(mr_channel_closed(tcp, causes[i], 0, NULL, 1), MR_ERR_MISUSE);
  assert_int_equal(eng.recv + eng.closed, 0);
  mr_channel_free(tcp);
  mr_channel_free(udp);
}

/* Which input is possible in which state. bug 32: no order of calls does harm. */
static void order_matrix(void **state) {
  (void)state;
  static const int fresh[INPUTS] = {MR_OK,        MR_ERR_STATE, MR_ERR_MISUSE,
                                    MR_ERR_STATE, MR_ERR_STATE, MR_OK};
  static const int open[INPUTS] = {MR_ERR_STATE, MR_OK, MR_ERR_MISUSE,
                                   MR_OK,        MR_OK, MR_OK};
  static const int over[INPUTS] = {MR_ERR_CLOSED, MR_ERR_CLOSED, MR_ERR_MISUSE,
                                   MR_ERR_CLOSED, MR_ERR_CLOSED, MR_ERR_CLOSED};
  for (int first = 0; first < INPUTS; first++)
    for (int second = 0; second < INPUTS; second++) {
      mr_channel *c = make_told(MR_CHANNEL_TCP);
      assert_int_equal(call(c, first), fresh[first]);
      const int *then = first == CLOSED ? over : first == OPENED ? open : fresh;
      assert_int_equal(call(c, second), then[second]);
      mr_channel_free(c);
    }
}

/* bug 32, fault 100: after the engine let go, and after the engine is no more. */
static void late_calls_are_harmless(void **state) {
  (void)state;
  for (int engine_gone = 0; engine_gone < 2; engine_gone++) {
    mr_channel *c = make_open(MR_CHANNEL_TCP);
    output(c, "abc");
    pending(c, 0);
    mr__channel_close(c);
    if (engine_gone) {
      mr__ctx_drop(ctx);
      ctx = NULL;
    }
    for (int input = 0; input < INPUTS; input++)
      assert_int_equal(call(c, input),
                       input == RECV_FROM ? MR_ERR_MISUSE : MR_ERR_CLOSED);
    assert_int_equal(mr_channel_wants(c), 0);
    assert_int_equal(eng.recv + eng.sent + eng.closed, 0);
    mr_channel_free(c);
    if (engine_gone)
      assert_int_equal(host.live, 0);
  }
}

/* The exposed octets outlive the engine, until the host frees the channel. */
static void exposed_octets_stay(void **state) {
  (void)state;
  const void *data;
  size_t len;
  mr_channel *c = make_open(MR_CHANNEL_TCP);
  output(c, "hello");
  assert_int_equal(mr_channel_pending(c, 1, &data, &len), MR_OK);
  assert_int_equal(len, 4);
  mr__channel_close(c);
  mr__ctx_drop(ctx);
  ctx = NULL;
  assert_memory_equal(data, "ello", 4);
  mr_channel_free(c);
}

static void output_and_wants(void **state) {
  (void)state;
  mr_channel *c = make_told(MR_CHANNEL_TCP);
  assert_true(mr_channel_wants(c) != 0);
  mr_channel_opened(c, NULL, 1);
  assert_int_equal(next_type(c), 0);
  assert_int_equal(mr_channel_wants(c), MR_WANT_READ);
  output(c, "0123456789");
  output(c, "abcdefghij");
  assert_int_equal(next_type(c), MR__EVENT_UPDATE);
  assert_int_equal(next_type(c), 0); /* coalesced */
  assert_int_equal(mr_channel_wants(c), MR_WANT_READ | MR_WANT_WRITE);
  assert_int_equal(mr_channel_sent(c, 1, 1), MR_ERR_MISUSE);
  assert_int_equal(pending(c, 0), 16);
  assert_int_equal(pending(c, 16), 4);
  assert_int_equal(pending(c, 20), 0);
  assert_int_equal(mr_channel_sent(c, 21, 1), MR_ERR_MISUSE);
  assert_int_equal(eng.sent, 0);
  assert_int_equal(mr_channel_sent(c, 19, 77), MR_OK);
  assert_int_equal(eng.sent, 1);
  assert_true(eng.now == 77);
  assert_int_equal(mr_channel_sent(c, 1, 1), MR_OK);
  assert_int_equal(mr_channel_wants(c), MR_WANT_READ);
  mr__channel_pause(c, 1);
  mr__channel_pause(c, 2);
  assert_int_equal(mr_channel_wants(c), MR_WANT_WAIT);
  assert_int_equal(next_type(c), MR__EVENT_UPDATE);
  assert_int_equal(next_type(c), 0);
  output(c, "x");
  assert_int_equal(mr_channel_wants(c), MR_WANT_WRITE);
  mr__channel_pause(c, 0);
  assert_int_equal(mr_channel_wants(c), MR_WANT_READ | MR_WANT_WRITE);
  mr_channel_free(c);
}

static void output_before_opened_is_told_after(void **state) {
  (void)state;
  mr_channel *c = make(MR_CHANNEL_UDP);
  output(c, "query");
  output(c, "other");
  assert_int_equal(next_type(c), MR__EVENT_OPEN);
  assert_int_equal(next_type(c), 0);
  mr_channel_opened(c, NULL, 1);
  assert_int_equal(next_type(c), MR__EVENT_UPDATE);
  assert_int_equal(pending(c, 0), 5); /* one datagram */
  assert_int_equal(pending(c, 5), 5);
  assert_int_equal(mr_channel_sent(c, 4, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_channel_sent(c, 10, 1), MR_OK);
  mr_channel_free(c);
}

static void input_reaches_the_engine(void **state) {
  (void)state;
  mr_channel *tcp = make_open(MR_CHANNEL_TCP), *udp = make_open(MR_CHANNEL_UDP);
  assert_int_equal(eng.opened, 2);
  assert_int_equal(mr_channel_recv(tcp, "abc", 3, 9), MR_OK);
  assert_int_equal(eng.len, 3);
  assert_memory_equal(eng.data, "abc", 3);
  assert_string_equal(eng.address, "none");
  assert_true(eng.now == 9);
  assert_int_equal(mr_channel_recv(tcp, "abc", 0, 9), MR_OK);
  assert_int_equal(eng.recv, 1);
  assert_int_equal(mr_channel_recv_from(udp, "d", 1, "2001:db8::1", 53, 9), MR_OK);
  assert_string_equal(eng.address, "2001:db8::1");
  assert_int_equal(eng.port, 53);
  eng.recv_rc = MR_ERR_LIMIT;
  assert_int_equal(mr_channel_recv(tcp, "abc", 3, 9), MR_ERR_LIMIT);
  mr_channel_free(tcp);
  mr_channel_free(udp);
}

/* In flight is what may have left: never more than was exposed. */
static void closed_by_the_host(void **state) {
  (void)state;
  static const struct {
    size_t given;
    uint64_t told;
  } cases[] = {{0, 0}, {3, 3}, {14, 14}, {15, 14}, {SIZE_MAX, 14}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mr_channel *c = make_open(MR_CHANNEL_TCP);
    output(c, "0123456789abcdefghij"); /* 16 octets in the first segment */
    pending(c, 0);
    mr_channel_sent(c, 2, 1);
    int closed = eng.closed;
    assert_int_equal(mr_channel_closed(c, MR_CLOSE_RESET, cases[i].given, "gone", 8),
                     MR_OK);
    assert_int_equal(eng.closed, closed + 1);
    assert_int_equal(eng.cause, MR_CLOSE_RESET);
    assert_true(eng.in_flight == cases[i].told);
    assert_string_equal(eng.text, "gone");
    assert_int_equal(next_type(c), 0); /* no UPDATE, no CLOSE */
    mr_channel_free(c);
  }
}

/* The engine lets go at once, later, or only after the host has freed the channel. */
static void engine_lets_go_when_it_likes(void **state) {
  (void)state;
  enum { AT_ONCE, LATER, LAST };
  for (int when = AT_ONCE; when <= LAST; when++) {
    mr_channel *c = make_open(MR_CHANNEL_TCP);
    eng.lets_go = when == AT_ONCE;
    output(c, "abc");
    assert_int_equal(mr_channel_closed(c, MR_CLOSE_EOF, 0, NULL, 8), MR_OK);
    assert_string_equal(eng.text, "");
    mr__channel_update(c);
    assert_int_equal(next_type(c), 0);
    if (when == LATER)
      mr__channel_close(c);
    mr_channel_free(c);
    if (when == LAST) {
      mr__channel_update(c);
      mr__channel_close(c);
    }
    assert_int_equal(next_type(NULL), 0);
    assert_int_equal(host.live, 1);
  }
}

static void freed_without_closed_is_cancelled(void **state) {
  (void)state;
  for (int lets_go = 0; lets_go < 2; lets_go++) {
    mr_channel *c = make_open(MR_CHANNEL_TCP);
    eng.lets_go = lets_go;
    output(c, "abc");
    pending(c, 0);
    mr_channel_free(c);
    assert_int_equal(eng.closed, lets_go + 1);
    assert_int_equal(eng.cause, MR_CLOSE_CANCELLED);
    assert_true(eng.in_flight == 3);
    if (!lets_go)
      mr__channel_close(c);
    assert_int_equal(next_type(NULL), 0);
  }
}

static void closed_by_the_engine(void **state) {
  (void)state;
  mr__channel_close(NULL);
  mr__channel_close(make(MR_CHANNEL_TCP)); /* untold: just disappears */
  assert_int_equal(next_type(NULL), 0);
  assert_int_equal(host.live, 1);
  mr_channel *c = make_open(MR_CHANNEL_TCP);
  output(c, "abc");
  mr__channel_close(c);
  mr__channel_close(c);
  assert_int_equal(next_type(c), MR__EVENT_CLOSE); /* and no UPDATE before it */
  assert_int_equal(next_type(c), 0);
  assert_int_equal(call(c, CLOSED), MR_ERR_CLOSED);
  mr_channel_free(c);
  assert_int_equal(eng.closed, 0);
  assert_int_equal(host.live, 1);
}

/* The host frees while the event stands in the list, or is the one given out. */
static void freed_before_its_close_event(void **state) {
  (void)state;
  for (int given_out = 0; given_out < 2; given_out++) {
    mr_channel *c = make_open(MR_CHANNEL_TCP);
    mr__channel_close(c);
    if (given_out)
      assert_int_equal(next_type(c), MR__EVENT_CLOSE);
    mr_channel_free(c);
    assert_int_equal(next_type(NULL), 0);
    assert_int_equal(host.live, 1);
  }
}

/* The engine ends the channel inside the host's input. */
static void broken_inside_an_input(void **state) {
  (void)state;
  for (int input = OPENED; input < CLOSED; input++) {
    int kind = input == RECV_FROM ? MR_CHANNEL_UDP : MR_CHANNEL_TCP;
    if (input == PENDING)
      continue;
    mr_channel *c = make_told(kind);
    eng.breaks = input == OPENED;
    mr_channel_opened(c, NULL, 1);
    if (input == SENT)
      output(c, "abc");
    eng.breaks = 1;
    if (input == SENT)
      assert_int_equal(mr_channel_sent(c, pending(c, 0), 1), MR_OK);
    else if (input != OPENED)
      assert_int_equal(call(c, input), MR_OK);
    assert_int_equal(mr_channel_wants(c), 0);
    assert_int_equal(next_type(c), MR__EVENT_CLOSE);
    assert_int_equal(call(c, CLOSED), MR_ERR_CLOSED);
    mr_channel_free(c);
  }
}

/* fault 101: inside a service nothing happens, also not to the channel. */
static void inside_a_service(void **state) {
  (void)state;
  mr_channel *fresh = make_told(MR_CHANNEL_TCP), *c = make_open(MR_CHANNEL_TCP);
  int opened = eng.opened;
  mr__ctx_service_begin(ctx);
  assert_int_equal(call(fresh, OPENED), MR_ERR_STATE);
  for (int input = 0; input < INPUTS; input++)
    if (input != RECV_FROM)
      assert_int_equal(call(c, input), MR_ERR_STATE);
  mr__ctx_service_end(ctx);
  assert_int_equal(eng.opened + eng.recv + eng.closed, opened);
  assert_int_equal(call(c, RECV), MR_OK);
  mr_channel_free(fresh);
  mr_channel_free(c);
}

/* fault 101: freed inside a service. It counts at the next input, or when the engine lets
 * go, whatever comes first. */
static void freed_inside_a_service(void **state) {
  (void)state;
  for (int engine_first = 0; engine_first < 2; engine_first++) {
    mr_channel *c = make_open(MR_CHANNEL_TCP), *d = make_open(MR_CHANNEL_TCP);
    int closed = eng.closed;
    mr__ctx_service_begin(ctx);
    mr_channel_free(c);
    mr__ctx_service_end(ctx);
    assert_int_equal(eng.closed, closed);
    if (engine_first) {
      mr__channel_close(c);
      assert_int_equal(host.live, 2); /* ctx and d */
    }
    assert_int_equal(call(d, RECV), MR_OK);
    assert_int_equal(eng.closed, closed + !engine_first);
    assert_int_equal(next_type(NULL), 0);
    mr_channel_free(d);
    assert_int_equal(host.live, 1);
  }
}

static void impossible_channels(void **state) {
  (void)state;
  mr_channel *c;
  char huge[47];
  memset(huge, '1', 46);
  huge[46] = '\0';
  assert_int_equal(mr__channel_open(&c, ctx, &ops, &eng, 1, huge, 1, "", 0, 16),
                   MR_ERR_LIMIT);
  assert_null(c);
  assert_int_equal(mr__channel_open(&c, ctx, &ops, &eng, 1, "::1", 65536, "", 0, 16),
                   MR_ERR_MISUSE);
  assert_int_equal(mr__channel_open(&c, ctx, &ops, &eng, 1, "::1", 1, NULL, -1, 16),
                   MR_ERR_MISUSE);
  assert_int_equal(mr__channel_open(&c, ctx, &ops, NULL, 1, "::1", 1, NULL, 0, 16),
                   MR_ERR_MISUSE);
  assert_int_equal(next_type(NULL), 0);
}

static int whole_life(const mr_env *env) {
  mr_channel *c = NULL;
  int rc = mr__ctx_new(&ctx, env);
  if (rc != MR_OK)
    return rc;
  rc = mr__channel_open(&c, ctx, &ops, &eng, MR_CHANNEL_TCP, "::1", 1, NULL, 0, 16);
  if (rc == MR_OK) {
    next_type(c);
    mr_channel_opened(c, NULL, 1);
    rc = mr__out_put(&c->out, "0123456789abcdefghij", 20);
    assert_int_equal(mr_channel_wants(c), rc == MR_OK ? 3 : 1);
    mr__channel_close(c);
    mr_channel_free(c);
  }
  mr__ctx_drop(ctx);
  return rc;
}

static void no_memory(void **state) {
  (void)state;
  torture(whole_life);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(getters),
      TEST(misuse),
      TEST(order_matrix),
      TEST(late_calls_are_harmless),
      TEST(exposed_octets_stay),
      TEST(output_and_wants),
      TEST(output_before_opened_is_told_after),
      TEST(input_reaches_the_engine),
      TEST(closed_by_the_host),
      TEST(engine_lets_go_when_it_likes),
      TEST(freed_without_closed_is_cancelled),
      TEST(closed_by_the_engine),
      TEST(freed_before_its_close_event),
      TEST(broken_inside_an_input),
      TEST(inside_a_service),
      TEST(freed_inside_a_service),
      TEST(impossible_channels),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

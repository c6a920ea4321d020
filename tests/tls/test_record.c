/* SPDX-License-Identifier: MIT */
/* The stream after the handshake. */
#include "kit/kit_torture.h"
#include "tls/pair.h"

#define HOST "mx.example.org"

static int setup(void **state) {
  *state = kit_cert_leaf(NULL, HOST);
  return 0;
}

static int teardown(void **state) {
  kit_cert_free(*state);
  return 0;
}

static void open_pair(pair *p, const kit_cert *cert, const char *priorities) {
  pair_init(p, cert, priorities);
  pair_client(p, MR_TLS_MAY, HOST, NULL);
  assert_int_equal(pair_run(p), MR_OK);
  assert_true(mr__tls_ready(p->tls));
}

static void test_large(void **state) {
  enum { LEN = 100000 };
  uint8_t *data = kit_xalloc(NULL, LEN);
  kit_rng rng;
  pair p;
  kit_rng_init(&rng, 5);
  kit_rng_fill(&rng, data, LEN);
  open_pair(&p, *state, NULL);
  assert_int_equal(mr__tls_write(p.tls, data, LEN), MR_OK);
  assert_int_equal(mr__tls_write(p.tls, data, 0), MR_OK);
  pair_run(&p);
  assert_int_equal(p.at_server.len, LEN);
  assert_memory_equal(p.at_server.data, data, LEN);
  free(data);
  pair_free(&p);
}

/* Small reads, small pieces, records of one octet: the same text (fault 61). */
static void test_pieces(void **state) {
  for (unsigned i = 0; i < 12; i++) {
    pair p;
    open_pair(&p, *state, i % 2 ? PAIR_TLS12 : PAIR_TLS13);
    kit_pieces_init(&p.pieces, (int)i / 2 % 3, i);
    for (const char *text = "250-mx.example.org\r\n250 SIZE 1000\r\n"; *text; text++)
      kit_tls_send(p.server, text, 1, &p.to_client);
    assert_int_equal(pair_run(&p), MR_OK);
    pair_expect(&p, "250-mx.example.org\r\n250 SIZE 1000\r\n", 1 + i);
    pair_free(&p);
  }
}

/* fault 60: the end without close_notify, after data, inside a record, before anything */
static void test_truncated(void **state) {
  for (size_t missing = 0; missing < 40; missing++) {
    pair p;
    open_pair(&p, *state, missing % 2 ? PAIR_TLS12 : PAIR_TLS13);
    pair_say(&p, "250-partial\r\n");
    size_t len = kit_buf_left(&p.to_client);
    size_t keep = missing < len ? len - missing : 0;
    assert_int_equal(pair_give(&p, kit_buf_at(&p.to_client), keep), MR_OK);
    assert_int_equal(mr__tls_end(p.tls), MR_ERR_TLS);
    assert_int_equal(mr__tls_failure(p.tls), MR__TLS_FAIL_TRUNCATED);
    assert_non_null(strstr(mr__tls_text(p.tls), "close_notify"));
    assert_false(mr__tls_ready(p.tls));
    if (missing == 0) { /* what came whole can still be read, then the error */
      uint8_t got[64];
      size_t n;
      assert_int_equal(mr__tls_read(p.tls, got, sizeof got, &n), MR_OK);
      assert_int_equal(n, 13);
      assert_int_equal(mr__tls_read(p.tls, got, sizeof got, &n), MR_ERR_TLS);
      assert_int_equal(n, 0);
    }
    pair_free(&p);
  }
}

static void test_bye(void **state) {
  for (int i = 0; i < 2; i++) {
    pair p;
    open_pair(&p, *state, i ? PAIR_TLS12 : PAIR_TLS13);
    pair_say(&p, "221 bye\r\n");
    kit_tls_bye(p.server, &p.to_client);
    assert_int_equal(pair_run(&p), MR_OK);
    assert_int_equal(pair_give(&p, "stray", 5), MR_OK); /* nobody listens any more */
    assert_int_equal(mr__tls_end(p.tls), MR_OK);
    pair_expect(&p, "221 bye\r\n", 4);
    mr__tls_bye(p.tls);
    pair_run(&p);
    assert_int_equal(kit_tls_state(p.server), KIT_TLS_CLOSED);
    pair_free(&p);
  }
}

/* fault 60: a wrong octet in the second of two records: the first is good, then an end.
 */
static void test_tampered(void **state) {
  pair p;
  open_pair(&p, *state, NULL);
  pair_say(&p, "250 one\r\n");
  size_t first = p.to_client.len;
  pair_say(&p, "250 two\r\n");
  p.to_client.data[first + 12] ^= 1;
  pair_run(&p);
  pair_up(&p);
  uint8_t got[64];
  size_t len;
  assert_int_equal(mr__tls_read(p.tls, got, sizeof got, &len), MR_OK);
  assert_int_equal(len, 9);
  assert_int_equal(mr__tls_read(p.tls, got, sizeof got, &len), MR_ERR_TLS);
  assert_int_equal(mr__tls_failure(p.tls), MR__TLS_FAIL_HANDSHAKE);
  assert_int_equal(kit_tls_state(p.server), KIT_TLS_FAILED); /* it was told */
  pair_free(&p);
}

/* fault 60: an alert in the stream */
static void test_alert(void **state) {
  pair p;
  open_pair(&p, *state, NULL);
  kit_tls_alert(p.server, 80, &p.to_client);
  assert_int_equal(pair_run(&p), MR_ERR_TLS);
  assert_non_null(strstr(mr__tls_text(p.tls), "INTERNAL_ERROR"));
  pair_free(&p);
}

/* fault 61: a few key updates pass, a storm does not */
static void test_rekey(void **state) {
  pair p;
  open_pair(&p, *state, PAIR_TLS13);
  for (int i = 0; i < 3; i++) {
    kit_tls_rekey(p.server, &p.to_client);
    pair_say(&p, "250 ok\r\n");
    assert_int_equal(pair_run(&p), MR_OK);
    pair_expect(&p, "250 ok\r\n", 100);
    assert_int_equal(mr__tls_write(p.tls, (const uint8_t *)"NOOP\r\n", 6), MR_OK);
  }
  for (int i = 0; i < 200 && p.rc == MR_OK; i++) {
    kit_tls_rekey(p.server, &p.to_client);
    pair_run(&p);
  }
  assert_int_equal(p.rc, MR_ERR_TLS);
  pair_free(&p);
}

/* fault 61: a few tickets are passed over, a storm of them is not, even with data between
 */
static void test_tickets(void **state) {
  pair p;
  int rounds = 0;
  open_pair(&p, *state, PAIR_TLS13);
  for (; rounds < 100 && p.rc == MR_OK; rounds++) {
    kit_tls_tickets(p.server, 1, &p.to_client);
    pair_say(&p, "250 ok\r\n");
    if (pair_run(&p) == MR_OK)
      pair_expect(&p, "250 ok\r\n", 100);
  }
  assert_in_range(rounds, 20, 70);
  assert_int_equal(mr__tls_failure(p.tls), MR__TLS_FAIL_HANDSHAKE);
  pair_free(&p);
}

/* fault 61: renegotiation is refused */
static void test_renegotiation(void **state) {
  pair p;
  open_pair(&p, *state, PAIR_TLS12);
  kit_tls_renegotiate(p.server, &p.to_client);
  assert_int_equal(pair_run(&p), MR_ERR_TLS);
  assert_non_null(strstr(mr__tls_text(p.tls), "renegotiation is refused"));
  pair_free(&p);
}

/* What nobody reads is not kept without end; what was kept can be read. */
static void test_unread(void **state) {
  char block[1000];
  pair p;
  size_t total = 0, n = 1;
  memset(block, 'x', sizeof block);
  open_pair(&p, *state, NULL);
  for (int i = 0; i < 80; i++)
    kit_tls_send(p.server, block, sizeof block, &p.to_client);
  pair_run(&p);
  assert_int_equal(mr__tls_failure(p.tls), MR__TLS_FAIL_HANDSHAKE);
  while (n) {
    uint8_t got[777];
    int rc = mr__tls_read(p.tls, got, sizeof got, &n);
    assert_int_equal(rc, n ? MR_OK : MR_ERR_TLS);
    total += n;
  }
  assert_in_range(total, 60000, 65536);
  assert_true(p.env.peak_bytes < 400000);
  pair_free(&p);
}

/* A reader that keeps up gets any amount. */
static void test_much(void **state) {
  char block[1000];
  pair p;
  memset(block, 'x', sizeof block);
  open_pair(&p, *state, NULL);
  for (int i = 0; i < 300; i++) {
    uint8_t got[1200];
    size_t n;
    kit_tls_send(p.server, block, sizeof block, &p.to_client);
    assert_int_equal(pair_run(&p), MR_OK);
    assert_int_equal(mr__tls_read(p.tls, got, sizeof got, &n), MR_OK);
    assert_int_equal(n, sizeof block);
  }
  pair_free(&p);
}

static int steps(pair *p, const mr_tls_need *need) {
  uint8_t got[64];
  size_t n;
  int rc = mr__tls_new(&p->tls, &p->env.env, need, &p->out);
  if (!rc)
    rc = mr__tls_start(p->tls);
  if (!rc)
    rc = pair_run(p);
  if (!rc)
    rc = mr__tls_write(p->tls, (const uint8_t *)"NOOP\r\n", 6);
  if (!rc) {
    pair_say(p, "250 ok\r\n");
    rc = pair_run(p);
  }
  if (!rc)
    rc = mr__tls_read(p->tls, got, sizeof got, &n);
  return rc;
}

/* The environment of the torture stands in for the pair's own. */
static int tortured(kit_env *env, void *arg) {
  const kit_cert *cert = arg;
  const char *name = HOST;
  mr_trust *trust = NULL;
  pair p;
  pair_init(&p, cert, NULL);
  mr__out_init(&p.out, &env->env, 1024, 0);
  p.env.env = env->env;
  int rc = mr_trust_new(&trust, &env->env);
  if (!rc && mr_trust_add_pem(trust, kit_cert_pem(cert), strlen(kit_cert_pem(cert))) < 0)
    rc = MR_ERR_NOMEM;
  const mr_tls_need need = {sizeof need, MR_TLS_VERIFY, name, &name, 1, trust};
  if (!rc)
    rc = steps(&p, &need);
  if (rc && p.tls && mr__tls_failure(p.tls) == MR__TLS_FAIL_MEMORY)
    rc = MR_ERR_NOMEM;
  pair_free(&p);
  mr_trust_free(trust);
  return rc == MR_OK || (env->failed && rc == MR_ERR_NOMEM) ? 0 : 1;
}

/* fault 98, bug 60 */
static void test_torture(void **state) {
  assert_true(kit_torture(tortured, *state, 60) > 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_large),  TEST(test_pieces),   TEST(test_truncated),
      TEST(test_bye),    TEST(test_tampered), TEST(test_alert),
      TEST(test_rekey),  TEST(test_tickets),  TEST(test_renegotiation),
      TEST(test_unread), TEST(test_much),     TEST(test_torture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What holds for every router whatever is dropped, garbled or cut into pieces. */
#include "router/scene.h"

#if MR_WITH_TLS
#include "kit/kit_cert.h"
#endif

static char label[200];

/* --- a connection that breaks ----------------------------------------------------- */

typedef struct cut {
  const kit_smtp_config *config; /* of the exchanger */
  uint64_t out, in;              /* UINT64_MAX = not */
  int cause;
} cut;

static void cut_begin(lab *l, const cut *c) {
  scene_begin(l);
  scene_ruled(l, "10.0.0.3", &l->mx1, c->config);
  l->world.cut_conn = 1;
  l->world.cut_out = c->out;
  l->world.cut_in = c->in;
  l->world.cut_cause = c->cause;
  lab_start(l);
  scene_send(l);
}

/* The refused one is told so if the server came to it, and else by a later attempt. */
static void cut_run(const cut *c) {
  lab l;
  cut_begin(&l, c);
  snprintf(label, sizeof label, "cut out %lld in %lld cause %d", (long long)c->out,
           (long long)c->in, c->cause);
  assert_true(lab_run(&l));
  lab_fate(&l, scene_to[0], MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  lab_fate(&l, scene_to[1], MR_FATE_FAILED, MR_REASON_RCPT_HARD);
  lab_fate(&l, scene_to[2], MR_FATE_DELIVERED, MR_REASON_DELIVERED);
  assert_int_equal(lab_copies(l.origin, "me@origin.test"), 1);
  scene_end(&l, label, 0);
}

/* How many octets the first connection moves when nothing breaks. */
static void cut_measure(const kit_smtp_config *config, uint64_t *out, uint64_t *in) {
  lab l;
  cut whole = {config, UINT64_MAX, UINT64_MAX, MR_CLOSE_RESET};
  cut_begin(&l, &whole);
  assert_true(lab_run(&l));
  *out = l.world.moved_out;
  *in = l.world.moved_in;
  scene_end(&l, "not cut", 0);
}

static void cut_everywhere(const kit_smtp_config *config, uint64_t step) {
  uint64_t out = 0, in = 0;
  cut_measure(config, &out, &in);
  assert_in_range(out, 300, 5000);
  assert_in_range(in, 150, 5000);
  for (uint64_t i = 0; i <= out; i += step) {
    cut_run(&(cut){config, i, UINT64_MAX, MR_CLOSE_RESET});
  }
  for (uint64_t i = 0; i <= in; i += step) {
    cut_run(&(cut){config, UINT64_MAX, i, MR_CLOSE_EOF});
  }
}

static void test_cut_after_every_octet(void **state) { /* R82, R88, fault 48 */
  (void)state;
  cut_everywhere(NULL, 1);
}

static void test_cut_without_pipelining(void **state) { /* R76, R78, R82, R88 */
  static const char *const ehlo[] = {"SIZE 1000000", "8BITMIME", NULL};
  const kit_smtp_config config = {.ehlo = ehlo};
  (void)state;
  cut_everywhere(&config, 5);
}

static void test_every_cause_of_a_close(void **state) { /* R25, R26, R82, R88 */
  uint64_t out = 0, in = 0;
  (void)state;
  cut_measure(NULL, &out, &in);
  for (int cause = MR_CLOSE_EOF; cause <= MR_CLOSE_CANCELLED; cause++) {
    for (uint64_t i = 0; i <= out; i += 37) {
      cut_run(&(cut){NULL, i, UINT64_MAX, cause});
    }
    for (uint64_t i = 0; i <= in; i += 53) {
      cut_run(&(cut){NULL, UINT64_MAX, i, cause});
    }
  }
}

#if MR_WITH_TLS
static void test_cut_in_tls(void **state) { /* R49, R56, fault 60 */
  kit_cert *root = kit_cert_root("Root");
  kit_cert *leaf = kit_cert_leaf(root, "mx1.two.test");
  const kit_tls_cert cert = {.chain_pem = kit_cert_chain(leaf),
                             .key_pem = kit_cert_key(leaf)};
  const kit_smtp_config config = {.certs = &cert, .cert_count = 1};
  (void)state;
  cut_everywhere(&config, 61);
  kit_cert_free(leaf);
  kit_cert_free(root);
}
#endif

/* --- servers of every kind -------------------------------------------------------- */

static kit_smtp_host *persona(lab *l, const char *address, int which) {
  static const kit_smtp_config base = {.rules = scene_rules, .rule_count = SCENE_RULES};
  kit_smtp_host *host = kit_persona_new(which, &base);
  kit_world_host(&l->world, address, host);
  return host;
}

static void become_honest(kit_smtp_host *host) {
  kit_smtp_rules(host, scene_rules, SCENE_RULES);
}

static void run_pair(int a, int b, uint64_t troubled, int pieces, uint64_t seed) {
  lab l;
  scene_begin(&l);
  l.mx1 = persona(&l, "10.0.0.3", a);
  l.mx2 = persona(&l, "10.0.0.4", b);
  kit_pieces_init(&l.world.pieces, pieces, seed);
  lab_start(&l);
  scene_send(&l);
  kit_world_run(&l.world, troubled);
  become_honest(l.mx1);
  become_honest(l.mx2);
  snprintf(label, sizeof label, "%s and %s for %llu ms, pieces %d seed %llu",
           kit_persona_name(a), kit_persona_name(b), (unsigned long long)troubled, pieces,
           (unsigned long long)seed);
  scene_end(&l, label, a == KIT_EARLY_250 || b == KIT_EARLY_250);
}

static void test_personas_in_pairs(void **state) { /* R22, R78, R97, fault 40, fault 46 */
  (void)state;
  for (int a = 0; a < KIT_PERSONA_COUNT; a++) {
    for (int b = 0; b < KIT_PERSONA_COUNT; b++) {
      run_pair(a, b, (uint64_t)(a + b) * 60000, KIT_PIECES_WHOLE, 1);
    }
  }
}

static void test_personas_at_random(void **state) { /* fault 42 */
  kit_rng rng;
  (void)state;
  kit_rng_init(&rng, 20240);
  for (uint64_t seed = 1; seed <= 200; seed++) {
    int a = (int)kit_rng_below(&rng, KIT_PERSONA_COUNT);
    int b = (int)kit_rng_below(&rng, KIT_PERSONA_COUNT);
    uint64_t troubled = kit_rng_below(&rng, 2 * 3600 * 1000);
    run_pair(a, b, troubled, KIT_PIECES_RANDOM, seed);
  }
}

static void test_never_honest_expires(void **state) { /* R99, I8 */
  (void)state;
  for (int a = 0; a < KIT_PERSONA_COUNT; a++) {
    run_pair(a, a, 20 * (uint64_t)LAB_DAY, KIT_PIECES_WHOLE, 1);
  }
}

/* --- the same in other pieces ----------------------------------------------------- */

static void same_story(const kit_world *one, const kit_world *other) {
  assert_int_equal(one->told_count, other->told_count);
  for (size_t i = 0; i < one->told_count; i++) {
    const kit_told *a = &one->told[i], *b = &other->told[i];
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->now, b->now);
    assert_string_equal(a->recipient ? a->recipient : "",
                        b->recipient ? b->recipient : "");
    assert_string_equal(a->text ? a->text : "", b->text ? b->text : "");
    assert_string_equal(a->status ? a->status : "", b->status ? b->status : "");
    assert_int_equal(a->fate, b->fate);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->stage, b->stage);
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->uncertain, b->uncertain);
    assert_int_equal(a->attempts, b->attempts);
  }
}

static void tell_story(lab *l, int who, int pieces, uint64_t seed) {
  scene_begin(l);
  l->mx1 = persona(l, "10.0.0.3", who);
  kit_pieces_init(&l->world.pieces, pieces, seed);
  lab_start(l);
  scene_send(l);
  kit_world_run(&l->world, 24 * 3600 * 1000);
}

static void free_story(lab *l) {
  kit_world_done(&l->world);
  mr_options_free(l->options);
  assert_int_equal(kit_env_done(&l->env), 0);
}

static void test_any_split_tells_the_same(void **state) { /* bug 9, bug 17, fault 42 */
  (void)state;
  for (int who = 0; who < KIT_PERSONA_COUNT; who++) {
    lab whole;
    if (who == KIT_EARLY_250) { /* how much of the body had left then differs */
      continue;
    }
    tell_story(&whole, who, KIT_PIECES_WHOLE, 1);
    for (uint64_t seed = 0; seed < 4; seed++) {
      lab other;
      tell_story(&other, who, seed ? KIT_PIECES_RANDOM : KIT_PIECES_BYTES, seed);
      same_story(&whole.world, &other.world);
      free_story(&other);
    }
    free_story(&whole);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_cut_after_every_octet),
    cmocka_unit_test(test_cut_without_pipelining),
    cmocka_unit_test(test_every_cause_of_a_close),
#if MR_WITH_TLS
    cmocka_unit_test(test_cut_in_tls),
#endif
    cmocka_unit_test(test_personas_in_pairs),
    cmocka_unit_test(test_personas_at_random),
    cmocka_unit_test(test_never_honest_expires),
    cmocka_unit_test(test_any_split_tells_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

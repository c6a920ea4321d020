/* SPDX-License-Identifier: MIT */
#include "tls/pair.h"

#define HOST "mx.example.org"
#define GREETING "220 mx.example.org ESMTP\r\n"

typedef struct bench {
  kit_env env; /* of the trust store */
  pki pki;
  mr_trust *trust;
} bench;

static int setup(void **state) {
  bench *b = kit_xalloc(NULL, sizeof *b);
  kit_env_init(&b->env, 3);
  pki_make(&b->pki);
  b->trust = pair_trust(&b->env.env, kit_cert_pem(b->pki.root));
  *state = b;
  return 0;
}

static int teardown(void **state) {
  bench *b = *state;
  mr_trust_free(b->trust);
  pki_free(&b->pki);
  assert_int_equal(kit_env_done(&b->env), 0);
  free(b);
  return 0;
}

static void talk(pair *p) {
  static const char ehlo[] = "EHLO client.example\r\n";
  assert_true(mr__tls_ready(p->tls));
  assert_int_equal(mr__tls_write(p->tls, (const uint8_t *)ehlo, sizeof ehlo - 1), MR_OK);
  pair_say(p, GREETING);
  assert_int_equal(pair_run(p), MR_OK);
  pair_expect(p, GREETING, 400);
  assert_string_equal(p->at_server.data, ehlo);
}

/* Bad in every respect that VERIFY looks at. */
static kit_cert *bad_cert(void) {
  const kit_cert_spec spec = {.cn = HOST, .not_after = 1751328000};
  return kit_cert_new(NULL, &spec);
}

/* R52: at may and encrypt no certificate is checked, by nothing. */
static void test_unchecked(void **state) {
  (void)state;
  static const int levels[] = {MR_TLS_MAY, MR_TLS_ENCRYPT};
  static const char *const priorities[] = {PAIR_TLS12, PAIR_TLS13};
  kit_cert *cert = bad_cert();
  for (size_t i = 0; i < 4; i++) {
    pair p;
    pair_init(&p, cert, priorities[i / 2]);
    p.env.wall_unknown = 1;
    pair_client(&p, levels[i % 2], HOST, NULL);
    assert_int_equal(pair_run(&p), MR_OK);
    talk(&p);
    assert_false(mr__tls_info_get(p.tls)->verified);
    assert_int_equal(mr__tls_failure(p.tls), MR__TLS_FAIL_NONE);
    pair_free(&p);
  }
  kit_cert_free(cert);
}

static void assert_info(const pair *p, const char *version) {
  const mr__tls_info *info = mr__tls_info_get(p->tls);
  assert_string_equal(info->version, version);
  assert_string_equal(info->version, kit_tls_version(p->server));
  assert_string_equal(info->cipher, "AES-256-GCM");
  assert_int_equal(strlen(info->fingerprint), 64);
  assert_int_equal(strspn(info->fingerprint, "0123456789abcdef"), 64);
  assert_true(info->verified);
  assert_string_equal(mr__tls_text(p->tls), "");
}

/* R52: verify, in both versions, whole, octet by octet and in random pieces. */
static void test_verified(void **state) {
  const bench *b = *state;
  static const char *const priorities[] = {PAIR_TLS12, PAIR_TLS13};
  for (unsigned i = 0; i < 12; i++) {
    pair p;
    pair_init(&p, b->pki.leaf, priorities[i % 2]);
    kit_pieces_init(&p.pieces, i < 4 ? (int)i / 2 : KIT_PIECES_RANDOM, i);
    pair_client(&p, MR_TLS_VERIFY, HOST, b->trust);
    assert_false(mr__tls_ready(p.tls));
    assert_string_equal(mr__tls_info_get(p.tls)->version, "");
    assert_int_equal(pair_run(&p), MR_OK);
    talk(&p);
    assert_info(&p, i % 2 ? "TLS1.3" : "TLS1.2");
    pair_free(&p);
  }
}

static void assert_refused(pair *p, int failure) {
  static const uint8_t text[] = "QUIT\r\n";
  uint8_t octet;
  size_t len;
  assert_int_equal(p->rc, MR_ERR_TLS);
  assert_false(mr__tls_ready(p->tls));
  assert_int_equal(mr__tls_failure(p->tls), failure);
  assert_true(strlen(mr__tls_text(p->tls)) > 10);
  assert_false(mr__tls_info_get(p->tls)->verified);
  assert_int_equal(mr__tls_write(p->tls, text, sizeof text - 1), MR_ERR_TLS);
  assert_int_equal(mr__tls_read(p->tls, &octet, 1, &len), MR_ERR_TLS);
  assert_int_equal(mr__tls_recv(p->tls, text, 1), MR_ERR_TLS);
  assert_int_equal(mr__tls_end(p->tls), MR_ERR_TLS);
  mr__tls_bye(p->tls);
  assert_int_equal(mr__out_unsent(&p->out), 0);
  assert_int_equal(p->at_server.len, 0);
}

/* R53: a wrong certificate ends the handshake: the server is told, sees no plaintext. */
static void test_mismatch(void **state) {
  const bench *b = *state;
  kit_cert *expired = bad_cert(), *other = kit_cert_leaf(b->pki.issuer, "other.example");
  static const char *const priorities[] = {PAIR_TLS12, PAIR_TLS13};
  for (size_t i = 0; i < 4; i++) {
    pair p;
    pair_init(&p, i < 2 ? expired : other, priorities[i % 2]);
    pair_client(&p, MR_TLS_VERIFY, HOST, b->trust);
    pair_run(&p);
    assert_refused(&p, MR__TLS_FAIL_CERTIFICATE);
    assert_int_equal(kit_tls_state(p.server), KIT_TLS_FAILED);
    pair_free(&p);
  }
  kit_cert_free(expired);
  kit_cert_free(other);
}

/* fault 62: the clock is the reason, and says so */
static void test_clock(void **state) {
  const bench *b = *state;
  pair p;
  pair_init(&p, b->pki.leaf, NULL);
  p.env.wall_unknown = 1;
  pair_client(&p, MR_TLS_VERIFY, HOST, b->trust);
  pair_run(&p);
  assert_non_null(strstr(mr__tls_text(p.tls), "the clock says nothing"));
  assert_refused(&p, MR__TLS_FAIL_CLOCK);
  pair_free(&p);
}

/* bug 43: VERIFY without anchors fails before a single octet leaves. */
static void test_no_trust(void **state) {
  const bench *b = *state;
  mr_trust *empty;
  assert_int_equal(mr_trust_new(&empty, NULL), MR_OK);
  for (int i = 0; i < 2; i++) {
    pair p;
    pair_init(&p, b->pki.leaf, NULL);
    pair_client(&p, MR_TLS_VERIFY, HOST, i ? empty : NULL);
    assert_refused(&p, MR__TLS_FAIL_NO_TRUST);
    pair_free(&p);
  }
  mr_trust_free(empty);
}

/* bug 43: VERIFY without names */
static void test_no_names(void **state) {
  const bench *b = *state;
  const mr_tls_need need = {sizeof need, MR_TLS_VERIFY, HOST, NULL, 0, b->trust};
  pair p;
  pair_init(&p, b->pki.leaf, NULL);
  assert_int_equal(mr__tls_new(&p.tls, &p.env.env, &need, &p.out), MR_OK);
  assert_int_equal(mr_trust_add_pem(b->trust, "", 0), MR_ERR_STATE);
  assert_int_equal(mr__tls_start(p.tls), MR_OK);
  pair_run(&p);
  assert_refused(&p, MR__TLS_FAIL_CERTIFICATE);
  pair_free(&p);
}

/* R54: what the server sees as its name; bug 8: an address is never sent as one. */
static void test_sni(void **state) {
  const bench *b = *state;
  static const struct {
    const char *sni, *seen;
  } rows[] = {{HOST, HOST},      {"MX.Example.Org.", HOST},  {NULL, ""},        {"", ""},
              {"192.0.2.1", ""}, {"[IPv6:2001:db8::1]", ""}, {"not a name", ""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pair p;
    pair_init(&p, b->pki.leaf, NULL);
    pair_client(&p, MR_TLS_MAY, rows[i].sni, NULL);
    assert_int_equal(pair_run(&p), MR_OK);
    assert_string_equal(kit_tls_sni(p.server), rows[i].seen);
    pair_free(&p);
  }
}

/* fault 63: sessions are never resumed, so none is under another policy. */
static void test_no_resumption(void **state) {
  const bench *b = *state;
  for (int i = 0; i < 2; i++) {
    pair p;
    pair_init(&p, b->pki.leaf, i ? PAIR_TLS12 : PAIR_TLS13);
    for (int again = 0; again < 2; again++) {
      pair_client(&p, MR_TLS_MAY, HOST, NULL);
      assert_int_equal(pair_run(&p), MR_OK);
      talk(&p);
      assert_false(kit_tls_resumed(p.server));
      mr__tls_free(p.tls);
      kit_tls_free(p.server);
      p.server = kit_tls_new(p.context);
      kit_buf_clear(&p.at_server);
      p.tls = NULL;
    }
    pair_free(&p);
  }
}

/* bug 59: two connections with different needs, interleaved. */
static void test_two_at_once(void **state) {
  const bench *b = *state;
  kit_cert *cert = bad_cert();
  pair strict, lax;
  pair_init(&strict, cert, NULL);
  pair_init(&lax, cert, NULL);
  pair_client(&strict, MR_TLS_VERIFY, HOST, b->trust);
  pair_client(&lax, MR_TLS_MAY, HOST, NULL);
  pair_up(&strict);
  pair_up(&lax);
  pair_run(&strict);
  assert_refused(&strict, MR__TLS_FAIL_CERTIFICATE);
  assert_int_equal(pair_run(&lax), MR_OK);
  talk(&lax);
  pair_free(&strict);
  pair_free(&lax);
  kit_cert_free(cert);
}

typedef struct offer {
  const char *priorities;
  int may, verify; /* 1: works */
} offer;

/* TLS 1.0 and 1.1 never; what lacks forward secrecy only where clear text is the choice.
 */
static void test_offers(void **state) {
  const bench *b = *state;
  const kit_cert_spec spec = {.dns = (const char *const[]){HOST, NULL}, .rsa_bits = 2048};
  kit_cert *rsa = kit_cert_new(b->pki.issuer, &spec);
  static const offer offers[] = {
      {"NORMAL:-VERS-ALL:+VERS-TLS1.0", 0, 0},
      {"NORMAL:-VERS-ALL:+VERS-TLS1.1", 0, 0},
      {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC", 0, 0},
      {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC", 1, 0},
      {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC:-MAC-ALL:+SHA1", 1, 0},
      {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA", 1, 1},
      {"NORMAL:-GROUP-ALL:+GROUP-SECP384R1", 1, 1}, /* bug 40: HelloRetryRequest */
      {"NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305", 1, 1},
  };
  for (size_t i = 0; i < 2 * sizeof offers / sizeof *offers; i++) {
    pair p;
    pair_init(&p, rsa, offers[i / 2].priorities);
    pair_client(&p, i % 2 ? MR_TLS_VERIFY : MR_TLS_MAY, HOST, i % 2 ? b->trust : NULL);
    int rc = pair_run(&p);
    int works = i % 2 ? offers[i / 2].verify : offers[i / 2].may;
    if (mr__tls_ready(p.tls) != works || (rc == MR_OK) != works)
      fail_msg("offer %zu: %d, %s", i / 2, rc, mr__tls_text(p.tls));
    pair_free(&p);
  }
  kit_cert_free(rsa);
}

enum { ALERT, CUT, FLIP, DESTROY, MODES };

/* The server's first flight, broken at octet `at`. */
static void broken(const bench *b, const char *priorities, size_t at, int mode) {
  static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
  pair p;
  pair_init(&p, b->pki.leaf, priorities);
  pair_client(&p, MR_TLS_VERIFY, HOST, b->trust);
  pair_up(&p);
  size_t len = kit_buf_left(&p.to_client);
  at = at < len ? at : len;
  pair_give(&p, kit_buf_at(&p.to_client), at);
  if (mode == ALERT)
    pair_give(&p, alert, sizeof alert);
  if (mode == FLIP && at < len) {
    p.to_client.data[p.to_client.pos + at] ^= 0x41;
    pair_give(&p, kit_buf_at(&p.to_client) + at, len - at);
  }
  if (mode == ALERT || mode == CUT) { /* no close_notify: never a good end */
    assert_int_equal(mr__tls_end(p.tls), MR_ERR_TLS);
    assert_false(mr__tls_ready(p.tls));
  }
  pair_free(&p);
}

/* bug 40, fault 60: an alert, the end, a wrong octet and our own end, at each step */
static void test_broken(void **state) {
  const bench *b = *state;
  static const char *const priorities[] = {PAIR_TLS12, PAIR_TLS13};
  for (size_t at = 0; at < 1400; at += 5)
    broken(b, priorities[at & 1], at, (int)(at / 5 / 2 % MODES));
  for (size_t at = 0; at < 12; at++) /* around the first record's header */
    for (int mode = 0; mode < MODES; mode++)
      broken(b, priorities[at & 1], at, mode);
}

typedef struct noise {
  const char *what, *octets;
  size_t len, times;
} noise;

#define NOISE(text) text, sizeof text - 1

/* fault 61, bug 40: what is no handshake, and what never becomes one, ends soon. */
static void test_noise(void **state) {
  const bench *b = *state;
  static const noise rows[] = {
      {"clear text", NOISE("250 2.0.0 OK\r\n"), 1},
      {"zeros", NOISE("\0\0\0\0\0\0\0\0"), 1},
      {"warning alerts", NOISE("\x15\3\3\0\2\1\x70"), 1000},
      {"fatal alert", NOISE("\x15\3\3\0\2\2\x28"), 1},
      {"unknown alert", NOISE("\x15\3\3\0\2\2\xEE"), 1},
      {"huge message", NOISE("\x16\3\3\0\4\x0B\xFF\xFF\xFF"), 100000},
      {"empty records", NOISE("\x16\3\3\0\0"), 100000},
      {"record too long", NOISE("\x16\3\3\xFF\xFF"), 1},
      {"data at once", NOISE("\x17\3\3\0\3abc"), 1},
      {"hello request", NOISE("\x16\3\3\0\4\0\0\0\0"), 100000},
      {"change of cipher", NOISE("\x14\3\3\0\1\1"), 100000},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pair p;
    pair_init(&p, b->pki.leaf, NULL);
    pair_client(&p, MR_TLS_MAY, HOST, NULL);
    for (size_t n = 0; n < rows[i].times && p.rc == MR_OK; n++)
      pair_give(&p, rows[i].octets, rows[i].len);
    if (p.rc != MR_ERR_TLS || mr__tls_failure(p.tls) != MR__TLS_FAIL_HANDSHAKE)
      fail_msg("%s: %d, %s", rows[i].what, p.rc, mr__tls_text(p.tls));
    pair_free(&p);
  }
}

/* fault 100: needs that no one may have, calls out of order */
static void test_misuse(void **state) {
  (void)state;
  const char *names[17] = {HOST};
  const mr_tls_need needs[] = {{sizeof *needs, MR_TLS_NONE, HOST, NULL, 0, NULL},
                               {sizeof *needs, MR_TLS_VERIFY + 1, HOST, NULL, 0, NULL},
                               {sizeof *needs, -1, HOST, NULL, 0, NULL},
                               {sizeof *needs, MR_TLS_VERIFY, HOST, names, 17, NULL},
                               {sizeof *needs, MR_TLS_VERIFY, HOST, NULL, 1, NULL},
                               {0, MR_TLS_MAY, HOST, NULL, 0, NULL}};
  kit_env env;
  mr__out out;
  mr__tls *tls;
  kit_env_init(&env, 1);
  mr__out_init(&out, &env.env, 1024, 0);
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
    assert_int_equal(mr__tls_new(&tls, &env.env, &needs[i], &out), MR_ERR_TLS);
    assert_null(tls);
  }
  const mr_tls_need need = {sizeof need, MR_TLS_MAY, NULL, NULL, 0, NULL};
  assert_int_equal(mr__tls_new(&tls, &env.env, &need, &out), MR_OK);
  assert_int_equal(mr__tls_recv(tls, (const uint8_t *)"x", 1), MR_ERR_STATE);
  assert_int_equal(mr__tls_write(tls, (const uint8_t *)"x", 1), MR_ERR_STATE);
  mr__tls_bye(tls);
  assert_int_equal(mr__out_unsent(&out), 0);
  assert_int_equal(mr__tls_start(tls), MR_OK);
  assert_int_equal(mr__tls_start(tls), MR_ERR_STATE);
  mr__tls_free(tls);
  mr__tls_free(NULL);
  mr__out_free(&out);
  assert_int_equal(kit_env_done(&env), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_unchecked), TEST(test_verified),      TEST(test_mismatch),
      TEST(test_clock),     TEST(test_no_trust),      TEST(test_no_names),
      TEST(test_sni),       TEST(test_no_resumption), TEST(test_two_at_once),
      TEST(test_offers),    TEST(test_broken),        TEST(test_noise),
      TEST(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

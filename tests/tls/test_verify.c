/* SPDX-License-Identifier: MIT */
/* Chains made for the purpose, judged without a connection. The clock says 2026-01-01. */
#include <gnutls/x509.h>

#include "tls/pair.h"
#include "tls/verify.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HOST "mx.example.org"
#define YEAR_2030 INT64_C(1893456000)
#define MID_2025 INT64_C(1751328000)

enum { GOOD = MR__TLS_FAIL_NONE, BAD = MR__TLS_FAIL_CERTIFICATE };

typedef struct bench {
  kit_env env;
  pki pki;
  mr_trust *trust;
  mr__verdict verdict;
} bench;

static int setup(void **state) {
  bench *b = kit_xalloc(NULL, sizeof *b);
  kit_env_init(&b->env, 1);
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

static gnutls_datum_t der_of(const kit_cert *cert) {
  size_t len;
  const void *data = kit_cert_der(cert, &len);
  gnutls_datum_t der = {(unsigned char *)(uintptr_t)data, (unsigned)len};
  return der;
}

static int judge_der(bench *b, const gnutls_datum_t *chain, unsigned count,
                     const char *text) {
  mr__name name;
  mr__verify_job job = {&b->env.env, b->trust, &name, 1, chain, count};
  mr__name_set(&name, &b->env.env, text);
  memset(&b->verdict, 0x55, sizeof b->verdict);
  int good = mr__verify(&job, &b->verdict);
  assert_int_equal(good, b->verdict.failure == GOOD);
  assert_int_equal(good, b->verdict.text[0] == '\0');
  return b->verdict.failure;
}

/* certs ends in NULL */
static int judge(bench *b, const char *name, const kit_cert *const *certs) {
  gnutls_datum_t chain[128];
  unsigned count = 0;
  for (; certs[count]; count++)
    chain[count] = der_of(certs[count]);
  return judge_der(b, chain, count, name);
}
#define CHAIN(...) ((const kit_cert *const[]){__VA_ARGS__, NULL})

typedef struct row {
  kit_cert_spec leaf;
  const char *name;
  int failure;
  const char *text; /* part of it */
} row;

/* fault 59, fault 62, bug 8, bug 37, bug 44, R52: the server's own certificate */
static const row ROWS[] = {
    {{.dns = NAMES(HOST)}, HOST, GOOD, ""},
    {{.dns = NAMES("a.example", HOST)}, HOST, GOOD, ""},
    {{.dns = NAMES(HOST), .not_after = MID_2025},
     HOST,
     MR__TLS_FAIL_CLOCK,
     "01 Jul 2025 00:00:00 +0000, but the clock says Thu, 01 Jan 2026 00:00:00"},
    {{.dns = NAMES(HOST), .not_before = YEAR_2030},
     HOST,
     MR__TLS_FAIL_CLOCK,
     "01 Jan 2030 00:00:00 +0000 to"},
    {{.dns = NAMES("mx2.example.org")},
     HOST,
     BAD,
     "other names (wanted: mx.example.org)"},
    {{.dns = NAMES("*.example.org")}, HOST, GOOD, ""},
    {{.dns = NAMES("*.example.org")}, "a.mx.example.org", BAD, "other names"},
    {{.cn = HOST}, HOST, BAD, "has no subject alternative name"},
    {{.cn = HOST, .ip = NAMES("192.0.2.1")}, HOST, BAD, "other names"},
    {{.cn = HOST, .dns = NAMES("x.example")}, HOST, BAD, "other names"},
    {{.dns_raw = "mx.example.org\0.evil.example", .dns_raw_len = 28}, HOST, BAD, "names"},
    {{.dns = NAMES(HOST), .ip = NAMES("192.0.2.1")}, "[192.0.2.1]", GOOD, ""},
    {{.dns = NAMES(HOST), .ip = NAMES("192.0.2.1")}, "192.0.2.2", BAD, "192.0.2.2"},
    {{.dns = NAMES("192.0.2.1")}, "192.0.2.1", BAD, "other names"},
    {{.ip = NAMES("2001:db8::1")}, "[IPv6:2001:DB8::1]", GOOD, ""},
    {{.dns = NAMES(HOST)}, "", BAD, "wanted: no usable name"},
    {{.dns = NAMES(HOST), .rsa_bits = 1024}, HOST, BAD, "less than 2048"},
    {{.dns = NAMES(HOST), .rsa_bits = 2048}, HOST, GOOD, ""},
    {{.dns = NAMES(HOST), .sha1 = 1}, HOST, BAD, "SHA-1"},
    {{.dns = NAMES(HOST), .purpose = GNUTLS_KP_TLS_WWW_CLIENT}, HOST, BAD, "not meant"},
    {{.dns = NAMES(HOST), .purpose = GNUTLS_KP_ANY}, HOST, GOOD, ""},
    {{.dns = NAMES(HOST), .critical = "1.2.3.4"}, HOST, BAD, "critical"},
};

static void test_leaves(void **state) {
  bench *b = *state;
  for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
    kit_cert *leaf = kit_cert_new(b->pki.issuer, &ROWS[i].leaf);
    int failure = judge(b, ROWS[i].name, CHAIN(leaf, b->pki.issuer));
    if (failure != ROWS[i].failure || !strstr(b->verdict.text, ROWS[i].text))
      fail_msg("row %zu: failure %d, %s", i, failure, b->verdict.text);
    kit_cert_free(leaf);
  }
}

/* fault 59: the same rules hold for issuers. leaf <- odd issuer <- root. */
static const row ISSUERS[] = {
    {{.cn = "I", .ca = 1}, HOST, GOOD, ""},
    {{.cn = "I", .ca = 0}, HOST, BAD, "may not issue"},
    {{.cn = "I", .ca = 1, .not_after = MID_2025},
     HOST,
     MR__TLS_FAIL_CLOCK,
     "an issuer's"},
    {{.cn = "I", .ca = 1, .rsa_bits = 1024},
     HOST,
     BAD,
     "an issuer's certificate has an RSA"},
    {{.cn = "I", .ca = 1, .sha1 = 1},
     HOST,
     BAD,
     "an issuer's certificate has a signature"},
    {{.cn = "I", .ca = 1, .purpose = GNUTLS_KP_TLS_WWW_CLIENT}, HOST, BAD, "not meant"},
    {{.cn = "I", .ca = 1, .permit_dns = "example.org"}, HOST, GOOD, ""},
    {{.cn = "I", .ca = 1, .permit_dns = "other.example"}, HOST, BAD, ""},
    {{.cn = "I", .ca = 1, .critical = "1.2.3.4"}, HOST, BAD, "critical"},
};

static void test_issuers(void **state) {
  bench *b = *state;
  for (size_t i = 0; i < sizeof ISSUERS / sizeof *ISSUERS; i++) {
    kit_cert *issuer = kit_cert_new(b->pki.root, &ISSUERS[i].leaf);
    kit_cert *leaf = kit_cert_leaf(issuer, HOST);
    int failure = judge(b, HOST, CHAIN(leaf, issuer));
    if (failure != ISSUERS[i].failure || !strstr(b->verdict.text, ISSUERS[i].text))
      fail_msg("row %zu: failure %d, %s", i, failure, b->verdict.text);
    kit_cert_free(leaf);
    kit_cert_free(issuer);
  }
}

/* fault 59: order, gaps, strangers in between, the root sent along */
static void test_orders(void **state) {
  bench *b = *state;
  const pki *p = &b->pki;
  kit_cert *stranger = kit_cert_root("Stranger");
  kit_cert *namesake = kit_cert_root("Root"); /* same name, other key */
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->issuer, p->root)), GOOD);
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->root, stranger, p->issuer)), GOOD);
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, namesake, p->issuer)), GOOD);
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf)), BAD);
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->root)), BAD);
  assert_int_equal(judge(b, HOST, CHAIN(p->issuer, p->leaf)), BAD);
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->leaf, p->leaf)), BAD);
  assert_int_equal(judge_der(b, NULL, 0, HOST), BAD);
  kit_cert_free(stranger);
  kit_cert_free(namesake);
}

/* fault 59: self-signed; good only if that very certificate is an anchor */
static void test_self_signed(void **state) {
  bench *b = *state;
  kit_cert *leaf = kit_cert_leaf(NULL, HOST), *other = kit_cert_leaf(NULL, HOST);
  assert_int_equal(judge(b, HOST, CHAIN(leaf)), BAD);
  assert_non_null(strstr(b->verdict.text, "not issued by a trusted authority"));
  mr_trust_free(b->trust);
  b->trust = pair_trust(&b->env.env, kit_cert_pem(leaf));
  assert_int_equal(judge(b, HOST, CHAIN(leaf)), GOOD);
  assert_int_equal(judge(b, "other.example", CHAIN(leaf)), BAD);
  assert_int_equal(judge(b, HOST, CHAIN(other)), BAD);
  kit_cert_free(leaf);
  kit_cert_free(other);
}

/* An issuer as the anchor; two anchors of one name, of which one fits. */
static void test_anchors(void **state) {
  bench *b = *state;
  const pki *p = &b->pki;
  const kit_cert_spec old = {
      .cn = "Root", .ca = 1, .key_of = p->root, .not_after = MID_2025};
  kit_cert *namesake = kit_cert_root("Root"), *expired = kit_cert_new(NULL, &old);
  mr_trust_free(b->trust);
  b->trust = pair_trust(&b->env.env, kit_cert_pem(p->issuer));
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf)), GOOD);
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->issuer)), GOOD);
  mr_trust_free(b->trust);
  b->trust = pair_trust(&b->env.env, kit_cert_pem(expired));
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->issuer)), MR__TLS_FAIL_CLOCK);
  mr_trust_free(b->trust);
  b->trust = pair_trust(&b->env.env, kit_cert_pem(p->root));
  mr_trust_add_pem(b->trust, kit_cert_pem(namesake), strlen(kit_cert_pem(namesake)));
  mr_trust_add_pem(b->trust, kit_cert_pem(expired), strlen(kit_cert_pem(expired)));
  assert_int_equal(judge(b, HOST, CHAIN(p->leaf, p->issuer)), GOOD);
  kit_cert_free(namesake);
  kit_cert_free(expired);
}

/* bug 43: no anchors, no verdict but failure */
static void test_no_trust(void **state) {
  bench *b = *state;
  mr_trust *full = b->trust;
  b->trust = NULL;
  assert_int_equal(judge(b, HOST, CHAIN(b->pki.leaf)), MR__TLS_FAIL_NO_TRUST);
  assert_int_equal(mr_trust_new(&b->trust, &b->env.env), MR_OK);
  assert_int_equal(judge(b, HOST, CHAIN(b->pki.leaf)), MR__TLS_FAIL_NO_TRUST);
  mr_trust_free(b->trust);
  b->trust = full;
}

/* bug 43: a wrong octet anywhere, in a certificate that still parses */
static void test_tampered(void **state) {
  bench *b = *state;
  gnutls_datum_t good = der_of(b->pki.leaf);
  for (unsigned at = 0; at < good.size; at += 3) {
    gnutls_datum_t chain[2] = {{kit_exact(good.data, good.size), good.size},
                               der_of(b->pki.issuer)};
    chain[0].data[at] ^= 1;
    assert_int_not_equal(judge_der(b, chain, 2, HOST), GOOD);
    free(chain[0].data);
  }
}

/* fault 62: the clock is wrong by 20 years, or there is none */
static void test_clock(void **state) {
  bench *b = *state;
  const kit_cert *const *chain = CHAIN(b->pki.leaf, b->pki.issuer);
  b->env.wall += INT64_C(20) * 366 * 86400 * 1000;
  assert_int_equal(judge(b, HOST, chain), MR__TLS_FAIL_CLOCK);
  assert_non_null(strstr(b->verdict.text, "2046"));
  assert_non_null(strstr(b->verdict.text, "2035"));
  b->env.wall = 0;
  assert_int_equal(judge(b, HOST, chain), MR__TLS_FAIL_CLOCK);
  assert_non_null(strstr(b->verdict.text, "1970"));
  b->env.wall_unknown = 1;
  assert_int_equal(judge(b, HOST, chain), MR__TLS_FAIL_CLOCK);
  assert_non_null(strstr(b->verdict.text, "no calendar time"));
  assert_non_null(strstr(b->verdict.text, "2025"));
}

/* The last second counts, the next does not. */
static void test_edges(void **state) {
  bench *b = *state;
  const kit_cert_spec spec = {
      .dns = NAMES(HOST), .not_before = MID_2025, .not_after = YEAR_2030};
  static const struct {
    int64_t wall;
    int failure;
  } rows[] = {{MID_2025 * 1000 - 1, MR__TLS_FAIL_CLOCK},
              {MID_2025 * 1000, GOOD},
              {YEAR_2030 * 1000 + 999, GOOD},
              {YEAR_2030 * 1000 + 1000, MR__TLS_FAIL_CLOCK}};
  kit_cert *leaf = kit_cert_new(b->pki.issuer, &spec);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    b->env.wall = rows[i].wall;
    assert_int_equal(judge(b, HOST, CHAIN(leaf, b->pki.issuer)), rows[i].failure);
  }
  kit_cert_free(leaf);
}

/* bug 39, fault 59: 16 certificates are taken, 17 and 100 are not */
static void test_long(void **state) {
  bench *b = *state;
  static const unsigned sizes[] = {2, 10, 16, 17, 100};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const kit_cert *chain[101] = {NULL};
    const kit_cert_spec spec = {.cn = "Link", .ca = 1};
    const kit_cert *issuer = b->pki.root;
    for (unsigned at = sizes[i] - 1; at > 0; at--)
      issuer = chain[at] = kit_cert_new(issuer, &spec);
    chain[0] = kit_cert_leaf(issuer, HOST);
    assert_int_equal(judge(b, HOST, chain), sizes[i] <= MR__CHAIN_MAX ? GOOD : BAD);
    for (unsigned at = 0; at < sizes[i]; at++)
      kit_cert_free((kit_cert *)(uintptr_t)chain[at]);
  }
}

/* bug 39: issuers that have certified each other, and many of one name and key */
static void test_cycle(void **state) {
  bench *b = *state;
  kit_cert *x = kit_cert_root("X"), *y = kit_cert_root("Y");
  const kit_cert_spec x_spec = {.cn = "X", .ca = 1, .key_of = x};
  const kit_cert_spec y_spec = {.cn = "Y", .ca = 1, .key_of = y};
  kit_cert *x_by_y = kit_cert_new(y, &x_spec), *y_by_x = kit_cert_new(x, &y_spec);
  kit_cert *x_by_root = kit_cert_new(b->pki.root, &x_spec);
  kit_cert *leaf = kit_cert_leaf(x, HOST);
  const kit_cert *many[17] = {leaf};
  assert_int_equal(judge(b, HOST, CHAIN(leaf, x_by_y, y_by_x)), BAD);
  assert_int_equal(judge(b, HOST, CHAIN(leaf, x_by_y, y_by_x, x_by_root)), GOOD);
  for (size_t i = 1; i < 16; i++)
    many[i] = i % 2 ? x_by_y : y_by_x;
  assert_int_equal(judge(b, HOST, many), BAD);
  kit_cert *const all[] = {x, y, x_by_y, y_by_x, x_by_root, leaf};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    kit_cert_free(all[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_leaves),      TEST(test_issuers), TEST(test_orders),
      TEST(test_self_signed), TEST(test_anchors), TEST(test_no_trust),
      TEST(test_tampered),    TEST(test_clock),   TEST(test_edges),
      TEST(test_long),        TEST(test_cycle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

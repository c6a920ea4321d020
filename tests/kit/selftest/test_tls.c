/* SPDX-License-Identifier: MIT */
#include "kit/selftest/selftest.h"

#if MR_WITH_TLS
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "kit/kit_cert.h"

typedef struct client {
  gnutls_session_t session;
  gnutls_certificate_credentials_t cred;
  kit_smtp *server;
} client;

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len) {
  client *c = ptr;
  kit_smtp_feed(c->server, data, len, 0);
  return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *dst, size_t cap) {
  client *c = ptr;
  const void *data;
  size_t len;
  kit_smtp_output(c->server, &data, &len);
  if (!len) {
    gnutls_transport_set_errno(c->session, EAGAIN);
    return -1;
  }
  len = len < cap ? len : cap;
  memcpy(dst, data, len);
  kit_smtp_consumed(c->server, len);
  return (ssize_t)len;
}

static void client_init(client *c, kit_smtp *server, const kit_cert *root,
                        const char *sni) {
  gnutls_datum_t pem = {(unsigned char *)(uintptr_t)kit_cert_pem(root),
                        (unsigned)strlen(kit_cert_pem(root))};
  c->server = server;
  assert_int_equal(gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
  assert_int_equal(gnutls_certificate_allocate_credentials(&c->cred), 0);
  assert_int_equal(
      gnutls_certificate_set_x509_trust_mem(c->cred, &pem, GNUTLS_X509_FMT_PEM), 1);
  gnutls_set_default_priority(c->session);
  gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->cred);
  gnutls_server_name_set(c->session, GNUTLS_NAME_DNS, sni, strlen(sni));
  gnutls_session_set_verify_cert(c->session, sni, 0);
  gnutls_transport_set_ptr(c->session, c);
  gnutls_transport_set_push_function(c->session, push);
  gnutls_transport_set_pull_function(c->session, pull);
}

static void client_done(client *c) {
  gnutls_deinit(c->session);
  gnutls_certificate_free_credentials(c->cred);
}

static size_t output_left(const kit_smtp *s) {
  const void *data;
  size_t len;
  kit_smtp_output(s, &data, &len);
  return len;
}

/* The library says "again" after a ticket, although more is there. */
static void recv_all(client *c, kit_buf *log) {
  char chunk[4096];
  ssize_t n;
  do {
    n = gnutls_record_recv(c->session, chunk, sizeof chunk);
    if (n > 0 && log)
      kit_buf_add(log, chunk, (size_t)n);
  } while (n > 0 || (n == GNUTLS_E_AGAIN && output_left(c->server)));
}

/* As talk() of selftest.h, under TLS. */
static void tls_talk(client *c, const char *text, kit_buf *log) {
  recv_all(c, log);
  while (*text) {
    size_t len = strcspn(text, "|");
    assert_int_equal(gnutls_record_send(c->session, text, len), len);
    recv_all(c, log);
    text += len + (text[len] == '|');
  }
}

typedef struct fixture {
  kit_cert *root, *middle, *leaf, *other;
  kit_tls_cert certs[2];
} fixture;

static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  kit_cert_spec ca = {.cn = "middle", .ca = 1};
  f->root = kit_cert_root("kit root");
  f->middle = kit_cert_new(f->root, &ca);
  f->leaf = kit_cert_leaf(f->middle, "mx.test");
  f->other = kit_cert_leaf(f->root, "other.test");
  f->certs[0] = (kit_tls_cert){"", kit_cert_chain(f->leaf), kit_cert_key(f->leaf)};
  f->certs[1] =
      (kit_tls_cert){"other.test", kit_cert_chain(f->other), kit_cert_key(f->other)};
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  kit_cert_free(f->root);
  kit_cert_free(f->leaf);
  kit_cert_free(f->middle);
  kit_cert_free(f->other);
  free(f);
  return 0;
}

#define MAIL                                                                             \
  "EHLO c.test\r\n|MAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n|X: y\r\n\r\n.\r\nQUIT" \
  "\r\n"

/* STARTTLS, handshake with a checked certificate, one mail. */
static void one_mail(kit_smtp_host *host, const fixture *f, const char *sni) {
  kit_smtp *s = kit_smtp_connect(host, 0);
  client c;
  kit_buf log = {0};
  talk(s, "EHLO c.test\r\n|STARTTLS\r\n", &log);
  assert_non_null(strstr(log.data, "250 STARTTLS\r\n"));
  client_init(&c, s, f->root, sni);
  assert_int_equal(gnutls_handshake(c.session), 0);
  kit_buf_clear(&log);
  tls_talk(&c, MAIL, &log);
  assert_null(strstr(log.data, "STARTTLS"));
  assert_int_equal(replies_with(&log, "221 "), 1);
  assert_int_equal(kit_smtp_wants_close(s), KIT_CLOSE_EOF);
  client_done(&c);
  kit_buf_free(&log);
  kit_smtp_free(s);
}

/* One handshake; takes the ticket of the last one and leaves its own in *ticket. */
static void with_ticket(kit_smtp_host *host, const fixture *f, gnutls_datum_t *ticket) {
  kit_smtp *s = kit_smtp_connect(host, 0);
  client c;
  talk(s, "EHLO c.test\r\n|STARTTLS\r\n", NULL);
  client_init(&c, s, f->root, "mx.test");
  if (ticket->data)
    gnutls_session_set_data(c.session, ticket->data, ticket->size);
  assert_int_equal(gnutls_handshake(c.session), 0);
  tls_talk(&c, MAIL, NULL);
  gnutls_free(ticket->data);
  assert_int_equal(gnutls_session_get_data2(c.session, ticket), 0);
  client_done(&c);
  kit_smtp_free(s);
}

static void test_resumption(void **state) {
  const fixture *f = *state;
  kit_smtp_config config = {.certs = f->certs, .cert_count = 1};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  gnutls_datum_t ticket = {0};
  with_ticket(host, f, &ticket);
  with_ticket(host, f, &ticket);
  const kit_ledger *l = kit_smtp_ledger(host);
  assert_int_equal(l->resumed, 1);
  assert_int_equal(l->mails[0].tls_resumed, 0);
  assert_int_equal(l->mails[1].tls_resumed, 1);
  gnutls_free(ticket.data);
  kit_smtp_host_free(host);
}

static void test_mail_under_tls(void **state) {
  const fixture *f = *state;
  kit_smtp_config config = {.certs = f->certs, .cert_count = 2};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  one_mail(host, f, "mx.test");
  one_mail(host, f, "other.test");
  const kit_ledger *l = kit_smtp_ledger(host);
  char *report = kit_ledger_report(l);
  assert_string_equal(report, "");
  free(report);
  assert_int_equal(l->mail_count, 2);
  assert_int_equal(l->handshakes, 2);
  assert_int_equal(l->mails[0].tls, 1);
  assert_string_equal(l->mails[0].tls_version, "TLS1.3");
  assert_string_equal(l->mails[0].sni, "mx.test");
  assert_string_equal(l->mails[1].sni, "other.test");
  kit_smtp_host_free(host);
}

static int shake(const fixture *f, kit_smtp_config *config, const char *sni,
                 kit_ledger *out) {
  kit_smtp_host *host = kit_smtp_host_new(config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  client c;
  talk(s, "EHLO c.test\r\n|STARTTLS\r\n", NULL);
  client_init(&c, s, f->root, sni);
  int rc = gnutls_handshake(c.session);
  *out = *kit_smtp_ledger(host);
  client_done(&c);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
  return rc;
}

static void test_handshakes_that_fail(void **state) {
  const fixture *f = *state;
  static const char *const ehlo[] = {"STARTTLS", NULL};
  static const kit_rule raw = {.at = KIT_AT_TLS, .reply = "500 what?\r\n"};
  static const kit_rule hang = {.at = KIT_AT_TLS, .action = KIT_DO_STALL};
  kit_ledger l;
  kit_smtp_config alert = {.certs = f->certs, .cert_count = 1, .tls_alert = 80};
  kit_smtp_config none = {.ehlo = ehlo};
  kit_smtp_config fine = {.certs = f->certs, .cert_count = 1};
  kit_smtp_config garbage = {.ehlo = ehlo, .rules = &raw, .rule_count = 1};
  kit_smtp_config stall = {.ehlo = ehlo, .rules = &hang, .rule_count = 1};
  assert_int_equal(shake(f, &alert, "mx.test", &l), GNUTLS_E_FATAL_ALERT_RECEIVED);
  assert_int_equal(l.handshakes_failed, 1);
  assert_int_equal(shake(f, &none, "mx.test", &l), GNUTLS_E_FATAL_ALERT_RECEIVED);
  assert_int_equal(l.handshakes_failed, 1);
  assert_int_equal(shake(f, &fine, "wrong.test", &l),
                   GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
  assert_true(shake(f, &garbage, "mx.test", &l) < 0);
  assert_int_equal(shake(f, &stall, "mx.test", &l), GNUTLS_E_AGAIN);
}

typedef struct row {
  int kind;
  const char *clear, *tls;
} row;

static void violates(const fixture *f, const row *r) {
  kit_smtp_config config = {.certs = f->certs, .cert_count = 1};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  client c;
  talk(s, r->clear, NULL);
  if (r->tls) {
    client_init(&c, s, f->root, "mx.test");
    assert_int_equal(gnutls_handshake(c.session), 0);
    tls_talk(&c, r->tls, NULL);
    client_done(&c);
  }
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 1);
  assert_int_equal(kit_smtp_ledger(host)->bad[r->kind], 1);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_violations(void **state) {
  static const row rows[] = {
      {KIT_BAD_CLEAR_AFTER_TLS, "EHLO c.test\r\n|STARTTLS\r\nEHLO c.test\r\n", NULL},
      {KIT_BAD_SYNTAX, "EHLO c.test\r\n|STARTTLS now\r\n", NULL},
      {KIT_BAD_SEQUENCE, "EHLO c.test\r\n|STARTTLS\r\n", "MAIL FROM:<>\r\n"},
      {KIT_BAD_SEQUENCE, "EHLO c.test\r\n|STARTTLS\r\n", "HELO c.test\r\n"},
      {KIT_BAD_SEQUENCE, "EHLO c.test\r\n|STARTTLS\r\n", "EHLO c.test\r\n|STARTTLS\r\n"},
      {KIT_BAD_AFTER_QUIT, "EHLO c.test\r\n|STARTTLS\r\n", "QUIT\r\n|NOOP\r\n"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    violates(*state, &rows[i]);
}

static void test_tls_from_the_first_octet(void **state) {
  const fixture *f = *state;
  kit_smtp_config config = {.certs = f->certs, .cert_count = 1, .tls_at_once = 1};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  client c;
  kit_buf log = {0};
  drain(s, &log);
  assert_int_equal(log.len, 0);
  client_init(&c, s, f->root, "mx.test");
  assert_int_equal(gnutls_handshake(c.session), 0);
  tls_talk(&c, MAIL, &log);
  assert_int_equal(replies_with(&log, "220 "), 1);
  assert_int_equal(kit_smtp_ledger(host)->mail_count, 1);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 0);
  client_done(&c);
  kit_buf_free(&log);
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static void test_stub_tls(void **state) {
  (void)state;
  kit_smtp_config config = {.stub_tls = 1};
  kit_smtp_host *host = kit_smtp_host_new(&config);
  kit_smtp *s = kit_smtp_connect(host, 0);
  talk(s, "EHLO c.test\r\n|STARTTLS\r\n", NULL);
  assert_int_equal(kit_smtp_wants_stub_tls(s), 1);
  kit_smtp_stub_tls(s, "TLS1.3", "mx.test", 0);
  talk(s, MAIL, NULL);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 0);
  assert_string_equal(kit_smtp_ledger(host)->mails[0].sni, "mx.test");
  kit_smtp_free(s);
  kit_smtp_host_free(host);
}

static gnutls_x509_crt_t loaded(const kit_cert *cert) {
  gnutls_x509_crt_t crt;
  gnutls_datum_t der;
  size_t len;
  der.data = (unsigned char *)(uintptr_t)kit_cert_der(cert, &len);
  der.size = (unsigned)len;
  assert_int_equal(gnutls_x509_crt_init(&crt), 0);
  assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
  return crt;
}

static void test_certificate_contents(void **state) {
  (void)state;
  static const char *const dns[] = {"a.test", "*.b.test", NULL};
  static const char *const ip[] = {"192.0.2.1", "2001:db8::1", NULL};
  kit_cert_spec spec = {.dns = dns,
                        .ip = ip,
                        .dns_raw = "good\0.evil",
                        .dns_raw_len = 10,
                        .not_before = 1000000000,
                        .not_after = 1000003600};
  kit_cert *cert = kit_cert_new(NULL, &spec);
  gnutls_x509_crt_t crt = loaded(cert);
  char name[64];
  size_t len = sizeof name;
  assert_int_equal(gnutls_x509_crt_get_activation_time(crt), 1000000000);
  assert_int_equal(gnutls_x509_crt_get_expiration_time(crt), 1000003600);
  assert_int_equal(gnutls_x509_crt_check_hostname(crt, "x.b.test"), 1);
  assert_int_equal(gnutls_x509_crt_check_hostname(crt, "good"), 0);
  assert_int_equal(gnutls_x509_crt_get_subject_alt_name(crt, 2, name, &len, NULL),
                   GNUTLS_SAN_DNSNAME);
  assert_int_equal(len, 10);
  assert_memory_equal(name, "good\0.evil", 10);
  len = sizeof name;
  assert_int_equal(gnutls_x509_crt_get_subject_alt_name(crt, 4, name, &len, NULL),
                   GNUTLS_SAN_IPADDRESS);
  assert_int_equal(len, 16);
  kit_cert_spki(cert, &len);
  assert_int_equal(len, 91); /* ECDSA P-256 */
  gnutls_x509_crt_deinit(crt);
  kit_cert_free(cert);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mail_under_tls),           cmocka_unit_test(test_resumption),
      cmocka_unit_test(test_handshakes_that_fail),     cmocka_unit_test(test_violations),
      cmocka_unit_test(test_tls_from_the_first_octet), cmocka_unit_test(test_stub_tls),
      cmocka_unit_test(test_certificate_contents),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
#else
int main(void) { return 0; }
#endif

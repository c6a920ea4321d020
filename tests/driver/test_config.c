/* SPDX-License-Identifier: MIT */
/* DNS servers, resolv.conf and CA files as they are written. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "dns/internal.h"
#include "driver/driver.h"
#include "driver/lab.h"
#include "route/job.h"

#if MR_WITH_TLS
#include "kit/kit_cert.h"
#endif

static mr_driver *quiet_driver(void) {
  mr_driver *driver = NULL;
  assert_int_equal(mr_driver_new(&driver, NULL, NULL, NULL,
                                 MR_DRIVER_NO_RESOLV_CONF | MR_DRIVER_NO_SYSTEM_CA),
                   MR_OK);
  return driver;
}

static const mr_resolver *resolver_of(mr_driver *driver) {
  return mr_router_route(mr_driver_router(driver))->resolver;
}

/* "address port;address port;" of the servers that are known */
static void put_servers(mr_driver *driver, char *dst, size_t cap) {
  const mr_resolver *r = resolver_of(driver);
  size_t len = 0;
  dst[0] = '\0';
  for (unsigned i = 0; i < r->server_count; i++) {
    len += (size_t)snprintf(dst + len, cap - len, "%s %d;", r->servers[i].address,
                            r->servers[i].port);
  }
}

static void servers_are(mr_driver *driver, const char *expected) {
  char text[500];
  put_servers(driver, text, sizeof text);
  assert_string_equal(text, expected);
}

/* --- mr_driver_add_server --------------------------------------------------------- */

static const struct {
  const char *text;
  int result;
  const char *servers;
} forms[] = {
    {"10.0.0.1", MR_OK, "10.0.0.1 53;"},
    {"10.0.0.1:5353", MR_OK, "10.0.0.1 5353;"},
    {"10.0.0.1:65535", MR_OK, "10.0.0.1 65535;"},
    {"2001:db8::1", MR_OK, "2001:db8::1 53;"},
    {"[2001:db8::1]", MR_OK, "2001:db8::1 53;"},
    {"[2001:db8::1]:5353", MR_OK, "2001:db8::1 5353;"},
    {"", MR_ERR_ADDR, ""},
    {":53", MR_ERR_ADDR, ""},
    {"[]", MR_ERR_ADDR, ""},
    {"[2001:db8::1", MR_ERR_ADDR, ""},
    {"2001:db8::1]", MR_ERR_ADDR, ""},
    {"[2001:db8::1]x", MR_ERR_RANGE, ""},
    {"[2001:db8::1]:", MR_ERR_RANGE, ""},
    {"10.0.0.1:", MR_ERR_RANGE, ""},
    {"10.0.0.1:0", MR_ERR_RANGE, ""},
    {"10.0.0.1:65536", MR_ERR_RANGE, ""},
    {"10.0.0.1:4294967349", MR_ERR_RANGE, ""},
    {"10.0.0.1:-53", MR_ERR_RANGE, ""},
    {"10.0.0.1:+53", MR_ERR_RANGE, ""},
    {"10.0.0.1: 53", MR_ERR_RANGE, ""},
    {"10.0.0.1:53 ", MR_ERR_RANGE, ""},
    {"10.0.0.1:0x35", MR_ERR_RANGE, ""},
    {"10.0.0.1:53:53", MR_ERR_ADDR, ""},
    {"10.0.0.256", MR_ERR_ADDR, ""},
    {"10.0.0", MR_ERR_ADDR, ""},
    {"dns.test", MR_ERR_ADDR, ""},
    {"dns.test:53", MR_ERR_ADDR, ""},
    {"fe80::1%eth0", MR_ERR_ADDR, ""},
    {"1111111111111111111111111111111111111111111111111111111111111111111111111111111",
     MR_ERR_ADDR, ""},
};

static void test_forms_of_a_server(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    mr_driver *driver = quiet_driver();
    int result = mr_driver_add_server(driver, forms[i].text);
    if (result != forms[i].result) {
      fail_msg("\"%s\": %s", forms[i].text, mr_strerror(result));
    }
    servers_are(driver, forms[i].servers);
    assert_int_equal(mr_driver_error(driver)->code, result);
    if (result) {
      assert_non_null(strstr(mr_driver_error(driver)->text, "use ADDR"));
    }
    mr_driver_free(driver);
  }
}

static void test_too_many_servers(void **state) {
  (void)state;
  mr_driver *driver = quiet_driver();
  for (int i = 1; i <= MR__DNS_SERVERS_MAX; i++) {
    char server[32];
    snprintf(server, sizeof server, "10.0.0.%d", i);
    assert_int_equal(mr_driver_add_server(driver, server), MR_OK);
  }
  assert_int_equal(mr_driver_add_server(driver, "10.0.1.1"), MR_ERR_LIMIT);
  mr_driver_free(driver);
}

/* --- resolv.conf ------------------------------------------------------------------ */

static void write_file(char *path, const char *text, size_t len) {
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, len), (ssize_t)len);
  close(fd);
}

#define LONG_120                                                                         \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"   \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
/* 511 octets fit a line; what follows must not pass for a line of its own. */
#define LONG_511 "#" LONG_120 LONG_120 LONG_120 LONG_120 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
  const char *text, *servers;
} confs[] = {
    {"nameserver 10.0.0.1\n", "10.0.0.1 53;"},
    {"nameserver 10.0.0.1", "10.0.0.1 53;"},
    {"nameserver\t10.0.0.1  # here\r\nnameserver 2001:db8::1\n",
     "10.0.0.1 53;2001:db8::1 53;"},
    {"# nameserver 10.0.0.9\n;nameserver 10.0.0.9\nnameserver 10.0.0.1\n",
     "10.0.0.1 53;"},
    {"search a.test\noptions edns0\n  nameserver 10.0.0.1\n", "10.0.0.1 53;"},
    {"nameservers 10.0.0.9\nnameserver\nnameserver dns.test\nnameserver 10.0.0.1\n",
     "10.0.0.1 53;"},
    {"nameserver fe80::1%eth0\nnameserver 10.0.0.1\n", "10.0.0.1 53;"},
    {LONG_511 "nameserver 10.0.0.9\nnameserver 10.0.0.1\n", "10.0.0.1 53;"},
    {LONG_511 LONG_511 "nameserver 10.0.0.9", "127.0.0.1 53;"},
    {"nameserver 127.0.0.53\n", "127.0.0.53 53;"},
    {"", "127.0.0.1 53;"},
    {"search a.test\n", "127.0.0.1 53;"},
};

static void test_resolv_conf(void **state) {
  (void)state;
  assert_int_equal(strlen(LONG_511), 511);
  for (size_t i = 0; i < sizeof confs / sizeof *confs; i++) {
    char path[] = "/tmp/mr-resolv-XXXXXX";
    write_file(path, confs[i].text, strlen(confs[i].text));
    mr_driver *driver = quiet_driver();
    assert_int_equal(mr__driver_resolv_conf(driver, path), MR_OK);
    servers_are(driver, confs[i].servers);
    mr_driver_free(driver);
    unlink(path);
  }
}

static void test_no_resolv_conf(void **state) {
  (void)state;
  mr_driver *driver = quiet_driver();
  assert_int_equal(mr__driver_resolv_conf(driver, "/nowhere/resolv.conf"), MR_OK);
  servers_are(driver, "127.0.0.1 53;");
  mr_driver_free(driver);
}

static void test_more_servers_than_are_used(void **state) {
  char path[] = "/tmp/mr-resolv-XXXXXX", text[1000] = "";
  (void)state;
  for (int i = 1; i <= 20; i++) {
    size_t len = strlen(text);
    snprintf(text + len, sizeof text - len, "nameserver 10.0.0.%d\n", i);
  }
  write_file(path, text, strlen(text));
  mr_driver *driver = quiet_driver();
  assert_int_equal(mr__driver_resolv_conf(driver, path), MR_OK);
  assert_int_equal(resolver_of(driver)->server_count, MR__DNS_SERVERS_MAX);
  mr_driver_free(driver);
  unlink(path);
}

/* --- CA files --------------------------------------------------------------------- */

#if MR_WITH_TLS
static int load(mr_driver *driver, const char *text, size_t len) {
  char path[] = "/tmp/mr-ca-XXXXXX";
  write_file(path, text, len);
  int result = mr_driver_load_ca(driver, path);
  unlink(path);
  return result;
}

static void test_ca_files(void **state) {
  static const char garbage[] = "-----BEGIN CERTIFICATE-----\nnonsense\n"
                                "-----END CERTIFICATE-----\n\0\xff";
  (void)state;
  kit_cert *root = kit_cert_root("Root");
  mr_driver *driver = quiet_driver();
  const char *pem = kit_cert_pem(root);
  assert_int_equal(load(driver, "", 0), MR_ERR_CERT);
  assert_int_equal(load(driver, garbage, sizeof garbage), MR_ERR_CERT);
  assert_int_equal(mr_driver_error(driver)->code, MR_ERR_CERT);
  assert_non_null(strstr(mr_driver_error(driver)->text, "/tmp/mr-ca-"));
  assert_int_equal(load(driver, pem, strlen(pem)), MR_OK);
  assert_int_equal(mr_driver_error(driver)->code, MR_OK);
  mr_driver_free(driver);
  kit_cert_free(root);
}

static void test_ca_files_that_cannot_be_read(void **state) {
  char path[] = "/tmp/mr-ca-XXXXXX";
  (void)state;
  mr_driver *driver = quiet_driver();
  assert_int_equal(mr_driver_load_ca(driver, "/nowhere/ca.pem"), MR_ERR_IO);
  assert_non_null(strstr(mr_driver_error(driver)->text, "/nowhere/ca.pem"));
  assert_int_equal(mr_driver_load_ca(driver, "/tmp"), MR_ERR_IO);
  write_file(path, "x", 1);
  assert_int_equal(truncate(path, MR__DRIVER_FILE_MAX + 1), 0);
  assert_int_equal(mr_driver_load_ca(driver, path), MR_ERR_IO);
  assert_non_null(strstr(mr_driver_error(driver)->text, "too large"));
  unlink(path);
  assert_int_equal(mr_driver_load_ca(driver, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_driver_load_ca(NULL, path), MR_ERR_MISUSE);
  mr_driver_free(driver);
}

/* Required and checked, over a real handshake on real sockets. */
static void test_verified_delivery(void **state) { /* R52, R53 */
  (void)state;
  kit_cert *root = kit_cert_root("Root"), *other = kit_cert_root("Other");
  kit_cert *leaf = kit_cert_leaf(root, "mx.good.test");
  const kit_tls_cert cert = {.chain_pem = kit_cert_chain(leaf),
                             .key_pem = kit_cert_key(leaf)};
  const kit_smtp_config config = {.certs = &cert, .cert_count = 1};
  for (int good = 0; good < 2; good++) {
    lab l;
    lab_init(&l, &config);
    mr_options_set(l.options, MR_OPT_TLS_LEVEL, MR_TLS_VERIFY);
    lab_start(&l, MR_DRIVER_NO_SYSTEM_CA);
    const char *pem = kit_cert_pem(good ? root : other);
    assert_int_equal(load(l.driver, pem, strlen(pem)), MR_OK);
    lab_send(&l, "a@good.test");
    lab_run(&l, 1);
    lab_fate(&l, good ? MR_FATE_DELIVERED : MR_FATE_DEFERRED,
             good ? MR_REASON_DELIVERED : MR_REASON_TLS_CERTIFICATE);
    lab_done(&l);
  }
  kit_cert_free(leaf);
  kit_cert_free(other);
  kit_cert_free(root);
}
#endif

/* --- misuse ----------------------------------------------------------------------- */

static void test_misuse(void **state) { /* fault 100 */
  (void)state;
  mr_driver *driver = quiet_driver();
  mr_message *empty = NULL;
  assert_int_equal(mr_driver_new(NULL, NULL, NULL, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_driver_add_server(NULL, "10.0.0.1"), MR_ERR_MISUSE);
  assert_int_equal(mr_driver_add_server(driver, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_driver_send(driver, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_driver_send(NULL, NULL), MR_ERR_MISUSE);
  assert_null(mr_driver_next(NULL, 0));
  assert_null(mr_driver_error(NULL));
  assert_null(mr_driver_router(NULL));
  mr_driver_wake(NULL);
  mr_driver_free(NULL);
  assert_int_equal(mr_message_new(&empty, NULL, NULL), MR_OK);
  assert_true(mr_driver_send(driver, empty) < 0); /* nothing in it */
  assert_true(mr_driver_error(driver)->code < 0);
  mr_message_free(empty);
  mr_driver_free(driver);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_forms_of_a_server),
    cmocka_unit_test(test_too_many_servers),
    cmocka_unit_test(test_resolv_conf),
    cmocka_unit_test(test_no_resolv_conf),
    cmocka_unit_test(test_more_servers_than_are_used),
#if MR_WITH_TLS
    cmocka_unit_test(test_ca_files),
    cmocka_unit_test(test_ca_files_that_cannot_be_read),
    cmocka_unit_test(test_verified_delivery),
#endif
    cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

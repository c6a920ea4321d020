/* SPDX-License-Identifier: MIT */
#include "kit/selftest/selftest.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/kit_net.h"
#include "kit/kit_persona.h"

enum { WAIT_MS = 5000 };

static int open_to(const char *addr, int port, int type) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  assert_int_equal(inet_pton(AF_INET, addr, &to.sin_addr), 1);
  int fd = socket(AF_INET, type, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

/* Octets, 0 = end, -1 = error or nothing in time. */
static ssize_t read_some(int fd, void *buf, size_t cap) {
  struct pollfd p = {fd, POLLIN, 0};
  return poll(&p, 1, WAIT_MS) == 1 ? recv(fd, buf, cap, 0) : -1;
}

/* Reads until the text is in the log or the end comes. */
static int read_until(int fd, kit_buf *log, const char *text) {
  char chunk[1000];
  while (!strstr(kit_buf_at(log), text)) {
    ssize_t n = read_some(fd, chunk, sizeof chunk);
    if (n <= 0)
      return 0;
    kit_buf_add(log, chunk, (size_t)n);
  }
  kit_buf_clear(log);
  return 1;
}

static void say(int fd, const char *text) {
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void told(void *user, const char *path, const kit_mail *mail) {
  (void)mail;
  snprintf(user, 300, "%s", path);
}

static void check_file(const char *path) {
  char text[500];
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t n = fread(text, 1, sizeof text - 1, file);
  text[n] = '\0';
  fclose(file);
  assert_string_equal(text, "Return-Path: <a@b.test>\nDelivered-To: c@d.test\n"
                            "X-Kit-Transport: clear helo=c.test connection=1\n"
                            "X: y\n\n.z\n");
}

static void one_mail(int fd) {
  kit_buf log = {0};
  assert_true(read_until(fd, &log, "220 mx.test"));
  say(fd, "EHLO c.test\r\n");
  assert_true(read_until(fd, &log, "250 ENHANCEDSTATUSCODES"));
  say(fd, "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
  assert_true(read_until(fd, &log, "354 "));
  say(fd, "X: y\r\n\r\n..z\r\n.\r\nQUIT\r\n");
  assert_true(read_until(fd, &log, "221 "));
  assert_false(read_until(fd, &log, "more"));
  kit_buf_free(&log);
}

static void test_mail_over_a_socket(void **state) {
  (void)state;
  char dir[] = "/tmp/kit-net-XXXXXX", path[300] = "", new[40];
  assert_non_null(mkdtemp(dir));
  kit_net *net = kit_net_new();
  kit_smtp_host *host = kit_smtp_host_new(NULL);
  assert_int_equal(kit_net_maildir(net, host, dir, told, path), 0);
  int port = kit_net_start_smtp(net, host, "127.0.0.2", 0);
  assert_true(port > 0);
  int fd = open_to("127.0.0.2", port, SOCK_STREAM);
  one_mail(fd);
  close(fd);
  assert_int_equal(kit_net_wait_mails(net, host, 1, WAIT_MS), 1);
  assert_int_equal(kit_net_wait_mails(net, host, 2, 1), 0);
  kit_net_free(net);
  assert_int_equal(kit_smtp_ledger(host)->violation_count, 0);
  check_file(path);
  unlink(path);
  snprintf(new, sizeof new, "%s/new", dir);
  assert_int_equal(rmdir(new), 0);
  assert_int_equal(rmdir(dir), 0);
  kit_smtp_host_free(host);
}

static void test_dot_dropper_and_stop(void **state) {
  (void)state;
  kit_net *net = kit_net_new();
  kit_smtp_host *host = kit_persona_new(KIT_DOT_DROPPER, NULL);
  int port = kit_net_start_smtp(net, host, "127.0.0.1", 0);
  int fd = open_to("127.0.0.1", port, SOCK_STREAM);
  kit_buf log = {0};
  say(fd, "EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
  assert_true(read_until(fd, &log, "354 "));
  say(fd, "X: y\r\n\r\n.\r\n");
  assert_false(read_until(fd, &log, "250 2.0.0"));
  close(fd);
  fd = open_to("127.0.0.1", port, SOCK_STREAM);
  assert_true(read_until(fd, &log, "220 "));
  kit_net_stop_smtp(net, host);
  assert_false(read_until(fd, &log, "x"));
  close(fd);
  kit_net_free(net);
  assert_int_equal(kit_smtp_ledger(host)->mail_count, 1);
  assert_int_equal(kit_smtp_ledger(host)->mails[0].replied, 0);
  kit_buf_free(&log);
  kit_smtp_host_free(host);
}

static size_t ask_udp(int fd, uint8_t *dst, size_t cap) {
  uint8_t query[100];
  size_t len = kit_dns_query(query, sizeof query, 7, "a.test", KIT_DNS_A, 0);
  assert_int_equal(send(fd, query, len, 0), len);
  ssize_t n = read_some(fd, dst, cap);
  return n < 0 ? 0 : (size_t)n;
}

static size_t ask_tcp(int port, uint8_t *dst, size_t cap) {
  uint8_t query[100];
  size_t got = 0, len = kit_dns_query(query + 2, 98, 7, "a.test", KIT_DNS_A, 0);
  int fd = open_to("127.0.0.3", port, SOCK_STREAM);
  query[0] = 0;
  query[1] = (uint8_t)len;
  assert_int_equal(send(fd, query, 5, 0), 5);
  assert_int_equal(send(fd, query + 5, len - 3, 0), len - 3);
  size_t want = 0;
  while (!kit_dns_frame(dst, got, &want)) {
    ssize_t n = read_some(fd, dst + got, cap - got);
    if (n <= 0)
      break;
    got += (size_t)n;
  }
  close(fd);
  return want;
}

static void test_dns_over_sockets(void **state) {
  (void)state;
  uint8_t answer[600];
  kit_net *net = kit_net_new();
  kit_dns *dns = kit_dns_new();
  assert_int_equal(kit_dns_zone(dns, "test. SOA a. b. 1 1 1 1 1\na.test. A 192.0.2.1\n"),
                   0);
  kit_dns_rule late = {
      .delay = 30, .mutate = KIT_DNS_WRONG_PORT, .then_good = 1, .tcp = 1};
  kit_dns_rule_add(dns, &late);
  int port = kit_net_start_dns(net, dns, "127.0.0.3", 0);
  assert_true(port > 0);
  int fd = open_to("127.0.0.3", port, SOCK_DGRAM);
  /* a connected socket never sees what comes from the wrong port */
  assert_int_equal(ask_udp(fd, answer, sizeof answer), 40);
  assert_int_equal(answer[7], 1);
  assert_int_equal(ask_tcp(port, answer, sizeof answer), 40);
  close(fd);
  kit_net_free(net);
  assert_int_equal(kit_dns_count(dns), 2);
  assert_true(kit_dns_at(dns, 0)->port > 0);
  assert_int_equal(kit_dns_at(dns, 1)->tcp, 1);
  kit_dns_free(dns);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mail_over_a_socket),
      cmocka_unit_test(test_dot_dropper_and_stop),
      cmocka_unit_test(test_dns_over_sockets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

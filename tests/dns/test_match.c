/* SPDX-License-Identifier: MIT */
/* Which packets count as the answer: bug 30, fault 25, fault 36, fault 37. */
#include "dns/match.h"

#include "dns/lab.h"

static const char good_line[] = "OK example.org ttl=300 [10 mx.example.org ttl=300]";

typedef struct spoof {
  const char *what;
  unsigned id_xor, flags;
  const char *name;
  unsigned type, qclass, questions;
  const char *address;
  int port;
} spoof;

static const spoof honest = {"honest", 0, 0x8180, "example.org", T_MX, C_IN, 1, NULL, 0};

static const spoof spoofs[] = {
    {"id, low bit", 1, 0x8180, "example.org", T_MX, C_IN, 1, NULL, 0},
    {"id, high bit", 0x8000, 0x8180, "example.org", T_MX, C_IN, 1, NULL, 0},
    {"no response", 0, 0x0180, "example.org", T_MX, C_IN, 1, NULL, 0},
    {"opcode IQUERY", 0, 0x8980, "example.org", T_MX, C_IN, 1, NULL, 0},
    {"opcode UPDATE", 0, 0xa980, "example.org", T_MX, C_IN, 1, NULL, 0},
    {"qname", 0, 0x8180, "example.com", T_MX, C_IN, 1, NULL, 0},
    {"qname below", 0, 0x8180, "a.example.org", T_MX, C_IN, 1, NULL, 0},
    {"qname above", 0, 0x8180, "org", T_MX, C_IN, 1, NULL, 0},
    {"qname root", 0, 0x8180, ".", T_MX, C_IN, 1, NULL, 0},
    {"qtype", 0, 0x8180, "example.org", T_A, C_IN, 1, NULL, 0},
    {"qtype ANY", 0, 0x8180, "example.org", 255, C_IN, 1, NULL, 0},
    {"class CH", 0, 0x8180, "example.org", T_MX, 3, 1, NULL, 0},
    {"class ANY", 0, 0x8180, "example.org", T_MX, 255, 1, NULL, 0},
    {"no question", 0, 0x8180, "example.org", T_MX, C_IN, 0, NULL, 0},
    {"two questions", 0, 0x8180, "example.org", T_MX, C_IN, 2, NULL, 0},
    {"address", 0, 0x8180, "example.org", T_MX, C_IN, 1, "192.0.2.9", 0},
    {"address of another server", 0, 0x8180, "example.org", T_MX, C_IN, 1, "192.0.2.2",
     0},
    {"address of another family", 0, 0x8180, "example.org", T_MX, C_IN, 1, "::1", 0},
    {"address that is none", 0, 0x8180, "example.org", T_MX, C_IN, 1, "localhost", 0},
    {"port", 0, 0x8180, "example.org", T_MX, C_IN, 1, NULL, 5353},
};

static void write_spoof(packet *p, const spoof *row, unsigned id, const char *mx) {
  packet_start(p, id ^ row->id_xor, row->flags, row->questions);
  for (unsigned i = 0; i < row->questions; i++)
    packet_question(p, row->name, row->type, row->qclass);
  packet_mx(p, "example.org", 300, 10, mx);
}

static const spoof *current;

/* The forged datagram first, then the honest one. */
static void serve_spoofed(lab *l, const lab_query *q, packet *out) {
  static packet forged;
  write_spoof(&forged, current, q->id, "evil.example");
  l->from_address = current->address;
  l->from_port = current->port;
  lab_deliver(l, q->channel, &forged);
  l->from_address = NULL;
  l->from_port = 0;
  write_spoof(out, &honest, q->id, "mx.example.org");
}

/* bug 30, fault 25: whatever does not match is ignored, and we wait for what does. */
static void test_spoof_matrix_bug_30_fault_25(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof spoofs / sizeof *spoofs; i++) {
    lab *l = lab_with(2, serve_spoofed);
    current = &spoofs[i];
    const char *line = lab_ask(l, "example.org", MR_DNS_MX);
    if (strcmp(line, good_line) != 0)
      fail_msg("%s: %s", spoofs[i].what, line);
    assert_int_equal(l->queries, 1);
    lab_done(l);
  }
}

static void serve_only_spoof(lab *l, const lab_query *q, packet *out) {
  l->from_address = current->address;
  l->from_port = current->port;
  write_spoof(out, current, q->id, "evil.example");
}

/* bug 30, fault 25: forged packets alone never end the wait. */
static void test_only_spoofs_time_out_bug_30_fault_25(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof spoofs / sizeof *spoofs; i++) {
    lab *l = lab_with(1, serve_only_spoof);
    current = &spoofs[i];
    assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                        "FAILURE dns-timeout example.org ttl=30");
    assert_int_equal(l->queries, 3);
    assert_int_equal(l->now, 1000 + 2000 + 4000 + 8000);
    lab_done(l);
  }
}

static void serve_spoofed_tcp(lab *l, const lab_query *q, packet *out) {
  if (!q->tcp) {
    lab_reply(out, q, 0);
    out->data[2] |= 2;
    return;
  }
  serve_spoofed(l, q, out);
}

/* fault 25 over TCP: a message that does not match is dropped, the next one is read. */
static void test_spoof_over_tcp_fault_25(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof spoofs / sizeof *spoofs; i++) {
    if (spoofs[i].address || spoofs[i].port)
      continue;
    lab *l = lab_with(1, serve_spoofed_tcp);
    current = &spoofs[i];
    assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), good_line);
    lab_done(l);
  }
}

/* First the question in another case, then the honest answer from the next round. */
static void serve_case(lab *l, const lab_query *q, packet *out) {
  static unsigned asked;
  (void)l;
  packet_start(out, q->id, 0x8180, 1);
  packet_question(out, asked++ % 2 ? "example.org" : "eXample.ORG", T_MX, C_IN);
  packet_mx(out, "example.org", 300, 10,
            asked % 2 ? "evil.example.org" : "mx.example.org");
}

/* fault 37: an answer whose question has another case is not ours; we keep waiting. */
static void test_case_fault_37(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_case);
  assert_string_equal(lab_ask(l, "Example.org", MR_DNS_MX), good_line);
  lab_done(l);
}

static void serve_ad(lab *l, const lab_query *q, packet *out) {
  (void)l;
  write_spoof(out, &honest, q->id, "mx.example.org");
  out->data[3] |= 0x20;
}

/* fault 36: the AD bit changes nothing. */
static void test_ad_bit_fault_36(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_ad);
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX), good_line);
  lab_done(l);
}

/* A v4-mapped sender is the IPv4 server: what dual-stack sockets tell. */
static void test_mapped_sender(void **state) {
  (void)state;
  lab *l = lab_with(1, serve_only_spoof);
  static const spoof mapped = {
      "", 0, 0x8180, "example.org", T_MX, C_IN, 1, "::ffff:192.0.2.1", 0};
  current = &mapped;
  assert_string_equal(lab_ask(l, "example.org", MR_DNS_MX),
                      "OK example.org ttl=300 [10 evil.example ttl=300]");
  lab_done(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spoof_matrix_bug_30_fault_25),
      cmocka_unit_test(test_only_spoofs_time_out_bug_30_fault_25),
      cmocka_unit_test(test_spoof_over_tcp_fault_25),
      cmocka_unit_test(test_case_fault_37),
      cmocka_unit_test(test_ad_bit_fault_36),
      cmocka_unit_test(test_mapped_sender),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

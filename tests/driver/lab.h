/* SPDX-License-Identifier: MIT */
/* The driver against kit servers on real loopback sockets: names in 127.0.0.1's DNS, mail
 * servers on 127.0.0.2 and up, all on one port that was free. */
#ifndef DRIVER_LAB_H
#define DRIVER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mailroute/driver.h>

#include "kit/kit_alloc.h"
#include "kit/kit_net.h"
#include "kit/kit_persona.h"

#define LAB_SOA "@ SOA ns.test. root.test. 1 60 60 60 60\n"

static const char lab_zone[] =
    "$TTL 60\n"
    "$ORIGIN good.test.\n" LAB_SOA "@ MX 10 mx\nmx A 127.0.0.2\n"
    "$ORIGIN none.test.\n" LAB_SOA "@ MX 10 mx\nmx A 127.0.0.3\n" /* nobody is there */
    "$ORIGIN both.test.\n" LAB_SOA "@ MX 10 mx1\n@ MX 20 mx2\n"
    "mx1 A 127.0.0.3\nmx2 A 127.0.0.2\n";

enum { LAB_PATIENCE = 20000 /* ms */ };

typedef struct lab {
  kit_net *net;
  kit_dns *dns;
  kit_smtp_host *host;
  int dns_port;
  mr_options *options;
  mr_driver *driver;
  int fate, reason, outcomes; /* of the last outcome */
  char text[200];
} lab;

static inline void lab_init(lab *l, const kit_smtp_config *config) {
  memset(l, 0, sizeof *l);
  l->net = kit_net_new();
  assert_non_null(l->net);
  l->dns = kit_dns_new();
  assert_int_equal(kit_dns_zone(l->dns, lab_zone), 0);
  l->dns_port = kit_net_start_dns(l->net, l->dns, "127.0.0.1", 0);
  assert_true(l->dns_port > 0);
  l->host = kit_smtp_host_new(config);
  int port = kit_net_start_smtp(l->net, l->host, "127.0.0.2", 0);
  assert_true(port > 0);
  assert_int_equal(mr_options_new(&l->options, NULL), MR_OK);
  mr_options_set(l->options, MR_OPT_PORT, port);
  mr_options_set(l->options, MR_OPT_ALLOW_SPECIAL, 1);
  mr_options_set(l->options, MR_OPT_BOUNCES, 0);
  mr_options_set(l->options, MR_OPT_RETRY_MIN, 1000);
  mr_options_set(l->options, MR_OPT_RETRY_MAX, 1000);
  mr_options_set(l->options, MR_OPT_DEAD_HOST_MIN, 0);
}

static inline void lab_start(lab *l, unsigned flags) {
  char server[64];
  assert_int_equal(
      mr_driver_new(&l->driver, NULL, l->options, NULL, flags | MR_DRIVER_NO_RESOLV_CONF),
      MR_OK);
  snprintf(server, sizeof server, "127.0.0.1:%d", l->dns_port);
  assert_int_equal(mr_driver_add_server(l->driver, server), MR_OK);
}

static inline void lab_done(lab *l) {
  mr_driver_free(l->driver);
  mr_options_free(l->options);
  kit_net_free(l->net);
  char *report = kit_ledger_report(kit_smtp_ledger(l->host));
  assert_string_equal(report, "");
  free(report);
  kit_smtp_host_free(l->host);
  kit_dns_free(l->dns);
}

static inline void lab_send_text(lab *l, const char *to, const char *text) {
  mr_message *m = NULL;
  assert_int_equal(mr_message_new(&m, NULL, NULL), MR_OK);
  mr_message_set_from(m, NULL, "me@origin.test");
  mr_message_add_to(m, NULL, to);
  mr_message_set_subject(m, "Loop");
  mr_message_set_text(m, text, strlen(text));
  assert_int_equal(mr_driver_send(l->driver, m), MR_OK);
  mr_message_free(m);
}

static inline void lab_send(lab *l, const char *to) { lab_send_text(l, to, "Hello.\n"); }

/* Runs until a number of outcomes was told, or nothing is left to do. */
static inline void lab_run(lab *l, int outcomes) {
  const mr_event *e;
  uint64_t until = mr_driver_now(l->driver) + LAB_PATIENCE;
  l->outcomes = 0;
  while (l->outcomes < outcomes && mr_driver_now(l->driver) < until &&
         (e = mr_driver_next(l->driver, LAB_PATIENCE)) != NULL) {
    if (e->type == MR_EVENT_OUTCOME) {
      l->outcomes++;
      l->fate = e->outcome->fate;
      l->reason = e->outcome->reason;
      snprintf(l->text, sizeof l->text, "%s", e->outcome->text);
    }
  }
}

static inline void lab_fate(const lab *l, int fate, int reason) {
  assert_string_equal(mr_fate_name(l->fate), mr_fate_name(fate));
  assert_string_equal(mr_reason_name(l->reason), mr_reason_name(reason));
}

static const unsigned lab_loops[] = {0, MR_DRIVER_POLL};

enum { LAB_LOOPS = 2 };

#endif

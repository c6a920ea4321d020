/* SPDX-License-Identifier: MIT */
/*
 * The servers of the demonstration, on loopback: DNS for demo.zone, and the mail
 * exchangers in it. They are the strict servers of the test kit. Usage: demo_servers ZONE
 * DIRECTORY. Prints "ready DNS-PORT SMTP-PORT", then a line for each mail it stored; ends
 * when its standard input does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit_cert.h"
#include "kit/kit_net.h"
#include "kit/kit_persona.h"

enum { ZONE_MAX = 65536, PATH_OCTETS = 512 };

static const char dns_address[] = "127.0.0.10";

typedef struct exchanger {
  const char *name, *address;
  int persona, starttls;
} exchanger;

/* mx1.backup.test, 127.0.0.13, is not here: nobody listens there. */
static const exchanger exchangers[] = {
    {"mx.origin.test", "127.0.0.10", KIT_HONEST, 0},
    {"mx.swift.test", "127.0.0.11", KIT_HONEST, 0},
    {"mx.patient.test", "127.0.0.12", KIT_GREYLIST, 0},
    {"mx2.backup.test", "127.0.0.14", KIT_HONEST, 0},
    {"mx.secret.test", "127.0.0.15", KIT_HONEST, 1},
};

static const kit_rule no_such_user = {
    .at = KIT_AT_RCPT,
    .match = "nobody@*",
    .reply = "550 5.1.1 There is nobody of that name here\r\n"};

static void stored(void *user, const char *path, const kit_mail *mail) {
  const exchanger *e = user;
  printf("stored %s for %s at %s, %s\n", path, mail->rcpts[0].path, e->name,
         mail->tls ? mail->tls_version : "in clear");
  fflush(stdout);
}

static int read_zone(const char *path, char *text) {
  FILE *file = fopen(path, "r");
  size_t len = file ? fread(text, 1, ZONE_MAX - 1, file) : 0;
  if (file) {
    fclose(file);
  }
  text[len] = '\0';
  return len > 0;
}

static kit_smtp_host *make_host(const exchanger *e, const kit_cert *root) {
  kit_smtp_config config;
  kit_cert *leaf = e->starttls ? kit_cert_leaf(root, e->name) : NULL;
  kit_tls_cert cert = {"", leaf ? kit_cert_chain(leaf) : NULL,
                       leaf ? kit_cert_key(leaf) : NULL};
  memset(&config, 0, sizeof config);
  config.name = e->name;
  config.rules = &no_such_user;
  config.rule_count = 1;
  config.certs = &cert;
  config.cert_count = leaf ? 1 : 0;
  kit_smtp_host *host = kit_persona_new(e->persona, &config);
  kit_cert_free(leaf);
  return host;
}

static int start_exchangers(kit_net *net, kit_smtp_host **hosts, const char *directory) {
  char path[PATH_OCTETS];
  int port = 0;
  kit_cert *root = kit_cert_root("Demonstration CA");
  for (size_t i = 0; i < sizeof exchangers / sizeof *exchangers && port >= 0; i++) {
    const exchanger *e = &exchangers[i];
    hosts[i] = make_host(e, root);
    snprintf(path, sizeof path, "%s/%s", directory, e->name);
    if (kit_net_maildir(net, hosts[i], path, stored, (void *)(size_t)e)) {
      perror(path);
      port = -1;
      break;
    }
    port = kit_net_start_smtp(net, hosts[i], e->address, (uint16_t)port);
  }
  kit_cert_free(root);
  return port;
}

int main(int argc, char **argv) {
  static char zone[ZONE_MAX];
  kit_smtp_host *hosts[sizeof exchangers / sizeof *exchangers] = {NULL};
  if (argc != 3 || !read_zone(argv[1], zone)) {
    fputs("usage: demo_servers ZONE-FILE DIRECTORY\n", stderr);
    return 64;
  }
  kit_net *net = kit_net_new();
  kit_dns *dns = kit_dns_new();
  int bad_line = kit_dns_zone(dns, zone);
  if (bad_line) {
    fprintf(stderr, "%s:%d: not a record that is understood\n", argv[1], bad_line);
    return 65;
  }
  int smtp_port = start_exchangers(net, hosts, argv[2]);
  int dns_port = kit_net_start_dns(net, dns, dns_address, 0);
  if (smtp_port <= 0 || dns_port <= 0) {
    perror("demo_servers: no port on loopback");
    return 71;
  }
  printf("ready %d %d\n", dns_port, smtp_port);
  fflush(stdout);
  while (getchar() != EOF) {
  }
  kit_net_free(net);
  for (size_t i = 0; i < sizeof exchangers / sizeof *exchangers; i++) {
    kit_smtp_host_free(hosts[i]);
  }
  kit_dns_free(dns);
  return 0;
}

/* SPDX-License-Identifier: MIT */
/* Inside of kit_net: one item per socket. */
#ifndef KIT_NET_IMPL_H
#define KIT_NET_IMPL_H

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"
#include "kit/kit_net.h"

enum {
  KIT_NET_CHUNK = 65536,
  KIT_NET_LINGER = 2000, /* ms to wait for the client's end after ours */
  KIT_NET_BACKLOG = 128,
  KIT_NET_PORT_TRIES = 50
};

enum kit_item_kind {
  KIT_SMTP_LISTEN,
  KIT_SMTP_CONN,
  KIT_UDP,
  KIT_TCP_LISTEN,
  KIT_TCP_CONN
};

typedef union kit_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} kit_address;

/* A datagram, or a TCP answer, that waits for its time. */
typedef struct kit_late {
  struct kit_late *next;
  uint64_t due;
  kit_address to;
  kit_dns_reply reply;
} kit_late;

typedef struct kit_item {
  struct kit_item *next;
  int kind, fd; /* fd -1 = dead, freed by the thread */
  short events; /* what poll is asked for */
  kit_smtp_host *host;
  kit_smtp *smtp;
  kit_dns *dns;
  kit_buf in, out; /* TCP of DNS */
  kit_late *late;
  int lingers;
  uint64_t linger_until;
} kit_item;

typedef struct kit_maildir {
  struct kit_maildir *next;
  char *dir;
  unsigned count;
  void (*told)(void *user, const char *path, const kit_mail *mail);
  void *user;
} kit_maildir;

struct kit_net {
  pthread_t thread;
  pthread_mutex_t mutex;
  int wake[2];
  int stop;
  kit_item *items;
  kit_maildir *maildirs;
};

uint64_t kit__net_now(void);
kit_item *kit__net_item(kit_net *net, int kind, int fd);
void kit__net_kill(kit_item *item, int reset);
uint64_t kit__net_deadline(const kit_item *item);
/* Something is ready, or its time has come. */
void kit__net_serve(kit_net *net, kit_item *item, int readable, uint64_t now);
void kit__net_maildirs_free(kit_net *net);
int kit__net_address(kit_address *out, const char *text, uint16_t port);
socklen_t kit__net_address_len(const kit_address *address);

#endif

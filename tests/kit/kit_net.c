/* SPDX-License-Identifier: MIT */
#include "kit/kit_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kit/kit_net_impl.h"

uint64_t kit__net_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int kit__net_address(kit_address *out, const char *text, uint16_t port) {
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    return 1;
  }
  if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) != 1) {
    errno = EINVAL;
    return 0;
  }
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons(port);
  return 1;
}

socklen_t kit__net_address_len(const kit_address *address) {
  return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
}

kit_item *kit__net_item(kit_net *net, int kind, int fd) {
  kit_item *item = kit_xalloc(NULL, sizeof *item);
  item->kind = kind;
  item->fd = fd;
  item->events = POLLIN;
  item->next = net->items;
  net->items = item;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return item;
}

static void wake(kit_net *net) {
  ssize_t n = write(net->wake[1], "", 1);
  (void)n; /* a full pipe wakes as well */
}

static void sweep(kit_net *net) {
  for (kit_item **at = &net->items; *at;) {
    kit_item *item = *at;
    if (item->fd >= 0) {
      at = &item->next;
      continue;
    }
    *at = item->next;
    free(item);
  }
}

/* Poll array: slot 0 is the pipe, slot i + 1 the i-th item. */
static size_t fill(kit_net *net, struct pollfd **fds, uint64_t *due) {
  size_t n = 1;
  for (kit_item *item = net->items; item; item = item->next)
    n++;
  *fds = kit_xalloc(NULL, n * sizeof **fds);
  (*fds)[0] = (struct pollfd){net->wake[0], POLLIN, 0};
  *due = UINT64_MAX;
  n = 1;
  for (kit_item *item = net->items; item; item = item->next) {
    (*fds)[n++] = (struct pollfd){item->fd, item->events, 0};
    uint64_t at = kit__net_deadline(item);
    *due = at < *due ? at : *due;
  }
  return n;
}

static int wait_ms(uint64_t due) {
  uint64_t now = kit__net_now();
  if (due == UINT64_MAX)
    return -1;
  uint64_t left = due > now ? due - now : 0;
  return left > 60000 ? 60000 : (int)left;
}

/* New items stand in front of the list: the polled ones are the last n. */
static void serve_all(kit_net *net, const struct pollfd *fds, kit_item *first) {
  uint64_t now = kit__net_now();
  size_t i = 1;
  for (kit_item *item = first; item; item = item->next, i++) {
    if (item->fd < 0)
      continue;
    if (fds[i].revents || kit__net_deadline(item) <= now)
      kit__net_serve(net, item, fds[i].revents & (POLLIN | POLLHUP | POLLERR), now);
  }
}

static void *loop(void *arg) {
  kit_net *net = arg;
  char drained[64];
  pthread_mutex_lock(&net->mutex);
  while (!net->stop) {
    struct pollfd *fds;
    uint64_t due;
    sweep(net);
    kit_item *first = net->items;
    size_t n = fill(net, &fds, &due);
    pthread_mutex_unlock(&net->mutex);
    poll(fds, (nfds_t)n, wait_ms(due));
    pthread_mutex_lock(&net->mutex);
    if (fds[0].revents && read(net->wake[0], drained, sizeof drained) < 0)
      net->stop |= errno != EAGAIN;
    serve_all(net, fds, first);
    free(fds);
  }
  pthread_mutex_unlock(&net->mutex);
  return NULL;
}

kit_net *kit_net_new(void) {
  kit_net *net = kit_xalloc(NULL, sizeof *net);
  if (pipe(net->wake)) {
    free(net);
    return NULL;
  }
  fcntl(net->wake[0], F_SETFL, O_NONBLOCK);
  fcntl(net->wake[1], F_SETFL, O_NONBLOCK);
  pthread_mutex_init(&net->mutex, NULL);
  if (!pthread_create(&net->thread, NULL, loop, net))
    return net;
  close(net->wake[0]);
  close(net->wake[1]);
  free(net);
  return NULL;
}

void kit_net_free(kit_net *net) {
  if (!net)
    return;
  kit_net_lock(net);
  net->stop = 1;
  kit_net_unlock(net);
  wake(net);
  pthread_join(net->thread, NULL);
  for (kit_item *item = net->items; item; item = item->next)
    kit__net_kill(item, 0);
  sweep(net);
  kit__net_maildirs_free(net);
  close(net->wake[0]);
  close(net->wake[1]);
  pthread_mutex_destroy(&net->mutex);
  free(net);
}

void kit_net_lock(kit_net *net) { pthread_mutex_lock(&net->mutex); }
void kit_net_unlock(kit_net *net) { pthread_mutex_unlock(&net->mutex); }

static int port_of(int fd) {
  kit_address address;
  socklen_t len = sizeof address;
  if (getsockname(fd, &address.any, &len))
    return -1;
  return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
                                                : address.v6.sin6_port);
}

static int bound(const char *addr, uint16_t port, int type) {
  kit_address address;
  int yes = 1;
  if (!kit__net_address(&address, addr, port))
    return -1;
  int fd = socket(address.any.sa_family, type, 0);
  if (fd < 0)
    return -1;
  if (type == SOCK_STREAM)
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, &address.any, kit__net_address_len(&address)) ||
      (type == SOCK_STREAM && listen(fd, KIT_NET_BACKLOG))) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int kit_net_start_smtp(kit_net *net, kit_smtp_host *host, const char *addr,
                       uint16_t port) {
  int fd = bound(addr, port, SOCK_STREAM);
  if (fd < 0)
    return -1;
  int got = port_of(fd);
  kit_net_lock(net);
  kit__net_item(net, KIT_SMTP_LISTEN, fd)->host = host;
  kit_net_unlock(net);
  wake(net);
  return got;
}

/* One port for both: TCP chooses, UDP has to follow. */
static int bound_pair(const char *addr, uint16_t port, int *udp) {
  for (int tries = 0; tries < KIT_NET_PORT_TRIES; tries++) {
    int tcp = bound(addr, port, SOCK_STREAM);
    if (tcp < 0)
      return -1;
    *udp = bound(addr, (uint16_t)port_of(tcp), SOCK_DGRAM);
    if (*udp >= 0)
      return tcp;
    int error = errno;
    close(tcp);
    errno = error;
    if (port)
      return -1;
  }
  return -1;
}

int kit_net_start_dns(kit_net *net, kit_dns *dns, const char *addr, uint16_t port) {
  int udp;
  int tcp = bound_pair(addr, port, &udp);
  if (tcp < 0)
    return -1;
  int got = port_of(tcp);
  kit_net_lock(net);
  kit__net_item(net, KIT_TCP_LISTEN, tcp)->dns = dns;
  kit__net_item(net, KIT_UDP, udp)->dns = dns;
  kit_net_unlock(net);
  wake(net);
  return got;
}

static void stop_serving(kit_net *net, const kit_smtp_host *host, const kit_dns *dns) {
  kit_net_lock(net);
  for (kit_item *item = net->items; item; item = item->next)
    if (item->fd >= 0 && ((host && item->host == host) || (dns && item->dns == dns)))
      kit__net_kill(item, 1);
  kit_net_unlock(net);
  wake(net);
}

void kit_net_stop_smtp(kit_net *net, kit_smtp_host *host) {
  stop_serving(net, host, NULL);
}
void kit_net_stop_dns(kit_net *net, kit_dns *dns) { stop_serving(net, NULL, dns); }

int kit_net_wait_mails(kit_net *net, kit_smtp_host *host, size_t n, unsigned ms) {
  uint64_t end = kit__net_now() + ms;
  for (;;) {
    kit_net_lock(net);
    int there = kit_smtp_ledger(host)->mail_count >= n;
    kit_net_unlock(net);
    if (there || kit__net_now() >= end)
      return there;
    nanosleep(&(struct timespec){0, 2000000}, NULL);
  }
}

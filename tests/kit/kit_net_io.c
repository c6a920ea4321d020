/* SPDX-License-Identifier: MIT */
/* What each kind of socket does when it is ready. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/kit_net_impl.h"

enum { KIT_OTHER_HOST = 0x7f090909 }; /* 127.9.9.9: sender of replies "from elsewhere" */

void kit__net_kill(kit_item *item, int reset) {
  if (item->fd < 0)
    return;
  if (item->smtp) {
    kit_smtp_closed(item->smtp, kit__net_now());
    kit_smtp_free(item->smtp);
    item->smtp = NULL;
  }
  while (item->late) {
    kit_late *late = item->late;
    item->late = late->next;
    kit_dns_reply_free(&late->reply);
    free(late);
  }
  if (reset)
    setsockopt(item->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
               sizeof(struct linger));
  close(item->fd);
  item->fd = -1;
  kit_buf_free(&item->in);
  kit_buf_free(&item->out);
}

uint64_t kit__net_deadline(const kit_item *item) {
  uint64_t due = UINT64_MAX;
  if (item->fd < 0)
    return due;
  if (item->lingers)
    return item->linger_until;
  if (item->smtp)
    return kit_smtp_deadline(item->smtp);
  for (const kit_late *late = item->late; late; late = late->next)
    due = late->due < due ? late->due : due;
  return due;
}

/* Octets read, 0 = nothing now, -1 = the end. */
static ssize_t take(int fd, char *chunk, size_t cap) {
  ssize_t n = recv(fd, chunk, cap, 0);
  if (n > 0)
    return n;
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return 0;
  return -1;
}

static void smtp_flush(kit_item *item, uint64_t now) {
  const void *data;
  size_t len;
  for (;;) {
    kit_smtp_output(item->smtp, &data, &len);
    ssize_t n = len ? send(item->fd, data, len, MSG_NOSIGNAL) : 0;
    if (n <= 0)
      break;
    kit_smtp_consumed(item->smtp, (size_t)n);
  }
  item->events = len ? POLLIN | POLLOUT : POLLIN;
  int close_now = kit_smtp_wants_close(item->smtp);
  if (close_now == KIT_CLOSE_RESET) {
    kit__net_kill(item, 1);
  } else if (close_now && !len && !item->lingers) {
    shutdown(item->fd, SHUT_WR);
    item->lingers = 1;
    item->linger_until = now + KIT_NET_LINGER;
  }
}

static void smtp_serve(kit_item *item, int readable, uint64_t now) {
  char *chunk = kit_xalloc(NULL, KIT_NET_CHUNK);
  ssize_t n = readable ? take(item->fd, chunk, KIT_NET_CHUNK) : 0;
  if (n > 0)
    kit_smtp_feed(item->smtp, chunk, (size_t)n, now);
  free(chunk);
  if (n < 0 || (item->lingers && now >= item->linger_until)) {
    kit__net_kill(item, 0);
    return;
  }
  kit_smtp_tick(item->smtp, now);
  smtp_flush(item, now);
}

static void smtp_accept(kit_net *net, kit_item *listener, uint64_t now) {
  int fd = accept(listener->fd, NULL, NULL);
  if (fd < 0)
    return;
  kit_item *item = kit__net_item(net, KIT_SMTP_CONN, fd);
  item->host = listener->host;
  item->smtp = kit_smtp_connect(item->host, now);
  smtp_flush(item, now);
}

/* A socket with another port, or another address and the same port. */
static int other_socket(const kit_item *item, int wrong_address) {
  kit_address from;
  socklen_t len = sizeof from;
  if (getsockname(item->fd, &from.any, &len))
    return -1;
  if (from.any.sa_family == AF_INET && wrong_address)
    from.v4.sin_addr.s_addr = htonl(KIT_OTHER_HOST);
  else if (from.any.sa_family == AF_INET)
    from.v4.sin_port = 0;
  else
    from.v6.sin6_port = 0;
  int fd = socket(from.any.sa_family, SOCK_DGRAM, 0);
  if (fd >= 0 && bind(fd, &from.any, len)) {
    close(fd);
    fd = -1;
  }
  return fd;
}

static void datagram(int fd, const void *data, size_t len, const kit_address *to) {
  if (len && fd >= 0)
    sendto(fd, data, len, MSG_NOSIGNAL, &to->any, kit__net_address_len(to));
}

static void frame(kit_item *item, const void *data, size_t len, int extra) {
  size_t told = len + (size_t)extra;
  char head[2] = {(char)(told >> 8), (char)told};
  if (!len)
    return;
  kit_buf_add(&item->out, head, sizeof head);
  kit_buf_add(&item->out, data, len);
}

static void deliver(kit_item *item, const kit_late *late) {
  const kit_dns_reply *r = &late->reply;
  if (item->kind == KIT_TCP_CONN) {
    frame(item, r->data, r->len, r->frame_extra);
    frame(item, r->good, r->good_len, 0);
    return;
  }
  int other = -1;
  if (r->wrong_address || r->wrong_port)
    other = other_socket(item, r->wrong_address);
  datagram(other >= 0 ? other : item->fd, r->data, r->len, &late->to);
  datagram(item->fd, r->good, r->good_len, &late->to);
  if (other >= 0)
    close(other);
}

static void deliver_due(kit_item *item, uint64_t now) {
  for (kit_late **at = &item->late; *at;) {
    kit_late *late = *at;
    if (late->due > now) {
      at = &late->next;
      continue;
    }
    *at = late->next;
    deliver(item, late);
    kit_dns_reply_free(&late->reply);
    free(late);
  }
}

/* In the order of arrival, so that equal delays keep it. */
static void answer(kit_item *item, const void *query, size_t len, const kit_address *from,
                   uint64_t now) {
  kit_late *late = kit_xalloc(NULL, sizeof *late);
  uint16_t port =
      ntohs(from->any.sa_family == AF_INET ? from->v4.sin_port : from->v6.sin6_port);
  late->to = *from;
  kit_dns_answer(item->dns, query, len, item->kind == KIT_TCP_CONN, port, &late->reply);
  late->due = now + late->reply.delay;
  kit_late **end = &item->late;
  while (*end)
    end = &(*end)->next;
  *end = late;
}

static void udp_serve(kit_item *item, int readable, uint64_t now) {
  uint8_t query[KIT_DNS_MAX];
  kit_address from;
  socklen_t len = sizeof from;
  ssize_t n = -1;
  if (readable)
    n = recvfrom(item->fd, query, sizeof query, 0, &from.any, &len);
  if (n >= 0)
    answer(item, query, (size_t)n, &from, now);
  deliver_due(item, now);
}

static void tcp_serve(kit_item *item, int readable, uint64_t now) {
  char *chunk = kit_xalloc(NULL, KIT_NET_CHUNK);
  kit_address from = {0};
  socklen_t from_len = sizeof from;
  size_t len;
  ssize_t n = readable ? take(item->fd, chunk, KIT_NET_CHUNK) : 0;
  if (n > 0)
    kit_buf_add(&item->in, chunk, (size_t)n);
  free(chunk);
  if (n < 0 || getpeername(item->fd, &from.any, &from_len)) {
    kit__net_kill(item, 0);
    return;
  }
  while (kit_dns_frame(kit_buf_at(&item->in), kit_buf_left(&item->in), &len)) {
    answer(item, kit_buf_at(&item->in) + 2, len, &from, now);
    kit_buf_take(&item->in, len + 2);
  }
  deliver_due(item, now);
  size_t left = kit_buf_left(&item->out);
  n = left ? send(item->fd, kit_buf_at(&item->out), left, MSG_NOSIGNAL) : 0;
  if (n > 0)
    kit_buf_take(&item->out, (size_t)n);
  item->events = kit_buf_left(&item->out) ? POLLIN | POLLOUT : POLLIN;
}

static void tcp_accept(kit_net *net, const kit_item *listener) {
  int fd = accept(listener->fd, NULL, NULL);
  if (fd >= 0)
    kit__net_item(net, KIT_TCP_CONN, fd)->dns = listener->dns;
}

void kit__net_serve(kit_net *net, kit_item *item, int readable, uint64_t now) {
  switch (item->kind) {
  case KIT_SMTP_LISTEN:
    smtp_accept(net, item, now);
    break;
  case KIT_SMTP_CONN:
    smtp_serve(item, readable, now);
    break;
  case KIT_UDP:
    udp_serve(item, readable, now);
    break;
  case KIT_TCP_LISTEN:
    tcp_accept(net, item);
    break;
  default:
    tcp_serve(item, readable, now);
  }
}

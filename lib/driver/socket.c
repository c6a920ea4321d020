/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "driver/driver.h"

typedef struct place {
  struct sockaddr_storage storage;
  socklen_t len;
} place;

/* --- addresses -------------------------------------------------------------------- */

static int make_place(place *out, const char *address, int port) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&out->storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&out->storage;
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    out->len = sizeof *v4;
    return 0;
  }
  if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    out->len = sizeof *v6;
    return 0;
  }
  return -1;
}

static int read_place(const place *from, char text[INET6_ADDRSTRLEN]) {
  const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&from->storage;
  const struct sockaddr_in6 *v6 =
      (const struct sockaddr_in6 *)(const void *)&from->storage;
  if (from->storage.ss_family == AF_INET) {
    inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
    return ntohs(v4->sin_port);
  }
  inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
  return ntohs(v6->sin6_port);
}

static int cause_of(int error, int bound) {
  switch (error) {
  case ECONNREFUSED:
    return MR_CLOSE_REFUSED;
  case ETIMEDOUT:
    return MR_CLOSE_TIMEOUT;
  case EADDRINUSE:
    return MR_CLOSE_NO_LOCAL_ADDRESS;
  case EADDRNOTAVAIL: /* without a bind: no address of that family here */
    return bound ? MR_CLOSE_NO_LOCAL_ADDRESS : MR_CLOSE_UNREACHABLE;
  case ENETUNREACH:
  case EHOSTUNREACH:
  case ENETDOWN:
  case EACCES:
  case EPERM:
  case EAFNOSUPPORT:
  case EINVAL: /* an address that needs a scope */
    return MR_CLOSE_UNREACHABLE;
  case EAGAIN: /* no route cache entry or port is free */
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    return MR_CLOSE_NO_RESOURCES;
  case EPIPE:
    return MR_CLOSE_WRITE;
  default:
    return MR_CLOSE_RESET;
  }
}

/* --- life ------------------------------------------------------------------------- */

void mr__socket_destroy(mr__socket *s) {
  mr_driver *driver = s->driver;
  if (s->fd >= 0) {
    driver->loop->forget(driver, s->fd);
    close(s->fd);
  }
  if (s->prev) {
    s->prev->next = s->next;
  } else {
    driver->sockets = s->next;
  }
  if (s->next) {
    s->next->prev = s->prev;
  }
  mr_channel_free(s->channel);
  mr__driver_alloc(driver, s, 0);
}

static void over(mr__socket *s, int cause, int error) {
  mr_channel_closed(s->channel, cause, 0, error ? strerror(error) : NULL,
                    mr_driver_now(s->driver));
  mr__socket_destroy(s);
}

static mr__socket *find(mr_driver *driver, const mr_channel *channel) {
  mr__socket *s = driver->sockets;
  while (s && s->channel != channel) {
    s = s->next;
  }
  return s;
}

static int watch(mr__socket *s, int known) {
  unsigned interest = MR_WANT_WRITE;
  if (!s->connecting) {
    interest = mr_channel_wants(s->channel);
    interest &= s->write_failed ? (unsigned)MR_WANT_READ : ~0u;
  }
  if (known && interest == s->interest) {
    return MR_OK;
  }
  s->interest = interest;
  return s->driver->loop->watch(s->driver, s->fd, interest, s, known);
}

static int bind_local(const mr__socket *s, int family) {
  const char *address = mr_channel_local_address(s->channel);
  int port = mr_channel_local_port(s->channel);
  place local;
  if (address[0] == '\0' && port == 0) {
    return 0;
  }
  if (address[0] == '\0') {
    address = family == AF_INET ? "0.0.0.0" : "::";
  }
  if (make_place(&local, address, port)) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  return bind(s->fd, (const struct sockaddr *)&local.storage, local.len);
}

static int is_bound(const mr__socket *s) {
  return mr_channel_local_address(s->channel)[0] != '\0' ||
         mr_channel_local_port(s->channel) != 0;
}

static void connected(mr__socket *s) {
  char text[INET6_ADDRSTRLEN] = "";
  place local;
  local.len = sizeof local.storage;
  s->connecting = 0;
  if (getsockname(s->fd, (struct sockaddr *)&local.storage, &local.len) == 0) {
    read_place(&local, text);
  }
  mr_channel_opened(s->channel, text, mr_driver_now(s->driver));
}

/* 0, or an errno. A UDP socket is connected too: the kernel then reports that nobody
 * listens, and strangers' datagrams do not even reach our own check. */
static int start(mr__socket *s) {
  place remote;
  int udp = mr_channel_kind(s->channel) == MR_CHANNEL_UDP;
  int one = 1;
  if (make_place(&remote, mr_channel_remote_address(s->channel),
                 mr_channel_remote_port(s->channel))) {
    return EAFNOSUPPORT;
  }
  int family = remote.storage.ss_family;
  s->fd =
      socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0 || bind_local(s, family)) {
    return errno;
  }
  if (!udp) {
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  if (connect(s->fd, (const struct sockaddr *)&remote.storage, remote.len) == 0) {
    connected(s);
    return 0;
  }
  s->connecting = errno == EINPROGRESS || errno == EINTR;
  return s->connecting ? 0 : errno;
}

void mr__socket_open(mr_driver *driver, mr_channel *channel) {
  mr__socket *s = mr__driver_alloc(driver, NULL, sizeof *s);
  if (!s) {
    mr_channel_closed(channel, MR_CLOSE_NO_RESOURCES, 0, "no memory",
                      mr_driver_now(driver));
    mr_channel_free(channel);
    return;
  }
  memset(s, 0, sizeof *s);
  s->driver = driver;
  s->channel = channel;
  s->fd = -1;
  s->next = driver->sockets;
  if (s->next) {
    s->next->prev = s;
  }
  driver->sockets = s;
  int error = start(s);
  if (!error && watch(s, 0)) {
    error = ENOMEM;
  }
  if (error) {
    over(s, cause_of(error, is_bound(s)), error);
  }
}

void mr__socket_update(mr_driver *driver, mr_channel *channel) {
  mr__socket *s = find(driver, channel);
  if (s) {
    watch(s, 1);
  }
}

void mr__socket_close(mr_driver *driver, mr_channel *channel) {
  mr__socket *s = find(driver, channel);
  if (s) {
    mr__socket_destroy(s);
  }
}

/* --- bytes ------------------------------------------------------------------------ */

static size_t gather(const mr__socket *s, struct iovec *iov) {
  size_t skip = 0, n = 0;
  size_t most = mr_channel_kind(s->channel) == MR_CHANNEL_UDP ? 1 : MR__DRIVER_IOV;
  while (n < most) {
    const void *data = NULL;
    size_t len = 0;
    if (mr_channel_pending(s->channel, skip, &data, &len) || len == 0) {
      break;
    }
    iov[n].iov_base = (void *)(uintptr_t)data;
    iov[n++].iov_len = len;
    skip += len;
  }
  return n;
}

static ssize_t write_some(mr__socket *s) {
  struct iovec iov[MR__DRIVER_IOV];
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = iov;
  message.msg_iovlen = gather(s, iov);
  return message.msg_iovlen ? sendmsg(s->fd, &message, MSG_NOSIGNAL) : 0;
}

/* On a stream the peer's last words are read before it is called over; on a datagram
 * socket the failure is all that there is to hear. 0: the socket is gone. */
static int write_failed(mr__socket *s, int error) {
  if (error == EINTR || error == EAGAIN || error == EWOULDBLOCK) {
    return 1;
  }
  if (mr_channel_kind(s->channel) == MR_CHANNEL_UDP) {
    over(s, cause_of(error, 0), error);
    return 0;
  }
  s->write_failed = error;
  return 1;
}

/* 1: go on; 0: the socket is gone. */
static int write_out(mr__socket *s) {
  for (int i = 0; i < MR__DRIVER_WRITES && !s->write_failed; i++) {
    ssize_t sent = write_some(s);
    if (sent < 0) {
      return write_failed(s, errno);
    }
    if (sent == 0 ||
        mr_channel_sent(s->channel, (size_t)sent, mr_driver_now(s->driver))) {
      return 1;
    }
  }
  return 1;
}

/* 1: go on; 0: the socket is gone. */
static int read_in(mr__socket *s) {
  mr_driver *driver = s->driver;
  char text[INET6_ADDRSTRLEN] = "";
  place from;
  from.len = sizeof from.storage;
  int udp = mr_channel_kind(s->channel) == MR_CHANNEL_UDP;
  ssize_t n = recvfrom(s->fd, driver->input, MR__DRIVER_READ, 0,
                       (struct sockaddr *)&from.storage, &from.len);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return 1;
  }
  if (n < 0) {
    int error = s->write_failed ? s->write_failed : errno;
    over(s, s->write_failed ? MR_CLOSE_WRITE : cause_of(error, 0), error);
    return 0;
  }
  if (udp) {
    int port = read_place(&from, text);
    mr_channel_recv_from(s->channel, driver->input, (size_t)n, text, port,
                         mr_driver_now(driver));
    return 1;
  }
  if (n == 0) {
    over(s, s->write_failed ? MR_CLOSE_WRITE : MR_CLOSE_EOF, s->write_failed);
    return 0;
  }
  mr_channel_recv(s->channel, driver->input, (size_t)n, mr_driver_now(driver));
  return 1;
}

static int finish_connect(mr__socket *s) {
  int error = 0;
  socklen_t len = sizeof error;
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len)) {
    error = errno;
  }
  if (error) {
    over(s, cause_of(error, is_bound(s)), error);
    return 0;
  }
  connected(s);
  return 1;
}

static void drain_wake(mr_driver *driver) {
  char octets[64];
  while (read(driver->wake[0], octets, sizeof octets) > 0) {
    driver->woken = 1;
  }
}

void mr__driver_ready(mr_driver *driver, void *data, unsigned ready) {
  mr__socket *s = data;
  if (!s) {
    drain_wake(driver);
    return;
  }
  if (s->connecting && !finish_connect(s)) {
    return;
  }
  if ((ready & MR_WANT_READ) && !read_in(s)) {
    return;
  }
  if (write_out(s)) {
    watch(s, 1);
  }
}

/* SPDX-License-Identifier: MIT */
/*
 * One SMTP session on your own poll(2) loop: no router, no queue, no driver.
 * Usage: poll_session ADDRESS PORT FROM TO...     Exit status: 0 all delivered, 69 one is
 * refused, 75 one should be tried again, 64 usage, 65 bad mail address, 71 system.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mailroute/mailroute.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

typedef struct line {
  mr_channel *channel; /* NULL = none */
  int fd, connecting;
} line;

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The session is told that the connection is over, and our reference goes back. */
static void hang_up(line *l, int cause, int error) {
  mr_channel_closed(l->channel, cause, 0, error ? strerror(error) : NULL, now_ms());
  mr_channel_free(l->channel);
  l->channel = NULL;
  close(l->fd);
}

static void dial(line *l, mr_channel *channel, const struct addrinfo *to) {
  *l = (line){.channel = channel, .connecting = 1};
  l->fd = socket(to->ai_family, SOCK_STREAM, 0);
  if (l->fd < 0 || fcntl(l->fd, F_SETFL, O_NONBLOCK))
    hang_up(l, MR_CLOSE_NO_RESOURCES, errno);
  else if (connect(l->fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS)
    hang_up(l, MR_CLOSE_UNREACHABLE, errno);
}

static void connected(line *l) {
  struct sockaddr_storage local;
  socklen_t len = sizeof local;
  char text[64] = ""; /* without MR_OPT_HELO_NAME, EHLO says this address */
  int error = 0;
  l->connecting = 0;
  getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
  if (error) {
    hang_up(l, error == ECONNREFUSED ? MR_CLOSE_REFUSED : MR_CLOSE_UNREACHABLE, error);
    return;
  }
  getsockname(l->fd, (struct sockaddr *)&local, &len);
  getnameinfo((struct sockaddr *)&local, len, text, sizeof text, NULL, 0, NI_NUMERICHOST);
  mr_channel_opened(l->channel, text, now_ms());
}

static void receive(line *l) {
  char octets[16384];
  ssize_t n = recv(l->fd, octets, sizeof octets, 0);
  if (n > 0)
    mr_channel_recv(l->channel, octets, (size_t)n, now_ms());
  else if (n == 0)
    hang_up(l, MR_CLOSE_EOF, 0);
  else if (errno != EAGAIN && errno != EINTR)
    hang_up(l, MR_CLOSE_RESET, errno);
}

/* A write that fails shows at the next recv, after what the server still had to say. */
static void transmit(line *l) {
  const void *octets;
  size_t len;
  ssize_t n = 0;
  while (mr_channel_pending(l->channel, 0, &octets, &len) == MR_OK && len > 0 &&
         (n = send(l->fd, octets, len, MSG_NOSIGNAL)) >= 0)
    mr_channel_sent(l->channel, (size_t)n, now_ms());
}

/* Sleeps until the socket is ready or the session's deadline has come. */
static void step(mr_session *session, line *l) {
  uint64_t now = now_ms(), deadline = mr_session_deadline(session);
  uint64_t left = deadline <= now ? 0 : deadline - now;
  unsigned wants = l->channel ? mr_channel_wants(l->channel) : 0;
  struct pollfd p = {.fd = l->channel ? l->fd : -1};
  p.events = (short)((wants & MR_WANT_READ ? POLLIN : 0) |
                     (wants & MR_WANT_WRITE ? POLLOUT : 0));
  if (poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left) > 0 && l->connecting)
    connected(l);
  else if (p.revents & ~POLLOUT)
    receive(l);
  if (l->channel && !l->connecting)
    transmit(l);
  mr_session_expire(session, now_ms());
}

static int show(const mr_outcome *o) {
  printf("%s: %s: %d %s %s\n", o->recipient, mr_fate_name(o->fate), o->code, o->status,
         o->text);
  if (o->fate == MR_FATE_DELIVERED)
    return EX_OK;
  return o->fate == MR_FATE_FAILED ? EX_UNAVAILABLE : EX_TEMPFAIL;
}

static int converse(mr_session *session, const struct addrinfo *to) {
  line l = {.fd = -1};
  int status = EX_OK, over = 0;
  const mr_event *e;
  while (!over) {
    while ((e = mr_session_next(session)) != NULL) {
      int one = e->type == MR_EVENT_OUTCOME ? show(e->outcome) : EX_OK;
      status = one > status ? one : status;
      over |= e->type == MR_EVENT_SESSION_END;
      if (e->type == MR_EVENT_OPEN)
        dial(&l, e->channel, to);
      else if (e->type == MR_EVENT_CLOSE && l.channel)
        hang_up(&l, MR_CLOSE_CANCELLED, 0);
      else if (e->type == MR_EVENT_TRANSACTION)
        mr_session_quit(session, now_ms());
    }
    if (!over)
      step(session, &l);
  }
  if (l.channel)
    hang_up(&l, MR_CLOSE_CANCELLED, 0);
  return status;
}

static int transact(mr_session *session, int count, char **arg) {
  mr_message *m = NULL;
  if (mr_message_new(&m, NULL, NULL))
    return EX_OSERR;
  mr_message_set_from(m, NULL, arg[0]);
  for (int i = 1; i < count; i++)
    mr_message_add_to(m, NULL, arg[i]);
  mr_message_set_subject(m, "By hand");
  mr_message_set_text(m, "Carried by a poll loop.\n", 24);
  int err = mr_message_seal(m); /* the first error of all these calls */
  mr_transaction transaction = {.size = sizeof transaction, .message = m};
  if (err)
    fprintf(stderr, "%s\n", mr_message_error(m)->text);
  else if ((err = mr_session_submit(session, NULL, &transaction, now_ms())) != MR_OK)
    fprintf(stderr, "%s\n", mr_session_error(session)->text);
  mr_message_free(m); /* the session has its own reference */
  return err ? EX_DATAERR : EX_OK;
}

int main(int argc, char **argv) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
  struct addrinfo *to = NULL;
  mr_session *session = NULL;
  if (argc < 5 || getaddrinfo(argv[1], argv[2], &hints, &to))
    return fputs("usage: poll_session IP-ADDRESS PORT FROM TO...\n", stderr), EX_USAGE;
  mr_session_target target = {
      .size = sizeof target, .address = argv[1], .port = (int)strtol(argv[2], NULL, 10)};
  int status = mr_session_new(&session, NULL, NULL) ? EX_OSERR : EX_OK;
  if (!status && mr_session_connect(session, &target, now_ms()))
    status = (fprintf(stderr, "%s\n", mr_session_error(session)->text), EX_USAGE);
  status = status ? status : transact(session, argc - 3, argv + 3);
  status = status ? status : converse(session, to);
  mr_session_free(session);
  freeaddrinfo(to);
  return status;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "driver/driver.h"

typedef struct poll_state {
  struct pollfd *fds;
  void **data;
  size_t count, cap;
} poll_state;

static int poll_open(mr_driver *driver) {
  poll_state *state = mr__driver_alloc(driver, NULL, sizeof *state);
  if (!state) {
    return MR_ERR_NOMEM;
  }
  memset(state, 0, sizeof *state);
  driver->loop_state = state;
  return MR_OK;
}

static size_t find(const poll_state *state, int fd) {
  size_t i = 0;
  while (i < state->count && state->fds[i].fd != fd) {
    i++;
  }
  return i;
}

static int grow(mr_driver *driver, poll_state *state) {
  size_t cap = state->cap ? state->cap * 2 : 16;
  struct pollfd *fds = mr__driver_alloc(driver, state->fds, cap * sizeof *fds);
  if (!fds) {
    return MR_ERR_NOMEM;
  }
  state->fds = fds;
  void **data = mr__driver_alloc(driver, state->data, cap * sizeof *data);
  if (!data) {
    return MR_ERR_NOMEM;
  }
  state->data = data;
  state->cap = cap;
  return MR_OK;
}

static int poll_watch(mr_driver *driver, int fd, unsigned interest, void *data,
                      int known) {
  poll_state *state = driver->loop_state;
  size_t i = find(state, fd);
  (void)known;
  if (i == state->count) {
    if (state->count == state->cap && grow(driver, state)) {
      return MR_ERR_NOMEM;
    }
    state->count++;
  }
  state->fds[i].fd = fd;
  state->fds[i].events = (short)((interest & MR_WANT_READ ? POLLIN : 0) |
                                 (interest & MR_WANT_WRITE ? POLLOUT : 0));
  state->fds[i].revents = 0;
  state->data[i] = data;
  return MR_OK;
}

static void poll_forget(mr_driver *driver, int fd) {
  poll_state *state = driver->loop_state;
  size_t i = find(state, fd);
  if (i < state->count) {
    state->count--;
    state->fds[i] = state->fds[state->count];
    state->data[i] = state->data[state->count];
  }
}

static unsigned readiness(const struct pollfd *p) {
  unsigned bad = p->revents & (POLLERR | POLLHUP | POLLNVAL)
                     ? (unsigned)(MR_WANT_READ | MR_WANT_WRITE)
                     : 0;
  return bad | (p->revents & POLLIN ? (unsigned)MR_WANT_READ : 0) |
         (p->revents & POLLOUT ? (unsigned)MR_WANT_WRITE : 0);
}

static int poll_wait(mr_driver *driver, int timeout) {
  poll_state *state = driver->loop_state;
  int n = poll(state->fds, (nfds_t)state->count, timeout);
  if (n < 0) {
    return errno == EINTR ? MR_OK : MR_ERR_IO;
  }
  for (size_t i = state->count; i > 0 && n > 0; i--) {
    /* from the end: handling one may remove it, which moves the last one here */
    if (i <= state->count && state->fds[i - 1].revents) {
      unsigned ready = readiness(&state->fds[i - 1]);
      state->fds[i - 1].revents = 0;
      n--;
      mr__driver_ready(driver, state->data[i - 1], ready);
    }
  }
  return MR_OK;
}

static void poll_close(mr_driver *driver) {
  poll_state *state = driver->loop_state;
  if (state) {
    mr__driver_alloc(driver, state->fds, 0);
    mr__driver_alloc(driver, state->data, 0);
    mr__driver_alloc(driver, state, 0);
  }
}

const mr__loop_ops mr__loop_poll = {poll_open, poll_watch, poll_forget, poll_wait,
                                    poll_close};

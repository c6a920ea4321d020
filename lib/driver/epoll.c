/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#ifdef __linux__
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "driver/driver.h"

static int epoll_open(mr_driver *driver) {
  driver->loop_fd = epoll_create1(EPOLL_CLOEXEC);
  return driver->loop_fd < 0 ? MR_ERR_IO : MR_OK;
}

static int epoll_watch(mr_driver *driver, int fd, unsigned interest, void *data,
                       int known) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = (interest & MR_WANT_READ ? (unsigned)EPOLLIN : 0) |
                 (interest & MR_WANT_WRITE ? (unsigned)EPOLLOUT : 0);
  event.data.ptr = data;
  return epoll_ctl(driver->loop_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event)
             ? MR_ERR_IO
             : MR_OK;
}

static void epoll_forget(mr_driver *driver, int fd) {
  epoll_ctl(driver->loop_fd, EPOLL_CTL_DEL, fd, NULL);
}

static unsigned readiness(uint32_t events) {
  unsigned bad =
      events & (EPOLLERR | EPOLLHUP) ? (unsigned)(MR_WANT_READ | MR_WANT_WRITE) : 0;
  return bad | (events & EPOLLIN ? (unsigned)MR_WANT_READ : 0) |
         (events & EPOLLOUT ? (unsigned)MR_WANT_WRITE : 0);
}

/* Handling one event may destroy only its own socket: engines end channels by CLOSE
 * events, which are taken after this loop. So no later entry of the array is stale. */
static int epoll_wait_all(mr_driver *driver, int timeout) {
  struct epoll_event events[MR__DRIVER_EVENTS];
  int n = epoll_wait(driver->loop_fd, events, MR__DRIVER_EVENTS, timeout);
  if (n < 0) {
    return errno == EINTR ? MR_OK : MR_ERR_IO;
  }
  for (int i = 0; i < n; i++) {
    mr__driver_ready(driver, events[i].data.ptr, readiness(events[i].events));
  }
  return MR_OK;
}

static void epoll_close(mr_driver *driver) {
  if (driver->loop_fd >= 0) {
    close(driver->loop_fd);
  }
}

const mr__loop_ops mr__loop_epoll = {epoll_open, epoll_watch, epoll_forget,
                                     epoll_wait_all, epoll_close};
#else
typedef int mr__no_epoll; /* ISO C wants one declaration in a file */
#endif

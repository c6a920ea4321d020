/* SPDX-License-Identifier: MIT */
/* The driver inside. It stands on the public interface alone, as a host of yours would.
 */
#ifndef MR_DRIVER_DRIVER_H
#define MR_DRIVER_DRIVER_H

#include <mailroute/driver.h>

enum {
  MR__DRIVER_EVENTS = 64,        /* readiness events taken at a time */
  MR__DRIVER_READ = 65536,       /* octets read at a time: a whole UDP datagram too */
  MR__DRIVER_IOV = 8,            /* segments written at a time */
  MR__DRIVER_WRITES = 16,        /* times in a row before others have their turn */
  MR__DRIVER_FAREWELL = 500,     /* ms that open sessions get to say QUIT at the end */
  MR__DRIVER_FILE_MAX = 16 << 20 /* octets of a CA file */
};

typedef struct mr__socket {
  struct mr__socket *prev, *next;
  mr_driver *driver;
  mr_channel *channel;
  int fd;
  unsigned interest; /* bits of mr_channel_want, as the loop knows them */
  int connecting;
  int write_failed; /* errno of a failed write: read on until EOF */
} mr__socket;

/* A way to wait for readiness. data comes back in mr__socket_ready; NULL = the wake pipe.
 */
typedef struct mr__loop_ops {
  int (*open)(mr_driver *driver);
  int (*watch)(mr_driver *driver, int fd, unsigned interest, void *data, int known);
  void (*forget)(mr_driver *driver, int fd);
  int (*wait)(mr_driver *driver, int timeout); /* calls mr__driver_ready for each */
  void (*close)(mr_driver *driver);
} mr__loop_ops;

extern const mr__loop_ops mr__loop_poll;
extern const mr__loop_ops mr__loop_epoll; /* Linux */

struct mr_driver {
  mr_env env;
  mr_router *router;
  const mr__loop_ops *loop;
  void *loop_state;
  int loop_fd;
  int wake[2];
  int woken;
  mr__socket *sockets;
  uint8_t *input;
  mr_error error;
  char error_text[256];
};

void *mr__driver_alloc(mr_driver *driver, void *ptr, size_t size); /* size 0 frees */
int mr__driver_fail(mr_driver *driver, int code, const char *format, ...);

/* socket.c */
void mr__socket_open(mr_driver *driver, mr_channel *channel);
void mr__socket_update(mr_driver *driver, mr_channel *channel);
void mr__socket_close(mr_driver *driver, mr_channel *channel);
void mr__socket_destroy(mr__socket *s);
void mr__driver_ready(mr_driver *driver, void *data, unsigned ready);

/* config.c */
int mr__driver_resolv_conf(mr_driver *driver, const char *path);
int mr__driver_system_ca(mr_driver *driver);

#endif

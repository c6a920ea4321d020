/* SPDX-License-Identifier: MIT */
/*
 * Mail that outlives the program: "send" puts one into a file, "run" delivers what is in
 * it, now or after a restart, and may be killed at any time. See usage below. Exit
 * status: 0 done, 69 a recipient failed, 64 usage, 65 bad address, 71 system, 74 the
 * file.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "store.h"

enum { NAP = 1000 };

static const char usage[] =
    "usage: own_store FILE send FROM TO...\n"
    "       own_store FILE run [--resolver ADDRESS[:PORT]] [--OPTION VALUE]...\n"
    "OPTION is any of the library's: port 2525, allow-special 1, retry-min 10s, ...\n";

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int complain(const char *what, const char *why, int status) {
  fprintf(stderr, "own_store: %s: %s\n", what, why);
  return status;
}

/* A queue alone needs no network: the message is in the file when ACCEPTED comes. */
static int submit(own_store *store, mr_message *message) {
  mr_queue *queue = NULL;
  mr_submission submission = {.size = sizeof submission, .message = message};
  const mr_event *e;
  int status = EX_OSERR;
  if (mr_queue_new(&queue, NULL, NULL, &store->operations))
    return complain("queue", "no memory", EX_OSERR);
  if (mr_queue_submit(queue, NULL, &submission, now_ms()))
    status = complain("submit", mr_queue_error(queue)->text, EX_DATAERR);
  while ((e = mr_queue_next(queue)) != NULL) {
    if (e->type == MR_EVENT_ACCEPTED) {
      printf("accepted as %llu\n", (unsigned long long)e->message);
      status = EX_OK;
    } else if (e->type == MR_EVENT_REFUSED) {
      status = complain("refused", e->text, EX_IOERR);
    }
  }
  mr_queue_free(queue);
  return status;
}

static int send_one(own_store *store, int count, char **arg) {
  mr_message *m = NULL;
  if (mr_message_new(&m, NULL, NULL))
    return complain("message", "no memory", EX_OSERR);
  mr_message_set_from(m, NULL, arg[0]);
  for (int i = 1; i < count; i++)
    mr_message_add_to(m, NULL, arg[i]);
  mr_message_set_subject(m, "Kept");
  mr_message_set_text(m, "From a store of my own.\n", 24);
  int status = mr_message_seal(m)
                   ? complain("message", mr_message_error(m)->text, EX_DATAERR)
                   : submit(store, m);
  mr_message_free(m);
  return status;
}

static int configure(mr_options *options, unsigned *flags, int count, char **arg) {
  for (int i = 0; i < count; i += 2) {
    int err = MR_OK;
    if (strncmp(arg[i], "--", 2) != 0 || i + 1 == count)
      return complain(arg[i], "options are pairs of --NAME VALUE", EX_USAGE);
    if (strcmp(arg[i], "--resolver") != 0)
      err = mr_options_set_name(options, arg[i] + 2, arg[i + 1]);
    else
      *flags = MR_DRIVER_NO_RESOLV_CONF;
    if (err)
      return complain(arg[i],
                      err == MR_ERR_NOT_FOUND ? "no such option" : mr_strerror(err),
                      EX_USAGE);
  }
  return EX_OK;
}

static int add_resolvers(mr_driver *driver, int count, char **arg) {
  for (int i = 0; i < count; i += 2) {
    if (strcmp(arg[i], "--resolver") == 0 && mr_driver_add_server(driver, arg[i + 1]))
      return complain(arg[i], mr_driver_error(driver)->text, EX_USAGE);
  }
  return EX_OK;
}

/* The driver waits while it has something in hand; what waits in the file for its next
 * attempt, only we know. */
static void nap(mr_driver *driver) {
  poll(NULL, 0, NAP);
  mr_router_expire(mr_driver_router(driver), mr_driver_now(driver));
}

static int tell(const mr_outcome *o) {
  printf("%s: %s: %s\n", o->recipient, mr_fate_name(o->fate), o->text);
  fflush(stdout);
  return o->final && o->fate != MR_FATE_DELIVERED ? EX_UNAVAILABLE : EX_OK;
}

static int deliver(mr_driver *driver, const own_store *store) {
  int status = EX_OK;
  for (;;) {
    const mr_event *e = mr_driver_next(driver, NAP);
    if (e && e->type == MR_EVENT_OUTCOME)
      status = tell(e->outcome) ? EX_UNAVAILABLE : status;
    if (e || mr_router_busy(mr_driver_router(driver)) > 0)
      continue;
    if (own_store_deliveries(store) == 0)
      return status;
    nap(driver);
  }
}

static int run(own_store *store, int count, char **arg) {
  mr_options *options = NULL;
  mr_driver *driver = NULL;
  unsigned flags = 0;
  if (mr_options_new(&options, NULL))
    return complain("options", "no memory", EX_OSERR);
  int status = configure(options, &flags, count, arg);
  int err =
      status ? MR_OK : mr_driver_new(&driver, NULL, options, &store->operations, flags);
  if (err)
    status = complain("driver", mr_strerror(err), EX_OSERR);
  status = status ? status : add_resolvers(driver, count, arg);
  status = status ? status : deliver(driver, store);
  mr_driver_free(driver);
  mr_options_free(options);
  return status;
}

int main(int argc, char **argv) {
  own_store store;
  int sends = argc >= 5 && strcmp(argv[2], "send") == 0;
  if (!sends && (argc < 3 || strcmp(argv[2], "run") != 0))
    return fputs(usage, stderr), EX_USAGE;
  int err = own_store_open(&store, argv[1]);
  if (err)
    return complain(argv[1],
                    err == MR_ERR_IO      ? strerror(errno)
                    : err == MR_ERR_STATE ? "another process works on it"
                    : err == MR_ERR_STORE ? "not a file of this program, or damaged"
                                          : mr_strerror(err),
                    EX_IOERR);
  int status = (sends ? send_one : run)(&store, argc - 3, argv + 3);
  own_store_close(&store);
  return status;
}

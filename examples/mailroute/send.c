/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli.h"

enum { PROGRESS_EVERY = 1000, DRAIN_TIME = 10000 };

typedef struct send_state {
  const cli_args *args;
  mr_driver *driver;
  uint64_t message; /* id of ours; bounces have others */
  cli_result *results;
  size_t count, done;
  int refused, draining, progress_shown;
} send_state;

static mr_driver *volatile interrupted;

static volatile sig_atomic_t stop;

static void on_signal(int number) {
  (void)number;
  stop = 1;
  mr_driver_wake(interrupted);
}

static void watch_signals(mr_driver *driver) {
  struct sigaction action;
  interrupted = driver;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* --- progress --------------------------------------------------------------------- */

static int shows_progress(const send_state *s) {
  return !s->args->json && !s->args->verbose && isatty(STDERR_FILENO);
}

static void wipe_progress(send_state *s) {
  if (s->progress_shown) {
    fputs("\r\033[K", stderr);
    s->progress_shown = 0;
  }
}

static void progress(send_state *s, uint64_t since) {
  if (shows_progress(s)) {
    fprintf(stderr, "\r\033[K%zu of %zu recipients done, %llu s; Ctrl-C stops", s->done,
            s->count, (unsigned long long)(since / 1000));
    s->progress_shown = 1;
  }
}

/* --- results ---------------------------------------------------------------------- */

static int init_results(send_state *s, const mr_message *message) {
  s->count = mr_message_recipient_count(message);
  s->results = calloc(s->count ? s->count : 1, sizeof *s->results);
  for (size_t i = 0; s->results && i < s->count; i++) {
    s->results[i].recipient = strdup(mr_message_recipient(message, i));
    if (!s->results[i].recipient) {
      return EX_OSERR;
    }
  }
  return s->results ? EX_OK : EX_OSERR;
}

static cli_result *find_result(send_state *s, const char *recipient) {
  for (size_t i = 0; i < s->count; i++) {
    if (strcmp(s->results[i].recipient, recipient) == 0) {
      return &s->results[i];
    }
  }
  return NULL;
}

static void keep(send_state *s, const mr_outcome *o) {
  cli_result *r = find_result(s, o->recipient);
  if (!r) {
    return;
  }
  r->fate = o->fate;
  r->stage = o->stage;
  r->code = o->code;
  r->tls_level = o->tls_level;
  r->attempts = o->attempts;
  snprintf(r->host, sizeof r->host, "%s", o->host);
  snprintf(r->address, sizeof r->address, "%s", o->address);
  snprintf(r->tls_version, sizeof r->tls_version, "%s", o->tls_version);
  snprintf(r->status, sizeof r->status, "%s", o->status);
  snprintf(r->text, sizeof r->text, "%s", o->text);
  s->done += o->final && !r->final;
  r->final = o->final;
}

static int finish(send_state *s) {
  int status = s->refused ? EX_UNAVAILABLE : EX_OK;
  for (size_t i = 0; i < s->count; i++) {
    const cli_result *r = &s->results[i];
    if (s->args->json) {
      cli_print_result_json(r);
    } else if (!r->final && !s->refused) {
      printf("%s: not delivered: stopped before the next attempt\n", r->recipient);
    }
    if (!r->final) {
      status = status ? status : EX_TEMPFAIL;
    } else if (r->fate != MR_FATE_DELIVERED && r->fate != MR_FATE_DISCARDED) {
      status = EX_UNAVAILABLE;
    }
    free(r->recipient);
  }
  free(s->results);
  return status;
}

/* --- events ----------------------------------------------------------------------- */

static void show(send_state *s, const mr_event *event) {
  wipe_progress(s);
  if (s->args->json) {
    cli_print_json(event);
  } else if (event->type == MR_EVENT_TRACE) {
    cli_print_trace(event);
  } else if (event->type == MR_EVENT_OUTCOME) {
    cli_print_outcome(event->outcome, event->message == s->message ? "" : "bounce to ");
  } else if (event->type == MR_EVENT_REFUSED) {
    cli_complain("not accepted: %s", event->text);
  }
}

static void handle(send_state *s, const mr_event *event) {
  if (event->type == MR_EVENT_ACCEPTED && s->message == 0) {
    s->message = event->message;
  }
  show(s, event);
  if (event->type == MR_EVENT_OUTCOME && event->message == s->message) {
    keep(s, event->outcome);
  }
  s->refused |= event->type == MR_EVENT_REFUSED;
}

static void drain(send_state *s) {
  uint64_t now = mr_driver_now(s->driver);
  wipe_progress(s);
  cli_complain(s->draining ? "stopped"
                           : "stopping; what is being sent is finished first");
  if (!s->draining) {
    mr_router_drain(mr_driver_router(s->driver), now + DRAIN_TIME, now);
  }
}

static void run(send_state *s) {
  uint64_t start = mr_driver_now(s->driver);
  for (;;) {
    const mr_event *event = mr_driver_next(s->driver, PROGRESS_EVERY);
    if (event) {
      handle(s, event);
      if (event->type == MR_EVENT_DRAINED) {
        return;
      }
    } else if (stop) {
      stop = 0;
      drain(s);
      if (s->draining++) {
        return;
      }
    } else if (mr_router_busy(mr_driver_router(s->driver)) == 0) {
      return;
    } else {
      progress(s, mr_driver_now(s->driver) - start);
    }
  }
}

int cli_send(const cli_args *args) {
  send_state s;
  mr_message *message = NULL;
  memset(&s, 0, sizeof s);
  s.args = args;
  int status = cli_message(args, &message);
  if (status == EX_OK) {
    status = cli_open(args, &s.driver);
  }
  if (status == EX_OK) {
    status = init_results(&s, message);
  }
  if (status == EX_OK && mr_driver_send(s.driver, message)) {
    cli_complain("%s", mr_driver_error(s.driver)->text);
    status = EX_DATAERR;
  }
  mr_message_free(message);
  if (status == EX_OK) {
    watch_signals(s.driver);
    run(&s);
    wipe_progress(&s);
    status = finish(&s);
  }
  interrupted = NULL; /* a signal from now on has nobody to wake */
  mr_driver_free(s.driver);
  return status;
}

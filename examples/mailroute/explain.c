/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sysexits.h>

#include "cli.h"

static void print_plan(const cli_args *args, const mr_plan *plan, size_t before) {
  int (*render)(const mr_plan *, char *, size_t, size_t *) =
      args->json ? mr_plan_json : mr_plan_text;
  size_t needed = 0;
  render(plan, NULL, 0, &needed);
  char *text = malloc(needed + 1);
  if (text && render(plan, text, needed + 1, &needed) == MR_OK) {
    fputs(before && !args->json ? "\n" : "", stdout);
    fputs(text, stdout);
    fputs(args->json ? "\n" : "", stdout);
  }
  free(text);
}

static int status_of(const mr_plan *plan) {
  switch (plan->verdict) {
  case MR_VERDICT_DEFER:
    return EX_TEMPFAIL;
  case MR_VERDICT_BOUNCE:
    return EX_NOHOST;
  default:
    return EX_OK;
  }
}

int cli_explain(const cli_args *args) {
  mr_driver *driver = NULL;
  const mr_event *event;
  size_t plans = 0;
  int status = cli_open(args, &driver);
  if (status) {
    return status;
  }
  for (size_t i = 0; i < args->addresses.count; i++) {
    int err = mr_router_explain(mr_driver_router(driver), NULL, args->addresses.items[i],
                                i, mr_driver_now(driver));
    if (err) {
      cli_complain("%s: %s", args->addresses.items[i], mr_strerror(err));
      status = EX_OSERR;
    }
  }
  while ((event = mr_driver_next(driver, MR_NEVER)) != NULL) {
    if (event->type == MR_EVENT_TRACE) {
      cli_print_trace(event);
    } else if (event->type == MR_EVENT_PLAN) {
      print_plan(args, event->plan, plans++);
      int one = status_of(event->plan);
      status = one > status ? one : status;
    }
  }
  mr_driver_free(driver);
  return status;
}

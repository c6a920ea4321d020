/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>

#include "cli.h"

void cli_complain(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("mailroute: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

static int configure(const cli_args *args, mr_driver *driver) {
  char target[600];
  for (size_t i = 0; i < args->resolvers.count; i++) {
    int err = mr_driver_add_server(driver, args->resolvers.items[i]);
    if (err) {
      const char *text = mr_driver_error(driver)->text;
      cli_complain("--resolver %s: %s", args->resolvers.items[i],
                   text[0] ? text : mr_strerror(err));
      return EX_USAGE;
    }
  }
  if (args->ca_file && mr_driver_load_ca(driver, args->ca_file)) {
    cli_complain("--ca-file: %s", mr_driver_error(driver)->text);
    return EX_NOINPUT;
  }
  if (args->relay) {
    mr_route *route = mr_router_route(mr_driver_router(driver));
    snprintf(target, sizeof target, "relay:%s", args->relay);
    if (mr_route_add(route, "*", target)) {
      cli_complain("--relay: %s", mr_route_error(route)->text);
      return EX_USAGE;
    }
  }
  return EX_OK;
}

int cli_open(const cli_args *args, mr_driver **driver) {
  unsigned flags = (args->resolvers.count ? (unsigned)MR_DRIVER_NO_RESOLV_CONF : 0) |
                   (args->ca_file ? (unsigned)MR_DRIVER_NO_SYSTEM_CA : 0);
  int err = mr_driver_new(driver, NULL, args->options, NULL, flags);
  if (err) {
    cli_complain("cannot start: %s", mr_strerror(err));
    return EX_OSERR;
  }
  int status = configure(args, *driver);
  if (status) {
    mr_driver_free(*driver);
    *driver = NULL;
  }
  return status;
}

int main(int argc, char **argv) {
  static cli_args args;
  int status = EX_USAGE;
  if (mr_options_new(&args.options, NULL)) {
    cli_complain("no memory");
    return EX_OSERR;
  }
  if (cli_parse(&args, argc, argv, &status) == 0) {
    status = strcmp(args.command, "send") == 0 ? cli_send(&args) : cli_explain(&args);
  }
  mr_options_free(args.options);
  return status;
}

/* SPDX-License-Identifier: MIT */
/* The mailroute program: send mail by MX from the shell, or see what would happen. */
#ifndef CLI_H
#define CLI_H

#include <mailroute/mailroute.h>
#include <stddef.h>
#include <stdio.h>

enum { CLI_LIST_MAX = 1000 };

typedef struct cli_list {
  const char *items[CLI_LIST_MAX];
  size_t count;
} cli_list;

typedef struct cli_args {
  const char *command; /* "send" or "explain" */
  mr_options *options;
  const char *from, *sender, *subject, *body, *body_file, *raw_file;
  const char *ca_file, *relay;
  cli_list to, cc, bcc, resolvers, addresses;
  int header_recipients, verbose, json;
} cli_args;

/* 0: go on; else exit with *status. */
int cli_parse(cli_args *args, int argc, char **argv, int *status);
void cli_complain(const char *format, ...);

/* Makes the driver as the arguments say; 0 or a sysexits status. */
int cli_open(const cli_args *args, mr_driver **driver);

int cli_send(const cli_args *args);
int cli_explain(const cli_args *args);

/* message.c: builds what the arguments say; 0 or a sysexits status */
int cli_message(const cli_args *args, mr_message **out);

/* output.c */
typedef struct cli_result {
  char *recipient;
  int fate, stage, code, tls_level, final, from_server;
  char host[256], address[46], tls_version[16], status[16], text[512];
  unsigned long long attempts;
} cli_result;

void cli_print_json(const mr_event *event);
void cli_print_trace(const mr_event *event);
void cli_print_outcome(const mr_outcome *outcome, const char *who);
void cli_print_result_json(const cli_result *result);
/* Text of a peer for a terminal: controls as \xHH. */
void cli_safe(FILE *out, const char *text);

#endif

/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli.h"

enum { INPUT_MAX = 64 << 20 };

/* All of a file; "-" is standard input. 0 or a sysexits status. */
static int read_all(const char *path, char **data, size_t *len) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  size_t cap = 0;
  *data = NULL;
  *len = 0;
  if (file == stdin && isatty(STDIN_FILENO)) {
    fputs("Type the text of the mail; Ctrl-D at the start of a line ends it.\n", stderr);
  }
  if (!file) {
    cli_complain("%s: %s", path, strerror(errno));
    return EX_NOINPUT;
  }
  while (!feof(file) && !ferror(file)) {
    if (*len == cap) {
      cap = cap ? cap * 2 : 65536;
      char *more = cap > INPUT_MAX ? NULL : realloc(*data, cap);
      if (!more) {
        cli_complain("%s: longer than %d octets", path, INPUT_MAX / 2);
        return EX_DATAERR;
      }
      *data = more;
    }
    *len += fread(*data + *len, 1, cap - *len, file);
  }
  int error = errno, bad = ferror(file);
  if (file != stdin) {
    fclose(file);
  }
  if (bad) {
    cli_complain("%s: %s", path, strerror(error));
  }
  return bad ? EX_NOINPUT : EX_OK;
}

static void add_all(const cli_list *list, mr_message *message,
                    int (*add)(mr_message *m, const char *name, const char *address)) {
  for (size_t i = 0; i < list->count; i++) {
    add(message, NULL, list->items[i]);
  }
}

static int add_envelope(mr_message *m, const char *name, const char *address) {
  (void)name;
  return mr_message_add_recipient(m, address);
}

static int fill_raw(const cli_args *args, mr_message *message) {
  char *data = NULL;
  size_t len = 0;
  int status = read_all(args->raw_file, &data, &len);
  if (status == EX_OK) {
    mr_message_set_raw(message, data, len, 0);
    add_all(&args->to, message, add_envelope);
    add_all(&args->cc, message, add_envelope);
    add_all(&args->bcc, message, add_envelope);
    if (args->header_recipients) {
      mr_message_use_header_recipients(message);
    }
    if (args->from && !args->sender) {
      mr_message_set_sender(message, args->from);
    }
  }
  free(data);
  return status;
}

static int fill_built(const cli_args *args, mr_message *message) {
  char *data = NULL;
  size_t len = 0;
  int status = EX_OK;
  mr_message_set_from(message, NULL, args->from);
  add_all(&args->to, message, mr_message_add_to);
  add_all(&args->cc, message, mr_message_add_cc);
  add_all(&args->bcc, message, mr_message_add_bcc);
  if (args->subject) {
    mr_message_set_subject(message, args->subject);
  }
  if (args->body) {
    mr_message_set_text(message, args->body, strlen(args->body));
    return EX_OK;
  }
  status = read_all(args->body_file ? args->body_file : "-", &data, &len);
  if (status == EX_OK) {
    mr_message_set_text(message, data ? data : "", len);
  }
  free(data);
  return status;
}

int cli_message(const cli_args *args, mr_message **out) {
  mr_message *message = NULL;
  if (mr_message_new(&message, NULL, args->options)) {
    cli_complain("no memory");
    return EX_OSERR;
  }
  int status = args->raw_file ? fill_raw(args, message) : fill_built(args, message);
  if (status == EX_OK && args->sender) {
    mr_message_set_sender(message, args->sender);
  }
  if (status == EX_OK && mr_message_seal(message)) {
    const char *file = args->raw_file ? args->raw_file : "";
    cli_complain("%s%s%s", file, file[0] ? ": " : "", mr_message_error(message)->text);
    status = EX_DATAERR;
  }
  if (status) {
    mr_message_free(message);
    return status;
  }
  *out = message;
  return EX_OK;
}

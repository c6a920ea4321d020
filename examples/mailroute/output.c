/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void cli_safe(FILE *out, const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '\n') {
      fputs(" / ", out);
    } else if (c == 0xC2 && (unsigned char)text[1] >= 0x80 &&
               (unsigned char)text[1] < 0xA0) {
      fprintf(out, "\\x%02X", (unsigned char)*++text); /* U+0080 to U+009F */
    } else if (c < 0x20 || c == 0x7F) {
      fprintf(out, "\\x%02X", c);
    } else {
      fputc(c, out);
    }
  }
}

void cli_print_json(const mr_event *event) {
  size_t needed = 0;
  mr_event_json(event, NULL, 0, &needed);
  char *line = malloc(needed + 1);
  if (line && mr_event_json(event, line, needed + 1, &needed) == MR_OK) {
    puts(line);
    fflush(stdout);
  }
  free(line);
}

void cli_print_trace(const mr_event *event) {
  static const char *const arrows[] = {"--", "->", "<-"};
  int direction = event->direction >= 0 && event->direction <= 2 ? event->direction : 0;
  fprintf(stderr, "  %s%s%s ", event->host, event->host[0] ? " " : "", arrows[direction]);
  cli_safe(stderr, event->text);
  fputc('\n', stderr);
}

void cli_print_outcome(const mr_outcome *o, const char *who) {
  printf("%s%s: ", who, o->recipient);
  if (o->fate == MR_FATE_DEFERRED) {
    printf("not yet, next try in %llu s",
           (unsigned long long)((o->retry_in + 999) / 1000));
  } else {
    fputs(mr_fate_name(o->fate), stdout);
  }
  printf(" (%s) ", mr_stage_name(o->stage));
  if (o->host[0]) {
    cli_safe(stdout, o->host);
    printf(" [%s]:%d ", o->address, o->port);
    printf("%s", o->tls_version[0] ? o->tls_version : "in clear");
    printf("%s: ", o->tls_verified ? ", verified" : "");
  }
  if (o->code) {
    printf("%d ", o->code);
  }
  printf("%s ", o->status);
  cli_safe(stdout, o->text);
  puts(o->uncertain ? " (it may have been delivered: a retry may send it twice)" : "");
  fflush(stdout);
}

/* --- JSON ------------------------------------------------------------------------- */

static void json_text(const char *key, const char *text) {
  printf(",\"%s\":\"", key);
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') {
      printf("\\%c", c);
    } else if (c < 0x20) {
      printf("\\u%04x", c);
    } else {
      putchar(c);
    }
  }
  putchar('"');
}

void cli_print_result_json(const cli_result *r) {
  printf("{\"schema\":1,\"event\":\"result\"");
  json_text("recipient", r->recipient);
  json_text("outcome", r->fate ? mr_fate_name(r->fate) : "unknown");
  json_text("stage", mr_stage_name(r->stage));
  json_text("host", r->host);
  json_text("address", r->address);
  json_text("tls_version", r->tls_version);
  json_text("tls_level", mr_tls_level_name(r->tls_level));
  printf(",\"code\":%d", r->code);
  json_text("status", r->status);
  json_text("text", r->text);
  printf(",\"attempts\":%llu}\n", r->attempts);
}

/* SPDX-License-Identifier: MIT */
#include "message/bounce_text.h"

#include <string.h>

#include "base/fmt.h"
#include "text/escape.h"
#include "text/header.h"

/* Column after which a line is broken at the next space. */
enum { WRAP_AT = 72 };

/* Octets of one line of a server's text, escaped. */
enum { ESCAPED_MAX = 8192 };

static size_t word_len(const char *text, size_t len) {
  const char *space = memchr(text, ' ', len);
  return space != NULL ? (size_t)(space - text) : len;
}

/* Words with an indent, in lines of WRAP_AT octets; one that is longer stays whole. */
static void wrap(mr__buf *out, const char *indent, const char *text, size_t len) {
  size_t column = 0, at = 0;
  while (at < len) {
    size_t n = word_len(text + at, len - at);
    if (n > 0 && column > 0 && column + 1 + n > WRAP_AT) {
      mr__buf_putc(out, '\n');
      column = 0;
    }
    if (n > 0) {
      mr__buf_puts(out, column == 0 ? indent : " ");
      column += column == 0 ? mr__strlen(indent) : 1;
      mr__buf_put(out, text + at, n);
      column += n;
    }
    at += n + 1;
  }
  if (column > 0)
    mr__buf_putc(out, '\n');
}

/* Each line of a text from outside, escaped. */
static void quote(mr__buf *out, const char *text) {
  mr__buf line;
  mr__buf_init(&line, out->env, ESCAPED_MAX);
  while (*text != '\0' && out->err == MR_OK) {
    size_t len = 0;
    while (text[len] != '\0' && text[len] != '\n')
      len++;
    size_t shown = len > 0 && text[len - 1] == '\r' ? len - 1 : len;
    mr__buf_clear(&line);
    line.max = ESCAPED_MAX; /* escaping lowers it when it is reached */
    if (mr__escape_put(&line, (const uint8_t *)text, shown) == MR_ERR_NOMEM)
      out->err = MR_ERR_NOMEM;
    wrap(out, "        ", (const char *)line.data, line.len);
    text += len + (text[len] == '\n');
  }
  mr__buf_free(&line);
}

static void put_server(mr__buf *out, const mr_outcome *o) {
  if (o->host[0] == '\0' && o->address[0] == '\0')
    return;
  mr__buf_puts(out, "    Server: ");
  if (o->host[0] != '\0')
    mr__fmt(out, "%q", o->host);
  if (o->address[0] != '\0')
    mr__fmt(out, o->host[0] != '\0' ? " [%q]" : "[%q]", o->address);
  mr__buf_putc(out, '\n');
}

static void put_reply(mr__buf *out, const mr_outcome *o) {
  if (o->from_server) {
    mr__fmt(out, "    Its reply, code %d", o->code);
    if (o->stage != MR_STAGE_NONE)
      mr__fmt(out, ", at %s", mr_stage_name(o->stage));
    mr__buf_puts(out, ":\n");
  } else if (o->text[0] != '\0') {
    mr__buf_puts(out, "    Details:\n");
  }
  quote(out, o->text);
}

static void put_recipient(mr__buf *out, const mr_outcome *o) {
  const char *why = mr_reason_text(o->reason);
  mr__buf_puts(out, "\n  <");
  (void)mr__escape_put(out, (const uint8_t *)o->recipient, mr__strlen(o->recipient));
  mr__buf_puts(out, ">\n");
  wrap(out, "    ", why, mr__strlen(why));
  put_server(out, o);
  put_reply(out, o);
  if (o->status[0] != '\0')
    mr__fmt(out, "    Status: %q\n", o->status);
  if (o->attempts > 0)
    mr__fmt(out, "    Attempts: %llu\n", (unsigned long long)o->attempts);
}

int mr__bounce_text(mr__buf *out, const mr__bounce *b, const char *mta, int64_t when) {
  char date[40];
  mr__fmt(out, "This is the mail system at %q.\n\n", mta);
  mr__buf_puts(out, b->outcome_count == 1
                        ? "Your message could not be delivered to this recipient:\n"
                        : "Your message could not be delivered to these recipients:\n");
  for (size_t i = 0; i < b->outcome_count && out->err == MR_OK; i++)
    put_recipient(out, b->outcomes[i]);
  if (b->arrival >= 0) {
    mr__date_print(b->arrival, date);
    mr__fmt(out, "\nIt was accepted for delivery on %s.", date);
  }
  mr__date_print(when, date);
  mr__fmt(out, "\nIt was given up on %s;\nno further attempt will be made.\n\n", date);
  return mr__buf_puts(out,
                      "A report for programs and the header of your message follow.\n");
}

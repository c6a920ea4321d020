/* SPDX-License-Identifier: MIT */
#include "message/dsn_text.h"

#include <string.h>

#include "base/fmt.h"
#include "message/part.h"
#include "text/escape.h"
#include "text/header.h"

enum {
  WRAP_AT = 72,       /* column after which a line is broken at the next space */
  ESCAPED_MAX = 8192, /* octets of one line of a server's text, escaped */
  ACTIONS = MR_DSN_EXPANDED + 1
};

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

static int is_success(int action) {
  return action != MR_DSN_FAILED && action != MR_DSN_DELAYED;
}

static void put_recipient(mr__buf *out, const mr_dsn_recipient *r) {
  const mr_outcome *o = r->outcome;
  const char *why = mr_reason_text(o->reason);
  char date[40];
  mr__buf_puts(out, "\n  <");
  (void)mr__escape_put(out, (const uint8_t *)o->recipient, mr__strlen(o->recipient));
  mr__buf_puts(out, ">\n");
  if (!is_success(r->action) && o->reason != MR_REASON_NONE)
    wrap(out, "    ", why, mr__strlen(why));
  put_server(out, o);
  put_reply(out, o);
  if (o->status[0] != '\0')
    mr__fmt(out, "    Status: %q\n", o->status);
  if (o->attempts > 0)
    mr__fmt(out, "    Attempts: %llu\n", (unsigned long long)o->attempts);
  if (r->action == MR_DSN_DELAYED && r->retry_until >= 0) {
    mr__date_print(r->retry_until, date);
    mr__fmt(out, "    Attempts go on until: %s\n", date);
  }
}

static size_t count_of(const mr_dsn_facts *f, int action) {
  size_t n = 0;
  for (size_t i = 0; i < f->recipient_count; i++)
    n += f->recipients[i]->action == action;
  return n;
}

/* What was done, to one and to several. */
static const char *const headings[ACTIONS][2] = {
    [MR_DSN_FAILED] = {"Your message could not be delivered to this recipient:\n",
                       "Your message could not be delivered to these recipients:\n"},
    [MR_DSN_DELAYED] =
        {"Your message has not been delivered to this recipient yet. You need not\n"
         "send it again: it is tried further.\n",
         "Your message has not been delivered to these recipients yet. You need not\n"
         "send it again: it is tried further.\n"},
    [MR_DSN_DELIVERED] = {"Your message was delivered to this recipient:\n",
                          "Your message was delivered to these recipients:\n"},
    [MR_DSN_RELAYED] =
        {"Your message to this recipient was passed on to a server that does not\n"
         "tell about its delivery:\n",
         "Your message to these recipients was passed on to servers that do not\n"
         "tell about its delivery:\n"},
    [MR_DSN_EXPANDED] =
        {"Your message was passed on to the addresses that stand behind this "
         "recipient:\n",
         "Your message was passed on to the addresses that stand behind these\n"
         "recipients:\n"},
};

static void put_action(mr__buf *out, const mr_dsn_facts *f, int action) {
  size_t count = count_of(f, action);
  if (count == 0)
    return;
  mr__fmt(out, "\n%s", headings[action][count > 1]);
  for (size_t i = 0; i < f->recipient_count && out->err == MR_OK; i++)
    if (f->recipients[i]->action == action)
      put_recipient(out, f->recipients[i]);
}

int mr__dsn_text_write(mr_dsn_text *text, const mr_dsn_facts *f, int64_t when) {
  mr__buf *out = &text->body;
  char date[40];
  mr__fmt(out, "This is the mail system at %q.\n", f->reporting_mta);
  for (int action = MR_DSN_FAILED; action < ACTIONS; action++)
    put_action(out, f, action);
  if (f->arrival >= 0) {
    mr__date_print(f->arrival, date);
    mr__fmt(out, "\nIt was accepted for delivery on %s.", date);
  }
  mr__date_print(when, date);
  if (count_of(f, MR_DSN_FAILED) > 0)
    mr__fmt(out, "\nIt was given up on %s;\nno further attempt will be made.\n\n", date);
  else
    mr__fmt(out, "\nThis was written on %s.\n\n", date);
  return mr__buf_puts(out, "A report for programs follows, and then your message or its\n"
                           "header.\n");
}

const char *mr__dsn_text_title(const mr_dsn_facts *f) {
  static const char *const titles[ACTIONS] = {"Report on the delivery of your message",
                                              "Your message could not be delivered",
                                              "Your message is delayed",
                                              "Your message was delivered",
                                              "Your message was passed on",
                                              "Your message was passed on"};
  for (int action = MR_DSN_FAILED; action < ACTIONS; action++)
    if (count_of(f, action) == f->recipient_count)
      return titles[action];
  return count_of(f, MR_DSN_FAILED) > 0
             ? "Your message could not be delivered to all recipients"
             : titles[0];
}

/* ---- for the host's own text ---- */

int mr_dsn_text_subject(mr_dsn_text *text, const char *subject) {
  if (text == NULL || subject == NULL)
    return MR_ERR_MISUSE;
  size_t len = mr__strlen(subject);
  int err = mr__header_value_check(subject, len, NULL);
  if (err != MR_OK)
    return err;
  mr__buf_clear(&text->subject);
  return mr__buf_put(&text->subject, subject, len);
}

int mr_dsn_text_add(mr_dsn_text *text, const char *data, size_t len) {
  if (text == NULL || (data == NULL && len > 0))
    return MR_ERR_MISUSE;
  if (len > 0 && mr__part_text_check(data, len) != len)
    return MR_ERR_BODY_CHAR;
  return mr__buf_put(&text->body, data, len);
}

int mr_dsn_text_quote(mr_dsn_text *text, const char *data, size_t len) {
  if (text == NULL || (data == NULL && len > 0))
    return MR_ERR_MISUSE;
  if (text->body.err != MR_OK)
    return text->body.err;
  size_t max = text->body.max;
  if (len > 0 && mr__escape_put(&text->body, (const uint8_t *)data, len) == MR_ERR_NOMEM)
    return text->body.err = MR_ERR_NOMEM;
  if (text->body.max < max)
    text->body.err = MR_ERR_LIMIT;
  text->body.max = max;
  return text->body.err;
}

int mr_dsn_text_recipient(mr_dsn_text *text, const mr_dsn_recipient *recipient) {
  if (text == NULL || recipient == NULL || recipient->outcome == NULL)
    return MR_ERR_MISUSE;
  put_recipient(&text->body, recipient);
  return text->body.err;
}

/* SPDX-License-Identifier: MIT */
/*
 * Drives a session by a script, one step a line, and writes its events down as text.
 *
 *   O [address]    the connection stands         S text   a line of the server
 *   C text         the next line of the client   R text   octets of the server (\r \n
 * \xHH) D text         the message up to its dot; text, if any, must be in it = the
 * client has nothing to say P        its octets are shown, not sent N n            n of
 * them are sent            X cause [in-flight]   the channel ends T ms           time
 * passes                   F        the host frees the channel M a b c        submits the
 * message to them   Q        quits G 0|1          answers BEFORE_DOT            W the
 * source is done
 *
 * Whatever happens it counts outcomes: one for each recipient, then TRANSACTION, all of
 * them before SESSION_END.
 */
#ifndef DRIVE_H
#define DRIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mailroute/options.h>
#include <mailroute/session.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"
#include "kit/kit_split.h"
#include "kit/kit_torture.h"

enum { DRIVE_TXNS = 40, DRIVE_RCPTS = 1001 };

typedef struct drive_txn {
  uint64_t id;
  size_t count, told;
  int over;
  unsigned char got[DRIVE_RCPTS];
} drive_txn;

typedef struct drive {
  kit_env *k;
  mr_options *options;
  mr_message *message;
  mr_session *s;
  mr_channel *c; /* ours while not NULL */
  uint64_t now;
  int strict;   /* 0: memory fails, the script is followed as far as it goes */
  int nomem;    /* something answered MR_ERR_NOMEM */
  int ended;    /* SESSION_END was told */
  int noted;    /* write events down */
  kit_buf wire; /* what the client said and no step has taken */
  kit_buf log;
  kit_buf trace;
  kit_pieces pieces;
  drive_txn *txns;
  size_t txn_count;
  const char *sender;
  uint64_t waited;
} drive;

static inline void drive_bad(drive *d, const char *what, const char *detail) {
  fprintf(stderr, "%s: %s\nevents so far:\n%s\n", what, detail, kit_buf_at(&d->log));
  fail();
}

static inline const char *drive_action(int action) {
  static const char *const names[] = {"none",  "next",  "next-host", "clear", "helo",
                                      "again", "defer", "bounce",    "local"};
  return names[action];
}

static inline drive_txn *drive_find(drive *d, uint64_t id) {
  for (size_t i = 0; i < d->txn_count; i++)
    if (d->txns[i].id == id)
      return &d->txns[i];
  drive_bad(d, "event", "of an unknown transaction");
  return NULL;
}

static inline void drive_check_outcome(drive *d, const mr_event *e) {
  drive_txn *txn = drive_find(d, e->id);
  const mr_outcome *o = e->outcome;
  if (d->ended || txn->over || o->index >= txn->count || txn->got[o->index]++)
    drive_bad(d, "outcome", "twice, late, or of nobody");
  txn->told++;
  if (!o->recipient[0] || !o->status[0] || !o->text[0] || !o->address[0] || !o->fate)
    drive_bad(d, "outcome", "with a gap");
}

static inline void drive_check_over(drive *d, const mr_event *e) {
  drive_txn *txn = drive_find(d, e->id);
  if (d->ended || txn->over++ || txn->told != txn->count)
    drive_bad(d, "transaction", "over too early or twice");
}

static inline void drive_check_end(drive *d) {
  if (d->ended++)
    drive_bad(d, "end", "twice");
  for (size_t i = 0; i < d->txn_count; i++)
    if (!d->txns[i].over)
      drive_bad(d, "end", "before the outcomes");
}

static inline void drive_note_outcome(drive *d, const mr_outcome *o) {
  kit_buf_printf(&d->log, "out %d.%d %s %s %s %s %d %s%s%s\n", (int)o->tag, (int)o->index,
                 mr_fate_name(o->fate), drive_action(o->action),
                 mr_reason_name(o->reason), mr_stage_name(o->stage), o->code, o->status,
                 o->throttle ? " throttle" : "", o->uncertain ? " uncertain" : "");
}

static inline void drive_note_end(drive *d, const mr_outcome *o) {
  kit_buf_printf(&d->log, "end %s %s %s\n", mr_reason_name(o->reason),
                 drive_action(o->action), mr_stage_name(o->stage));
}

static inline void drive_event(drive *d, const mr_event *e) {
  static const char *const arrows[] = {"*", ">", "<"};
  switch (e->type) {
  case MR_EVENT_OPEN:
    d->c = e->channel;
    break;
  case MR_EVENT_CLOSE:
    if (!d->ended)
      drive_bad(d, "close", "before the end");
    mr_channel_free(e->channel);
    d->c = NULL;
    kit_buf_str(&d->log, "close\n");
    break;
  case MR_EVENT_READY:
    kit_buf_str(&d->log, "ready\n");
    break;
  case MR_EVENT_BEFORE_DOT:
    kit_buf_str(&d->log, "gate\n");
    break;
  case MR_EVENT_OUTCOME:
    drive_check_outcome(d, e);
    drive_note_outcome(d, e->outcome);
    break;
  case MR_EVENT_TRANSACTION:
    drive_check_over(d, e);
    kit_buf_printf(&d->log, "done %d\n", (int)e->tag);
    break;
  case MR_EVENT_SESSION_END:
    drive_check_end(d);
    drive_note_end(d, e->outcome);
    break;
  case MR_EVENT_TRACE:
    kit_buf_printf(&d->trace, "%s %s\n", arrows[e->direction], e->text);
    break;
  default:
    break;
  }
}

static inline void drive_events(drive *d) {
  const mr_event *e;
  while (d->s && (e = mr_session_next(d->s)) != NULL)
    drive_event(d, e);
}

/* Takes what the client has to say; `sent` at once, as a host with plain send() does. */
static inline void drive_take(drive *d) {
  const void *data;
  size_t len;
  while (d->c && mr_channel_pending(d->c, 0, &data, &len) == MR_OK && len > 0) {
    kit_buf_add(&d->wire, data, len);
    if (mr_channel_sent(d->c, len, d->now) != MR_OK)
      break;
    drive_events(d);
  }
  drive_events(d);
}

static inline void drive_result(drive *d, int err) {
  d->nomem |= err == MR_ERR_NOMEM;
  if (err != MR_OK && d->strict && err != MR_ERR_CLOSED && err != MR_ERR_LIMIT)
    drive_bad(d, "call", mr_strerror(err));
}

/* One read of the host; pieces of it come without `pending` between them. */
static inline void drive_recv(drive *d, const char *data, size_t len) {
  while (len > 0 && d->c) {
    size_t n = kit_pieces_take(&d->pieces, len);
    void *exact = kit_exact(data, n);
    drive_result(d, mr_channel_recv(d->c, exact, n, d->now));
    free(exact);
    drive_events(d);
    data += n;
    len -= n;
  }
}

static inline void drive_line(drive *d, const char *text) {
  kit_buf line = {0};
  kit_buf_str(&line, text);
  kit_buf_str(&line, "\r\n");
  drive_recv(d, line.data, line.len);
  kit_buf_free(&line);
}

static inline size_t drive_unescape(char *text) {
  char *out = text;
  for (const char *p = text; *p; p++) {
    unsigned hex;
    int used = 0;
    if (p[0] != '\\') {
      *out++ = *p;
    } else if (sscanf(p, "\\x%2x%n", &hex, &used) == 1 && used == 4) {
      *out++ = (char)hex;
      p += 3;
    } else {
      *out++ = p[1] == 'r' ? '\r' : '\n';
      p++;
    }
  }
  *out = 0;
  return (size_t)(out - text);
}

static inline void drive_client(drive *d, const char *want) {
  drive_take(d);
  const char *at = kit_buf_at(&d->wire);
  const char *end = strstr(at, "\r\n");
  size_t len = end ? (size_t)(end - at) : 0;
  if (d->strict && (!end || len != strlen(want) || memcmp(at, want, len) != 0)) {
    fprintf(stderr, "client said: %.300s\n", at);
    drive_bad(d, "expected of the client", want);
  }
  kit_buf_take(&d->wire, end ? len + 2 : 0);
}

static inline void drive_dot(drive *d, const char *part) {
  drive_take(d);
  const char *at = kit_buf_at(&d->wire);
  const char *end = strstr(at, "\r\n.\r\n");
  if (d->strict && (!end || (part[0] && !strstr(at, part))))
    drive_bad(d, "message with", part);
  kit_buf_take(&d->wire, end ? (size_t)(end - at) + 5 : 0);
}

static inline void drive_silence(drive *d) {
  drive_take(d);
  if (d->strict && kit_buf_left(&d->wire) > 0)
    drive_bad(d, "expected silence, not", kit_buf_at(&d->wire));
}

static inline void drive_show(drive *d) {
  const void *data;
  size_t len, skip = 0;
  while (d->c && mr_channel_pending(d->c, skip, &data, &len) == MR_OK && len > 0) {
    kit_buf_add(&d->wire, data, len);
    skip += len;
  }
}

static inline void drive_closed(drive *d, const char *args) {
  static const char *const causes[] = {
      "",        "eof",        "reset",        "write",    "refused", "unreachable",
      "timeout", "no-address", "no-resources", "cancelled"};
  char cause[32] = "";
  unsigned in_flight = 0;
  int number = MR_CLOSE_EOF;
  sscanf(args, "%31s %u", cause, &in_flight);
  while (strcmp(causes[number], cause) != 0)
    number++;
  if (d->c)
    drive_result(d, mr_channel_closed(d->c, number, in_flight, "because", d->now));
  drive_events(d);
}

static inline void drive_free_channel(drive *d) {
  mr_channel_free(d->c);
  d->c = NULL;
}

static inline void drive_submit(drive *d, const char *const *rcpts, size_t count) {
  mr_transaction t = {.size = sizeof t,
                      .message = d->message,
                      .sender = d->sender,
                      .recipients = rcpts,
                      .recipient_count = count,
                      .tag = d->txn_count + 1,
                      .waited = d->waited};
  uint64_t id = 0;
  int err = mr_session_submit(d->s, &id, &t, d->now);
  drive_result(d, err);
  if (err == MR_OK) {
    drive_txn *txn = &d->txns[d->txn_count++];
    memset(txn, 0, sizeof *txn);
    txn->id = id;
    txn->count = count;
  }
  drive_events(d);
}

static inline void drive_submit_words(drive *d, char *words) {
  const char *rcpts[64];
  size_t count = 0;
  for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
    rcpts[count++] = w;
  drive_submit(d, rcpts, count);
}

static inline void drive_time(drive *d, uint64_t ms) {
  d->now += ms;
  drive_result(d, mr_session_expire(d->s, d->now));
  if (mr_session_deadline(d->s) <= d->now)
    drive_bad(d, "deadline", "not beyond now");
  drive_events(d);
}

static inline void drive_opened(drive *d, const char *address) {
  drive_events(d);
  if (d->c)
    drive_result(d, mr_channel_opened(d->c, address[0] ? address : "192.0.2.9", d->now));
}

static inline void drive_something(drive *d) {
  drive_take(d);
  if (d->strict && kit_buf_left(&d->wire) == 0)
    drive_bad(d, "expected octets of the client", "");
  kit_buf_take(&d->wire, kit_buf_left(&d->wire));
}

static inline void drive_gate(drive *d, int go) {
  uint64_t id = d->txn_count ? d->txns[d->txn_count - 1].id : 0;
  int err = mr_session_proceed(d->s, id, go, d->now);
  if (d->strict)
    drive_result(d, err);
}

static inline void drive_step(drive *d, char *line) {
  char *arg = line[0] && line[1] == ' ' ? line + 2 : line + strlen(line);
  switch (line[0]) {
  case 'O':
    drive_opened(d, arg);
    break;
  case 'S':
    drive_line(d, arg);
    break;
  case 'R':
    drive_recv(d, arg, drive_unescape(arg));
    break;
  case 'C':
    drive_client(d, arg);
    break;
  case 'D':
    drive_dot(d, arg);
    break;
  case '=':
    drive_silence(d);
    break;
  case 'P':
    drive_show(d);
    break;
  case 'N':
    if (d->c)
      drive_result(d, mr_channel_sent(d->c, (size_t)atoi(arg), d->now));
    break;
  case 'X':
    drive_closed(d, arg);
    break;
  case 'T':
    drive_time(d, (uint64_t)atoll(arg));
    break;
  case 'F':
    drive_free_channel(d);
    break;
  case 'M':
    drive_submit_words(d, arg);
    break;
  case 'Q':
    drive_result(d, mr_session_quit(d->s, d->now));
    break;
  case 'G':
    drive_gate(d, arg[0] == '1');
    break;
  case 'H':
    drive_something(d);
    break;
  case 'Z':
    kit_buf_take(&d->wire, kit_buf_left(&d->wire));
    break;
  case 'W':
    mr_session_source_done(d->s, d->now);
    break;
  default:
    drive_bad(d, "no such step", line);
  }
  drive_events(d);
}

static inline void drive_run(drive *d, const char *script) {
  char *copy = kit_xdup(script);
  for (char *line = copy; *line && d->s;) {
    char *end = strchr(line, '\n');
    if (end)
      *end = 0;
    drive_step(d, line);
    line = end ? end + 1 : line + strlen(line);
  }
  free(copy);
}

/* 23 octets, nothing is added to them. */
#define DRIVE_RAW "Subject: hi\r\n\r\nHello.\r\n"

static inline mr_message *drive_message(const mr_env *env, const char *raw, size_t len) {
  mr_message *m = NULL;
  if (mr_message_new(&m, env, NULL) != MR_OK)
    return NULL;
  int err = mr_message_set_raw(m, raw, len, MR_RAW_KEEP);
  if (err == MR_OK)
    err = mr_message_set_sender(m, "me@client.test");
  if (err == MR_OK)
    err = mr_message_add_recipient(m, "you@mx.test");
  if (err == MR_OK)
    err = mr_message_seal(m);
  if (err != MR_OK) {
    mr_message_free(m);
    return NULL;
  }
  return m;
}

/* Options as "name=value name=value". */
static inline int drive_options(drive *d, const char *settings) {
  int err = mr_options_new(&d->options, &d->k->env);
  if (err == MR_OK)
    err = mr_options_set_text(d->options, MR_OPT_HELO_NAME, "client.test");
  char *copy = kit_xdup(settings ? settings : "");
  for (char *w = strtok(copy, " "); w && err == MR_OK; w = strtok(NULL, " ")) {
    char *value = strchr(w, '=');
    *value = 0;
    err = mr_options_set_name(d->options, w, value + 1);
  }
  free(copy);
  return err;
}

/* All but the target. 0 = done; else memory failed. */
static inline int drive_begin(drive *d, kit_env *k, const char *settings, int strict) {
  memset(d, 0, sizeof *d);
  d->k = k;
  d->now = 1000;
  d->strict = strict;
  d->txns = kit_xalloc(NULL, DRIVE_TXNS * sizeof *d->txns);
  kit_pieces_init(&d->pieces, KIT_PIECES_WHOLE, 1);
  int err = drive_options(d, settings);
  if (err == MR_OK) {
    d->message = drive_message(&k->env, DRIVE_RAW, sizeof DRIVE_RAW - 1);
    err = d->message ? MR_OK : MR_ERR_NOMEM;
  }
  if (err == MR_OK)
    err = mr_session_new(&d->s, &k->env, d->options);
  drive_result(d, err);
  return err;
}

static inline int drive_connect(drive *d, const mr_tls_need *need, int use_helo) {
  mr_session_target t = {.size = sizeof t,
                         .host = "mx.test",
                         .address = "192.0.2.1",
                         .port = 25,
                         .need = need,
                         .use_helo = use_helo};
  int err = mr_session_connect(d->s, &t, d->now);
  drive_result(d, err);
  return err;
}

static inline void drive_message_swap(drive *d, const char *raw, size_t len) {
  mr_message_free(d->message);
  d->message = drive_message(&d->k->env, raw, len);
}

static inline void drive_done(drive *d) {
  mr_session_free(d->s);
  mr_channel_free(d->c);
  mr_message_free(d->message);
  mr_options_free(d->options);
  kit_buf_free(&d->wire);
  kit_buf_free(&d->log);
  kit_buf_free(&d->trace);
  free(d->txns);
}

/* All that was submitted was answered, whatever happened. */
static inline void drive_check_all_told(drive *d) {
  for (size_t i = 0; i < d->txn_count; i++)
    if (!d->txns[i].over)
      drive_bad(d, "transaction", "never answered");
}

/* One scenario of a table. */
typedef struct drive_case {
  const char *name;     /* with the rules that it covers */
  const char *settings; /* options, NULL = none but helo_name */
  int level;            /* #mr_tls_level */
  const char *script;
  const char *events; /* what must come of it */
  uint64_t waited;
  int use_helo;
} drive_case;

static inline int drive_case_run(drive *d, kit_env *k, const drive_case *c, int strict,
                                 int pieces, uint64_t seed) {
  mr_tls_need need = {.size = sizeof need, .level = c->level};
  int err = drive_begin(d, k, c->settings, strict);
  kit_pieces_init(&d->pieces, pieces, seed);
  d->waited = c->waited;
  if (err == MR_OK)
    err = drive_connect(d, &need, c->use_helo);
  if (err == MR_OK)
    drive_run(d, c->script);
  return err;
}

static inline void drive_case_check(const drive_case *c, int pieces, uint64_t seed) {
  kit_env k;
  drive d;
  kit_env_init(&k, seed);
  drive_case_run(&d, &k, c, 1, pieces, seed);
  if (strcmp(kit_buf_at(&d.log), c->events) != 0) {
    fprintf(stderr, "%s (pieces %d): expected\n%s", c->name, pieces, c->events);
    drive_bad(&d, "but these", "events came");
  }
  if (kit_buf_left(&d.wire) > 0)
    drive_bad(&d, c->name, kit_buf_at(&d.wire));
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
}

/* With failing memory: the session then ends by itself or by us, and still tells all. */
static inline int drive_case_torture(kit_env *k, void *arg) {
  const drive_case *c = arg;
  drive d;
  int err = drive_case_run(&d, k, c, 0, KIT_PIECES_WHOLE, 1);
  int wrong = k->fail_at == 0 && strcmp(kit_buf_at(&d.log), c->events) != 0;
  if (err == MR_OK && d.c)
    drive_closed(&d, "cancelled");
  if (err == MR_OK)
    drive_check_all_told(&d);
  drive_done(&d);
  return wrong || (err != MR_OK && err != MR_ERR_NOMEM);
}

/* Whole, octet by octet, in random pieces; then with each request for memory refused. */
static inline void drive_cases(const drive_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (cases[i].level > MR_TLS_MAY && !MR_WITH_TLS)
      continue;
    drive_case_check(&cases[i], KIT_PIECES_WHOLE, 1);
    drive_case_check(&cases[i], KIT_PIECES_BYTES, 1);
    for (uint64_t seed = 1; seed <= 5; seed++)
      drive_case_check(&cases[i], KIT_PIECES_RANDOM, seed);
    drive_case copy = cases[i];
    kit_torture(drive_case_torture, &copy, 200);
  }
}

/* Usual openings. */
#define DRIVE_HI "O\nS 220 mx.test\nC EHLO client.test\nS 250 mx.test\n"
#define DRIVE_PIPE                                                                       \
  "O\nS 220 mx.test\nC EHLO client.test\nS 250-mx.test\nS 250 PIPELINING\n"
#define DRIVE_MAIL "C MAIL FROM:<me@client.test>\n"

#endif

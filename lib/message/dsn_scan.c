/* SPDX-License-Identifier: MIT */
/* Reports that are nothing but text. */
#include "message/dsn_scan.h"

#include <string.h>

#include "message/dsn_find.h"

enum { WINDOW_MAX = 512 };

mr_dsn_record *mr__scan_record(mr__scan *s) {
  return s->current < s->dsn->count ? &s->dsn->records[s->current] : NULL;
}

int mr__scan_select(mr__scan *s, mr__slice address) {
  for (size_t i = s->first; i < s->dsn->count; i++) {
    const char *known = s->dsn->records[i].final_recipient;
    if (!mr__slice_equal(address, mr__slice_of(known, strlen(known))))
      continue;
    if (i != s->current)
      mr__scan_settle(s);
    s->current = i;
    return 1;
  }
  return 0;
}

int mr__scan_open(mr__scan *s, mr__slice address, const char *type, int action) {
  mr__scan_settle(s);
  if (mr__scan_select(s, address))
    return 1;
  mr_dsn_record *r = mr__dsn_add(s->dsn, MR__DSN_TEXT_RECORDS);
  s->current = MR__SCAN_NONE;
  if (r == NULL)
    return 0;
  s->current = s->dsn->count - 1;
  r->action = action;
  r->final_type = type;
  r->final_recipient = mr__dsn_keep(s->dsn, address);
  return 1;
}

void mr__scan_words(mr__scan *s, mr__slice line) {
  size_t room = s->words.max - s->words.len;
  line = mr__slice_trim(line);
  if (line.len == 0 || line.len + 1 > room)
    return;
  if (s->words.len > 0)
    mr__buf_putc(&s->words, ' ');
  mr__buf_put(&s->words, line.p, line.len);
}

/* What a diagnostic tells besides its words. */
static void take_facts(mr__scan *s, mr_dsn_record *r, mr__slice words) {
  char status[MR__DSN_STATUS];
  mr__slice host;
  int code = mr__find_code(words);
  mr__find_status(words, status);
  if (r->code == 0)
    r->code = code;
  if (r->status[0] == '\0')
    r->status = mr__dsn_keep(s->dsn, mr__slice_of(status, strlen(status)));
  if (r->remote_mta[0] != '\0')
    return;
  if (mr__find_host(words, &host))
    r->remote_mta = mr__dsn_keep(s->dsn, host);
  else if (s->host[0] != '\0')
    r->remote_mta = mr__dsn_keep(s->dsn, mr__slice_of(s->host, strlen(s->host)));
}

void mr__scan_settle(mr__scan *s) {
  mr_dsn_record *r = mr__scan_record(s);
  mr__slice words = mr__slice_of((const char *)s->words.data, s->words.len);
  s->take = MR__TAKE_NOTHING;
  if (r != NULL && words.len > 0) {
    /* the words of a server are worth more than those of its neighbour */
    int had = r->code;
    int has = mr__find_code(words);
    if (r->diagnostic[0] == '\0' || (had == 0 && has != 0))
      r->diagnostic = mr__dsn_keep(s->dsn, words);
    take_facts(s, r, words);
  }
  if (s->words.err == MR_ERR_NOMEM)
    s->dsn->arena.err = MR_ERR_NOMEM;
  mr__buf_clear(&s->words);
}

static void take_reporter(mr__scan *s, mr__slice rest) {
  mr__slice host = mr__host_at(rest);
  if (host.len > 0 && s->dsn->info.reporting_mta[0] == '\0')
    s->dsn->info.reporting_mta = mr__dsn_keep(s->dsn, host);
}

/* The one recipient that words can be about, if nobody is at hand. */
static int needs_record(mr__scan *s) {
  if (mr__scan_record(s) == NULL && s->dsn->count == s->first + 1)
    s->current = s->first;
  return mr__scan_record(s) != NULL;
}

static void take_reason(mr__scan *s, mr__slice rest) {
  mr__scan_settle(s);
  if (!needs_record(s))
    return;
  while (rest.len > 0 && (rest.p[0] == ':' || rest.p[0] == ' ' || rest.p[0] == '\''))
    rest = mr__slice_from(rest, 1);
  rest = mr__slice_trim(rest);
  if (rest.len > 0 && rest.p[rest.len - 1] == '\'')
    rest.len--;
  mr__scan_words(s, rest);
  s->take = rest.len > 0 ? MR__TAKE_FOLLOWING : MR__TAKE_NEXT;
}

static int holds(mr__slice s, const char *text) {
  return mr__slice_find(s, text) < s.len;
}

/* "Your message to X couldn't be delivered", and sentences in which X stands last. */
static int take_inline(mr__scan *s, const mr__phrase *phrase, mr__slice rest) {
  mr__slice address;
  int action = phrase->action != MR_DSN_NONE ? phrase->action : s->action;
  if (phrase->style == NULL) {
    action = holds(rest, "n't be delivered") || holds(rest, "not be delivered")
                 ? MR_DSN_FAILED
             : holds(rest, "delayed") ? MR_DSN_DELAYED
                                      : MR_DSN_NONE;
    if (action == MR_DSN_NONE)
      return 0;
    if (s->style == NULL)
      s->style = "exchange";
    s->action = action;
  }
  if (!mr__find_address(rest, &address))
    return 0;
  (void)mr__scan_open(s, address, "rfc822", action);
  return 1;
}

static void begin_list(mr__scan *s, const mr__phrase *phrase, mr__slice window) {
  mr__scan_settle(s);
  s->list = 1;
  s->session = 0;
  s->current = MR__SCAN_NONE;
  s->failures |= phrase->action == MR_DSN_FAILED;
  size_t at = mr__slice_find(window, " program at ");
  if (at < window.len)
    take_reporter(s, mr__slice_from(window, at + strlen(" program at ")));
}

/* line: the part of text in which the phrase begins; rest: behind it, with the next line.
 * 0 = it means nothing here; -1 = the text ends. */
static int apply(mr__scan *s, const mr__phrase *phrase, mr__slice line, mr__slice rest) {
  if (phrase->use == MR__SAY_END)
    return -1;
  if (phrase->use == MR__SAY_INLINE && !take_inline(s, phrase, rest))
    return 0;
  if (s->style == NULL && phrase->style != NULL)
    s->style = phrase->style;
  if (phrase->action != MR_DSN_NONE)
    s->action = phrase->action;
  if (phrase->use == MR__SAY_LIST)
    begin_list(s, phrase, line);
  else if (phrase->use == MR__SAY_WARNING)
    s->warned = 1;
  else if (phrase->use == MR__SAY_REPORTER)
    take_reporter(s, rest);
  else if (phrase->use == MR__SAY_REASON)
    take_reason(s, mr__slice_of(rest.p, (size_t)(line.p + line.len - rest.p)));
  else if (phrase->use == MR__SAY_SESSION) {
    mr__scan_settle(s);
    s->session = 1;
  }
  return 1;
}

/* A sentence may go on in the next line; it has to begin in this one. */
static int take_phrase(mr__scan *s, mr__slice line, mr__slice after) {
  char window[WINDOW_MAX];
  size_t len = line.len < WINDOW_MAX ? line.len : WINDOW_MAX, at = 0;
  const char *lf = after.len > 0 ? memchr(after.p, '\n', after.len) : NULL;
  const char *end = lf != NULL ? lf : after.p + after.len;
  size_t whole = (size_t)(end - line.p);
  whole = whole < WINDOW_MAX ? whole : WINDOW_MAX;
  for (size_t i = 0; i < whole; i++)
    window[i] = (char)(line.p[i] == '\n' ? ' ' : mr__lower((uint8_t)line.p[i]));
  const mr__phrase *phrase = mr__phrase_find(mr__slice_of(window, whole), len, &at);
  if (phrase == NULL)
    return 0;
  size_t cut = at < line.len ? line.len : at;
  return apply(s, phrase, mr__slice_of(line.p, cut),
               mr__slice_of(line.p + at, whole - at));
}

static void blank(mr__scan *s) {
  if (s->take != MR__TAKE_NEXT || s->words.len > 0)
    mr__scan_settle(s);
}

/* Whether the text goes on. */
static int take_line(mr__scan *s, mr__slice raw, mr__slice after) {
  mr__slice line = mr__slice_trim(raw);
  if (line.len == 0) {
    blank(s);
    return 1;
  }
  if (s->take == MR__TAKE_PARAGRAPH) {
    mr__scan_words(s, line);
    return 1;
  }
  if (mr__scan_paragraph(s, raw))
    return 1;
  int taken = take_phrase(s, raw, after);
  if (taken != 0)
    return taken > 0;
  if (mr__scan_label(s, line) || (s->session && mr__scan_session(s, line)) ||
      (s->list && mr__scan_listed(s, raw)))
    return 1;
  if (s->take != MR__TAKE_NOTHING)
    mr__scan_words(s, line);
  else if (s->generic)
    (void)mr__scan_any(s, line);
  return 1;
}

static int class_action(const mr_dsn_record *r) {
  int c = r->code >= 200 ? r->code / 100 : 0;
  if (r->status[0] != '\0')
    c = r->status[0] - '0';
  return c == 5 ? MR_DSN_FAILED : c == 4 ? MR_DSN_DELAYED : MR_DSN_NONE;
}

static void judge(const mr__scan *s, mr_dsn_record *r) {
  int coded = r->code != 0 || r->status[0] != '\0';
  r->confidence = coded ? 90 : 80;
  if (r->action == MR_DSN_NONE) {
    r->action = class_action(r);
    r->confidence = 60;
  }
  /* sendmail may tell of some recipients that failed and of others that wait */
  int sections = s->failures && s->style != NULL && mr__streq(s->style, "sendmail");
  if (s->warned && !sections && r->action == MR_DSN_FAILED)
    r->action = MR_DSN_DELAYED;
  if (r->final_type[0] == '\0')
    r->confidence = 40;
  else if (s->style == NULL)
    r->confidence = coded ? 60 : 50;
}

/* The header of the original, behind the line that announces it. */
static void take_original(mr_dsn *dsn, mr__slice rest) {
  rest = mr__slice_trim(rest);
  if (rest.len > MR__DSN_HEADER)
    rest.len = MR__DSN_HEADER;
  mr__dsn_original(dsn, mr__dsn_header(rest));
}

int mr__dsn_scan(mr_dsn *dsn, mr__slice text, int generic) {
  mr__scan s = {
      .dsn = dsn, .generic = generic, .first = dsn->count, .current = MR__SCAN_NONE};
  mr__slice line;
  mr__buf_init(&s.words, &dsn->env, MR__DSN_VALUE);
  int more = 1;
  while (more && dsn->arena.err == MR_OK && mr__slice_line(&text, &line))
    more = take_line(&s, line, text);
  mr__scan_settle(&s);
  mr__buf_free(&s.words);
  for (size_t i = s.first; i < dsn->count; i++)
    judge(&s, &dsn->records[i]);
  if (dsn->count == s.first)
    return 0;
  dsn->info.style = s.style != NULL ? s.style : "generic";
  if (!more)
    take_original(dsn, text);
  return 1;
}

/* SPDX-License-Identifier: MIT */
/* The kinds of lines that free text of mail systems is made of. */
#include <string.h>

#include "message/dsn_find.h"
#include "message/dsn_scan.h"

enum { NAME_MAX_LEN = 80, WORDS_BEFORE = 5 };

/* Indentation of a line. */
static size_t indent_of(mr__slice raw) {
  size_t n = 0;
  while (n < raw.len && (raw.p[n] == ' ' || raw.p[n] == '\t'))
    n++;
  return n;
}

/* "<address>" at the start: what follows, and the address. */
static int bracketed(mr__slice s, mr__slice *address, mr__slice *rest) {
  const char *close = s.len > 0 && s.p[0] == '<' ? memchr(s.p, '>', s.len) : NULL;
  if (close == NULL)
    return 0;
  mr__slice inside = mr__slice_of(s.p + 1, (size_t)(close - s.p) - 1);
  *rest = mr__slice_from(s, (size_t)(close - s.p) + 1);
  *address = mr__slice_trim(inside);
  return mr__is_address(*address);
}

static void keep_original(mr__scan *s, mr__slice text) {
  mr__slice address;
  mr_dsn_record *r = mr__scan_record(s);
  if (r == NULL || !mr__find_address(text, &address))
    return;
  r->original_type = "rfc822";
  r->original_recipient = mr__dsn_keep(s->dsn, address);
}

int mr__scan_paragraph(mr__scan *s, mr__slice raw) {
  mr__slice address, rest;
  if ((s->style == NULL && !s->generic) || !bracketed(raw, &address, &rest))
    return 0;
  size_t colon = 0;
  mr__slice expanded = {"", 0};
  if (mr__slice_starts(rest, " (expanded from ")) {
    colon = mr__slice_find(rest, "):");
    expanded = mr__slice_of(rest.p, colon);
    colon += colon < rest.len;
  }
  if (colon >= rest.len || rest.p[colon] != ':')
    return 0;
  if (!mr__scan_open(s, address, "rfc822", s->action))
    return 0;
  if (expanded.len > 0)
    keep_original(s, expanded);
  mr__scan_words(s, mr__slice_from(rest, colon + 1));
  s->take = MR__TAKE_PARAGRAPH;
  return 1;
}

/* What may stand behind a recipient that has a line of its own. */
static int is_tail(mr__slice rest) {
  static const char *const tails[] = {
      ":", "...", "<mailto:", "(", "[mailto:", "on ", ";", ",", ">", "\""};
  rest = mr__slice_trim(rest);
  if (rest.len == 0)
    return 1;
  for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++)
    if (mr__slice_starts(rest, tails[i]))
      return 1;
  return 0;
}

static size_t count_words(mr__slice s) {
  size_t n = 0;
  for (size_t i = 0; i < s.len; i++)
    n += !mr__slice_is_space(s.p[i]) && (i == 0 || mr__slice_is_space(s.p[i - 1]));
  return n;
}

/* The address for which a line stands, and what is behind it. */
static int own_line(mr__slice line, mr__slice *address, mr__slice *rest) {
  if (!mr__find_address(line, address))
    return 0;
  mr__slice before = mr__slice_of(line.p, (size_t)(address->p - line.p));
  *rest = mr__slice_from(line, before.len + address->len);
  while (before.len > 0 && memchr("<'\"*-(= \t", before.p[before.len - 1], 9) != NULL)
    before.len--;
  if (rest->len > 0 && memchr(">'\")", rest->p[0], 4) != NULL)
    *rest = mr__slice_from(*rest, 1);
  if (before.len > 0) /* "Bob (bob@example.net)" */
    return count_words(before) <= WORDS_BEFORE && mr__slice_trim(*rest).len == 0 &&
           address->p[-1] != ' ' && before.p[before.len - 1] != ':';
  return is_tail(*rest);
}

/* "Doe, Jane on 1/2/2026 3:04 PM": a display name stands for the recipient. */
static int named_line(mr__scan *s, mr__slice line) {
  size_t on = mr__slice_find(line, " on ");
  if (s->style == NULL || !mr__streq(s->style, "exchange") || on == 0 ||
      on + 5 > line.len || on > NAME_MAX_LEN || !mr__is_digit((uint8_t)line.p[on + 4]))
    return 0;
  return mr__scan_open(s, mr__slice_of(line.p, on), "", s->action);
}

int mr__scan_listed(mr__scan *s, mr__slice raw) {
  mr__slice address, rest = {"", 0}, line = mr__slice_trim(raw);
  size_t indent = indent_of(raw);
  int found = own_line(line, &address, &rest);
  if (s->take != MR__TAKE_NOTHING && indent > s->indent)
    return 0; /* words about the one at hand */
  if (!found && !named_line(s, line))
    return 0;
  if (found && !mr__scan_open(s, address, "rfc822", s->action))
    return 0;
  mr_dsn_record *r = mr__scan_record(s);
  if (r != NULL && r->action == MR_DSN_DELIVERED) {
    r->action = mr__slice_find(rest, "relayed") < rest.len    ? MR_DSN_RELAYED
                : mr__slice_find(rest, "expanded") < rest.len ? MR_DSN_EXPANDED
                                                              : MR_DSN_DELIVERED;
  }
  if (mr__slice_starts(rest, "...") || mr__slice_starts(rest, ":"))
    mr__scan_words(s, mr__slice_from(rest, rest.p[0] == ':' ? 1 : 3));
  s->indent = indent;
  s->take = MR__TAKE_FOLLOWING;
  return 1;
}

int mr__scan_label(mr__scan *s, mr__slice line) {
  static const char *const origins[] = {"(generated from", "(ultimately generated from",
                                        "(expanded from"};
  if (mr__scan_record(s) == NULL || line.len == 0 || line.p[0] != '(')
    return 0;
  for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
    if (mr__slice_starts(line, origins[i])) {
      keep_original(s, line);
      return 1;
    }
  if (!mr__slice_starts(line, "(reason:"))
    return 0;
  line.len -= line.p[line.len - 1] == ')';
  mr__scan_words(s, mr__slice_from(line, strlen("(reason:")));
  return 1;
}

/* "<<< 550 …": what the other side said about the recipient at hand. */
static void session_reply(mr__scan *s, mr__slice line) {
  mr__slice address;
  if (mr__find_address(line, &address))
    (void)mr__scan_select(s, address);
  if (mr__scan_record(s) == NULL && s->dsn->count == s->first + 1)
    s->current = s->first;
  mr_dsn_record *r = mr__scan_record(s);
  if (r == NULL || mr__find_code(line) < 400)
    return;
  mr__scan_words(s, line);
  mr__scan_settle(s);
}

/* "550 <bob@example.net>... User unknown": sendmail's own summary. */
static int session_summary(mr__scan *s, mr__slice line) {
  mr__slice address;
  int code = mr__find_code(mr__slice_of(line.p, line.len < 4 ? line.len : 4));
  int deferred = mr__slice_find(line, "deferred") < line.len;
  if ((code < 400 && !deferred) || !mr__find_address(line, &address))
    return 0;
  int action = deferred || code < 500 ? MR_DSN_DELAYED : MR_DSN_FAILED;
  if (!mr__scan_select(s, address) && !mr__scan_open(s, address, "rfc822", action))
    return 0;
  if (mr__scan_record(s)->diagnostic[0] == '\0')
    mr__scan_words(s, line);
  mr__scan_settle(s);
  return 1;
}

static void session_peer(mr__scan *s, mr__slice host) {
  size_t n = host.len < sizeof s->host ? host.len : 0;
  memcpy(s->host, host.p, n);
  s->host[n] = '\0';
}

int mr__scan_session(mr__scan *s, mr__slice line) {
  mr__slice host, address;
  if (mr__slice_starts(line, "---"))
    return 0;
  if (mr__slice_starts(line, "...") && mr__find_host(line, &host)) {
    session_peer(s, host);
  } else if (mr__slice_starts(line, ">>>")) {
    if (mr__find_address(line, &address) && !mr__scan_select(s, address))
      s->current = MR__SCAN_NONE;
  } else if (mr__slice_starts(line, "<<<")) {
    session_reply(s, mr__slice_from(line, 3));
  } else {
    return session_summary(s, line);
  }
  return 1;
}

int mr__scan_any(mr__scan *s, mr__slice line) {
  mr__slice address;
  char status[MR__DSN_STATUS];
  mr__find_status(line, status);
  if ((mr__find_code(line) < 400 && status[0] != '4' && status[0] != '5') ||
      !mr__find_address(line, &address))
    return 0;
  if (!mr__scan_open(s, address, "rfc822", MR_DSN_NONE))
    return 0;
  mr__scan_words(s, line);
  mr__scan_settle(s);
  return 1;
}

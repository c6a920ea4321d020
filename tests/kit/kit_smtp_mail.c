/* SPDX-License-Identifier: MIT */
/* MAIL and RCPT: path, parameters, order, and the honest answer. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kit/kit_smtp_impl.h"

enum { KIT_PARAMS_MAX = 16 };

/* A MAIL or RCPT line taken apart. */
typedef struct envelope {
  int rcpt;
  char *path;   /* without brackets */
  char *params; /* "" = none */
  int good;     /* path is good */
  const kit_param *seen[KIT_PARAMS_MAX];
  size_t seen_count;
  int utf8, body8;
  uint64_t size;
} envelope;

static void note_value(envelope *e, const kit_param *p, const char *value, size_t len) {
  if (!strcmp(p->name, "SMTPUTF8"))
    e->utf8 = 1;
  if (!strcmp(p->name, "BODY"))
    e->body8 = value && kit_same_word("8BITMIME", value, len);
  if (strcmp(p->name, "SIZE") || !value)
    return;
  e->size = 0;
  for (size_t i = 0; i < len; i++)
    e->size = e->size * 10 + (uint64_t)(value[i] - '0');
}

static int seen_before(envelope *e, const kit_param *p) {
  for (size_t i = 0; i < e->seen_count; i++)
    if (e->seen[i] == p)
      return 1;
  if (e->seen_count < KIT_PARAMS_MAX)
    e->seen[e->seen_count++] = p;
  return 0;
}

static void parameter(kit_smtp *s, envelope *e, const char *text, size_t len) {
  const char *equals = memchr(text, '=', len);
  size_t name_len = equals ? (size_t)(equals - text) : len;
  const char *value = equals ? equals + 1 : NULL;
  size_t value_len = equals ? len - name_len - 1 : 0;
  const kit_param *p = kit_param_find(text, name_len, e->rcpt);
  if (!p || !kit__smtp_offers(s, p->extension))
    kit__smtp_bad(s, KIT_BAD_PARAM, text, len);
  if (!p)
    return;
  if (seen_before(e, p))
    kit__smtp_bad(s, KIT_BAD_PARAM_TWICE, text, len);
  if (!p->good(value, value_len))
    kit__smtp_bad(s, KIT_BAD_PARAM_VALUE, text, len);
  else
    note_value(e, p, value, value_len);
}

static void parameters(kit_smtp *s, envelope *e) {
  const char *text = e->params;
  while (*text) {
    size_t len = strcspn(text, " ");
    if (len)
      parameter(s, e, text, len);
    text += len + (text[len] == ' ');
  }
}

static int good_path(const envelope *e, int utf8) {
  size_t len = strlen(e->path);
  if (!len)
    return !e->rcpt;
  if (e->rcpt && !strcasecmp(e->path, "postmaster"))
    return 1;
  return kit_is_mailbox(e->path, len, utf8);
}

static int has_8bit(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text >= 0x80)
      return 1;
  return 0;
}

/* arg = "FROM:<path> params". */
static void take_apart(kit_smtp *s, envelope *e, const char *arg, size_t len) {
  const char *word = e->rcpt ? "TO:" : "FROM:";
  size_t word_len = strlen(word);
  int named = len > word_len && kit_same_word(word, arg, word_len);
  size_t span = named ? kit_path_span(arg + word_len, len - word_len) : 0;
  size_t end = word_len + span;
  if (!span || memchr(arg, '\0', len) || (end < len && arg[end] != ' ')) {
    kit__smtp_bad(s, named ? KIT_BAD_PATH : KIT_BAD_SYNTAX, arg, len);
    e->path = kit_xdup("");
    e->params = kit_xdup("");
    return;
  }
  e->path = kit_xdup_n(arg + word_len + 1, span - 2);
  e->params = kit_xdup(end < len ? arg + end + 1 : "");
  parameters(s, e);
  int utf8 = e->rcpt ? s->utf8 : e->utf8;
  if (has_8bit(arg) && (!utf8 || !kit_is_utf8(arg, len)))
    kit__smtp_bad(s, KIT_BAD_8BIT, arg, len);
  e->good = good_path(e, utf8);
  if (!e->good)
    kit__smtp_bad(s, KIT_BAD_PATH, arg, len);
}

static void free_envelope(envelope *e) {
  free(e->path);
  free(e->params);
}

static void begin_transaction(kit_smtp *s, const envelope *e) {
  s->mail_ok = 1;
  s->transaction++;
  s->utf8 = e->utf8;
  s->body8 = e->body8;
  s->size = e->size;
  s->mail.sender = kit_xdup(e->path);
  s->mail.params = kit_xdup(e->params);
}

static const char *honest_mail(kit_smtp *s, const envelope *e) {
  if (!s->helo || s->mail_ok)
    return "503 5.5.1 bad sequence\r\n";
  if (!e->good)
    return "501 5.1.7 bad sender\r\n";
  if (e->size != UINT64_MAX && e->size > kit__smtp_size_limit(s))
    return "552 5.3.4 too big\r\n";
  return "250 2.1.0 sender fine\r\n";
}

void kit__smtp_mail_command(kit_smtp *s, char *arg, size_t len) {
  envelope e = {.size = UINT64_MAX};
  if (!s->helo || s->mail_ok)
    kit__smtp_bad(s, KIT_BAD_SEQUENCE, "MAIL", 4);
  take_apart(s, &e, arg, len);
  if (e.size != UINT64_MAX && e.size > kit__smtp_size_limit(s))
    kit__smtp_bad(s, KIT_BAD_SIZE_EXCEEDED, arg, len);
  int refused = s->mail_ok;
  const char *honest = honest_mail(s, &e);
  if (!refused)
    kit__smtp_reset(s);
  s->mail_tried = 1;
  if (kit__smtp_reply(s, KIT_AT_MAIL, e.path, honest) == '2' && !refused)
    begin_transaction(s, &e);
  free_envelope(&e);
}

/* Where text is, or belongs, in the sorted list. */
static size_t pair_place(const kit_smtp_host *host, const char *text, int *found) {
  size_t low = 0, high = host->pair_count;
  *found = 0;
  while (low < high) {
    size_t mid = (low + high) / 2;
    int order = strcmp(host->pairs[mid], text);
    if (!order) {
      *found = 1;
      return mid;
    }
    if (order < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

/* 1 = this pair of sender and recipient was here before. */
static int known_pair(kit_smtp *s, const char *rcpt) {
  kit_smtp_host *host = s->host;
  kit_buf text = {0};
  int found;
  kit_buf_printf(&text, "%s %s", s->mail.sender ? s->mail.sender : "", rcpt);
  size_t at = pair_place(host, text.data, &found);
  if (found) {
    kit_buf_free(&text);
    return 1;
  }
  host->pairs = kit_xalloc(host->pairs, (host->pair_count + 1) * sizeof *host->pairs);
  memmove(host->pairs + at + 1, host->pairs + at,
          (host->pair_count - at) * sizeof *host->pairs);
  host->pairs[at] = text.data;
  host->pair_count++;
  return 0;
}

static const char *honest_rcpt(kit_smtp *s, const envelope *e) {
  const kit_smtp_config *c = &s->host->config;
  if (!s->mail_ok)
    return "503 5.5.1 MAIL first\r\n";
  if (!e->good)
    return "501 5.1.3 bad recipient\r\n";
  if (c->rcpt_max && s->mail.rcpt_count >= c->rcpt_max)
    return "452 4.5.3 too many recipients\r\n";
  if (c->greylist && !known_pair(s, e->path))
    return "451 4.7.1 greylisted, come back later\r\n";
  return "250 2.1.5 recipient fine\r\n";
}

static void add_rcpt(kit_smtp *s, const envelope *e) {
  kit_mail *mail = &s->mail;
  mail->rcpts = kit_xalloc(mail->rcpts, (mail->rcpt_count + 1) * sizeof *mail->rcpts);
  mail->rcpts[mail->rcpt_count++] = (kit_rcpt){kit_xdup(e->path), kit_xdup(e->params), 0};
}

void kit__smtp_rcpt_command(kit_smtp *s, char *arg, size_t len) {
  envelope e = {.rcpt = 1, .size = UINT64_MAX};
  /* Behind a refused MAIL only what was sent before its reply was read (RFC 2920). */
  if (!s->mail_ok && !(s->mail_tried && s->ahead))
    kit__smtp_bad(s, KIT_BAD_SEQUENCE, "RCPT", 4);
  take_apart(s, &e, arg, len);
  s->rcpt_tried = 1;
  int class = kit__smtp_reply(s, KIT_AT_RCPT, e.path, honest_rcpt(s, &e));
  if (class == '2' && s->mail_ok) {
    add_rcpt(s, &e);
    s->host->ledger.rcpt_accepted++;
  } else {
    s->host->ledger.rcpt_refused++;
  }
  free_envelope(&e);
}

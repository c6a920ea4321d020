/* SPDX-License-Identifier: MIT */
/* DATA, the message octet by octet, the final dot. */
#include <stdio.h>
#include <string.h>

#include "kit/kit_smtp_impl.h"

static void bad_once(kit_smtp *s, int kind, const char *note) {
  if (s->told & 1UL << kind)
    return;
  s->told |= 1UL << kind;
  kit__smtp_bad(s, kind, note, strlen(note));
}

static void begin_message(kit_smtp *s) {
  s->line = KIT_BOL;
  s->in_header = 1;
  s->line_len = 0;
  s->raw = 0;
  s->told = 0;
  kit_buf_clear(&s->body);
  s->body_rule = kit__smtp_rule(s, KIT_AT_BODY, "");
  s->host->ledger.counts[KIT_AT_BODY]++;
  s->ahead_checked = 0;
}

/* The last reply to RCPT was read: the client knows that nobody was accepted. */
static int knew_better(const kit_smtp *s) { return !s->mail.rcpt_count && !s->ahead; }

void kit__smtp_data_command(kit_smtp *s, size_t len) {
  const char *honest = "354 go ahead\r\n";
  if (len)
    kit__smtp_bad(s, KIT_BAD_SYNTAX, "DATA with arguments", 19);
  if (!s->rcpt_tried || knew_better(s))
    kit__smtp_bad(s, KIT_BAD_SEQUENCE, "DATA", 4);
  if (!s->rcpt_tried || !s->mail_ok)
    honest = "503 5.5.1 RCPT first\r\n";
  else if (!s->mail.rcpt_count)
    honest = "554 5.5.1 no valid recipients\r\n";
  if (kit__smtp_reply(s, KIT_AT_DATA, "", honest) != '3')
    return;
  s->pending.next = KIT_PHASE_DATA;
  begin_message(s);
}

static void keep(kit_smtp *s, char c) {
  kit_buf_add(&s->body, &c, 1);
  s->line_len++;
}

static void check_octet(kit_smtp *s, unsigned char c) {
  if (!c)
    bad_once(s, KIT_BAD_DATA_NUL, "NUL");
  if (c == '\n')
    bad_once(s, KIT_BAD_DATA_BARE_LF, "LF without CR");
  if (c < 0x80 || s->utf8)
    return;
  if (s->in_header)
    bad_once(s, KIT_BAD_DATA_HEADER_8BIT, "8-bit header");
  else if (!s->body8)
    bad_once(s, KIT_BAD_DATA_8BIT, "8-bit body");
}

static void end_line(kit_smtp *s) {
  keep(s, '\r');
  keep(s, '\n');
  if (s->line_len > KIT_TEXT_LINE_MAX)
    bad_once(s, KIT_BAD_DATA_LINE_LONG, "line too long");
  if (s->line_len == 2)
    s->in_header = 0;
  s->line_len = 0;
  s->line = KIT_BOL;
}

static void text_octet(kit_smtp *s, char c) {
  if (c == '\r') {
    s->line = KIT_CR;
    return;
  }
  check_octet(s, (unsigned char)c);
  keep(s, c);
  s->line = KIT_TEXT;
}

static void bare_cr(kit_smtp *s, char c) {
  bad_once(s, KIT_BAD_DATA_BARE_CR, "CR without LF");
  keep(s, '\r');
  text_octet(s, c);
}

/* 1 = that was the last octet of the final dot. */
static int octet(kit_smtp *s, char c) {
  switch (s->line) {
  case KIT_BOL:
    if (c == '.')
      s->line = KIT_DOT;
    else
      text_octet(s, c);
    return 0;
  case KIT_DOT:
    if (c == '\r') {
      s->line = KIT_DOT_CR;
      return 0;
    }
    if (c != '.')
      bad_once(s, KIT_BAD_DATA_DOT, "line begins with one dot");
    text_octet(s, c);
    return 0;
  case KIT_DOT_CR:
    if (c == '\n')
      return 1;
    bare_cr(s, c);
    return 0;
  case KIT_CR:
    if (c == '\n')
      end_line(s);
    else
      bare_cr(s, c);
    return 0;
  default:
    text_octet(s, c);
    return 0;
  }
}

static void check_message(kit_smtp *s) {
  char note[64];
  uint64_t len = s->body.len;
  snprintf(note, sizeof note, "%llu octets, SIZE=%llu", (unsigned long long)len,
           (unsigned long long)s->size);
  if (!s->mail.rcpt_count && len)
    kit__smtp_bad(s, KIT_BAD_DATA_NO_RCPT, note, strlen(note));
  if (s->size != UINT64_MAX && s->size != len && s->mail.rcpt_count)
    kit__smtp_bad(s, KIT_BAD_SIZE, note, strlen(note));
  if (len > kit__smtp_size_limit(s))
    kit__smtp_bad(s, KIT_BAD_SIZE_EXCEEDED, note, strlen(note));
}

static const char *honest_dot(kit_smtp *s) {
  if (!s->mail.rcpt_count)
    return "554 5.5.1 no valid recipients\r\n";
  if (s->body.len > kit__smtp_size_limit(s))
    return "552 5.3.4 too big\r\n";
  return "250 2.0.0 stored\r\n";
}

static kit_mail *new_mail(kit_smtp *s) {
  kit_smtp_host *host = s->host;
  kit_ledger *ledger = &host->ledger;
  if (ledger->mail_count == host->mail_cap) {
    host->mail_cap = host->mail_cap ? host->mail_cap * 2 : 16;
    ledger->mails = kit_xalloc(ledger->mails, host->mail_cap * sizeof *ledger->mails);
  }
  return &ledger->mails[ledger->mail_count++];
}

static void store(kit_smtp *s) {
  kit_mail *mail = new_mail(s);
  *mail = s->mail;
  s->mail = (kit_mail){0};
  mail->conn = s->number;
  mail->transaction = s->transaction;
  mail->now = s->now;
  mail->helo = kit_xdup(s->helo ? s->helo : "");
  mail->esmtp = s->esmtp;
  mail->tls = s->under_tls;
  mail->sni = kit_xdup(s->sni ? s->sni : "");
  mail->tls_version = kit_xdup(s->tls_version ? s->tls_version : "");
  mail->tls_resumed = s->resumed;
  mail->auth = kit_xdup(s->user ? s->user : "");
  mail->data = kit_xdup_n(kit_buf_at(&s->body), s->body.len);
  mail->len = s->body.len;
  s->pending.mail = s->host->ledger.mail_count;
  if (s->host->config.stored)
    s->host->config.stored(s->host->stored_user, mail);
}

static int code_of(const char *text) {
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

/* One reply per accepted recipient in LMTP, else one for all. 1 = somebody said 2yz. */
static int answer(kit_smtp *s) {
  const char *honest = honest_dot(s);
  size_t replies = s->host->config.lmtp && s->mail.rcpt_count ? s->mail.rcpt_count : 1;
  int good = 0, discard = 0;
  for (size_t i = 0; i < replies; i++) {
    size_t start = s->pending.active ? s->pending.text.len : 0;
    const char *arg =
        s->host->config.lmtp && s->mail.rcpt_count ? s->mail.rcpts[i].path : "";
    int class = kit__smtp_reply_more(s, KIT_AT_DOT, arg, honest, &discard);
    const char *sent = kit_buf_at(&s->pending.text) + start;
    int silent = s->pending.text.len == start;
    int code = class ? code_of(silent ? honest : sent) : 0;
    for (size_t k = i; k < s->mail.rcpt_count && (k == i || replies == 1); k++)
      s->mail.rcpts[k].code = code;
    good |= class == '2' && !discard;
  }
  return good && s->mail.rcpt_count;
}

static void dot(kit_smtp *s) {
  s->at = KIT_AT_DOT;
  s->host->ledger.counts[KIT_AT_DOT]++;
  check_message(s);
  int good = answer(s);
  s->pending.next = KIT_PHASE_COMMAND;
  if (good)
    store(s);
  kit__smtp_reset(s);
}

static int fire_body_rule(kit_smtp *s) {
  const kit_rule *rule = s->body_rule;
  uint64_t when = rule && rule->octets ? rule->octets : 1;
  if (!rule || s->raw < when)
    return 0;
  s->body_rule = NULL;
  s->at = KIT_AT_BODY;
  kit__smtp_play(s, rule, "", 0);
  return 1;
}

int kit__smtp_data(kit_smtp *s) {
  size_t left = kit_buf_left(&s->in);
  if (left && !s->raw)
    kit__smtp_check_ahead(s);
  const char *text = kit_buf_at(&s->in);
  for (size_t i = 0; i < left; i++) {
    int last = octet(s, text[i]);
    s->raw++;
    if (!last && !fire_body_rule(s))
      continue;
    kit_buf_take(&s->in, i + 1);
    s->ahead_checked = 0;
    if (last)
      dot(s);
    return 1;
  }
  kit_buf_take(&s->in, left);
  return 0;
}

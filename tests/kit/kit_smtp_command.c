/* SPDX-License-Identifier: MIT */
/* Command lines: their octets, their order, and the commands without a file of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "kit/kit_smtp_impl.h"

typedef struct verb {
  const char *name;
  int at;
  void (*run)(kit_smtp *s, char *arg, size_t len);
} verb;

/* Must be the last of a group (RFC 2920 3.1, RFC 4954 4); STARTTLS is judged apart. */
static int is_sync(int at) {
  return at == KIT_AT_EHLO || at == KIT_AT_HELO || at == KIT_AT_LHLO ||
         at == KIT_AT_DATA || at == KIT_AT_AUTH || at == KIT_AT_AUTH_LINE ||
         at == KIT_AT_NOOP || at == KIT_AT_VRFY || at == KIT_AT_OTHER;
}

void kit__smtp_check_ahead(kit_smtp *s) {
  const char *text = kit_buf_at(&s->in);
  size_t len = kit_buf_left(&s->in);
  if (s->ahead_checked)
    return;
  s->ahead_checked = 1;
  s->ahead = kit__smtp_outstanding(s);
  if (!s->ahead)
    return;
  if (s->at == KIT_AT_GREETING)
    kit__smtp_bad(s, KIT_BAD_BEFORE_GREETING, text, len);
  else if (s->at == KIT_AT_STARTTLS)
    kit__smtp_bad(s, KIT_BAD_CLEAR_AFTER_TLS, text, len);
  else if (is_sync(s->at))
    kit__smtp_bad(s, KIT_BAD_SYNC, text, len);
  else if (!kit__smtp_offers(s, "PIPELINING"))
    kit__smtp_bad(s, KIT_BAD_PIPELINED, text, len);
}

static void helo_name(kit_smtp *s, const char *arg, size_t len) {
  if (!kit_is_domain(arg, len, 0) && !kit_is_literal(arg, len))
    kit__smtp_bad(s, KIT_BAD_SYNTAX, arg, len);
}

static void named(kit_smtp *s, const char *arg, int esmtp) {
  free(s->helo);
  s->helo = kit_xdup(arg);
  s->esmtp = esmtp;
  kit__smtp_reset(s);
}

/* Keywords of the reply that really goes out, one per line. */
static void learn_offers(kit_smtp *s) {
  const char *text = kit_buf_at(&s->pending.text);
  const char *end = text + s->pending.reply_len;
  kit_buf_clear(&s->offered);
  for (int first = 1; text < end; first = 0) {
    const char *lf = memchr(text, '\n', (size_t)(end - text));
    const char *stop = lf ? lf : end;
    size_t len = (size_t)(stop - text);
    if (len && text[len - 1] == '\r')
      len--;
    if (!first && len > 4) {
      kit_buf_add(&s->offered, text + 4, len - 4);
      kit_buf_str(&s->offered, "\n");
    }
    text = lf ? lf + 1 : end;
  }
}

static void greet_back(kit_smtp *s, int at, const char *arg) {
  kit_buf text = {0};
  const kit_smtp_config *c = &s->host->config;
  const char *const *lines = s->under_tls ? c->ehlo_tls : c->ehlo;
  kit_buf_printf(&text, "250%c%s greets %s\r\n", lines[0] ? '-' : ' ', c->name, arg);
  for (; *lines; lines++)
    kit_buf_printf(&text, "250%c%s\r\n", lines[1] ? '-' : ' ', *lines);
  if (kit__smtp_reply(s, at, arg, text.data) == '2') {
    named(s, arg, 1);
    learn_offers(s);
  }
  kit_buf_free(&text);
}

static void ehlo(kit_smtp *s, char *arg, size_t len) {
  helo_name(s, arg, len);
  if (s->host->config.lmtp) {
    kit__smtp_bad(s, KIT_BAD_VERB, "EHLO in LMTP", 12);
    kit__smtp_reply(s, KIT_AT_EHLO, arg, "500 5.5.1 LHLO please\r\n");
    return;
  }
  greet_back(s, KIT_AT_EHLO, arg);
}

static void lhlo(kit_smtp *s, char *arg, size_t len) {
  helo_name(s, arg, len);
  if (!s->host->config.lmtp) {
    kit__smtp_bad(s, KIT_BAD_VERB, "LHLO in SMTP", 12);
    kit__smtp_reply(s, KIT_AT_LHLO, arg, "500 5.5.1 EHLO please\r\n");
    return;
  }
  greet_back(s, KIT_AT_LHLO, arg);
}

static void helo(kit_smtp *s, char *arg, size_t len) {
  helo_name(s, arg, len);
  if (s->under_tls) /* R55 */
    kit__smtp_bad(s, KIT_BAD_SEQUENCE, "HELO under TLS", 14);
  kit_buf text = {0};
  kit_buf_printf(&text, "250 %s\r\n", s->host->config.name);
  if (kit__smtp_reply(s, KIT_AT_HELO, arg, text.data) == '2') {
    named(s, arg, 0);
    kit_buf_clear(&s->offered);
  }
  kit_buf_free(&text);
}

static void starttls(kit_smtp *s, char *arg, size_t len) {
  if (len)
    kit__smtp_bad(s, KIT_BAD_SYNTAX, arg, len);
  if (!kit__smtp_offers(s, "STARTTLS"))
    kit__smtp_bad(s, s->under_tls || !s->helo ? KIT_BAD_SEQUENCE : KIT_BAD_VERB,
                  "STARTTLS", 8);
  if (s->mail_ok)
    kit__smtp_bad(s, KIT_BAD_SEQUENCE, "STARTTLS in a transaction", 25);
  const char *honest = s->under_tls ? "503 5.5.1 TLS already\r\n" : "220 2.0.0 go\r\n";
  if (kit__smtp_reply(s, KIT_AT_STARTTLS, "", honest) != '2' || s->under_tls)
    return;
  /* RFC 3207 4.2: what was learnt before is void. */
  s->esmtp = 0;
  free(s->helo);
  s->helo = NULL;
  kit_buf_clear(&s->offered);
  s->pending.next = s->host->config.stub_tls ? KIT_PHASE_STUB : KIT_PHASE_TLS;
}

static void rset(kit_smtp *s, char *arg, size_t len) {
  if (len)
    kit__smtp_bad(s, KIT_BAD_SYNTAX, arg, len);
  kit__smtp_reply(s, KIT_AT_RSET, "", "250 2.0.0 reset\r\n");
  kit__smtp_reset(s);
}

static void noop(kit_smtp *s, char *arg, size_t len) {
  (void)len;
  kit__smtp_reply(s, KIT_AT_NOOP, arg, "250 2.0.0 fine\r\n");
}

static void vrfy(kit_smtp *s, char *arg, size_t len) {
  if (!len)
    kit__smtp_bad(s, KIT_BAD_SYNTAX, arg, len);
  kit__smtp_reply(s, KIT_AT_VRFY, arg, "252 2.5.0 send and see\r\n");
}

static void quit(kit_smtp *s, char *arg, size_t len) {
  if (len)
    kit__smtp_bad(s, KIT_BAD_SYNTAX, arg, len);
  int class = kit__smtp_reply(s, KIT_AT_QUIT, "", "221 2.0.0 bye\r\n");
  s->quit = 1;
  if (class == '2' && s->pending.action == KIT_DO_REPLY)
    s->pending.action = KIT_DO_CLOSE_AFTER;
  if (kit_buf_left(&s->in))
    kit__smtp_bad(s, KIT_BAD_AFTER_QUIT, kit_buf_at(&s->in), kit_buf_left(&s->in));
}

static void auth(kit_smtp *s, char *arg, size_t len) {
  kit__smtp_auth_command(s, arg, len);
}

static void data(kit_smtp *s, char *arg, size_t len) {
  (void)arg;
  kit__smtp_data_command(s, len);
}

static const verb verbs[] = {
    {"EHLO", KIT_AT_EHLO, ehlo},
    {"HELO", KIT_AT_HELO, helo},
    {"LHLO", KIT_AT_LHLO, lhlo},
    {"STARTTLS", KIT_AT_STARTTLS, starttls},
    {"AUTH", KIT_AT_AUTH, auth},
    {"MAIL", KIT_AT_MAIL, kit__smtp_mail_command},
    {"RCPT", KIT_AT_RCPT, kit__smtp_rcpt_command},
    {"DATA", KIT_AT_DATA, data},
    {"RSET", KIT_AT_RSET, rset},
    {"NOOP", KIT_AT_NOOP, noop},
    {"VRFY", KIT_AT_VRFY, vrfy},
    {"QUIT", KIT_AT_QUIT, quit},
};

static const verb *find_verb(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
    if (kit_same_word(verbs[i].name, name, len))
      return &verbs[i];
  return NULL;
}

/* What the parameters of the offered extensions add to the 512 octets. */
static size_t command_limit(const kit_smtp *s, int at) {
  size_t limit = KIT_COMMAND_MAX;
  const kit_param *p;
  if (at == KIT_AT_AUTH)
    return KIT_AUTH_LINE_MAX;
  if (at != KIT_AT_MAIL && at != KIT_AT_RCPT)
    return limit;
  for (size_t i = 0; (p = kit_param_at(i)) != NULL; i++)
    if (p->rcpt == (at == KIT_AT_RCPT) && kit__smtp_offers(s, p->extension))
      limit += (size_t)p->octets;
  return limit;
}

static void check_octets(kit_smtp *s, const char *line, size_t len) {
  unsigned told = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)line[i];
    int kind = c == '\r'            ? KIT_BAD_BARE_CR
               : !c                 ? KIT_BAD_NUL
               : c < 32 || c == 127 ? KIT_BAD_CONTROL
               : c >= 0x80          ? KIT_BAD_8BIT
                                    : KIT_BAD_NONE;
    /* MAIL and RCPT judge 8-bit octets themselves, once they know SMTPUTF8. */
    if (kind == KIT_BAD_8BIT && (s->at == KIT_AT_MAIL || s->at == KIT_AT_RCPT))
      continue;
    if (kind && !(told & 1U << kind))
      kit__smtp_bad(s, kind, line, len);
    told |= 1U << kind;
  }
}

static void check_spaces(kit_smtp *s, const char *line, size_t len) {
  int doubled = 0;
  int quoted = 0; /* a quoted local part may hold spaces */
  for (size_t i = 0; i + 1 < len; i++) {
    quoted ^= line[i] == '"' && (!i || line[i - 1] != '\\');
    doubled |= !quoted && line[i] == ' ' && line[i + 1] == ' ';
  }
  if (len && (line[0] == ' ' || line[len - 1] == ' ' || doubled))
    kit__smtp_bad(s, KIT_BAD_SPACE, line, len);
}

static void unknown(kit_smtp *s, const char *line, size_t len) {
  kit__smtp_bad(s, KIT_BAD_VERB, line, len);
  kit__smtp_reply(s, KIT_AT_OTHER, line, "500 5.5.2 no such command\r\n");
}

static void command(kit_smtp *s, char *line, size_t len, size_t wire_len) {
  char *space = memchr(line, ' ', len);
  size_t name_len = space ? (size_t)(space - line) : len;
  const verb *v = find_verb(line, name_len);
  s->at = v ? v->at : KIT_AT_OTHER;
  check_octets(s, line, len);
  check_spaces(s, line, len);
  if (wire_len > command_limit(s, s->at))
    kit__smtp_bad(s, KIT_BAD_LINE_LONG, line, len);
  if (!v) {
    unknown(s, line, len);
    return;
  }
  char *arg = space ? space + 1 : line + len;
  v->run(s, arg, (size_t)(line + len - arg));
}

static void take_line(kit_smtp *s, size_t wire_len) {
  const char *raw = kit_buf_at(&s->in);
  int crlf = wire_len > 1 && raw[wire_len - 2] == '\r';
  size_t len = wire_len - (crlf ? 2 : 1);
  char *line = kit_xdup_n(raw, len);
  kit_buf_take(&s->in, wire_len);
  kit__smtp_log(s, 'C', line, len);
  if (!crlf)
    kit__smtp_bad(s, KIT_BAD_BARE_LF, line, len);
  if (s->phase == KIT_PHASE_AUTH) {
    s->at = KIT_AT_AUTH_LINE;
    check_octets(s, line, len);
    if (wire_len > KIT_AUTH_LINE_MAX)
      kit__smtp_bad(s, KIT_BAD_LINE_LONG, line, len);
    kit__smtp_auth_line(s, line);
  } else {
    command(s, line, len, wire_len);
  }
  s->ahead_checked = 0;
  free(line);
}

int kit__smtp_line(kit_smtp *s) {
  size_t left = kit_buf_left(&s->in);
  if (!left)
    return 0;
  kit__smtp_check_ahead(s);
  const char *text = kit_buf_at(&s->in);
  const char *lf = memchr(text, '\n', left);
  if (!lf && left < KIT_LINE_KEEP)
    return 0;
  if (!lf) {
    kit__smtp_bad(s, KIT_BAD_LINE_LONG, text, left);
    kit__smtp_shut(s, KIT_CLOSE_EOF);
    return 0;
  }
  take_line(s, (size_t)(lf - text) + 1);
  return 1;
}

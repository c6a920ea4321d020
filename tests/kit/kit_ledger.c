/* SPDX-License-Identifier: MIT */
#include "kit/kit_ledger.h"

#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"

enum { KIT_NOTE_MAX = 200 };

const char *kit_at_name(int at) {
  static const char *const names[KIT_AT_COUNT] = {
      "any",  "greeting",  "ehlo", "helo", "lhlo", "starttls", "tls",
      "auth", "auth-line", "mail", "rcpt", "data", "body",     "dot",
      "rset", "noop",      "vrfy", "quit", "other"};
  return at >= 0 && at < KIT_AT_COUNT ? names[at] : "?";
}

const char *kit_bad_name(int kind) {
  static const char *const names[KIT_BAD_COUNT] = {"none",
                                                   "bare-cr",
                                                   "bare-lf",
                                                   "nul",
                                                   "control",
                                                   "8bit",
                                                   "line-long",
                                                   "space",
                                                   "verb",
                                                   "syntax",
                                                   "path",
                                                   "param",
                                                   "param-value",
                                                   "param-twice",
                                                   "sequence",
                                                   "before-greeting",
                                                   "pipelined",
                                                   "sync",
                                                   "after-quit",
                                                   "clear-after-tls",
                                                   "auth-clear",
                                                   "data-bare-cr",
                                                   "data-bare-lf",
                                                   "data-nul",
                                                   "data-line-long",
                                                   "data-8bit",
                                                   "data-header-8bit",
                                                   "data-dot",
                                                   "data-no-rcpt",
                                                   "size",
                                                   "size-exceeded"};
  return kind >= 0 && kind < KIT_BAD_COUNT ? names[kind] : "?";
}

static char *escaped(const char *text, size_t len) {
  kit_buf out = {0};
  kit_buf_str(&out, "");
  for (size_t i = 0; i < len && i < KIT_NOTE_MAX; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 32 || c > 126 || c == '\\')
      kit_buf_printf(&out, "\\x%02x", c);
    else
      kit_buf_add(&out, &text[i], 1);
  }
  if (len > KIT_NOTE_MAX)
    kit_buf_printf(&out, "... (%zu octets)", len);
  return out.data;
}

void kit_ledger_violate(kit_ledger *ledger, unsigned conn, int at, int kind,
                        const char *text, size_t len) {
  size_t n = ledger->violation_count;
  ledger->violations =
      kit_xalloc(ledger->violations, (n + 1) * sizeof *ledger->violations);
  ledger->violations[n] = (kit_violation){kind, at, conn, escaped(text, len)};
  ledger->violation_count++;
  ledger->bad[kind]++;
}

char *kit_ledger_report(const kit_ledger *ledger) {
  kit_buf out = {0};
  kit_buf_str(&out, "");
  for (size_t i = 0; i < ledger->violation_count; i++) {
    const kit_violation *v = &ledger->violations[i];
    kit_buf_printf(&out, "%s at %s on connection %u: %s\n", kit_bad_name(v->kind),
                   kit_at_name(v->at), v->conn, v->text);
  }
  return out.data;
}

size_t kit_ledger_copies(const kit_ledger *ledger, const char *rcpt) {
  size_t n = 0;
  for (size_t i = 0; i < ledger->mail_count; i++)
    for (size_t k = 0; k < ledger->mails[i].rcpt_count; k++) {
      const kit_rcpt *r = &ledger->mails[i].rcpts[k];
      n += r->code / 100 == 2 && !strcmp(r->path, rcpt);
    }
  return n;
}

static int holds(const kit_mail *mail, const char *text) {
  size_t len = strlen(text);
  for (size_t i = 0; i + len <= mail->len; i++)
    if (!memcmp(mail->data + i, text, len))
      return 1;
  return 0;
}

size_t kit_ledger_containing(const kit_ledger *ledger, const char *text) {
  size_t n = 0;
  for (size_t i = 0; i < ledger->mail_count; i++)
    n += (size_t)holds(&ledger->mails[i], text);
  return n;
}

void kit_mail_free(kit_mail *mail) {
  for (size_t i = 0; i < mail->rcpt_count; i++) {
    free(mail->rcpts[i].path);
    free(mail->rcpts[i].params);
  }
  free(mail->rcpts);
  free(mail->helo);
  free(mail->sni);
  free(mail->tls_version);
  free(mail->auth);
  free(mail->sender);
  free(mail->params);
  free(mail->data);
  *mail = (kit_mail){0};
}

void kit_ledger_free(kit_ledger *ledger) {
  for (size_t i = 0; i < ledger->mail_count; i++)
    kit_mail_free(&ledger->mails[i]);
  for (size_t i = 0; i < ledger->violation_count; i++)
    free(ledger->violations[i].text);
  free(ledger->mails);
  free(ledger->violations);
  *ledger = (kit_ledger){0};
}

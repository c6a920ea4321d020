/* SPDX-License-Identifier: MIT */
/* AUTH: PLAIN and LOGIN with the configured account, others by the callback. */
#include <stdlib.h>
#include <string.h>

#include "kit/kit_smtp_impl.h"

static const char OK[] = "235 2.7.0 welcome\r\n";
static const char NO[] = "535 5.7.8 wrong name or password\r\n";
static const char BROKEN[] = "501 5.5.2 not base64\r\n";
static const char EMPTY[] = "334 \r\n";

static int is_account(const kit_smtp *s, const char *name, const char *password) {
  const kit_smtp_config *c = &s->host->config;
  return c->user_name && c->password && !strcmp(name, c->user_name) &&
         !strcmp(password, c->password);
}

/* authzid NUL authcid NUL password (RFC 4616 2) */
static void plain(kit_smtp *s, const char *line, kit_buf *reply, kit_buf *name) {
  kit_buf raw = {0};
  if (!*line) {
    kit_buf_str(reply, EMPTY);
    return;
  }
  int good = kit_base64(line, strlen(line), &raw);
  const char *authzid = kit_buf_at(&raw);
  const char *user = memchr(authzid, '\0', raw.len);
  const char *password =
      user ? memchr(user + 1, '\0', raw.len - (size_t)(user + 1 - authzid)) : NULL;
  if (!good || !password) {
    kit_buf_str(reply, BROKEN);
  } else if (is_account(s, user + 1, password + 1)) {
    kit_buf_str(name, user + 1);
    kit_buf_str(reply, OK);
  } else {
    kit_buf_str(reply, NO);
  }
  kit_buf_free(&raw);
}

/* The name waits in s->user until the password came. */
static void login(kit_smtp *s, const char *line, kit_buf *reply, kit_buf *name) {
  kit_buf raw = {0};
  if (!*line && !s->login_step) {
    s->login_step = 1;
    kit_buf_str(reply, "334 VXNlcm5hbWU6\r\n");
    return;
  }
  if (!kit_base64(line, strlen(line), &raw)) {
    kit_buf_str(reply, BROKEN);
  } else if (s->login_step < 2) {
    s->login_step = 2;
    free(s->user);
    s->user = kit_xdup(kit_buf_at(&raw));
    kit_buf_str(reply, "334 UGFzc3dvcmQ6\r\n");
  } else if (is_account(s, s->user, kit_buf_at(&raw))) {
    kit_buf_str(name, s->user);
    kit_buf_str(reply, OK);
  } else {
    kit_buf_str(reply, NO);
  }
  kit_buf_free(&raw);
}

static void respond(kit_smtp *s, const char *line, kit_buf *reply, kit_buf *name) {
  const kit_smtp_config *c = &s->host->config;
  if (c->auth && c->auth(c->user, s, s->mechanism, line, reply, name) == 0)
    return;
  kit_buf_clear(reply);
  if (!strcmp(line, "*"))
    kit_buf_str(reply, "501 5.0.0 cancelled\r\n");
  else if (kit_same_word("PLAIN", s->mechanism, strlen(s->mechanism)))
    plain(s, line, reply, name);
  else if (kit_same_word("LOGIN", s->mechanism, strlen(s->mechanism)))
    login(s, line, reply, name);
  else
    kit_buf_str(reply, "504 5.5.4 no such mechanism\r\n");
}

static void judge(kit_smtp *s, int at, const char *arg, const char *line) {
  kit_buf reply = {0}, name = {0};
  kit_buf_str(&name, "");
  respond(s, line, &reply, &name);
  int class = kit__smtp_reply(s, at, arg, reply.data);
  s->pending.next = class == '3' ? KIT_PHASE_AUTH : KIT_PHASE_COMMAND;
  if (class != '3') {
    free(s->user);
    s->user = class == '2' ? kit_xdup(name.data) : NULL;
  }
  kit_buf_free(&reply);
  kit_buf_free(&name);
}

static int mechanism_offered(const kit_smtp *s) {
  const char *list = kit__smtp_offers(s, "AUTH");
  while (list && *list && *list != '\n') {
    size_t len = strcspn(list, " \n");
    if (kit_same_word(s->mechanism, list, len))
      return 1;
    list += len + (list[len] == ' ');
  }
  return 0;
}

static int shows_password(const kit_smtp *s) {
  static const char *const words[] = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (kit_same_word(words[i], s->mechanism, strlen(s->mechanism)))
      return 1;
  return 0;
}

void kit__smtp_auth_command(kit_smtp *s, const char *arg, size_t len) {
  const char *space = memchr(arg, ' ', len);
  size_t name_len = space ? (size_t)(space - arg) : len;
  free(s->mechanism);
  s->mechanism = kit_xdup_n(arg, name_len);
  s->login_step = 0;
  if (!kit__smtp_offers(s, "AUTH"))
    kit__smtp_bad(s, KIT_BAD_VERB, "AUTH", 4);
  else if (!mechanism_offered(s))
    kit__smtp_bad(s, KIT_BAD_SYNTAX, arg, name_len);
  if (s->user || s->mail_ok)
    kit__smtp_bad(s, KIT_BAD_SEQUENCE, "AUTH", 4);
  if (shows_password(s) && !s->under_tls)
    kit__smtp_bad(s, KIT_BAD_AUTH_CLEAR, arg, name_len);
  /* "=" is an empty initial response (RFC 4954 4). */
  const char *initial = space && strcmp(space + 1, "=") ? space + 1 : "";
  judge(s, KIT_AT_AUTH, s->mechanism, initial);
}

void kit__smtp_auth_line(kit_smtp *s, const char *line) {
  judge(s, KIT_AT_AUTH_LINE, s->mechanism, line);
}

/* SPDX-License-Identifier: MIT */
/* Accepted mail as files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kit/kit_net_impl.h"

static void put_lf(FILE *file, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
      fputc(text[i], file);
}

static int put_mail(FILE *file, const kit_mail *mail) {
  fprintf(file, "Return-Path: <%s>\n", mail->sender);
  for (size_t i = 0; i < mail->rcpt_count; i++)
    fprintf(file, "Delivered-To: %s\n", mail->rcpts[i].path);
  fprintf(file, "X-Kit-Transport: %s%s helo=%s connection=%u\n",
          mail->tls ? mail->tls_version : "clear", mail->tls_resumed ? " (resumed)" : "",
          mail->helo, mail->conn);
  put_lf(file, mail->data, mail->len);
  return ferror(file);
}

static void store(void *user, const kit_mail *mail) {
  kit_maildir *m = user;
  kit_buf path = {0};
  kit_buf_printf(&path, "%s/new/%03u.eml", m->dir, ++m->count);
  FILE *file = fopen(path.data, "wb");
  if (!file) {
    perror(path.data);
  } else {
    int bad = put_mail(file, mail);
    bad |= fclose(file);
    if (bad)
      perror(path.data);
    else if (m->told)
      m->told(m->user, path.data, mail);
  }
  kit_buf_free(&path);
}

static int make_dirs(const char *dir) {
  kit_buf path = {0};
  kit_buf_printf(&path, "%s/new", dir);
  int bad = mkdir(dir, 0777) && errno != EEXIST;
  bad = bad || (mkdir(path.data, 0777) && errno != EEXIST);
  kit_buf_free(&path);
  return bad ? -1 : 0;
}

int kit_net_maildir(kit_net *net, kit_smtp_host *host, const char *dir,
                    void (*told)(void *user, const char *path, const kit_mail *mail),
                    void *user) {
  if (make_dirs(dir))
    return -1;
  kit_maildir *m = kit_xalloc(NULL, sizeof *m);
  m->dir = kit_xdup(dir);
  m->told = told;
  m->user = user;
  kit_net_lock(net);
  m->next = net->maildirs;
  net->maildirs = m;
  kit_smtp_on_stored(host, store, m);
  kit_net_unlock(net);
  return 0;
}

void kit__net_maildirs_free(kit_net *net) {
  while (net->maildirs) {
    kit_maildir *m = net->maildirs;
    net->maildirs = m->next;
    free(m->dir);
    free(m);
  }
}

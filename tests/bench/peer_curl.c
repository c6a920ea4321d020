/* SPDX-License-Identifier: MIT */
/* libcurl sends the text by SMTP over loopback to a thread that throws it away. */
#include "bench/bench.h"

#if BENCH_CURL
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct upload {
  const bench_data *data;
  size_t at;
  int listener;
} upload;

static void say(int fd, const char *text) {
  bench_must(send(fd, text, strlen(text), MSG_NOSIGNAL) > 0, "reply");
}

/* Octets up to the end of the data, which are thrown away. */
static void swallow(int fd) {
  static char buf[1 << 18];
  char tail[5] = "";
  for (ssize_t n; memcmp(tail, "\r\n.\r\n", 5) != 0;) {
    n = recv(fd, buf, sizeof buf, 0);
    bench_must(n > 0, "data");
    size_t keep = n < 5 ? (size_t)n : 5;
    memmove(tail, tail + keep, 5 - keep);
    memcpy(tail + 5 - keep, buf + n - keep, keep);
  }
}

static void *serve(void *arg) {
  const upload *u = arg;
  char line[1024];
  int fd = accept(u->listener, NULL, NULL);
  say(fd, "220 here\r\n");
  for (ssize_t n; (n = recv(fd, line, sizeof line, 0)) > 0;) {
    if (memcmp(line, "DATA", 4) == 0) {
      say(fd, "354 go\r\n");
      swallow(fd);
    }
    say(fd, "250 good\r\n");
  }
  close(fd);
  return NULL;
}

static size_t give(char *buf, size_t size, size_t count, void *arg) {
  upload *u = arg;
  size_t n = size * count;
  n = n < u->data->lf_len - u->at ? n : u->data->lf_len - u->at;
  memcpy(buf, u->data->lf + u->at, n);
  u->at += n;
  return n;
}

/* A listening socket on a free port; its URL. */
static int listen_here(char url[64]) {
  struct sockaddr_in here;
  socklen_t len = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&here, 0, sizeof here);
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bench_must(bind(fd, (struct sockaddr *)&here, len) == 0 && listen(fd, 1) == 0 &&
                 getsockname(fd, (struct sockaddr *)&here, &len) == 0,
             "listen");
  snprintf(url, 64, "smtp://127.0.0.1:%d", ntohs(here.sin_port));
  return fd;
}

static void settings(CURL *curl, upload *u, struct curl_slist *to, const char *url) {
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "<ann@a.example>");
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_CRLF, 1L);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)BENCH_STEP);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl, CURLOPT_READDATA, u);
}

static void run(const bench_data *data, void *arg) {
  upload u = {data, 0, -1};
  pthread_t server;
  char url[64];
  (void)arg;
  u.listener = listen_here(url);
  bench_must(pthread_create(&server, NULL, serve, &u) == 0, "thread");
  CURL *curl = curl_easy_init();
  struct curl_slist *to = curl_slist_append(NULL, "<bob@b.example>");
  settings(curl, &u, to, url);
  CURLcode code = curl_easy_perform(curl);
  bench_must(code == CURLE_OK, curl_easy_strerror(code));
  curl_easy_cleanup(curl);
  curl_slist_free_all(to);
  pthread_join(server, NULL);
  close(u.listener);
}

bench_work *curl_upload(void) { return run; }
#else
bench_work *curl_upload(void) { return NULL; }
#endif

/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double ours;

void bench_must(int right, const char *what) {
  if (!right) {
    fprintf(stderr, "%s: failed\n", what);
    exit(1);
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_time(bench_work *work, const bench_data *data, void *arg) {
  enum { LEAST_RUNS = 5 };
  double best = 1e9;
  double spent = 0;
  for (int runs = 0; runs < LEAST_RUNS || spent < 0.5; runs++) {
    double start = now();
    work(data, arg);
    double took = now() - start;
    best = took < best ? took : best;
    spent += took;
  }
  return best;
}

static void line(const char *name, double seconds, double octets) {
  printf("%-44s %10.1f us %8.2f GB/s", name, seconds * 1e6, octets / seconds / 1e9);
}

void bench_ours(const char *name, double seconds, double octets) {
  ours = seconds;
  line(name, seconds, octets);
  printf("\n");
}

void bench_peer(const char *name, double seconds, double octets, double goal) {
  char label[64];
  double ratio = seconds / ours;
  snprintf(label, sizeof label, "  %s", name);
  line(label, seconds, octets);
  printf("   we are %.2f x as fast", ratio);
  if (goal > 0)
    printf(", goal %.2f: %s", goal, ratio >= goal ? "reached" : "MISSED");
  printf("\n");
}

void bench_absent(const char *name) { printf("  %-42s not in this build\n", name); }

static char *room(size_t len) {
  char *p = malloc(len);
  bench_must(p != NULL, "memory");
  memset(p, 0, len);
  return p;
}

/* Lines of 74 octets; each twentieth starts with a dot. */
static void text_fill(bench_data *d) {
  enum { LINE = 74 };
  d->lf = room(BENCH_TEXT);
  d->crlf = room(BENCH_TEXT / LINE * (LINE + 1) + 4 * LINE);
  for (size_t number = 0; d->lf_len + LINE <= BENCH_TEXT; number++) {
    char *start = d->lf + d->lf_len;
    for (size_t i = 0; i < LINE - 1; i++)
      start[i] = (char)('a' + (i * 7 + number) % 26);
    start[0] = number % 20 == 0 ? '.' : start[0];
    start[LINE - 1] = '\n';
    d->lf_len += LINE;
    memcpy(d->crlf + d->crlf_len, start, LINE - 1);
    memcpy(d->crlf + d->crlf_len + LINE - 1, "\r\n", 2);
    d->crlf_len += LINE + 1;
  }
}

static void mail_fill(bench_data *d) {
  static const char header[] = "From: Ann <ann@signed.example>\r\n"
                               "To: Bob <bob@b.example>\r\n"
                               "Subject: A message of ten kibibytes\r\n"
                               "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
                               "Message-ID: <1@signed.example>\r\n"
                               "MIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
  enum { BODY = 10240 - sizeof header };
  size_t body = BODY / 75 * 75;
  d->mail = room(sizeof header + body);
  memcpy(d->mail, header, sizeof header - 1);
  memcpy(d->mail + sizeof header - 1, d->crlf, body);
  d->mail_len = sizeof header - 1 + body;
}

void bench_init(bench_data *d) {
  uint32_t x = 1;
  memset(d, 0, sizeof *d);
  text_fill(d);
  d->octets = room(BENCH_TEXT);
  for (size_t i = 0; i < BENCH_TEXT; i++) {
    x = x * 1664525 + 1013904223;
    d->octets[i] = (char)(x >> 24);
  }
  d->out = room((size_t)BENCH_TEXT * 4);
  mail_fill(d);
}

void bench_free(bench_data *d) {
  free(d->lf);
  free(d->crlf);
  free(d->octets);
  free(d->out);
  free(d->mail);
}

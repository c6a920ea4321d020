/* SPDX-License-Identifier: MIT */
/* Times a piece of work again and again and prints ratios: the machine does not count. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_TEXT = 16 << 20, BENCH_STEP = 16384 };

/* What is worked on: text of 16 MiB in lines of 74 with LF and with CRLF, some dots;
 * octets; a message of 10 KiB. */
typedef struct bench_data {
  char *lf, *crlf, *octets;
  size_t lf_len, crlf_len;
  char *out; /* room for four times as much */
  char *mail;
  size_t mail_len;
} bench_data;

typedef void bench_work(const bench_data *data, void *arg);

void bench_init(bench_data *data);
void bench_free(bench_data *data);
/* Seconds of processor time of this thread for one run: the best of many. */
double bench_time(bench_work *work, const bench_data *data, void *arg);
/* "name   1.23 unit", and below it each peer with the ratio. */
void bench_ours(const char *name, double seconds, double octets);
void bench_peer(const char *name, double seconds, double octets, double goal);
void bench_absent(const char *name);
void bench_must(int right, const char *what);

/* Peers: NULL where the build has none. */
bench_work *gmime_stuff(void);
bench_work *gmime_base64(void);
bench_work *gmime_quoted(void);
bench_work *gmime_build(void);
bench_work *gmime_write(void);
bench_work *curl_upload(void);
/* arg: a PEM key; ed25519: which kind it is. */
typedef struct bench_key {
  char *pem;
  size_t len;
  int ed25519;
} bench_key;
bench_work *opendkim_sign_mail(void);

void bench_dkim(const bench_data *data);

#endif

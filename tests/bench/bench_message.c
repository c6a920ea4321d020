/* SPDX-License-Identifier: MIT */
/* The work on messages, beside what a user would pick instead; see docs/message.md. */
#include <mailroute/mailroute.h>

#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "text/canon.h"
#include "text/dots.h"
#include "text/encode.h"

static void stuff(const char *text, size_t len, char *dst) {
  static uint8_t middle[2 * BENCH_STEP];
  mr__canon c;
  mr__dots d;
  uint8_t *out = (uint8_t *)dst;
  mr__canon_init(&c, 0);
  mr__dots_init(&d);
  for (size_t at = 0; at < len;) {
    size_t n = len - at < BENCH_STEP ? len - at : BENCH_STEP;
    size_t used = 0, made = 0;
    bench_must(mr__canon_feed(&c, (const uint8_t *)text + at, n, &used, middle,
                              sizeof middle, &made) == MR_OK,
               "canon");
    at += used;
    for (size_t done = 0; done < made;) {
      size_t eaten = 0, written = 0;
      bench_must(mr__dots_encode(&d, middle + done, made - done, &eaten, out, BENCH_STEP,
                                 &written) == MR_OK,
                 "dots");
      done += eaten;
      out += written;
    }
  }
}

static void stuff_lf(const bench_data *data, void *arg) {
  (void)arg;
  stuff(data->lf, data->lf_len, data->out);
}

static void stuff_crlf(const bench_data *data, void *arg) {
  (void)arg;
  stuff(data->crlf, data->crlf_len, data->out);
}

/* The limit: memchr and memcpy by line, nothing checked. */
static void floor_stuff(const bench_data *data, void *arg) {
  const char *at = data->lf, *end = data->lf + data->lf_len;
  char *out = data->out;
  (void)arg;
  while (at < end) {
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    size_t n = (size_t)(lf - at);
    if (*at == '.')
      *out++ = '.';
    memcpy(out, at, n);
    memcpy(out + n, "\r\n", 2);
    out += n + 2;
    at = lf + 1;
  }
}

static void encode(int coding, const char *data, size_t len, char *dst) {
  mr__coder coder;
  mr__coder_init(&coder, coding);
  uint8_t *out = (uint8_t *)dst;
  size_t used = 0, made = 0, n = 0;
  for (size_t at = 0; at < len; at += used, out += made)
    mr__coder_feed(&coder, (const uint8_t *)data + at, len - at, &used, out, BENCH_STEP,
                   &made);
  while ((n = mr__coder_end(&coder, out, BENCH_STEP)) > 0)
    out += n;
}

static void base64(const bench_data *data, void *arg) {
  (void)arg;
  encode(MR__CODING_BASE64, data->octets, BENCH_TEXT, data->out);
}

static void quoted(const bench_data *data, void *arg) {
  (void)arg;
  encode(MR__CODING_QP, data->lf, data->lf_len, data->out);
}

/* Text, HTML and two attachments, 100 KiB on the wire; read once, as for sending. */
static void build(const bench_data *data, void *arg) {
  mr_message *m = NULL;
  mr_reader *reader = NULL;
  size_t len = 1;
  (void)arg;
  mr_message_new(&m, NULL, NULL);
  mr_message_set_from(m, "Ann", "ann@a.example");
  mr_message_add_to(m, "Bob", "bob@b.example");
  mr_message_set_subject(m, "Figures");
  mr_message_set_text(m, data->lf, 74 * 100);
  mr_message_set_html(m, data->lf, 74 * 100);
  mr_message_attach(m, "a.pdf", "application/pdf", data->octets, 32768);
  mr_message_attach(m, "b.pdf", "application/pdf", data->octets, 32768);
  bench_must(mr_message_seal(m) == MR_OK, "seal");
  bench_must(mr_reader_new(&reader, m) == MR_OK, "reader");
  for (char *out = data->out; len > 0; out += len)
    bench_must(mr_reader_read(reader, out, BENCH_STEP, &len) == MR_OK, "read");
  mr_reader_free(reader);
  mr_message_free(m);
}

static void peer(const char *name, bench_work *work, const bench_data *data,
                 double octets, double goal) {
  if (work == NULL)
    bench_absent(name);
  else
    bench_peer(name, bench_time(work, data, NULL), octets, goal);
}

static void bench_lines(const bench_data *data) {
  double size = (double)data->lf_len;
  bench_ours("canonical lines and dots, 16 MiB, CRLF", bench_time(stuff_crlf, data, NULL),
             (double)data->crlf_len);
  bench_ours("canonical lines and dots, 16 MiB, LF", bench_time(stuff_lf, data, NULL),
             size);
  peer("memchr and memcpy by line, unchecked", floor_stuff, data, size, 0.6);
  peer("GMime: unix2dos and smtp-data filters", gmime_stuff(), data, size, 1);
  peer("libcurl: upload by SMTP, its writes too", curl_upload(), data, size, 1);
}

int main(void) {
  bench_data data;
  bench_init(&data);
  bench_lines(&data);
  bench_ours("base64, 16 MiB", bench_time(base64, &data, NULL), BENCH_TEXT);
  peer("GMime", gmime_base64(), &data, BENCH_TEXT, 1);
  bench_ours("quoted-printable, 16 MiB", bench_time(quoted, &data, NULL),
             (double)data.lf_len);
  peer("GMime", gmime_quoted(), &data, (double)data.lf_len, 1);
  bench_ours("build, seal and read 100 KiB, 5 parts", bench_time(build, &data, NULL),
             102400);
  peer("GMime: build and write", gmime_build(), &data, 102400, 1);
  peer("GMime: write alone", gmime_write(), &data, 102400, 0);
  bench_dkim(&data);
  bench_free(&data);
  return 0;
}

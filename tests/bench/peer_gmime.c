/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#if BENCH_GMIME
#include <gmime/gmime.h>

static void start(void) {
  static int started;
  if (!started)
    g_mime_init();
  started = 1;
}

static void stuff(const bench_data *data, void *arg) {
  (void)arg;
  GMimeStream *memory = g_mime_stream_null_new();
  GMimeStream *stream = g_mime_stream_filter_new(memory);
  GMimeFilter *lines = g_mime_filter_unix2dos_new(TRUE);
  GMimeFilter *dots = g_mime_filter_smtp_data_new();
  g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream), lines);
  g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream), dots);
  for (size_t at = 0; at < data->lf_len; at += BENCH_STEP) {
    size_t left = data->lf_len - at;
    g_mime_stream_write(stream, data->lf + at, left < BENCH_STEP ? left : BENCH_STEP);
  }
  g_mime_stream_flush(stream);
  g_object_unref(dots);
  g_object_unref(lines);
  g_object_unref(stream);
  g_object_unref(memory);
}

static void encode(GMimeContentEncoding coding, const char *in, size_t len, char *out) {
  GMimeEncoding state;
  g_mime_encoding_init_encode(&state, coding);
  out += g_mime_encoding_step(&state, in, len, out);
  g_mime_encoding_flush(&state, "", 0, out);
}

static void base64(const bench_data *data, void *arg) {
  (void)arg;
  encode(GMIME_CONTENT_ENCODING_BASE64, data->octets, BENCH_TEXT, data->out);
}

static void quoted(const bench_data *data, void *arg) {
  (void)arg;
  encode(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, data->lf, data->lf_len, data->out);
}

static GMimeObject *part(const char *type, const char *subtype, const char *octets,
                         size_t len, GMimeContentEncoding coding) {
  GMimePart *one = g_mime_part_new_with_type(type, subtype);
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer(octets, len);
  GMimeDataWrapper *content =
      g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
  g_mime_part_set_content(one, content);
  g_mime_part_set_content_encoding(one, coding);
  g_object_unref(content);
  g_object_unref(stream);
  return GMIME_OBJECT(one);
}

static void add(GMimeMultipart *to, GMimeObject *one) {
  g_mime_multipart_add(to, one);
  g_object_unref(one);
}

static GMimeMessage *message(const bench_data *data) {
  GMimeMessage *made = g_mime_message_new(TRUE);
  GMimeMultipart *mixed = g_mime_multipart_new_with_subtype("mixed");
  GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
  g_mime_message_add_mailbox(made, GMIME_ADDRESS_TYPE_FROM, "Ann", "ann@a.example");
  g_mime_message_add_mailbox(made, GMIME_ADDRESS_TYPE_TO, "Bob", "bob@b.example");
  g_mime_message_set_subject(made, "Figures", NULL);
  add(both, part("text", "plain", data->lf, 74 * 100, GMIME_CONTENT_ENCODING_7BIT));
  add(both, part("text", "html", data->lf, 74 * 100, GMIME_CONTENT_ENCODING_7BIT));
  add(mixed, GMIME_OBJECT(both));
  for (int i = 0; i < 2; i++)
    add(mixed,
        part("application", "pdf", data->octets, 32768, GMIME_CONTENT_ENCODING_BASE64));
  g_mime_message_set_mime_part(made, GMIME_OBJECT(mixed));
  g_object_unref(mixed);
  return made;
}

static void message_write(GMimeMessage *made) {
  GMimeStream *stream = g_mime_stream_mem_new();
  g_mime_object_write_to_stream(GMIME_OBJECT(made), NULL, stream);
  g_object_unref(stream);
}

static void build(const bench_data *data, void *arg) {
  (void)arg;
  GMimeMessage *made = message(data);
  message_write(made);
  g_object_unref(made);
}

static void write_only(const bench_data *data, void *arg) {
  static GMimeMessage *made;
  (void)arg;
  if (made == NULL)
    made = message(data);
  message_write(made);
}

static bench_work *ready(bench_work *work) {
  start();
  return work;
}

bench_work *gmime_stuff(void) { return ready(stuff); }
bench_work *gmime_base64(void) { return ready(base64); }
bench_work *gmime_quoted(void) { return ready(quoted); }
bench_work *gmime_build(void) { return ready(build); }
bench_work *gmime_write(void) { return ready(write_only); }
#else
bench_work *gmime_stuff(void) { return NULL; }
bench_work *gmime_base64(void) { return NULL; }
bench_work *gmime_quoted(void) { return NULL; }
bench_work *gmime_build(void) { return NULL; }
bench_work *gmime_write(void) { return NULL; }
#endif

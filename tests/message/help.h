/* SPDX-License-Identifier: MIT */
/* Sources that misbehave on request, and whole passes over a message. */
#ifndef TEST_MESSAGE_HELP_H
#define TEST_MESSAGE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mailroute/message.h>
#include <mailroute/options.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"

typedef struct test_source {
  const char *data;
  size_t len;
  size_t chunk;     /* octets of a read at most, 0 = what fits */
  kit_rng *rng;     /* not NULL: reads of random length */
  int pending;      /* every read is PENDING once before it answers */
  int asked;        /* … and that was done */
  uint64_t fail_at; /* error at this offset and behind it, 0 = never */
  uint64_t cut_at;  /* ends here, 0 = where it ends */
  uint64_t flip_at; /* the octet before this offset differs, 0 = none */
  int zero;         /* … and is NUL */
  size_t longer;    /* octets 'x' behind the end */
  int lies;         /* tells more octets than there is room for */
  size_t released;
  size_t reads;
  void (*hook)(struct test_source *source); /* called inside a read */
  void *hook_user;
} test_source;

static inline size_t source_end(const test_source *s) {
  size_t end = s->len + s->longer;
  return s->cut_at > 0 && s->cut_at < end ? (size_t)s->cut_at : end;
}

static inline size_t source_take(test_source *s, size_t left, size_t cap) {
  size_t n = left < cap ? left : cap;
  if (s->chunk > 0 && n > s->chunk)
    n = s->chunk;
  if (s->rng != NULL && n > 0)
    n = 1 + (size_t)kit_rng_below(s->rng, n);
  return n;
}

static inline int source_read(void *user, uint64_t offset, void *buf, size_t cap,
                              size_t *len) {
  test_source *s = user;
  char *out = buf;
  s->reads++;
  if (s->hook != NULL)
    s->hook(s);
  s->asked = s->pending && !s->asked;
  if (s->asked)
    return MR_ERR_PENDING;
  if (s->fail_at > 0 && offset >= s->fail_at)
    return MR_ERR_IO;
  size_t at = (size_t)offset, end = source_end(s);
  size_t n = source_take(s, at < end ? end - at : 0, cap);
  for (size_t i = 0; i < n; i++)
    out[i] = at + i < s->len ? s->data[at + i] : 'x';
  if (s->flip_at > at && s->flip_at <= at + n)
    out[s->flip_at - 1 - at] = (char)(s->zero ? 0 : out[s->flip_at - 1 - at] ^ 1);
  *len = s->lies ? cap + 1 : n;
  return MR_OK;
}

static inline void source_release(void *user) { ((test_source *)user)->released++; }

static inline mr_source source_of(test_source *s, uint64_t length) {
  mr_source source = {sizeof source, s, source_read, source_release, length};
  return source;
}

/* Seals, however often it is not ready. */
static inline int seal_all(mr_message *m) {
  int err;
  do
    err = mr_message_seal(m);
  while (err == MR_ERR_PENDING);
  return err;
}

/* Reads to the end or to an error; what came is in out. */
static inline int pass_into(mr_message *m, size_t cap, kit_buf *out) {
  mr_reader *r = NULL;
  int err = mr_reader_new(&r, m);
  char *piece = malloc(cap);
  size_t len = 1;
  assert_non_null(piece);
  while ((err == MR_OK && len > 0) || err == MR_ERR_PENDING) {
    err = mr_reader_read(r, piece, cap, &len);
    assert_true(len <= cap);
    if (err != MR_OK)
      assert_int_equal(len, 0);
    kit_buf_add(out, piece, len);
  }
  free(piece);
  mr_reader_free(r);
  return err;
}

static inline kit_buf pass_of(mr_message *m, size_t cap) {
  kit_buf out = {0};
  assert_int_equal(pass_into(m, cap, &out), MR_OK);
  assert_int_equal(out.len, mr_message_size(m));
  return out;
}

static inline void assert_octets(const char *got, size_t got_len, const char *want,
                                 size_t want_len) {
  if (got_len != want_len || (want_len > 0 && memcmp(got, want, want_len) != 0))
    print_message("got  [%.*s]\nwant [%.*s]\n", (int)got_len, got != NULL ? got : "",
                  (int)want_len, want);
  assert_int_equal(got_len, want_len);
  if (want_len > 0)
    assert_memory_equal(got, want, want_len);
}

/* Whole content of a sealed message. */
static inline void assert_message(mr_message *m, const char *want, size_t want_len) {
  kit_buf got = pass_of(m, 4096);
  assert_octets(got.data, got.len, want, want_len);
  kit_buf_free(&got);
}

/* C9: CR and LF as CRLF only, no NUL, lines within 998 octets, CRLF at the end. */
static inline void assert_canonical(const char *p, size_t len) {
  size_t line = 0;
  for (size_t i = 0; i < len; i++) {
    int crlf = p[i] == '\r' && i + 1 < len && p[i + 1] == '\n';
    assert_int_not_equal(p[i], 0);
    assert_true(crlf || (p[i] != '\r' && p[i] != '\n'));
    line = crlf ? 0 : line + 1;
    assert_true(line <= 998);
    i += crlf ? 1 : 0;
  }
  assert_int_equal(line, 0);
  assert_true(len >= 2);
}

/* An environment and an empty message in it. */
typedef struct fixture {
  kit_env env;
  mr_options *options;
  mr_message *m;
  test_source source; /* here, because the message may outlive the test's frame */
} fixture;

static inline void fixture_message(fixture *f) {
  mr_message_free(f->m);
  assert_int_equal(mr_message_new(&f->m, &f->env.env, f->options), MR_OK);
}

static inline int fixture_setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  if (f == NULL)
    return -1;
  kit_env_init(&f->env, 7);
  fixture_message(f);
  *state = f;
  return 0;
}

static inline int fixture_done(void **state) {
  fixture *f = *state;
  mr_message_free(f->m);
  mr_options_free(f->options);
  size_t leaked = kit_env_done(&f->env);
  free(f);
  return leaked == 0 ? 0 : -1;
}

static inline void fixture_option(fixture *f, int id, int64_t value) {
  mr_options_free(f->options);
  assert_int_equal(mr_options_new(&f->options, &f->env.env), MR_OK);
  assert_int_equal(mr_options_set(f->options, id, value), MR_OK);
  fixture_message(f);
}

#define FIXTURE_TEST(name)                                                               \
  cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_done)

#endif

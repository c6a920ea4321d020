/* SPDX-License-Identifier: MIT */
/* Encoding piece by piece gives what encoding at once gives. */
#include "text/check.h"
#include "text/encode.h"
#include "text/header.h"

enum { LEN = 700 };

static kit_env host;
static uint8_t input[LEN];

static int setup(void **state) {
  (void)state;
  kit_env_init(&host, 1);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  return (int)kit_env_done(&host);
}

static void fill(uint64_t seed) {
  static const char alphabet[] = "..==  \t\r\n\n\nFFrom From aaaaaaaaaaaa\xc3\xbc\0";
  kit_rng rng;
  kit_rng_init(&rng, seed);
  for (size_t i = 0; i < LEN; i++)
    input[i] = (uint8_t)alphabet[kit_rng_below(&rng, sizeof alphabet)];
  for (size_t i = 0; seed % 3 == 0 && i + 5 < LEN; i += 40) /* longer words */
    memcpy(input + i, "From ", 5);
}

/* In pieces of random length, into rooms of random length. */
static void encode(int coding, kit_rng *rng, size_t most, mr__buf *out) {
  mr__coder c;
  uint8_t room[256];
  size_t at = 0, used = 0, made = 1;
  mr__coder_init(&c, coding);
  while (at < LEN) {
    size_t n = 1 + (size_t)kit_rng_below(rng, most);
    size_t cap = 1 + (size_t)kit_rng_below(rng, most);
    n = n < LEN - at ? n : LEN - at;
    uint8_t *exact = kit_exact(input + at, n);
    mr__coder_feed(&c, exact, n, &used, room, cap, &made);
    free(exact);
    assert_true(used <= n && made <= cap && used + made > 0);
    mr__buf_put(out, room, made);
    at += used;
  }
  for (made = 1; made > 0;) {
    made = mr__coder_end(&c, room, 1 + (size_t)kit_rng_below(rng, most));
    mr__buf_put(out, room, made);
  }
  assert_int_equal(out->err, MR_OK);
}

static void whole(int coding, mr__buf *out) {
  int err = coding == MR__CODING_QP ? mr__qp_encode(out, (const char *)input, LEN)
                                    : mr__base64_encode(out, input, LEN, 76);
  assert_int_equal(err, MR_OK);
}

static void pieces(void **state) {
  static const size_t sizes[] = {1, 3, 7, 60, 80, 200};
  (void)state;
  for (uint64_t seed = 0; seed < 60; seed++)
    for (int coding = MR__CODING_QP; coding <= MR__CODING_BASE64; coding++)
      for (size_t s = 0; s < COUNT(sizes); s++) {
        kit_rng rng;
        mr__buf want, got;
        mr__buf_init(&want, &host.env, 1 << 20);
        mr__buf_init(&got, &host.env, 1 << 20);
        kit_rng_init(&rng, seed);
        fill(seed);
        whole(coding, &want);
        encode(coding, &rng, sizes[s], &got);
        ROW_EQUAL(seed, got.len, want.len);
        assert_memory_equal(got.data, want.data, want.len);
        mr__buf_free(&want);
        mr__buf_free(&got);
      }
}

/* The size is known before: every length about whole lines. */
static void base64_size(void **state) {
  (void)state;
  for (size_t len = 0; len < 240; len++) {
    mr__buf out;
    mr__buf_init(&out, &host.env, 1 << 20);
    assert_int_equal(mr__base64_encode(&out, input, len, 76), MR_OK);
    ROW_EQUAL(len, mr__base64_size(len), out.len);
    mr__buf_free(&out);
  }
  assert_int_equal(mr__base64_size(UINT64_C(57) << 40), UINT64_C(78) << 40);
}

/* fault 17: no line of an encoded part starts as our boundaries do. */
static void no_boundary(void **state) {
  static const char text[] = "--=_0\n--=_1\r\n--=_--=_--=_";
  (void)state;
  mr__buf out;
  mr__buf_init(&out, &host.env, 1 << 20);
  assert_int_equal(mr__qp_encode(&out, text, sizeof text - 1), MR_OK);
  assert_int_equal(mr__base64_encode(&out, text, sizeof text - 1, 76), MR_OK);
  assert_null(strstr(mr__buf_text(&out), "--=_"));
  mr__buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces),
      cmocka_unit_test(base64_size),
      cmocka_unit_test(no_boundary),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

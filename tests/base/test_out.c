/* SPDX-License-Identifier: MIT */
#include "base/out.h"

#include "base/fail.h"

static failing host;

static int setup(void **state) {
  (void)state;
  failing_init(&host);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  return host.live != 0;
}

static uint8_t octet_at(uint64_t offset) { return (uint8_t)(offset * 31 % 251); }

static int put_next(mr__out *out, size_t len) {
  uint8_t data[4096];
  assert_true(len <= sizeof data);
  for (size_t i = 0; i < len; i++)
    data[i] = octet_at(out->queued + i);
  return mr__out_put(out, data, len);
}

static int fill_next(mr__out *out, size_t len) {
  uint8_t *data;
  size_t room;
  int rc = mr__out_room(out, &data, &room);
  if (rc != MR_OK)
    return rc;
  assert_in_range(room, 1, out->segment_size);
  len = len < room ? len : room;
  for (size_t i = 0; i < len; i++)
    data[i] = octet_at(out->queued + i);
  mr__out_filled(out, len);
  return MR_OK;
}

static void check_octets(const mr__out *out, size_t skip, const void *data, size_t len) {
  const uint8_t *p = data;
  for (size_t i = 0; i < len; i++)
    assert_int_equal(p[i], octet_at(out->sent + skip + i));
}

/* All that is pending, as an iovec is filled. Returns the number of pieces. */
static size_t check_all(mr__out *out) {
  size_t skip = 0, pieces = 0, len;
  const void *data;
  mr__out_peek(out, 0, &data, &len);
  for (; len > 0; mr__out_peek(out, skip, &data, &len)) {
    check_octets(out, skip, data, len);
    skip += len;
    pieces++;
  }
  assert_int_equal(skip, mr__out_unsent(out));
  return pieces;
}

/* Octets are those that were put, whatever the order of put, fill, peek and sent. */
static void random_work(void **state) {
  (void)state;
  static const size_t segments[] = {0, 1, 7, 1024};
  for (size_t s = 0; s < sizeof segments / sizeof segments[0]; s++) {
    mr__out out;
    mr__out_init(&out, &host.env, segments[s], 0);
    for (int i = 0; i < 5000; i++) {
      uint32_t n = next_random(&host.seed);
      if (n % 4 == 0)
        assert_int_equal(put_next(&out, n / 4 % 60), MR_OK);
      else if (n % 4 == 1)
        assert_int_equal(fill_next(&out, n / 4 % 20), MR_OK);
      else if (n % 4 == 2 && n / 4 % 8 == 0)
        check_all(&out);
      else if (out.exposed > out.sent)
        assert_int_equal(mr__out_sent(&out, n / 4 % (out.exposed - out.sent + 1)), MR_OK);
    }
    check_all(&out);
    assert_int_equal(mr__out_sent(&out, mr__out_unsent(&out)), MR_OK);
    assert_int_equal(host.live, 0);
    mr__out_free(&out);
  }
}

/* What was shown stays where it is, unchanged. */
static void shown_octets_stay_put(void **state) {
  (void)state;
  const void *first, *again;
  size_t len, len_again;
  mr__out out;
  mr__out_init(&out, &host.env, 64, 0);
  put_next(&out, 40);
  mr__out_peek(&out, 3, &first, &len);
  assert_int_equal(len, 37);
  for (int i = 0; i < 100; i++)
    put_next(&out, 50);
  check_octets(&out, 3, first, len);
  mr__out_peek(&out, 3, &again, &len_again);
  assert_ptr_equal(again, first);
  assert_int_equal(len_again, 61);
  assert_int_equal(mr__out_sent(&out, 2), MR_OK);
  mr__out_peek(&out, 1, &again, &len_again);
  assert_ptr_equal(again, first);
  check_octets(&out, 1, first, len);
  mr__out_free(&out);
}

static void sent_covers_only_what_was_exposed(void **state) {
  (void)state;
  const void *data;
  size_t len;
  mr__out out;
  mr__out_init(&out, &host.env, 16, 0);
  put_next(&out, 40);
  assert_int_equal(mr__out_sent(&out, 1), MR_ERR_MISUSE);
  mr__out_peek(&out, 0, &data, &len);
  assert_int_equal(len, 16);
  assert_int_equal(mr__out_sent(&out, 17), MR_ERR_MISUSE);
  assert_int_equal(mr__out_sent(&out, SIZE_MAX), MR_ERR_MISUSE);
  assert_int_equal(mr__out_unsent(&out), 40);
  assert_int_equal(mr__out_sent(&out, 16), MR_OK);
  assert_int_equal(mr__out_sent(&out, 0), MR_OK);
  mr__out_peek(&out, 24, &data, &len);
  assert_int_equal(len, 0);
  assert_non_null(data);
  mr__out_peek(&out, SIZE_MAX, &data, &len);
  assert_int_equal(len, 0);
  mr__out_peek(&out, 23, &data, &len);
  assert_int_equal(len, 1);
  assert_int_equal(mr__out_sent(&out, 24), MR_OK);
  mr__out_free(&out);
}

static void datagrams_leave_whole(void **state) {
  (void)state;
  static const size_t sizes[] = {5, 1, 3000};
  uint8_t *room;
  const void *data;
  size_t len, skip = 0;
  mr__out out;
  mr__out_init(&out, &host.env, 16, 1);
  assert_int_equal(mr__out_room(&out, &room, &len), MR_ERR_MISUSE);
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(put_next(&out, sizes[i]), MR_OK);
  for (size_t i = 0; i < 3; skip += sizes[i++]) {
    mr__out_peek(&out, skip, &data, &len);
    assert_int_equal(len, sizes[i]);
    check_octets(&out, skip, data, len);
  }
  assert_int_equal(mr__out_sent(&out, 4), MR_ERR_MISUSE);
  assert_int_equal(mr__out_sent(&out, 6), MR_OK);
  assert_int_equal(mr__out_sent(&out, 2999), MR_ERR_MISUSE);
  assert_int_equal(check_all(&out), 1);
  assert_int_equal(mr__out_sent(&out, 3000), MR_OK);
  mr__out_free(&out);
}

/* Filling an iovec of many pieces looks at each segment once. */
static void growing_skips_are_linear(void **state) {
  (void)state;
  enum { PIECES = 500000 };
  mr__out out;
  mr__out_init(&out, &host.env, 1, 0);
  for (int i = 0; i < PIECES / 1000; i++)
    assert_int_equal(put_next(&out, 1000), MR_OK);
  assert_int_equal(check_all(&out), PIECES);
  mr__out_free(&out);
  assert_int_equal(mr__out_unsent(&out), 0);
}

static int put_some(const mr_env *env) {
  int rc = MR_OK;
  mr__out out;
  mr__out_init(&out, env, 100, 0);
  for (int i = 0; i < 10; i++) {
    uint64_t before = out.queued;
    int put = i % 2 == 0 ? put_next(&out, 350) : fill_next(&out, 30);
    if (put != MR_OK)
      assert_true(out.queued == before);
    rc = put != MR_OK ? put : rc;
    check_all(&out);
  }
  mr__out_free(&out);
  return rc;
}

/* fault 98: all or nothing. */
static void a_failed_put_changes_nothing(void **state) {
  (void)state;
  torture(put_some);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(random_work),
      TEST(shown_octets_stay_put),
      TEST(sent_covers_only_what_was_exposed),
      TEST(datagrams_leave_whole),
      TEST(growing_skips_are_linear),
      cmocka_unit_test(a_failed_put_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

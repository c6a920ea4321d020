/* SPDX-License-Identifier: MIT */
#include "base/map.h"

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

static void put_get_replace_remove(void **state) {
  (void)state;
  int one, two;
  void *old = &one;
  mr__map map;
  assert_int_equal(mr__map_init(&map, &host.env), MR_OK);
  assert_null(mr__map_get(&map, "a", 1));
  assert_null(mr__map_remove(&map, "a", 1));
  assert_int_equal(mr__map_put(&map, "a", 1, &one, &old), MR_OK);
  assert_null(old);
  assert_int_equal(mr__map_put(&map, "a", 1, &two, &old), MR_OK);
  assert_ptr_equal(old, &one);
  assert_int_equal(mr__map_put(&map, "a\0", 2, &one, NULL), MR_OK);
  assert_int_equal(mr__map_put(&map, NULL, 0, &one, NULL), MR_OK);
  assert_int_equal(map.count, 3);
  assert_ptr_equal(mr__map_get(&map, "a", 1), &two);
  assert_ptr_equal(mr__map_get(&map, "", 0), &one);
  assert_ptr_equal(mr__map_remove(&map, "a", 1), &two);
  assert_null(mr__map_get(&map, "a", 1));
  assert_ptr_equal(mr__map_get(&map, "a\0", 2), &one);
  mr__map_free(&map);
}

enum { KEYS = 500, STEPS = 100000 };

static void check_walk(const mr__map *map, const int *present, size_t count) {
  size_t position = 0, seen = 0, len;
  mr__map_entry *entry;
  while (mr__map_each(map, &position, &entry)) {
    uint32_t key;
    const void *octets = mr__map_entry_key(entry, &len);
    assert_int_equal(len, sizeof key);
    memcpy(&key, octets, sizeof key);
    assert_ptr_equal(mr__map_entry_value(entry), &present[key]);
    assert_true(present[key]);
    seen++;
  }
  assert_int_equal(seen, count);
}

static void agrees_with_an_array(void **state) {
  (void)state;
  static int present[KEYS];
  mr__map map;
  size_t count = 0;
  assert_int_equal(mr__map_init(&map, &host.env), MR_OK);
  for (int i = 0; i < STEPS; i++) {
    uint32_t key = next_random(&host.seed) % KEYS;
    void *wanted = present[key] ? &present[key] : NULL;
    assert_ptr_equal(mr__map_get(&map, &key, sizeof key), wanted);
    if (present[key])
      assert_ptr_equal(mr__map_remove(&map, &key, sizeof key), wanted);
    else
      assert_int_equal(mr__map_put(&map, &key, sizeof key, &present[key], NULL), MR_OK);
    present[key] = !present[key];
    count += present[key] ? 1 : (size_t)-1;
    if (i % 1000 == 0)
      check_walk(&map, present, count);
  }
  assert_int_equal(map.count, count);
  assert_true(map.slot_count <= 4 * KEYS);
  mr__map_free(&map);
}

/* Removing the entry just given skips and repeats none of the others. */
static void walk_may_remove(void **state) {
  (void)state;
  mr__map map;
  mr__map_entry *entry;
  size_t position = 0, seen = 0, len;
  assert_int_equal(mr__map_init(&map, &host.env), MR_OK);
  for (uint32_t key = 0; key < KEYS; key++)
    assert_int_equal(mr__map_put(&map, &key, sizeof key, &map, NULL), MR_OK);
  while (mr__map_each(&map, &position, &entry)) {
    const void *key = mr__map_entry_key(entry, &len);
    if (seen++ % 3 != 0)
      assert_ptr_equal(mr__map_remove(&map, key, len), &map);
  }
  assert_int_equal(seen, KEYS);
  assert_int_equal(map.count, (KEYS + 2) / 3);
  for (uint32_t key = 0; key < KEYS; key++)
    mr__map_remove(&map, &key, sizeof key);
  assert_int_equal(map.count, 0);
  assert_int_equal(map.used, 0); /* no grave is left behind */
  mr__map_free(&map);
}

/* Old graves are cleared away: a steady number of entries needs steady memory. */
static void churn_does_not_grow(void **state) {
  (void)state;
  mr__map map;
  assert_int_equal(mr__map_init(&map, &host.env), MR_OK);
  for (uint32_t key = 0; key < 200000; key++) {
    uint32_t gone = key - 10;
    assert_int_equal(mr__map_put(&map, &key, sizeof key, &map, NULL), MR_OK);
    if (key >= 10)
      assert_ptr_equal(mr__map_remove(&map, &gone, sizeof gone), &map);
  }
  assert_true(map.slot_count <= 64);
  mr__map_free(&map);
}

static int no_random(void *user, void *buf, size_t len) {
  (void)user;
  (void)buf;
  (void)len;
  return -1;
}

static void without_random_there_is_no_map(void **state) {
  (void)state;
  mr__map map;
  host.env.random = no_random;
  assert_int_equal(mr__map_init(&map, &host.env), MR_ERR_RANDOM);
  mr__map_free(&map);
}

static int put_hundred(const mr_env *env) {
  mr__map map;
  int rc = mr__map_init(&map, env);
  assert_int_equal(rc, MR_OK);
  for (uint32_t key = 0; key < 100; key++) {
    size_t before = map.count;
    void *old = NULL;
    int put = mr__map_put(&map, &key, sizeof key, &rc, &old);
    assert_int_equal(map.count, before + (put == MR_OK));
    assert_ptr_equal(mr__map_get(&map, &key, sizeof key), put == MR_OK ? &rc : NULL);
    if (put != MR_OK)
      rc = put;
  }
  mr__map_free(&map);
  return rc;
}

/* fault 98 */
static void a_failed_put_changes_nothing(void **state) {
  (void)state;
  torture(put_hundred);
}

/* SipHash-2-4 with key 00 01 ... 0f over 00 01 …: the first values of the reference
 * code's table, and the example of the paper's appendix (15 octets). */
static void siphash_vectors(void **state) {
  (void)state;
  static const struct {
    size_t len;
    uint64_t hash;
  } cases[] = {
      {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},
      {2, UINT64_C(0x0d6c8009d9a94f5a)}, {3, UINT64_C(0x85676696d7fb7e2d)},
      {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)},
  };
  uint8_t key[16], data[16];
  for (uint8_t i = 0; i < 16; i++)
    key[i] = data[i] = i;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_true(mr__siphash(key, data, cases[i].len) == cases[i].hash);
}

static void siphash_in_pieces(void **state) {
  (void)state;
  static const char text[] = "a text of some length, cut at every place there is";
  uint8_t key[16] = {42};
  uint64_t whole = mr__siphash(key, text, sizeof text);
  for (size_t cut = 0; cut <= sizeof text; cut++) {
    mr__sip sip;
    mr__sip_init(&sip, key);
    mr__sip_add(&sip, text, cut);
    mr__sip_add(&sip, text + cut, sizeof text - cut);
    assert_true(mr__sip_end(&sip) == whole);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(put_get_replace_remove, setup, teardown),
      cmocka_unit_test_setup_teardown(agrees_with_an_array, setup, teardown),
      cmocka_unit_test_setup_teardown(walk_may_remove, setup, teardown),
      cmocka_unit_test_setup_teardown(churn_does_not_grow, setup, teardown),
      cmocka_unit_test_setup_teardown(without_random_there_is_no_map, setup, teardown),
      cmocka_unit_test(a_failed_put_changes_nothing),
      cmocka_unit_test(siphash_vectors),
      cmocka_unit_test(siphash_in_pieces),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The store of examples/own_store under the conformance suite, with its file (R106). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../examples/own_store/store.h"
#include "store/conformance.h"

typedef struct bench {
  own_store store;
  char directory[64], file[80];
} bench;

static const mr_store *open_file(void *user) {
  bench *b = user;
  strcpy(b->directory, "/tmp/own_store.XXXXXX");
  assert_non_null(mkdtemp(b->directory));
  snprintf(b->file, sizeof b->file, "%s/q", b->directory);
  assert_int_equal(own_store_open(&b->store, b->file), MR_OK);
  return &b->store.operations;
}

static const mr_store *reopen_file(void *user) {
  bench *b = user;
  own_store_close(&b->store);
  assert_int_equal(own_store_open(&b->store, b->file), MR_OK);
  return &b->store.operations;
}

static void close_file(void *user) {
  static const char *const ends[] = {"", ".lock", ".tmp"};
  bench *b = user;
  char name[100];
  own_store_close(&b->store);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    snprintf(name, sizeof name, "%s%s", b->file, ends[i]);
    unlink(name);
  }
  assert_int_equal(rmdir(b->directory), 0);
}

static void example_conforms(void **state) {
  static bench b;
  store_factory factory = {.name = "own_store",
                           .user = &b,
                           .open = open_file,
                           .close = close_file,
                           .reopen = reopen_file};
  (void)state;
  assert_true(store_conformance(&factory) > 15);
}

static uint64_t put_one(const mr_store *s, int *err) {
  mr_store_result r = {sizeof r, NULL, 0};
  assert_int_equal(s->begin(s->user, 1, NULL, 0, 5, &r), MR_OK);
  uint64_t id = r.records[0]->message;
  assert_int_equal(s->body_write(s->user, 2, id, 0, "abc", 3, 5), MR_OK);
  mr_record message = {
      .size = sizeof message, .kind = MR_RECORD_MESSAGE, .message = id, .lane = ""};
  mr_record delivery = {.size = sizeof delivery,
                        .kind = MR_RECORD_DELIVERY,
                        .message = id,
                        .part = 1,
                        .lane = "a",
                        .state = MR_RECORD_QUEUED};
  mr_record_op first = {sizeof first, MR_RECORD_PUT, 0, &message};
  mr_record_op second = {sizeof second, MR_RECORD_PUT, 0, &delivery};
  const mr_record_op *ops[] = {&first, &second};
  *err = s->commit(s->user, 3, ops, 2, 5, &r);
  return id;
}

static size_t count_messages(const mr_store *s) {
  mr_store_result r = {sizeof r, NULL, 0};
  mr_record_filter f = {.size = sizeof f, .kind = MR_RECORD_MESSAGE};
  assert_int_equal(s->list(s->user, 4, &f, 10, 5, &r), MR_OK);
  return r.count;
}

/* What cannot be written is not there, and what was there stays (fault 75). */
static void disk_fails_fault_75(void **state) {
  static bench b;
  int err;
  char aside[100];
  (void)state;
  const mr_store *s = open_file(&b);
  put_one(s, &err);
  assert_int_equal(err, MR_OK);
  snprintf(aside, sizeof aside, "%s.aside", b.directory);
  assert_int_equal(rename(b.directory, aside), 0);
  put_one(s, &err);
  assert_int_equal(err, MR_ERR_IO);
  assert_int_equal(count_messages(s), 1);
  assert_int_equal(rename(aside, b.directory), 0);
  assert_int_equal(count_messages(reopen_file(&b)), 1);
  close_file(&b);
}

/* A file cut at any octet is refused as a whole: never half of it. */
static void cut_file_is_refused(void **state) {
  static bench b;
  char octets[4096];
  int err;
  (void)state;
  put_one(open_file(&b), &err);
  assert_int_equal(err, MR_OK);
  own_store_close(&b.store);
  FILE *file = fopen(b.file, "rb");
  assert_non_null(file);
  size_t len = fread(octets, 1, sizeof octets, file);
  fclose(file);
  for (size_t cut = 0; cut < len; cut++) {
    file = fopen(b.file, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, cut, file), cut);
    fclose(file);
    err = own_store_open(&b.store, b.file);
    assert_int_equal(err, MR_ERR_STORE);
  }
  close_file(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(example_conforms),
      cmocka_unit_test(disk_fails_fault_75),
      cmocka_unit_test(cut_file_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

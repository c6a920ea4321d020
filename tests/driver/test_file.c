/* SPDX-License-Identifier: MIT */
/* Files as sources. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <mailroute/driver.h>
#include <mailroute/mime.h>

#include "kit/kit_alloc.h"

static char path[] = "/tmp/mr_file_XXXXXX";

static void write_file(const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int make(void **state) {
  (void)state;
  int fd = mkstemp(path);
  if (fd < 0)
    return -1;
  close(fd);
  return 0;
}

static int clear(void **state) {
  (void)state;
  return unlink(path);
}

static void reads_by_offset(void **state) {
  kit_env k;
  mr_source s;
  char buf[16];
  size_t len = 9;
  (void)state;
  kit_env_init(&k, 1);
  write_file("0123456789");
  assert_int_equal(mr_file_source(&s, &k.env, path), MR_OK);
  assert_int_equal(s.size, sizeof s);
  assert_int_equal(s.length, 10);
  for (uint64_t at = 0; at <= 12; at++) {
    assert_int_equal(s.read(s.user, at, buf, 4, &len), MR_OK);
    size_t want = at >= 10 ? 0 : at > 6 ? (size_t)(10 - at) : 4;
    assert_int_equal(len, want);
    assert_memory_equal(buf, &"0123456789"[at < 10 ? at : 0], want);
  }
  s.release(s.user);
  assert_int_equal(kit_env_done(&k), 0);
}

static int pass(mr_message *m, size_t *total) {
  char buf[1000];
  size_t len = 1;
  mr_reader *r = NULL;
  int err = mr_reader_new(&r, m);
  for (*total = 0; err == MR_OK && len > 0; *total += len)
    err = mr_reader_read(r, buf, sizeof buf, &len);
  mr_reader_free(r);
  return err;
}

/* A file that changed behind the seal gives no message (bug 29). */
static void in_a_message(void **state) {
  kit_env k;
  mr_source s;
  mr_message *m = NULL;
  size_t total;
  (void)state;
  kit_env_init(&k, 1);
  write_file("some text\n");
  assert_int_equal(mr_message_new(&m, &k.env, NULL), MR_OK);
  assert_int_equal(mr_message_set_from(m, NULL, "a@b"), MR_OK);
  assert_int_equal(mr_file_source(&s, &k.env, path), MR_OK);
  assert_int_equal(mr_message_attach_source(m, "f", NULL, &s), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  assert_int_equal(pass(m, &total), MR_OK);
  assert_int_equal(total, mr_message_size(m));
  static const char *const others[] = {"some texts\n", "some\n", "some test\n", ""};
  for (size_t i = 0; i < 4; i++) {
    write_file(others[i]);
    assert_int_equal(pass(m, &total), MR_ERR_SOURCE);
  }
  write_file("some text\n");
  assert_int_equal(pass(m, &total), MR_OK);
  mr_message_free(m);
  assert_int_equal(kit_env_done(&k), 0);
}

static void refused(void **state) {
  kit_env k;
  mr_source s;
  char fifo[64];
  (void)state;
  kit_env_init(&k, 1);
  assert_int_equal(mr_file_source(&s, &k.env, "/nowhere/at/all"), MR_ERR_IO);
  assert_null(s.read);
  assert_int_equal(mr_file_source(&s, &k.env, "/tmp"), MR_ERR_IO);
  assert_int_equal(mr_file_source(&s, &k.env, "/dev/zero"), MR_ERR_IO);
  (void)snprintf(fifo, sizeof fifo, "%s.fifo", path);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  assert_int_equal(mr_file_source(&s, &k.env, fifo), MR_ERR_IO);
  unlink(fifo);
  assert_int_equal(mr_file_source(NULL, &k.env, path), MR_ERR_MISUSE);
  assert_int_equal(mr_file_source(&s, &k.env, NULL), MR_ERR_MISUSE);
  kit_env_fail(&k, 1, 0);
  assert_int_equal(mr_file_source(&s, &k.env, path), MR_ERR_NOMEM);
  kit_env_heal(&k);
  assert_int_equal(mr_file_source(&s, NULL, path), MR_OK);
  s.release(s.user);
  assert_int_equal(kit_env_done(&k), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_by_offset),
      cmocka_unit_test(in_a_message),
      cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, make, clear);
}

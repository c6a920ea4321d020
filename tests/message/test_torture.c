/* SPDX-License-Identifier: MIT */
/* fault 98: each allocation fails, once and from then on; bug 60 */
#include "kit/kit_torture.h"
#include "message/help.h"
#include "message/message.h"
#include "message/mime.h"

enum { CASES = 1000 };

/* One whole pass; MR_OK if the octets are as many as promised. */
static int check_pass(mr_message *m) {
  mr_reader *r = NULL;
  char piece[64];
  size_t len = 1;
  uint64_t total = 0;
  int err = mr_reader_new(&r, m);
  while ((err == MR_OK && len > 0) || err == MR_ERR_PENDING) {
    err = mr_reader_read(r, piece, sizeof piece, &len);
    total += len;
  }
  mr_reader_free(r);
  if (err == MR_OK && total != mr_message_size(m))
    err = MR_ERR_INTERNAL;
  return err;
}

/* 0 when the result is right. */
static int verdict(const kit_env *env, int err) {
  if (err == MR_OK)
    return 0;
  return env->failed > 0 && err == MR_ERR_NOMEM ? 0 : err;
}

/* Seals and reads; frees. A failed message tells the same error for good. */
static int finish(kit_env *env, mr_message *m, int err) {
  if (m == NULL)
    return verdict(env, err);
  int sealed = seal_all(m);
  if (err != MR_OK && sealed != err)
    return MR_ERR_INTERNAL;
  if (sealed == MR_OK)
    sealed = check_pass(m);
  else if (mr_message_error(m)->code != sealed || mr_message_size(m) != 0)
    sealed = MR_ERR_INTERNAL;
  mr_message_free(m);
  return verdict(env, sealed);
}

static int first(int before, int now) { return before != MR_OK ? before : now; }

static int build(kit_env *env, void *arg) {
  (void)arg;
  mr_message *m = NULL;
  int err = mr_message_new(&m, &env->env, NULL);
  if (err != MR_OK)
    return verdict(env, err);
  err = first(err, mr_message_set_from(m, "Ann \xc3\x84", "ann@example.org"));
  err = first(err, mr_message_add_to(m, "Bob", "bob@example.net"));
  err = first(err, mr_message_add_cc(m, NULL, "cy@example.net"));
  for (int i = 0; i < 12; i++) {
    char address[] = "u?@example.com";
    address[1] = (char)('a' + i);
    err = first(err, mr_message_add_bcc(m, NULL, address));
  }
  err = first(err, mr_message_set_sender(m, "ret@example.org"));
  err = first(err, mr_message_set_subject(m, "caf\xc3\xa9"));
  err = first(err, mr_message_add_header(m, "X-One", "one"));
  err = first(err, mr_message_add_header(m, "Date", "Thu, 01 Jan 2026 00:00:00 +0000"));
  err = first(err, mr_message_set_text(m, "caf\xc3\xa9\nbar\n", 10));
  return finish(env, m, err);
}

static const char input[] = "From: a@b\nTo: c@d, e@f,\n g@h\nBcc: i@j\nSubject: x\n\n"
                            "body\r.\n..\n";

static int raw(kit_env *env, void *arg) {
  mr_message *m = NULL;
  test_source s = {.data = input, .len = sizeof input - 1, .chunk = 10, .pending = 1};
  mr_source source = source_of(&s, s.len);
  int err = mr_message_new(&m, &env->env, NULL);
  if (err != MR_OK)
    return verdict(env, err);
  if (arg != NULL)
    err = mr_message_set_raw_source(m, &source, 0);
  else
    err = mr_message_set_raw(m, input, sizeof input - 1, 0);
  err = first(err, mr_message_use_header_recipients(m));
  int result = finish(env, m, err);
  return arg != NULL && s.released != 1 ? MR_ERR_INTERNAL : result;
}

static int sealed_input(kit_env *env, mr_message **out) {
  int err = mr_message_new(out, &env->env, NULL);
  if (err == MR_OK)
    err = mr_message_set_raw(*out, input, sizeof input - 1, 0);
  return err == MR_OK ? mr_message_seal(*out) : err;
}

/* Everything that the short calls make. */
static int fill(mr_message *m, mr_message *inner) {
  static const char *const who[] = {"b@example.net", "c@example.net"};
  int err = mr_message_set_from(m, NULL, "ann@example.org");
  err = first(err, mr_message_add_group(m, MR_FIELD_TO, "G", NULL, who, 2));
  err = first(err, mr_message_add_reference(m, "<a@b>"));
  err = first(err, mr_message_add_list_uri(m, MR_LIST_HELP, "https://a.b/"));
  err = first(err, mr_message_set_list_id(m, "\xc3\xa9", "a.b"));
  err = first(err, mr_message_set_text(m, "caf\xc3\xa9\n", 6));
  err = first(err, mr_message_set_html(m, "<p>\n", 4));
  err = first(err, mr_message_embed(m, "logo", "\xc3\xa9.png", "image/png", "x", 1));
  return first(err, mr_message_attach_message(m, inner));
}

static int mime(kit_env *env, void *arg) {
  (void)arg;
  mr_message *inner = NULL, *m = NULL;
  test_source s = {.data = "octets of a file", .len = 16, .chunk = 5, .pending = 1};
  mr_source source = source_of(&s, 16);
  int err = sealed_input(env, &inner);
  if (err == MR_OK)
    err = mr_message_new(&m, &env->env, NULL);
  if (err != MR_OK) {
    mr_message_free(inner);
    return verdict(env, err);
  }
  err = fill(m, inner);
  int taken = mr_message_attach_source(m, "f", NULL, &source);
  mr_message_free(inner);
  int result = finish(env, m, first(err, taken));
  return s.released != (taken == MR_OK) ? MR_ERR_INTERNAL : result;
}

static int fill_part(mr_part *p) {
  int err = mr_part_set_param(p, "charset", "utf-8");
  err = first(err, mr_part_set_param(p, "x", "y"));
  err = first(err, mr_part_set_id(p, "id"));
  err = first(err, mr_part_set_disposition(p, MR_DISPOSITION_INLINE, "f"));
  err = first(err, mr_part_add_header(p, "Content-Description", "d"));
  return first(err, mr_part_set_data(p, "text", 4));
}

/* A tree of parts, each of them freed by the one who made it. */
static int parts(kit_env *env, void *arg) {
  (void)arg;
  mr_part *root = NULL, *one = NULL;
  mr_message *m = NULL;
  int err = mr_part_new(&root, &env->env, "multipart/mixed");
  if (err == MR_OK)
    err = mr_part_new(&one, &env->env, "text/plain");
  if (err == MR_OK)
    err = fill_part(one);
  if (err == MR_OK)
    err = mr_part_add(root, one);
  if (err == MR_OK)
    err = mr_message_new(&m, &env->env, NULL);
  int built = m != NULL;
  if (built) {
    err = mr_message_set_from(m, NULL, "ann@example.org");
    err = first(err, mr_message_set_root(m, root));
  }
  mr_part_free(root);
  mr_part_free(one);
  return built ? finish(env, m, err) : verdict(env, err);
}

static int edit(kit_env *env, void *arg) {
  (void)arg;
  mr_message *m = NULL;
  int err = mr_message_new(&m, &env->env, NULL);
  if (err != MR_OK)
    return verdict(env, err);
  err = first(err, mr_message_set_raw(m, input, sizeof input - 1, 0));
  err = first(err, mr_message_open(m));
  err = first(err, mr_message_field_add(m, "X", "y"));
  err = first(err, mr_message_field_replace(m, 1, "z@z"));
  err = first(err, mr_message_field_remove(m, 2));
  (void)mr_message_field_value(m, 0);
  return finish(env, m, err);
}

static int stored(kit_env *env, void *arg) {
  (void)arg;
  mr_message *m = NULL;
  test_source s = {.data = "A: b\r\n\r\n", .len = 8};
  mr_source source = source_of(&s, 8);
  int err = mr__message_stored(&m, &env->env, &source, 8, 0);
  if (err == MR_OK)
    err = check_pass(m);
  mr_message_free(m);
  return verdict(env, err);
}

static int bounce(kit_env *env, void *arg) {
  (void)arg;
  mr_message *m = NULL;
  mr_outcome o = {.recipient = "j\xc3\xb6@b",
                  .fate = MR_FATE_FAILED,
                  .reason = MR_REASON_RCPT_HARD,
                  .code = 550,
                  .status = "5.1.1",
                  .text = "no\nsuch user",
                  .from_server = 1,
                  .host = "mx.example.net",
                  .address = "192.0.2.1"};
  const mr_outcome *list[] = {&o, &o};
  mr__bounce b = {"mta.example.org", "a@b", list, 2, 0, "A: \xe9\r\n\r\n", 8};
  int err = mr__message_bounce(&m, &env->env, NULL, &b);
  if (err == MR_OK)
    err = check_pass(m);
  mr_message_free(m);
  return verdict(env, err);
}

static void torture_build(void **state) {
  (void)state;
  assert_true(kit_torture(build, NULL, CASES) > 20);
}
static void torture_raw(void **state) {
  (void)state;
  assert_true(kit_torture(raw, NULL, CASES) > 10);
}
static void torture_source(void **state) {
  (void)state;
  assert_true(kit_torture(raw, (void *)input, CASES) > 10);
}
static void torture_mime(void **state) {
  (void)state;
  assert_true(kit_torture(mime, NULL, CASES) > 50);
}
static void torture_parts(void **state) {
  (void)state;
  assert_true(kit_torture(parts, NULL, CASES) > 20);
}
static void torture_edit(void **state) {
  (void)state;
  assert_true(kit_torture(edit, NULL, CASES) > 10);
}
static void torture_stored(void **state) {
  (void)state;
  assert_true(kit_torture(stored, NULL, CASES) >= 2);
}
static void torture_bounce(void **state) {
  (void)state;
  assert_true(kit_torture(bounce, NULL, CASES) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(torture_build),  cmocka_unit_test(torture_raw),
      cmocka_unit_test(torture_source), cmocka_unit_test(torture_stored),
      cmocka_unit_test(torture_bounce), cmocka_unit_test(torture_mime),
      cmocka_unit_test(torture_parts),  cmocka_unit_test(torture_edit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Signatures over messages of many pieces: what is signed is what the reader gives. */
#include "base/config.h"
#include "kit/kit_dkim.h"
#include "kit/kit_torture.h"
#include "message/help.h"

#if MR_WITH_TLS
#include <mailroute/dkim.h>
#include <mailroute/mime.h>

#include "message/verify.h"

static mr_dkim *signer(const mr_env *env) {
  mr_dkim *k = NULL;
  assert_int_equal(mr_dkim_new(&k, env, "example.org", "one"), MR_OK);
  assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_OK);
  return k;
}

static void people(mr_message *m, const char *from) {
  assert_int_equal(mr_message_set_from(m, "J\xc3\xb6", from), MR_OK);
  assert_int_equal(mr_message_add_to(m, NULL, "bob@example.net"), MR_OK);
  assert_int_equal(mr_message_set_subject(m, "gr\xc3\xbc\xc3\x9f e"), MR_OK);
}

static void assert_signed(mr_message *m) {
  kit_buf wire = pass_of(m, 777);
  assert_true(verify_signature(wire.data, wire.len, "DKIM-Signature", 0,
                               KIT_DKIM_8463_ED25519_TXT));
  assert_ptr_equal(strstr(wire.data, "DKIM-Signature:"), wire.data);
  kit_buf_free(&wire);
}

/* bug 49: text, HTML and an attachment, from memory and from a source that pauses. */
static void test_parts(void **state) {
  fixture *f = *state;
  static char data[30000];
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (char)(i * 7 % 251);
  for (int i = 0; i < 4; i++) {
    mr_dkim *k = signer(&f->env.env);
    f->source = (test_source){.data = data, .len = sizeof data, .chunk = 700};
    f->source.pending = i & 1;
    mr_source source = source_of(&f->source, i & 2 ? UINT64_MAX : sizeof data);
    fixture_message(f);
    people(f->m, "ann@example.org");
    assert_int_equal(mr_message_set_text(f->m, "caf\xc3\xa9 \n. \n\n", 11), MR_OK);
    assert_int_equal(mr_message_set_html(f->m, "<p>x</p>", 8), MR_OK);
    assert_int_equal(mr_message_attach(f->m, "a.bin", NULL, data, 1000), MR_OK);
    assert_int_equal(mr_message_attach_source(f->m, "b.bin", NULL, &source), MR_OK);
    assert_int_equal(mr_message_sign(f->m, k), MR_OK);
    mr_dkim_free(k);
    assert_int_equal(seal_all(f->m), MR_OK);
    assert_true(mr_message_size(f->m) > sizeof data);
    assert_signed(f->m);
    fixture_message(f);
  }
}

/* While the pass that signs waits for the source, nothing else goes (bug 29). */
static void test_pending(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env);
  f->source = (test_source){.data = "some octets", .len = 11, .chunk = 3, .pending = 1};
  mr_source source = source_of(&f->source, 11);
  people(f->m, "ann@example.org");
  assert_int_equal(mr_message_attach_source(f->m, "b.bin", NULL, &source), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  int err, waits = 0;
  while ((err = mr_message_seal(f->m)) == MR_ERR_PENDING) {
    waits++;
    assert_int_equal(mr_message_sign(f->m, k), MR_ERR_STATE);
    assert_int_equal(mr_message_set_text(f->m, "x", 1), MR_ERR_STATE);
  }
  assert_int_equal(err, MR_OK);
  assert_true(waits > 8);
  assert_signed(f->m);
  fixture_message(f);
  mr_dkim_free(k);
}

static void change(test_source *s) { s->flip_at = s->hook_user != NULL ? 3 : 0; }

/* A source that gives other octets to the pass that signs: no seal. */
static void test_changes(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env);
  f->source = (test_source){.data = "some octets", .len = 11, .chunk = 3, .hook = change};
  f->source.pending = 1;
  mr_source source = source_of(&f->source, 11);
  people(f->m, "ann@example.org");
  assert_int_equal(mr_message_attach_source(f->m, "b.bin", NULL, &source), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  /* one pass takes a read for each 3 octets, one for the end, and the pauses */
  while (f->source.reads < 10 && mr_message_seal(f->m) == MR_ERR_PENDING)
    continue;
  f->source.hook_user = f;
  assert_int_equal(seal_all(f->m), MR_ERR_SOURCE);
  fixture_message(f);
  mr_dkim_free(k);
}

/* A header in UTF-8 stays as it is (RFC 8616): there is no other form of such mail. */
static void test_utf8(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env);
  people(f->m, "j\xc3\xb6rg@example.org");
  assert_int_equal(mr_message_set_text(f->m, "x\n", 2), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  assert_int_equal(mr_message_is_8bit(f->m), 1);
  assert_signed(f->m);
  mr_dkim_free(k);
}

/* One signer twice, and the header that the message tells. */
static void test_two_signers(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env);
  people(f->m, "ann@example.org");
  assert_int_equal(mr_message_set_text(f->m, "x\n", 2), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  kit_buf wire = pass_of(f->m, 64);
  for (size_t i = 0; i < 2; i++)
    assert_true(verify_signature(wire.data, wire.len, "DKIM-Signature", i,
                                 KIT_DKIM_8463_ED25519_TXT));
  size_t len = 0;
  const char *header = mr_message_header(f->m, &len);
  assert_memory_equal(header, wire.data, len);
  kit_buf_free(&wire);
  mr_dkim_free(k);
}

/* fault 98 */
static int torture(kit_env *env, void *arg) {
  mr_message *m = NULL;
  test_source s = {.data = "some octets", .len = 11, .chunk = 5, .pending = 1};
  mr_source source = source_of(&s, 11);
  int err = mr_message_new(&m, &env->env, NULL);
  if (err == MR_OK)
    err = mr_message_set_from(m, NULL, "ann@example.org");
  if (err == MR_OK)
    err = mr_message_set_text(m, "x\n", 2);
  if (err == MR_OK)
    err = mr_message_attach_source(m, "b.bin", NULL, &source);
  if (err == MR_OK)
    err = mr_message_sign(m, arg);
  if (err == MR_OK)
    err = seal_all(m);
  mr_message_free(m);
  return err == MR_OK || (err == MR_ERR_NOMEM && env->failed > 0) ? 0 : err;
}

static void test_torture(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env);
  assert_true(kit_torture(torture, k, 1000) > 20);
  mr_dkim_free(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(test_parts),       FIXTURE_TEST(test_pending),
      FIXTURE_TEST(test_changes),     FIXTURE_TEST(test_utf8),
      FIXTURE_TEST(test_two_signers), FIXTURE_TEST(test_torture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) { return 0; } /* test_dkim.c */
#endif

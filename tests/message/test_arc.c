/* SPDX-License-Identifier: MIT */
/* ARC sets, judged by a verifier of our own; RFC 8617. */
#include "base/config.h"
#include "kit/kit_dkim.h"
#include "kit/kit_torture.h"
#include "message/help.h"

#if MR_WITH_TLS
#include <mailroute/dkim.h>

#include "message/verify.h"

#define RESULTS                                                                          \
  "lists.example.org; spf=pass smtp.mfrom=jqd@d1.example; dkim=pass; dmarc=pass"
#define TXT KIT_DKIM_8463_RSA_TXT

static const char original[] = "DKIM-Signature: v=1; a=x; b=y\r\n"
                               "From: a@b\r\nSubject:  s \r\n\r\nbody caf\xc3\xa9 \r\n";

static mr_dkim *sealer(const mr_env *env) {
  mr_dkim *k = NULL;
  assert_int_equal(mr_dkim_new(&k, env, "example.org", "arc"), MR_OK);
  assert_int_equal(mr_dkim_set_key_pem(k, KIT_DKIM_8463_RSA, strlen(KIT_DKIM_8463_RSA)),
                   MR_OK);
  return k;
}

/* Forwards a message once; the result replaces it. */
static int forward(fixture *f, kit_buf *mail, int passed, const char *results) {
  mr_dkim *k = sealer(&f->env.env);
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, mail->data, mail->len, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_arc_seal(f->m, k, passed, results), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  mr_dkim_free(k);
  kit_buf wire = pass_of(f->m, 700);
  assert_canonical(wire.data, wire.len);
  kit_buf_free(mail);
  *mail = wire;
  return mr_message_arc_instance(f->m);
}

static kit_buf copy_of(const char *text) {
  kit_buf mail = {0};
  kit_buf_str(&mail, text);
  return mail;
}

static void assert_cv(const kit_buf *mail, const char *want) {
  size_t len = 0;
  const char *field = verify_field(mail->data, mail->len, "ARC-Seal", 0, &len);
  assert_ptr_equal(field, mail->data); /* on top */
  char *cv = verify_tag(field, len, "cv");
  assert_string_equal(cv, want);
  free(cv);
}

/* RFC 8617 5.1: up to 50 sets, and no more. */
static void test_chain(void **state) {
  fixture *f = *state;
  kit_buf mail = copy_of(original);
  for (int n = 1; n <= 50; n++) {
    assert_int_equal(forward(f, &mail, 1, RESULTS), n);
    assert_cv(&mail, n == 1 ? "none" : "pass");
    if (n < 6 || n == 50)
      assert_int_equal(verify_chain(mail.data, mail.len, TXT), n);
  }
  size_t len = mail.len;
  assert_int_equal(forward(f, &mail, 1, RESULTS), 0);
  assert_int_equal(mail.len, len);
  assert_octets(mail.data + len - (sizeof original - 1), sizeof original - 1, original,
                sizeof original - 1);
  kit_buf_free(&mail);
}

/* RFC 8617 4.1.2, 4.1.3: what is signed, and which tags there are. */
static void test_tags(void **state) {
  fixture *f = *state;
  kit_buf mail = copy_of(original);
  assert_int_equal(forward(f, &mail, 0, RESULTS), 1);
  static const struct {
    const char *field, *tag, *want;
  } rows[] = {
      {"ARC-Message-Signature", "i", "1"},
      {"ARC-Message-Signature", "v", ""},
      {"ARC-Message-Signature", "a", "rsa-sha256"},
      {"ARC-Message-Signature", "c", "relaxed/relaxed"},
      {"ARC-Message-Signature", "t", "1767225600"},
      {"ARC-Message-Signature", "h",
       "From:From:To:Cc:Subject:Subject:Date:Message-ID:Reply-To:MIME-Version:"
       "Content-Type:Content-Transfer-Encoding:DKIM-Signature"},
      {"ARC-Seal", "i", "1"},
      {"ARC-Seal", "cv", "none"},
      {"ARC-Seal", "h", ""},
      {"ARC-Seal", "bh", ""},
      {"ARC-Seal", "c", ""},
      {"ARC-Seal", "d", "example.org"},
      {"ARC-Seal", "s", "arc"},
      {"ARC-Authentication-Results", "i", "1"},
      {"ARC-Authentication-Results", "spf", "passsmtp.mfrom=jqd@d1.example"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    size_t len = 0;
    const char *field = verify_field(mail.data, mail.len, rows[i].field, 0, &len);
    char *value = verify_tag(field, len, rows[i].tag);
    assert_string_equal(value, rows[i].want);
    free(value);
  }
  kit_buf_free(&mail);
}

/* RFC 8617 5.1.2: a failed chain is sealed alone, and then closed. */
static void test_failed(void **state) {
  fixture *f = *state;
  kit_buf mail = copy_of(original);
  assert_int_equal(forward(f, &mail, 1, RESULTS), 1);
  assert_int_equal(forward(f, &mail, 0, RESULTS), 2);
  assert_cv(&mail, "fail");
  assert_true(verify_seal(mail.data, mail.len, 2, 1, TXT));
  assert_false(verify_seal(mail.data, mail.len, 2, 0, TXT));
  assert_true(verify_signature(mail.data, mail.len, "ARC-Message-Signature", 0, TXT));
  size_t len = mail.len;
  assert_int_equal(forward(f, &mail, 1, RESULTS), 0);
  assert_int_equal(mail.len, len);
  kit_buf_free(&mail);
}

#define AAR(i) "ARC-Authentication-Results: i=" i "; a.example; none\r\n"
#define AMS(i) "ARC-Message-Signature: i=" i "; a=rsa-sha256; b=\r\n"
#define AS(i, cv) "ARC-Seal: i=" i "; cv=" cv "; b=\r\n"

/* A chain that is not well-formed has not passed, whatever the host says. */
static void test_broken(void **state) {
  fixture *f = *state;
  static const struct {
    const char *header;
    int instance;
    const char *cv;
  } rows[] = {
      {AS("1", "none") AMS("1") AAR("1"), 2, "pass"},
      {"arc-seal: i=1 ; cv=none; b=\r\n" AMS(" 1\t") AAR("\r\n 1"), 2, "pass"},
      {AS("1", "none") AMS("1"), 2, "fail"},
      {AMS("1") AAR("1"), 2, "fail"},
      {AS("1", "none") AMS("1") AAR("1") AAR("1"), 2, "fail"},
      {AS("2", "pass") AMS("2") AAR("2"), 3, "fail"},
      {AS("0", "none") AMS("1") AAR("1"), 2, "fail"},
      {AS("51", "none"), 1, "fail"},
      {AS("18446744073709551617", "none"), 1, "fail"},
      {AS("-1", "none"), 1, "fail"},
      {"ARC-Seal: cv=none; i=1\r\n" AMS("1") AAR("1"), 2, "fail"},
      {"ARC-Seal:\r\n", 1, "fail"},
      {"ARC-Seal: i=1; cv=FAIL\r\n", 0, ""},
      {AS("50", "pass"), 0, ""},
      {"ARC-Sealed: i=1\r\n", 1, "none"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    kit_buf mail = copy_of(rows[i].header);
    kit_buf_str(&mail, original);
    assert_int_equal(forward(f, &mail, 1, RESULTS), rows[i].instance);
    if (rows[i].instance > 0) {
      int alone = strcmp(rows[i].cv, "pass") != 0;
      assert_cv(&mail, rows[i].cv);
      assert_true(
          verify_seal(mail.data, mail.len, (unsigned)rows[i].instance, alone, TXT));
    }
    kit_buf_free(&mail);
  }
}

/* bug 48: results of every length. */
static void test_lengths(void **state) {
  fixture *f = *state;
  for (size_t n = 1; n <= 900; n += n < 100 ? 7 : 97) {
    char results[4096] = "a.example; x=";
    memset(results + strlen(results), 'y', n - (n > 2 ? 2 : 0));
    strcat(results, "; caf\xc3\xa9=\"z  z\"");
    kit_buf mail = copy_of(original);
    assert_int_equal(forward(f, &mail, 1, results), 1);
    assert_int_equal(forward(f, &mail, 1, results), 2);
    assert_int_equal(verify_chain(mail.data, mail.len, TXT), 2);
    kit_buf_free(&mail);
  }
}

/* A bit flipped in any signed field or the body. */
static void test_flips(void **state) {
  fixture *f = *state;
  kit_buf mail = copy_of(original);
  assert_int_equal(forward(f, &mail, 1, RESULTS), 1);
  assert_int_equal(forward(f, &mail, 1, RESULTS), 2);
  size_t body = (size_t)(strstr(mail.data, "\r\n\r\n") - mail.data);
  unsigned missed = 0;
  for (size_t bit = 1; bit < 8 * mail.len; bit += 197) {
    char c = mail.data[bit / 8];
    mail.data[bit / 8] = (char)(c ^ (1 << bit % 8));
    /* relaxed: case of names and blanks do not count; old AMS break when forwarded */
    if (verify_chain(mail.data, mail.len, TXT) == 2) {
      missed++;
      assert_true(bit % 8 == 5 || c == ' ' || mail.data[bit / 8] == ' ');
      assert_true(bit / 8 < body);
    }
    mail.data[bit / 8] = c;
  }
  assert_true(missed < 8 * mail.len / 37 / 20);
  assert_int_equal(verify_chain(mail.data, mail.len, TXT), 2);
  kit_buf_free(&mail);
}

/* Both: the set stands above the signature and covers it. */
static void test_with_signature(void **state) {
  fixture *f = *state;
  static const char mail[] = "From: a@b\r\n\r\nbody\r\n";
  mr_dkim *k = sealer(&f->env.env);
  assert_int_equal(mr_message_set_raw(f->m, mail, sizeof mail - 1, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_arc_seal(f->m, k, 1, "a.example; none"), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  kit_buf wire = pass_of(f->m, 99);
  assert_int_equal(verify_chain(wire.data, wire.len, TXT), 1);
  assert_true(verify_signature(wire.data, wire.len, "DKIM-Signature", 0, TXT));
  char *signature = strstr(wire.data, "\r\nDKIM-Signature: v=1") + 22;
  *signature = 'x';
  assert_int_equal(verify_chain(wire.data, wire.len, TXT), 0);
  kit_buf_free(&wire);
  mr_dkim_free(k);
}

static void test_refused(void **state) {
  fixture *f = *state;
  char big[20000] = "a.example; ", word[1000] = {0};
  for (size_t i = strlen(big); i + 1 < sizeof big; i++)
    big[i] = i % 2 ? ' ' : 'x';
  memset(word, 'w', 901);
  mr_dkim *k = sealer(&f->env.env), *other = NULL, *none = NULL;
  assert_int_equal(mr_dkim_new(&other, &f->env.env, "a.example", "s"), MR_OK);
  assert_int_equal(mr_dkim_set_key_ed25519(other, KIT_DKIM_8463_SEED, 32), MR_OK);
  assert_int_equal(mr_dkim_new(&none, &f->env.env, "a.example", "s"), MR_OK);
  const struct {
    mr_dkim *dkim;
    const char *results;
    int err;
  } rows[] = {
      {k, NULL, MR_ERR_MISUSE},        {k, " \t", MR_ERR_MISUSE},
      {NULL, RESULTS, MR_ERR_MISUSE},  {k, "a\r\nX: y", MR_ERR_HDR_CHAR},
      {k, "a\x7f", MR_ERR_HDR_CHAR},   {k, "a\xff", MR_ERR_HDR_CHAR},
      {k, big, MR_ERR_LIMIT},          {k, word, MR_ERR_LINE_LONG},
      {other, RESULTS, MR_ERR_NOTSUP}, {none, RESULTS, MR_ERR_STATE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fixture_message(f);
    assert_int_equal(mr_message_arc_seal(f->m, rows[i].dkim, 1, rows[i].results),
                     rows[i].err);
  }
  fixture_message(f);
  assert_int_equal(mr_message_arc_seal(f->m, k, 1, RESULTS), MR_OK);
  assert_int_equal(mr_message_arc_instance(f->m), 0);
  assert_int_equal(mr_message_arc_seal(f->m, k, 1, RESULTS), MR_ERR_EXISTS);
  fixture_message(f);
  assert_int_equal(mr_message_set_from(f->m, NULL, "a@b.example"), MR_OK);
  assert_int_equal(mr_message_arc_seal(f->m, k, 1, RESULTS), MR_ERR_STATE);
  fixture_message(f);
  assert_int_equal(mr_message_arc_seal(f->m, k, 1, RESULTS), MR_OK);
  assert_int_equal(mr_message_set_from(f->m, NULL, "a@b.example"), MR_OK);
  assert_int_equal(seal_all(f->m), MR_ERR_STATE);
  assert_int_equal(mr_message_arc_instance(NULL), 0);
  fixture_message(f);
  mr_dkim_free(k);
  mr_dkim_free(other);
  mr_dkim_free(none);
}

/* fault 98 */
static int torture(kit_env *env, void *arg) {
  static const char mail[] = AS("1", "none") AMS("1") AAR("1") "From: a@b\n\nbody\n";
  mr_message *m = NULL;
  test_source s = {.data = mail, .len = sizeof mail - 1, .chunk = 20, .pending = 1};
  mr_source source = source_of(&s, s.len);
  int err = mr_message_new(&m, &env->env, NULL);
  if (err == MR_OK)
    err = mr_message_set_raw_source(m, &source, 0);
  if (err == MR_OK)
    err = mr_message_arc_seal(m, arg, 1, RESULTS);
  if (err == MR_OK)
    err = seal_all(m);
  if (err == MR_OK && mr_message_arc_instance(m) != 2)
    err = MR_ERR_INTERNAL;
  mr_message_free(m);
  return err == MR_OK || (err == MR_ERR_NOMEM && env->failed > 0) ? 0 : err;
}

static void test_torture(void **state) {
  fixture *f = *state;
  mr_dkim *k = sealer(&f->env.env);
  assert_true(kit_torture(torture, k, 60) > 10);
  mr_dkim_free(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(test_chain),   FIXTURE_TEST(test_tags),
      FIXTURE_TEST(test_failed),  FIXTURE_TEST(test_broken),
      FIXTURE_TEST(test_lengths), FIXTURE_TEST(test_flips),
      FIXTURE_TEST(test_refused), FIXTURE_TEST(test_with_signature),
      FIXTURE_TEST(test_torture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) { return 0; } /* test_dkim.c */
#endif

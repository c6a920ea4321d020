/* SPDX-License-Identifier: MIT */
/* Signed messages, judged by a verifier of our own that the examples of RFC 6376 A.2 and
 * RFC 8463 A.3 have judged. */
#include "base/config.h"
#include "kit/kit_dkim.h"
#include "kit/kit_torture.h"
#include "message/help.h"

#if MR_WITH_TLS
#include <mailroute/dkim.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "message/verify.h"
#include "text/encode.h"

#define HEADER                                                                           \
  "From: Joe SixPack <joe@football.example.com>\r\n"                                     \
  "To: Suzie Q <suzie@shopping.example.net>\r\n"                                         \
  "Subject: Is dinner ready?\r\n"                                                        \
  "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                      \
  "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define BODY(gap)                                                                        \
  "\r\nHi.\r\n\r\nWe lost the game." gap "Are you hungry yet?\r\n\r\nJoe.\r\n"
#define BH "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="

/* RFC 6376 A.2 */
static const char rfc6376[] =
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
    "      h=Received : From : To : Subject : Date : Message-ID;\r\n"
    "      bh=" BH ";\r\n"
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
    "      4bmp/YzhwvcubU4=;\r\n"
    "Received: from client1.football.example.com  [192.0.2.1]\r\n"
    "      by submitserver.example.com with SUBMISSION;\r\n"
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n" HEADER BODY(" ");

/* RFC 8463 A.3 */
static const char rfc8463[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=" BH ";\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=" BH ";\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n" HEADER BODY("  ");

static mr_dkim *signer(const mr_env *env, const char *pem) {
  mr_dkim *k = NULL;
  assert_int_equal(mr_dkim_new(&k, env, "football.example.com", "brisbane"), MR_OK);
  if (pem != NULL)
    assert_int_equal(mr_dkim_set_key_pem(k, pem, strlen(pem)), MR_OK);
  else
    assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_OK);
  return k;
}

static void record_of(const mr_dkim *k, char txt[1024]) {
  assert_int_equal(mr_dkim_txt(k, txt, 1024, NULL), MR_OK);
}

static int is_good(const kit_buf *mail, size_t index, const char *txt) {
  return verify_signature(mail->data, mail->len, "DKIM-Signature", index, txt);
}

/* Raw input, signed and sealed; what goes over the wire (bug 49). */
static kit_buf sign_raw(fixture *f, mr_dkim *k, const char *mail, size_t len) {
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, mail, len, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  kit_buf wire = pass_of(f->m, 4096);
  assert_canonical(wire.data, wire.len);
  return wire;
}

/* The signature that a key makes of an RFC's own field. */
static void reproduce(const char *mail, size_t index, const char *pem) {
  uint8_t hash[MR__DIGEST_MAX], made[MR__SIGNATURE_MAX];
  char text[4 * MR__SIGNATURE_MAX / 3 + 5];
  size_t field_len = 0, len = 0;
  mr__key key;
  const char *field =
      verify_field(mail, strlen(mail), "DKIM-Signature", index, &field_len);
  kit_buf data = verify_signed(mail, strlen(mail), field, field_len);
  assert_int_equal(mr__digest_of(MR__SHA256, data.data, data.len, hash), MR_OK);
  if (pem != NULL)
    assert_int_equal(mr__key_pem(&key, pem, strlen(pem)), MR_OK);
  else
    assert_int_equal(mr__key_ed25519(&key, (const uint8_t *)KIT_DKIM_8463_SEED), MR_OK);
  assert_int_equal(mr__key_sign(&key, hash, made, &len), MR_OK);
  text[mr__base64_write(text, made, len)] = '\0';
  char *b = verify_tag(field, field_len, "b");
  assert_string_equal(text, b);
  free(b);
  mr__key_drop(&key);
  kit_buf_free(&data);
}

static void test_rfc(void **state) {
  fixture *f = *state;
  char txt[1024];
  mr_dkim *k = signer(&f->env.env, KIT_DKIM_6376_RSA);
  record_of(k, txt);
  kit_buf mail = {0};
  kit_buf_str(&mail, rfc6376);
  assert_true(is_good(&mail, 0, txt));
  kit_buf_clear(&mail);
  kit_buf_str(&mail, rfc8463);
  assert_true(is_good(&mail, 0, KIT_DKIM_8463_ED25519_TXT));
  assert_true(is_good(&mail, 1, KIT_DKIM_8463_RSA_TXT));
  assert_false(is_good(&mail, 0, KIT_DKIM_8463_RSA_TXT));
  assert_false(is_good(&mail, 1, txt));
  reproduce(rfc6376, 0, KIT_DKIM_6376_RSA);
  reproduce(rfc8463, 0, NULL);
  reproduce(rfc8463, 1, KIT_DKIM_8463_RSA);
  kit_buf_free(&mail);
  mr_dkim_free(k);
}

/* The example's message signed by us: same body hash, right signature. */
static void test_own(void **state) {
  fixture *f = *state;
  static const char *const pems[] = {KIT_DKIM_6376_RSA, KIT_DKIM_8463_RSA, NULL};
  for (int i = 0; i < 12; i++) {
    char txt[1024];
    mr_dkim *k = signer(&f->env.env, pems[i / 4]);
    const char *body = i % 2 ? BODY("  ") : BODY(" ");
    kit_buf in = {0};
    kit_buf_printf(&in, "%s%s", HEADER, body);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_HEADER_CANON, i / 2 % 2), MR_OK);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_BODY_CANON, i % 2), MR_OK);
    record_of(k, txt);
    kit_buf wire = sign_raw(f, k, in.data, in.len);
    assert_true(is_good(&wire, 0, txt));
    size_t len = 0;
    const char *field = verify_field(wire.data, wire.len, "DKIM-Signature", 0, &len);
    char *bh = verify_tag(field, len, "bh");
    assert_string_equal(bh, BH);
    assert_octets(wire.data + len, wire.len - len, in.data, in.len);
    free(bh);
    kit_buf_free(&wire);
    kit_buf_free(&in);
    mr_dkim_free(k);
  }
}

/* A tag of the topmost signature. */
static void assert_tag(const kit_buf *mail, const char *tag, const char *want) {
  size_t len = 0;
  const char *field = verify_field(mail->data, mail->len, "DKIM-Signature", 0, &len);
  assert_non_null(field);
  char *value = verify_tag(field, len, tag);
  assert_string_equal(value, want);
  free(value);
}

/* Text put in at an offset breaks the signature. */
static void assert_guarded(const kit_buf *mail, size_t at, const char *text,
                           const char *txt) {
  kit_buf changed = {0};
  kit_buf_add(&changed, mail->data, at);
  kit_buf_str(&changed, text);
  kit_buf_add(&changed, mail->data + at, mail->len - at);
  assert_false(is_good(&changed, 0, txt));
  kit_buf_free(&changed);
}

/* bug 47: no l=, and nothing that matters can be added. */
static void test_oversigned(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env, NULL);
  assert_int_equal(mr_message_set_from(f->m, "Ann", "ann@football.example.com"), MR_OK);
  assert_int_equal(mr_message_add_to(f->m, NULL, "bob@example.net"), MR_OK);
  assert_int_equal(mr_message_set_subject(f->m, "caf\xc3\xa9"), MR_OK);
  assert_int_equal(mr_message_add_header(f->m, "Comments", "none"), MR_OK);
  assert_int_equal(mr_message_set_text(f->m, "text", 4), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  kit_buf wire = pass_of(f->m, 1000);
  assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
  assert_tag(&wire, "l", "");
  assert_tag(&wire, "v", "1");
  assert_tag(&wire, "t", "1767225600");
  assert_tag(&wire, "x", "");
  assert_tag(&wire, "h",
             "From:From:To:To:Cc:Subject:Subject:Date:Date:Message-ID:Message-ID:"
             "Reply-To:MIME-Version:MIME-Version:Content-Type:Content-Type:"
             "Content-Transfer-Encoding:Content-Transfer-Encoding");
  static const char *const added[] = {"From: eve@example.org\r\n",
                                      "To: eve@example.org\r\n",
                                      "Subject: changed\r\n",
                                      "date: today\r\n",
                                      "MIME-Version: 2.0\r\n",
                                      "Content-Type: text/html\r\n",
                                      "CONTENT-TRANSFER-ENCODING: x\r\n",
                                      "Reply-To: eve@example.org\r\n",
                                      "Cc: eve@example.org\r\n",
                                      "Message-ID: <a@b>\r\n"};
  for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
    assert_guarded(&wire, 0, added[i], KIT_DKIM_8463_ED25519_TXT);
  assert_guarded(&wire, wire.len, "more\r\n", KIT_DKIM_8463_ED25519_TXT);
  kit_buf_free(&wire);
  mr_dkim_free(k);
}

/* What relaxed lets pass, simple does not. */
static void test_relaxed(void **state) {
  fixture *f = *state;
  static const char before[] = "FROM: a@b\r\nsubject:\t x  y \r\n\r\na b \r\n\r\n";
  static const char after[] = "From: a@b\r\nSubject: x\r\n y\r\n\r\na \tb\r\n";
  for (int relaxed = 0; relaxed < 2; relaxed++) {
    mr_dkim *k = signer(&f->env.env, NULL);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_HEADER_CANON, relaxed), MR_OK);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_BODY_CANON, relaxed), MR_OK);
    kit_buf wire = sign_raw(f, k, before, sizeof before - 1);
    assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
    wire.len -= sizeof before - 1;
    kit_buf_str(&wire, after);
    assert_int_equal(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT), relaxed);
    kit_buf_free(&wire);
    mr_dkim_free(k);
  }
}

/* bug 48: fields of every length, of one word and of many, keep their signature, and
 * ours is folded. */
static void test_lengths(void **state) {
  fixture *f = *state;
  mr_dkim *k[2] = {signer(&f->env.env, NULL), signer(&f->env.env, NULL)};
  assert_int_equal(mr_dkim_set(k[0], MR_DKIM_HEADER_CANON, MR_DKIM_SIMPLE), MR_OK);
  for (size_t n = 1; n <= 2000; n++) {
    kit_buf in = {0};
    kit_buf_str(&in, "From: a@b\r\nSubject: ");
    for (size_t i = 0; i < n; i++)
      kit_buf_str(&in, i % 900 == 899 ? "\r\n " : i % 11 == 10 ? " " : "w");
    kit_buf_str(&in, "\r\n\r\nx\r\n");
    kit_buf wire = sign_raw(f, k[n % 2], in.data, in.len);
    assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
    for (char *p = wire.data, *e = p + wire.len - in.len, *q; p < e; p = q + 2) {
      q = strstr(p, "\r\n");
      assert_true(q - p <= 78);
    }
    kit_buf_free(&wire);
    kit_buf_free(&in);
  }
  mr_dkim_free(k[0]);
  mr_dkim_free(k[1]);
}

/* bug 48: our own field with every length of its parts. */
static void test_own_lengths(void **state) {
  fixture *f = *state;
  for (size_t n = 1; n <= 130; n++) {
    mr_dkim *k = NULL;
    char selector[64] = {0}, domain[160] = {0}, list[300] = {0};
    memset(selector, 's', 1 + n % 60);
    for (size_t i = 0; i < n + 2; i++)
      domain[i] = i % 40 == 39 ? '.' : 'd';
    domain[n + 2] = 'e';
    for (size_t i = 0; i < n; i++)
      list[i] = i % 17 == 16 ? ':' : 'X';
    assert_int_equal(mr_dkim_new(&k, &f->env.env, domain, selector), MR_OK);
    assert_int_equal(mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32), MR_OK);
    assert_int_equal(mr_dkim_set_headers(k, list, ""), MR_OK);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_HEADER_CANON, (int)(n % 2)), MR_OK);
    kit_buf wire = sign_raw(f, k, HEADER BODY(" "), sizeof(HEADER BODY(" ")) - 1);
    assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
    kit_buf_free(&wire);
    mr_dkim_free(k);
  }
}

/* A bit flipped anywhere. */
static void test_flips(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env, NULL);
  assert_int_equal(mr_dkim_set(k, MR_DKIM_HEADER_CANON, MR_DKIM_SIMPLE), MR_OK);
  assert_int_equal(mr_dkim_set(k, MR_DKIM_BODY_CANON, MR_DKIM_SIMPLE), MR_OK);
  kit_buf wire = sign_raw(f, k, HEADER BODY(" "), sizeof(HEADER BODY(" ")) - 1);
  for (size_t bit = 0; bit < 8 * wire.len; bit += 3) {
    wire.data[bit / 8] = (char)(wire.data[bit / 8] ^ (1 << bit % 8));
    assert_false(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
    wire.data[bit / 8] = (char)(wire.data[bit / 8] ^ (1 << bit % 8));
  }
  assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
  kit_buf_free(&wire);
  mr_dkim_free(k);
}

/* bug 49: ends of bodies that the canonical form changes. */
static void test_body_ends(void **state) {
  fixture *f = *state;
  static const char *const bodies[] = {"",      "\n",       "x",     "x\n",   "x\r\n\r\n",
                                       "x \n ", "x\r\ry\r", "\n\nx", ".\n..", " \t\n"};
  for (size_t i = 0; i < 4 * sizeof bodies / sizeof bodies[0]; i++) {
    mr_dkim *k = signer(&f->env.env, NULL);
    kit_buf in = {0};
    kit_buf_printf(&in, "From: a@b\n\n%s", bodies[i / 4]);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_HEADER_CANON, i / 2 % 2), MR_OK);
    assert_int_equal(mr_dkim_set(k, MR_DKIM_BODY_CANON, i % 2), MR_OK);
    kit_buf wire = sign_raw(f, k, in.data, in.len);
    assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
    kit_buf_free(&wire);
    kit_buf_free(&in);
    mr_dkim_free(k);
  }
}

/* The newest on top; the same input and time give the same octets. */
static void test_several(void **state) {
  fixture *f = *state;
  static const char mail[] = "From: a@b\r\nSubject: s\r\n\r\nbody  \r\n";
  kit_buf wires[2] = {{0}, {0}};
  char txt[1024];
  for (int round = 0; round < 2; round++) {
    mr_dkim *k[3] = {signer(&f->env.env, KIT_DKIM_6376_RSA), signer(&f->env.env, NULL),
                     signer(&f->env.env, KIT_DKIM_8463_RSA)};
    assert_int_equal(mr_dkim_set(k[0], MR_DKIM_BODY_CANON, MR_DKIM_SIMPLE), MR_OK);
    record_of(k[0], txt);
    fixture_message(f);
    assert_int_equal(mr_message_set_raw(f->m, mail, sizeof mail - 1, MR_RAW_KEEP), MR_OK);
    for (int i = 0; i < 3; i++) {
      assert_int_equal(mr_message_sign(f->m, k[i]), MR_OK);
      mr_dkim_free(k[i]);
    }
    assert_int_equal(seal_all(f->m), MR_OK);
    wires[round] = pass_of(f->m, 333);
  }
  assert_true(is_good(&wires[0], 0, KIT_DKIM_8463_RSA_TXT));
  assert_true(is_good(&wires[0], 1, KIT_DKIM_8463_ED25519_TXT));
  assert_true(is_good(&wires[0], 2, txt));
  assert_octets(wires[0].data, wires[0].len, wires[1].data, wires[1].len);
  kit_buf_free(&wires[0]);
  kit_buf_free(&wires[1]);
}

/* Fields that stand there several times are all signed, from the bottom. */
static void test_repeated(void **state) {
  fixture *f = *state;
  static const char mail[] = "From: a@b\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n";
  mr_dkim *k = signer(&f->env.env, NULL);
  assert_int_equal(mr_dkim_set_headers(k, "X-B : from : x-b", "X-A:X-C:X-B:x-a"), MR_OK);
  kit_buf wire = sign_raw(f, k, mail, sizeof mail - 1);
  assert_tag(&wire, "h", "From:From:X-B:X-B:X-A:X-A");
  assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
  assert_guarded(&wire, 0, "X-B: 4\r\n", KIT_DKIM_8463_ED25519_TXT);
  kit_buf_free(&wire);
  mr_dkim_free(k);
}

static void test_times(void **state) {
  fixture *f = *state;
  static const char mail[] = "From: a@b\r\n\r\n";
  mr_dkim *k = signer(&f->env.env, NULL);
  assert_int_equal(mr_dkim_set(k, MR_DKIM_LIFETIME, 86400), MR_OK);
  assert_int_equal(mr_dkim_set(k, MR_DKIM_TIMESTAMP, 0), MR_OK);
  kit_buf wire = sign_raw(f, k, mail, sizeof mail - 1);
  assert_tag(&wire, "t", "");
  assert_tag(&wire, "x", "1767312000");
  kit_buf_free(&wire);
  f->env.wall_unknown = 1;
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, mail, sizeof mail - 1, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_ERR_TIME_UNKNOWN);
  mr_dkim_free(k);
  k = signer(&f->env.env, NULL);
  wire = sign_raw(f, k, mail, sizeof mail - 1);
  assert_tag(&wire, "t", "");
  assert_true(is_good(&wire, 0, KIT_DKIM_8463_ED25519_TXT));
  kit_buf_free(&wire);
  mr_dkim_free(k);
}

/* Input from a source gives the same as from memory, however it comes. */
static void test_source_input(void **state) {
  fixture *f = *state;
  static const char mail[] = HEADER BODY("  ");
  mr_dkim *k = signer(&f->env.env, NULL);
  kit_buf want = sign_raw(f, k, mail, sizeof mail - 1);
  for (size_t chunk = 0; chunk < 4; chunk++)
    for (int pending = 0; pending < 2; pending++) {
      f->source = (test_source){.data = mail, .len = sizeof mail - 1, .chunk = chunk};
      f->source.pending = pending;
      mr_source source = source_of(&f->source, chunk ? sizeof mail - 1 : UINT64_MAX);
      fixture_message(f);
      assert_int_equal(mr_message_set_raw_source(f->m, &source, MR_RAW_KEEP), MR_OK);
      assert_int_equal(mr_message_sign(f->m, k), MR_OK);
      assert_int_equal(seal_all(f->m), MR_OK);
      assert_message(f->m, want.data, want.len);
    }
  kit_buf_free(&want);
  fixture_message(f);
  mr_dkim_free(k);
}

/* Something else in the pass that signs: bug 29 */
static void change(test_source *s) { s->flip_at = s->reads > 2 ? sizeof HEADER + 5 : 0; }

static void test_source_changes(void **state) {
  fixture *f = *state;
  static const char mail[] = HEADER BODY("  ");
  mr_dkim *k = signer(&f->env.env, NULL);
  f->source = (test_source){.data = mail, .len = sizeof mail - 1, .hook = change};
  mr_source source = source_of(&f->source, sizeof mail - 1);
  assert_int_equal(mr_message_set_raw_source(f->m, &source, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_ERR_SOURCE);
  assert_true(f->source.reads > 2);
  fixture_message(f);
  mr_dkim_free(k);
}

/* What cannot be signed says so. */
static void test_refused(void **state) {
  fixture *f = *state;
  static const struct {
    const char *mail;
    int err;
    const char *text;
  } rows[] = {
      {"From: a@b\r\n\r\ncaf\xc3\xa9\r\n", MR_ERR_NOTSUP, "8-bit input"},
      {"From: a@b\r\nSubject: caf\xc3\xa9\r\n\r\nx\r\n", MR_ERR_NOTSUP, "8-bit input"},
      {"To: a@b\r\n\r\nx\r\n", MR_ERR_NOT_FOUND, "From"},
      {"X-From: a@b\r\n\r\nx\r\n", MR_ERR_NOT_FOUND, "From"},
  };
  mr_dkim *k = signer(&f->env.env, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fixture_message(f);
    assert_int_equal(
        mr_message_set_raw(f->m, rows[i].mail, strlen(rows[i].mail), MR_RAW_KEEP), MR_OK);
    assert_int_equal(mr_message_sign(f->m, k), MR_OK);
    assert_int_equal(seal_all(f->m), rows[i].err);
    assert_non_null(strstr(mr_message_error(f->m)->text, rows[i].text));
    assert_int_equal(mr_message_size(f->m), 0);
  }
  mr_dkim_free(k);
}

static void test_limits(void **state) {
  fixture *f = *state;
  mr_dkim *k = signer(&f->env.env, NULL), *bare = NULL;
  for (int i = 0; i < 8; i++)
    assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_ERR_LIMIT);
  fixture_message(f);
  assert_int_equal(mr_message_sign(f->m, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_message_sign(NULL, k), MR_ERR_MISUSE);
  fixture_message(f);
  assert_int_equal(mr_dkim_new(&bare, &f->env.env, "a.example", "b"), MR_OK);
  assert_int_equal(mr_message_sign(f->m, bare), MR_ERR_STATE);
  mr_dkim_free(bare);
  fixture_option(f, MR_OPT_HEADER_MAX, 1024);
  kit_buf in = {0};
  kit_buf_printf(&in, "From: a@b\r\nSubject: %0800d\r\n\r\nx\r\n", 0);
  assert_int_equal(mr_message_set_raw(f->m, in.data, in.len, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_sign(f->m, k), MR_OK);
  assert_int_equal(seal_all(f->m), MR_ERR_LIMIT);
  assert_int_equal(mr_message_sign(f->m, k), MR_ERR_LIMIT);
  kit_buf_free(&in);
  mr_dkim_free(k);
}

/* fault 98 */
static int torture(kit_env *env, void *arg) {
  static const char mail[] = "From: a@b\nSubject: s\n\nbody\n";
  mr_dkim *k = NULL;
  mr_message *m = NULL;
  (void)arg;
  int err = mr_dkim_new(&k, &env->env, "example.org", "one");
  if (err == MR_OK)
    err = mr_dkim_set_headers(k, "Subject:Date", NULL);
  if (err == MR_OK)
    err = mr_dkim_set_key_ed25519(k, KIT_DKIM_8463_SEED, 32);
  if (err == MR_OK)
    err = mr_message_new(&m, &env->env, NULL);
  if (err == MR_OK)
    err = mr_message_set_raw(m, mail, sizeof mail - 1, 0);
  for (int i = 0; i < 2 && err == MR_OK; i++)
    err = mr_message_sign(m, k);
  if (err == MR_OK)
    err = mr_message_seal(m);
  if (err == MR_OK && mr_message_size(m) < 600)
    err = MR_ERR_INTERNAL;
  mr_dkim_free(k);
  mr_message_free(m);
  return err == MR_OK || (err == MR_ERR_NOMEM && env->failed > 0) ? 0 : err;
}

static void test_torture(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 1000) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(test_rfc),
      FIXTURE_TEST(test_own),
      FIXTURE_TEST(test_oversigned),
      FIXTURE_TEST(test_relaxed),
      FIXTURE_TEST(test_lengths),
      FIXTURE_TEST(test_own_lengths),
      FIXTURE_TEST(test_flips),
      FIXTURE_TEST(test_body_ends),
      FIXTURE_TEST(test_several),
      FIXTURE_TEST(test_repeated),
      FIXTURE_TEST(test_times),
      FIXTURE_TEST(test_source_input),
      FIXTURE_TEST(test_source_changes),
      FIXTURE_TEST(test_refused),
      FIXTURE_TEST(test_limits),
      cmocka_unit_test(test_torture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include <mailroute/dkim.h>

/* Everything is there and says that it is not. */
static void test_without(void **state) {
  fixture *f = *state;
  mr_dkim *k = NULL;
  size_t needed = 1;
  assert_int_equal(mr_dkim_new(&k, &f->env.env, "a.example", "b"), MR_ERR_NOTSUP);
  assert_null(k);
  assert_null(mr_dkim_ref(k));
  assert_int_equal(mr_dkim_set_key_pem(k, "", 0), MR_ERR_NOTSUP);
  assert_int_equal(mr_dkim_set_key_ed25519(k, "", 0), MR_ERR_NOTSUP);
  assert_int_equal(mr_dkim_set_callback(k, 1, NULL), MR_ERR_NOTSUP);
  assert_int_equal(mr_dkim_set(k, MR_DKIM_TIMESTAMP, 0), MR_ERR_NOTSUP);
  assert_int_equal(mr_dkim_set_headers(k, NULL, NULL), MR_ERR_NOTSUP);
  assert_int_equal(mr_dkim_txt(k, NULL, 0, &needed), MR_ERR_NOTSUP);
  assert_int_equal(needed, 0);
  assert_string_equal(mr_dkim_name(k), "");
  assert_int_equal(mr_dkim_error(k)->code, MR_ERR_NOTSUP);
  assert_int_equal(mr_message_sign(f->m, k), MR_ERR_NOTSUP);
  assert_int_equal(mr_message_arc_seal(f->m, k, 1, "a; none"), MR_ERR_NOTSUP);
  assert_int_equal(mr_message_arc_instance(f->m), 0);
  mr_dkim_free(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {FIXTURE_TEST(test_without)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif

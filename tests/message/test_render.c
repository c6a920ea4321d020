/* SPDX-License-Identifier: MIT */
/* The 7-bit rendering: R64, R89; fault 16, 17, 20; bug 45. */
#include "message/message.h"
#include "message/view.h"

#define AE "\xc3\xa4"

/* ---- what is expected, octet for octet ---- */

typedef struct row {
  const char *name, *input, *want; /* want NULL: unchanged */
} row;

static const row rows[] = {
    {"text without a label, and no MIME-Version yet", "Subject: a\r\n\r\n" AE "\r\n",
     "Subject: a\r\nContent-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n"
     "\r\n=C3=A4\r\n"},
    {"the label is replaced where it stands",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nX: y\r\n\r\n" AE "\r\n",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\nX: y\r\n\r\n"
     "=C3=A4\r\n"},
    {"7bit was a lie",
     "mime-version: 1.0\r\ncontent-transfer-encoding:\r\n (so) 7BIT\r\n\r\n" AE "\r\n",
     "mime-version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
     "=C3=A4\r\n"},
    {"the second label goes",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\n" AE "\r\n",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
     "=C3=A4\r\n"},
    {"other leaves in base64",
     "MIME-Version: 1.0\r\nContent-Type: application/x\r\n\r\n" AE "\r\n",
     "MIME-Version: 1.0\r\nContent-Type: application/x\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nw6QNCg==\r\n"},
    {"binary in base64, text too",
     "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
     "Content-Transfer-Encoding: binary\r\n\r\na\r\n",
     "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nYQ0K\r\n"},
    {"8bit that has none is 7bit",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\na\r\n",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\n\r\na\r\n"},
    {"nothing to do", "Subject: a\r\n\r\nb\r\n", NULL},
    {"nothing but a header", "Subject: a\r\n\r\n", NULL},
    {"encoded already",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nw6Q=\r\n", NULL},
    {"an unknown encoding of ASCII",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: x-uue\r\n\r\nbegin\r\n", NULL},
    {"raw octets inside quoted-printable are escaped",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
     "a=3Db " AE "=\r\nc\r\n",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
     "a=3Db =C3=A4=\r\nc\r\n"},
    {"raw octets inside base64 count for nothing",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nw6" AE "Q=\r\n",
     "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nw6Q=\r\n"},
    {"parts: each by itself, the multipart's label is right, boundaries stay",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
     "Content-Transfer-Encoding: 8bit\r\n\r\npre\r\n--b\r\n\r\nplain\r\n--b\r\n"
     "Content-Type: text/html\r\n\r\n" AE "\r\n--b\r\nContent-Type: image/x\r\n\r\n" AE
     "\r\n--b--\r\npost\r\n",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
     "Content-Transfer-Encoding: 7bit\r\n\r\npre\r\n--b\r\n\r\nplain\r\n--b\r\n"
     "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
     "=C3=A4\r\n--b\r\nContent-Type: image/x\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nw6Q=\r\n--b--\r\npost\r\n"},
    {"line ends before a delimiter",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b c\"\r\n\r\n"
     "--b c\r\nContent-Type: a/b\r\n\r\n" AE "\r\n\r\n--b c \t\r\n\r\n" AE
     "\r\n\r\n--b c--\r\n",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b c\"\r\n\r\n"
     "--b c\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
     "w6QNCg==\r\n--b c \t\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
     "=C3=A4\r\n\r\n--b c--\r\n"},
    {"a message inside is gone into, and not encoded itself",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
     "Content-Transfer-Encoding: 8bit\r\n\r\nSubject: s\r\n\r\n" AE "\r\n",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
     "Content-Transfer-Encoding: 7bit\r\n\r\nSubject: s\r\n"
     "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n"
     "=C3=A4\r\n"},
    {"message/global may be encoded (RFC 6532 3.7)",
     "MIME-Version: 1.0\r\nContent-Type: message/global\r\n\r\nTo: " AE "@b\r\n\r\n",
     "MIME-Version: 1.0\r\nContent-Type: message/global\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nVG86IMOkQGINCg0K\r\n"},
    {"a digest holds messages",
     "MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=b\r\n\r\n"
     "--b\r\n\r\nSubject: s\r\n\r\n" AE "\r\n--b--\r\n",
     "MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=b\r\n\r\n"
     "--b\r\n\r\nSubject: s\r\nContent-Transfer-Encoding: quoted-printable\r\n"
     "MIME-Version: 1.0\r\n\r\n=C3=A4\r\n--b--\r\n"},
    {"what nobody is to read",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" AE
     "\r\n--b\r\n\r\n--b--\r\n" AE "\r\n",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n??"
     "\r\n--b\r\n\r\n--b--\r\n??\r\n"},
    {"a header in UTF-8", "Subject: " AE "\r\n\r\na\r\n",
     "Subject: =?UTF-8?B?w6Q=?=\r\n\r\na\r\n"},
    {"the same boundary inside itself: the innermost counts",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\n--b--\r\n"
     "--b\r\nContent-Type: a/b\r\n\r\n" AE "\r\n--b--\r\n" AE "\r\n",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\n--b--\r\n"
     "--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nw6Q="
     "\r\n--b--\r\n??\r\n"},
    {"quoting inside a boundary",
     "Content-Type: multipart/mixed; boundary=\"b\\c\"\r\n\r\n--bc\r\n\r\n" AE
     "\r\n--bc--\r\n",
     "Content-Type: multipart/mixed; boundary=\"b\\c\"\r\n\r\n--bc\r\n"
     "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\r\n--bc--\r\n"},
    {"an mbox line in front of a message",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nFrom " AE
     " 10:00\r\nMIME-Version: 1.0\r\nContent-Type: a/b\r\n\r\n" AE "\r\n",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nFrom ?? 10:00\r\n"
     "MIME-Version: 1.0\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n"
     "\r\nw6QNCg==\r\n"},
    {"a message that is encoded all the same",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nQTog\r\n" AE "Yg==\r\n",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nQTog\r\nYg==\r\n"},
    {"a message inside whose parent's header does not end",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n" AE " no field\r\n",
     "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
     "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n"
     "=C3=A4 no field\r\n"},
    {"the first type counts",
     "MIME-Version: 1.0\r\nContent-Type: a/b\r\nContent-Type: text/plain\r\n\r\n" AE
     "\r\n",
     "MIME-Version: 1.0\r\nContent-Type: a/b\r\nContent-Type: text/plain\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nw6QNCg==\r\n"},
    {"a signed part without 8-bit octets stays, in a message that has some",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
     "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n"
     "Content-Transfer-Encoding: 8bit\r\n\r\na \r\n--s--\r\n--b\r\n\r\n" AE
     "\r\n--b--\r\n",
     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
     "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n"
     "Content-Transfer-Encoding: 8bit\r\n\r\na \r\n--s--\r\n--b\r\n"
     "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\r\n--b--\r\n"},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *want = rows[i].want != NULL ? rows[i].want : rows[i].input;
    kit_buf got = ascii_of(rows[i].input, strlen(rows[i].input));
    if (got.len != strlen(want) || memcmp(got.data, want, got.len) != 0)
      print_message("%s\n", rows[i].name);
    assert_octets(got.data, got.len, want, strlen(want));
    kit_buf_free(&got);
  }
}

/* ---- what is refused ---- */

static const struct {
  const char *name, *input;
  int err;
} refused[] = {
    {"R64: signed by somebody", "DKIM-Signature: v=1\r\n\r\n" AE "\r\n", MR_ERR_NOTSUP},
    {"R64: … whatever the case, and however deep the octets",
     "dkim-signature: v=1\r\nContent-Type: message/rfc822\r\n\r\na: b\r\n\r\n" AE "\r\n",
     MR_ERR_NOTSUP},
    {"R64: sealed by ARC", "ARC-Message-Signature: i=1\r\n\r\n" AE "\r\n", MR_ERR_NOTSUP},
    {"signed, with a header that is not ASCII",
     "Subject: " AE "\r\nDKIM-Signature: v=1\r\n\r\na\r\n", MR_ERR_NOTSUP},
    {"R64: inside multipart/signed",
     "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n" AE "\r\n--b--\r\n",
     MR_ERR_NOTSUP},
    {"… a header of a part",
     "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nX: " AE
     "\r\n\r\na\r\n--b--\r\n",
     MR_ERR_NOTSUP},
    {"… deep inside",
     "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
     "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
     "Content-Type: message/rfc822\r\n\r\nX: y\r\n\r\n" AE "\r\n--c--\r\n--b--\r\n",
     MR_ERR_NOTSUP},
    {"… between its parts",
     "Content-Type: multipart/signed; boundary=b\r\n\r\n" AE "\r\n--b\r\n\r\n--b--\r\n",
     MR_ERR_NOTSUP},
    {"message/partial may not be encoded",
     "Content-Type: message/partial; id=a\r\n\r\n" AE "\r\n", MR_ERR_NOTSUP},
    {"nor a multipart that cannot be read",
     "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\n" AE "\r\n", MR_ERR_NOTSUP},
    {"nor one whose boundary is not ASCII",
     "Content-Type: multipart/mixed; boundary=" AE "\r\n\r\n--" AE "\r\n\r\na\r\n",
     MR_ERR_NOTSUP},
    {"an unknown encoding", "Content-Transfer-Encoding: x-uue\r\n\r\n" AE "\r\n",
     MR_ERR_NOTSUP},
    {"R63: a local part", "To: <" AE "@b.example>\r\n\r\na\r\n", MR_ERR_ADDR},
    {"R63: a message id", "Message-ID: <" AE "@b>\r\n\r\na\r\n", MR_ERR_ADDR},
};

static void test_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    int err = error_of(refused[i].input, strlen(refused[i].input));
    if (err != refused[i].err)
      print_message("%s\n", refused[i].name);
    assert_int_equal(err, refused[i].err);
  }
}

/* What comes after multipart/signed is free again, and so is its own header. */
static void test_beside_signed(void **state) {
  static const char text[] =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
      "Content-Type: multipart/signed; boundary=s\r\nX: " AE "\r\n\r\n--s\r\n\r\na\r\n"
      "--s--\r\n\r\n--b\r\n\r\n" AE "\r\n--b--\r\n";
  (void)state;
  kit_buf got = same_tree(text, sizeof text - 1);
  assert_non_null(strstr(got.data, "X: =?UTF-8?B?w6Q=?=\r\n"));
  kit_buf_free(&got);
}

/* ---- the same octets however they come and go ---- */

/* fault 17 and bug 17's kind: every input and output size; R89: each pass the same. */
static void test_splits(void **state) {
  kit_env k;
  (void)state;
  kit_env_init(&k, 1);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *text = rows[i].input;
    kit_buf want = ascii_of(text, strlen(text));
    for (size_t n = 1; n <= strlen(text) + 1 && n < 160; n++) {
      kit_buf in = {0}, out = {0};
      assert_int_equal(
          rendered(&k.env, text, strlen(text), MR_RENDERING_ASCII, n, 4096, &in), MR_OK);
      assert_int_equal(
          rendered(&k.env, text, strlen(text), MR_RENDERING_ASCII, 7, n, &out), MR_OK);
      assert_octets(in.data, in.len, want.data, want.len);
      assert_octets(out.data, out.len, want.data, want.len);
      kit_buf_free(&in);
      kit_buf_free(&out);
    }
    kit_buf_free(&want);
  }
  assert_int_equal(kit_env_done(&k), 0);
}

/* ---- messages by chance ---- */

typedef struct maker {
  kit_rng rng;
  kit_buf out;
  unsigned boundaries;
} maker;

static void make_content(maker *m, int wide) {
  static const char *const words[] = {"word", " ", "=", ".", "From ", "--", "\t", "a"};
  size_t lines = (size_t)kit_rng_below(&m->rng, 6);
  for (size_t i = 0; i < lines; i++) {
    size_t n = (size_t)kit_rng_below(&m->rng, kit_rng_below(&m->rng, 8) == 0 ? 240 : 20);
    for (size_t w = 0; w < n; w++)
      kit_buf_str(&m->out, wide && kit_rng_below(&m->rng, 4) == 0
                               ? "\xe2\x82\xac"
                               : words[kit_rng_below(&m->rng, 8)]);
    kit_buf_str(&m->out, "\r\n");
  }
}

static void make_leaf(maker *m) {
  static const char *const types[] = {"", "Content-Type: text/plain; charset=utf-8\r\n",
                                      "Content-Type: image/png\r\n",
                                      "Content-Type: application/x; name=a\r\n"};
  static const char *const labels[] = {"", "Content-Transfer-Encoding: 8bit\r\n",
                                       "Content-Transfer-Encoding: 7bit\r\n",
                                       "Content-Transfer-Encoding: binary\r\n"};
  kit_buf_str(&m->out, types[kit_rng_below(&m->rng, 4)]);
  kit_buf_str(&m->out, labels[kit_rng_below(&m->rng, 4)]);
  kit_buf_str(&m->out, "\r\n");
  make_content(m, kit_rng_below(&m->rng, 2) == 0);
}

static void make_entity(maker *m, unsigned depth) {
  uint64_t kind = depth > 5 ? 0 : kit_rng_below(&m->rng, 4);
  if (kind < 2) {
    make_leaf(m);
  } else if (kind == 2) {
    kit_buf_str(&m->out, "Content-Type: message/rfc822\r\n\r\nSubject: s\r\n");
    make_entity(m, depth + 1);
  } else {
    unsigned mine = ++m->boundaries;
    kit_buf_printf(&m->out, "Content-Type: multipart/mixed; boundary==_%u_\r\n\r\n",
                   mine);
    for (uint64_t n = 1 + kit_rng_below(&m->rng, 4); n > 0; n--) {
      kit_buf_printf(&m->out, "--=_%u_\r\n", mine);
      make_entity(m, depth + 1);
      kit_buf_str(&m->out, "\r\n");
    }
    kit_buf_printf(&m->out, "--=_%u_--\r\n", mine);
  }
}

static kit_buf make_message(uint64_t seed) {
  maker m = {.boundaries = 0};
  kit_rng_init(&m.rng, seed);
  kit_buf_str(&m.out, "Subject: x\r\nMIME-Version: 1.0\r\n");
  make_entity(&m, 0);
  return m.out;
}

/* Structure and decoded octets of all leaves stay; a second time changes nothing. */
static void test_random(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 1500; seed++) {
    kit_buf text = make_message(seed);
    kit_buf once = same_tree(text.data, text.len);
    kit_buf twice = ascii_of(once.data, once.len);
    assert_octets(twice.data, twice.len, once.data, once.len);
    kit_buf_free(&text);
    kit_buf_free(&once);
    kit_buf_free(&twice);
  }
}

/* ---- long lines inside quoted-printable with raw octets ---- */

/* No line gets too long, no =XX is torn, and it says the same. */
static void test_mended_lines(void **state) {
  static const char head[] =
      "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  (void)state;
  for (size_t at = 0; at <= 332; at++) {
    kit_buf text = {0}, want = {0}, said = {0};
    kit_buf_str(&text, head);
    for (size_t i = 0; i < 332; i++)
      kit_buf_str(&text, i == at ? "\xe4=41" : i % 5 == 0 ? "ab" : "=4F");
    kit_buf_str(&text, at < 332 ? "\r\n" : "\xe4\r\n");
    kit_buf got = ascii_of(text.data, text.len);
    size_t n = sizeof head - 1;
    view_unquote((view){text.data + n, text.len - n}, &want);
    view_unquote((view){got.data + n, got.len - n}, &said);
    assert_octets(said.data, said.len, want.data, want.len);
    kit_buf_free(&text);
    kit_buf_free(&want);
    kit_buf_free(&said);
    kit_buf_free(&got);
  }
}

/* The same with an escape that is none in front of it. */
static void test_mended_escapes(void **state) {
  (void)state;
  for (size_t at = 0; at < 998; at++) {
    kit_buf text = {0};
    kit_buf_str(&text, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    for (size_t i = 0; i < 998; i++)
      kit_buf_str(&text, i == at ? "\xe4" : i % 3 == 0 ? "=" : "4");
    kit_buf_str(&text, "\r\n");
    kit_buf got = ascii_of(text.data, text.len);
    kit_buf_free(&text);
    kit_buf_free(&got);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),           cmocka_unit_test(test_refused),
      cmocka_unit_test(test_beside_signed),  cmocka_unit_test(test_splits),
      cmocka_unit_test(test_random),         cmocka_unit_test(test_mended_lines),
      cmocka_unit_test(test_mended_escapes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Header fields made ASCII: R63; fault 8, 9, 18. */
#include "message/render_field.h"
#include "message/view.h"

#define UE "\xc3\xbc"

typedef struct row {
  const char *input,
      *want; /* whole fields without the last line end; NULL = MR_ERR_ADDR */
} row;

static const row rows[] = {
    /* text */
    {"Subject: gr" UE "n", "Subject: =?UTF-8?B?Z3LDvG4=?="},
    {"Subject:  a gr" UE "n b", "Subject: a =?UTF-8?B?Z3LDvG4=?= b"},
    {"Subject: a\r\n\tgr" UE "n\r\n b", "Subject: a =?UTF-8?B?Z3LDvG4=?= b"},
    {"X-Y: " UE " " UE, "X-Y: =?UTF-8?B?w7wgw7w=?="},
    {"Subject: latin gr\xfcn", "Subject: latin =?unknown-8bit?Q?gr=FCn?="},
    {"Subject: \x1b$B \xfc", "Subject: \x1b$B =?unknown-8bit?Q?=FC?="},
    {"Subject:\r\n \r\n " UE, "Subject: =?UTF-8?B?w7w=?="},
    {"Received: from h" UE " by b", "Received: from =?UTF-8?B?aMO8?= by b"},
    /* addresses */
    {"From: J" UE "rg <a@b.example>", "From: =?UTF-8?B?SsO8cmc=?= <a@b.example>"},
    {"From: J" UE "rg<a@b.example>", "From: =?UTF-8?B?SsO8cmc=?= <a@b.example>"},
    {"From: \"J" UE "rg, \\\"x\\\"\" <a@b.example>",
     "From: =?UTF-8?B?SsO8cmcsICJ4Ig==?= <a@b.example>"},
    {"To: \"A, B\" <a@b>, M" UE "ller\r\n <c@d>, e@f (x)",
     "To: \"A, B\" <a@b>, =?UTF-8?Q?M=C3=BCller?= <c@d>, e@f (x)"},
#if MR_WITH_IDN
    {"To: a@b" UE "cher.example", "To: a@xn--bcher-kva.example"},
    {"To: A <a@b" UE "cher.example>", "To: A <a@xn--bcher-kva.example>"},
    {"To: =?utf-8?q?x?= \"y z\" <a@b" UE "cher.example> (c)",
     "To: =?utf-8?q?x?= \"y z\" <a@xn--bcher-kva.example> (c)"},
    {"To: \"a b\"@b" UE "cher.example", "To: \"a b\"@xn--bcher-kva.example"},
#else
    {"To: a@b" UE "cher.example", NULL},
#endif
    {"To: a@b.example (M" UE "ller)", "To: a@b.example (=?UTF-8?Q?M=C3=BCller?=)"},
    {"To: a@b.example (a (M" UE ") \\) b)",
     "To: a@b.example (=?UTF-8?B?YSAoTcO8KSBcKSBi?=)"},
    {"To: Empf" UE "nger:;", "To: =?UTF-8?Q?Empf=C3=BCnger?= :;"},
    {"To: Gr" UE "ppe: a@b, \"" UE "\" <c@d>; e@f",
     "To: =?UTF-8?Q?Gr=C3=BCppe?= : a@b, =?UTF-8?B?w7w=?= <c@d>; e@f"},
    {"Reply-To: nobody " UE, "Reply-To: =?UTF-8?B?bm9ib2R5IMO8?="},
    {"Cc: \xfc <a@b.example>", "Cc: =?unknown-8bit?Q?=FC?= <a@b.example>"},
    {"List-Id: L" UE " <l.example>", "List-Id: =?UTF-8?B?TMO8?= <l.example>"},
    {"To: " UE "@b.example", NULL},
    {"To: <" UE "@b.example>", NULL},
    {"From: A <\"" UE "\"@b.example>", NULL},
    {"To: a@\xfc.example", NULL},
    {"To: a@b@" UE ".example", NULL},
    {"To: \"" UE, "To: =?UTF-8?B?w7w=?="},
    {"To: a (" UE, "To: a (=?UTF-8?B?w7w=?=)"},
    {"To: <" UE, NULL},
    /* ids */
    {"Message-ID: <" UE "@b>", NULL},
    {"References: <a@b> <" UE "@b>", NULL},
    /* parameters */
    {"Content-Disposition: attachment; filename=\"gr" UE "n.txt\"; size=3",
     "Content-Disposition: attachment; filename*=UTF-8''gr%C3%BCn.txt;\r\n"
     " filename=\"gr_n.txt\"; size=3"},
    {"Content-Type: text/plain;\r\n\tname=" UE ";\r\n\tcharset=\"x\"",
     "Content-Type: text/plain; name*=UTF-8''%C3%BC; name=\"_\"; charset=\"x\""},
    {"Content-Disposition: inline; x=\"" UE "\\\"\"",
     "Content-Disposition: inline; x*=UTF-8''%C3%BC%22"},
    {"Content-Disposition: inline; filename=\"\xfc.a\"",
     "Content-Disposition: inline; filename*=UTF-8''%EF%BF%BD.a; filename=\"_.a\""},
    {"Content-Disposition: inline; filename*=UTF-8''" UE,
     "Content-Disposition: inline; filename*=UTF-8''%C3%BC"},
    /* labels */
    {"Content-Transfer-Encoding: base64 (" UE ")", "Content-Transfer-Encoding: base64"},
    {"Content-Transfer-Encoding: " UE, "Content-Transfer-Encoding: x-unknown"},
    {"Content-Transfer-Encoding: (" UE ")", "Content-Transfer-Encoding: 7bit"},
    /* URIs */
    {"List-Unsubscribe: <https://a.example/" UE ">,\r\n <mailto:b@c>",
     "List-Unsubscribe: <https://a.example/%C3%BC>, <mailto:b@c>"},
    /* an mbox line */
    {">From " UE " Thu", ">From ?? Thu"},
};

static int convert(const char *field, kit_buf *got) {
  kit_env k;
  mr__buf out;
  kit_env_init(&k, 1);
  mr__buf_init(&out, &k.env, MR__RENDER_TEXT);
  int err = mr__field_ascii(&out, (const uint8_t *)field, strlen(field));
  kit_buf_add(got, out.data, err == MR_OK ? out.len : 0);
  mr__buf_free(&out);
  assert_int_equal(kit_env_done(&k), 0);
  return err;
}

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    kit_buf field = {0}, want = {0}, got = {0};
    kit_buf_printf(&field, "%s\r\n", rows[i].input);
    kit_buf_printf(&want, "%s\r\n", rows[i].want != NULL ? rows[i].want : "");
    int err = convert(field.data, &got);
    if (err != (rows[i].want != NULL ? MR_OK : MR_ERR_ADDR))
      print_message("%s: %d\n", rows[i].input, err);
    assert_int_equal(err, rows[i].want != NULL ? MR_OK : MR_ERR_ADDR);
    if (rows[i].want != NULL)
      assert_octets(got.data, got.len, want.data, want.len);
    kit_buf_free(&field);
    kit_buf_free(&want);
    kit_buf_free(&got);
  }
}

static const char *const hopeless[] = {
    "Content-Type: t" UE "xt/plain\r\n",
    "Content-Type: text/plain; " UE "\r\n",
    "Content-Type: text/plain; a234567890123456789012345678901234=" UE "\r\n",
    "To: a\x01"
    "b <" UE ">\r\n",
};

static void test_hopeless(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof hopeless / sizeof *hopeless; i++) {
    kit_buf got = {0};
    int err = convert(hopeless[i], &got);
    assert_true(err == MR_ERR_NOTSUP || err == MR_ERR_ADDR);
    kit_buf_free(&got);
  }
}

/* Every length and place: lines within 998, seven bits, one field. */
static void test_lengths(void **state) {
  static const char *const names[] = {"Subject", "To", "Content-Disposition",
                                      "List-Help"};
  (void)state;
  for (size_t n = 0; n < 4; n++)
    for (size_t len = 1; len < 900; len += 7) {
      kit_buf field = {0}, got = {0};
      kit_buf_printf(&field, "%s: a", names[n]);
      kit_buf_str(&field, n == 2 ? "; filename=\"" : " ");
      for (size_t i = 0; i < len; i++)
        kit_buf_str(&field, i % 5 == 4 ? " " : i % 3 == 0 ? UE : "x");
      kit_buf_str(&field, n == 1 ? " <a@b>\r\n" : n == 2 ? "\"\r\n" : "\r\n");
      assert_int_equal(convert(field.data, &got), MR_OK);
      assert_canonical(got.data, got.len);
      for (size_t i = 0; i < got.len; i++) {
        assert_true((unsigned char)got.data[i] < 0x80);
        assert_true(i + 1 >= got.len || got.data[i] != '\n' || got.data[i + 1] == ' ');
      }
      kit_buf_free(&field);
      kit_buf_free(&got);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_hopeless),
      cmocka_unit_test(test_lengths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The MIME reader: limits, broken messages, and the same pieces however it is fed. */
#include "message/view.h"

#define AE "\xc3\xa4"

/* ---- broken ones ---- */

static const char *const broken[] = {
    "",
    "\r\n",
    AE,
    "no header at all " AE "\r\n",
    "A: b\r\nno field " AE "\r\nC: d\r\n",
    "A: b",
    "A: b\r\n",
    " folded " AE "\r\nA: b\r\n\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" AE, /* never closed */
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n" AE "\r\n",     /* never comes */
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: " AE "\r\n--b--\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: " AE, /* header only */
    "Content-Type: multipart/mixed; boundary=b\r\n--b\r\n" AE "\r\n--b--\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" AE "\r\n--b--\r\n" AE
    "\r\n--b\r\n\r\n" AE "\r\n--b--\r\n" AE "\r\n--b--\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    "Content-Type: multipart/mixed; boundary=\"b--\"\r\n\r\n--b--\r\n\r\n" AE
    "\r\n--b----\r\n--b--\r\n" AE "\r\n",
    "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n"
    "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n\r\n" AE
    "\r\n--outer\r\n\r\n" AE "\r\n--inner\r\n" AE "\r\n--outer--\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--bb\r\n" AE
    "\r\n--b \t x\r\n--b-\r\n--b--x\r\n" AE,
    "Content-Type: message/rfc822\r\n\r\nFrom someone " AE " 10:00\r\nA: " AE
    "\r\n\r\n" AE "\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Type: message/rfc822",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    "Content-Type: message/rfc822\r\n\r\n--b\r\nContent-Type: "
    "message/rfc822\r\n--b--\r\n",
    "Content-Type: ;;;\r\nContent-Type: image/x\r\n\r\n" AE "\r\n",
    "Content-Type: (c(o)m \\) ment) text / plain ; charset=x\r\n\r\n" AE "\r\n",
    "Content-Type: multipart/mixed; x=\"unterminated; boundary=b\r\n\r\na\r\n",
    "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\na\r\n",
    "Content-Type : text/plain\r\nX : " AE "\r\n\r\n" AE "\r\n",
};

static size_t count_8bit(const kit_buf *text) {
  size_t n = 0;
  for (size_t i = 0; i < text->len; i++)
    n += ((unsigned char)text->data[i] & 0x80) != 0;
  return n;
}

/* In 7 bits, without a fault, and the same from pieces of any size. */
static void test_broken(void **state) {
  kit_env k;
  (void)state;
  kit_env_init(&k, 1);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    size_t len = strlen(broken[i]);
    kit_buf want = {0};
    assert_int_equal(rendered(&k.env, broken[i], len, MR_RENDERING_ASCII, 0, 4096, &want),
                     MR_OK);
    assert_int_equal(count_8bit(&want), 0);
    for (size_t n = 1; n < 40; n++) {
      kit_buf got = {0};
      assert_int_equal(rendered(&k.env, broken[i], len, MR_RENDERING_ASCII, n, n, &got),
                       MR_OK);
      assert_octets(got.data, got.len, want.data, want.len);
      kit_buf_free(&got);
    }
    kit_buf_free(&want);
  }
  assert_int_equal(kit_env_done(&k), 0);
}

/* ---- all pieces together are the message ---- */

static void feed(mr__mime *m, chunks *c, uint8_t *in, size_t cap) {
  size_t len = 0;
  chunks_read(c, in, cap, &len);
  m->in = in;
  m->in_at = 0;
  m->in_len = len;
  m->at_end = len == 0;
}

static void collect(const char *text, size_t len, size_t chunk, kit_buf *all,
                    kit_buf *events) {
  static mr__mime m;
  kit_env k;
  uint8_t in[64];
  chunks c = {text, len, 0, chunk};
  int event = MR__MIME_MORE;
  kit_env_init(&k, 1);
  mr__mime_init(&m, &k.env);
  while (event != MR__MIME_END) {
    event = mr__mime_next(&m);
    assert_true(event >= 0);
    if (event == MR__MIME_MORE) {
      feed(&m, &c, in, sizeof in);
      continue;
    }
    if (event == MR__MIME_FIELD_END)
      kit_buf_add(all, m.field.data, m.field.len);
    else
      kit_buf_add(all, m.piece, m.piece_len);
    kit_buf_printf(events, "%d %zu,", event, m.piece_len);
  }
  mr__mime_free(&m);
  assert_int_equal(kit_env_done(&k), 0);
}

static void test_nothing_lost(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    kit_buf want = {0};
    for (size_t chunk = 64; chunk >= 1; chunk--) {
      kit_buf all = {0}, events = {0};
      collect(broken[i], strlen(broken[i]), chunk, &all, &events);
      assert_octets(all.data, all.len, broken[i], strlen(broken[i]));
      if (chunk == 64)
        kit_buf_add(&want, events.data, events.len);
      assert_octets(events.data, events.len, want.data, want.len);
      kit_buf_free(&all);
      kit_buf_free(&events);
    }
    kit_buf_free(&want);
  }
}

/* ---- long things ---- */

static void add_repeated(kit_buf *text, const char *what, size_t count) {
  for (size_t i = 0; i < count; i++)
    kit_buf_str(text, what);
}

/* RFC 2046 5.1.1 allows 70 octets; some write more, and are understood to 255. */
static void test_boundary_lengths(void **state) {
  static const size_t lengths[] = {1, 70, 71, 255, 256, 900};
  (void)state;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    kit_buf text = {0};
    kit_buf_str(&text, "Content-Type: multipart/mixed; boundary=");
    add_repeated(&text, "b", lengths[i]);
    kit_buf_str(&text, "\r\n\r\n--");
    add_repeated(&text, "b", lengths[i]);
    kit_buf_str(&text, "\r\n\r\n" AE "\r\n--");
    add_repeated(&text, "b", lengths[i]);
    kit_buf_str(&text, "--\r\n");
    int err = error_of(text.data, text.len);
    assert_int_equal(err, lengths[i] <= 255 ? MR_OK : MR_ERR_NOTSUP);
    kit_buf_free(&text);
  }
}

/* Lines over 998 octets come from no seal; what does, with them, stays bounded. */
static void test_long_lines(void **state) {
  kit_env k;
  (void)state;
  kit_env_init(&k, 1);
  for (size_t n = 1000; n < 5000; n += 24) {
    kit_buf text = {0}, want = {0}, got = {0};
    kit_buf_str(&text, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: ");
    add_repeated(&text, "y", n);
    kit_buf_str(&text, "\r\n\r\n");
    add_repeated(&text, AE, n);
    kit_buf_str(&text, "\r\n--b");
    add_repeated(&text, " ", n - 6);
    kit_buf_str(&text, "\r\n" AE "\r\n--b--\r\n");
    assert_int_equal(
        rendered(&k.env, text.data, text.len, MR_RENDERING_ASCII, 0, 4096, &want), MR_OK);
    assert_int_equal(
        rendered(&k.env, text.data, text.len, MR_RENDERING_ASCII, 11, 13, &got), MR_OK);
    assert_int_equal(count_8bit(&want), 0);
    assert_octets(got.data, got.len, want.data, want.len);
    kit_buf_free(&text);
    kit_buf_free(&want);
    kit_buf_free(&got);
  }
  assert_int_equal(kit_env_done(&k), 0);
}

/* What looks like a delimiter inside a line of any length is none. */
static void test_inside_a_line(void **state) {
  (void)state;
  for (size_t n = 1; n < 3; n++) {
    kit_buf text = {0};
    kit_buf_str(&text, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
    add_repeated(&text, "x", n * MR__MIME_LINE);
    kit_buf_str(&text, "--b\r\n" AE "\r\n--b--\r\n");
    kit_buf got = same_tree(text.data, text.len);
    kit_buf_free(&got);
    kit_buf_free(&text);
  }
}

/* ---- limits ---- */

static kit_buf nested(size_t depth, const char *opening) {
  kit_buf text = {0};
  for (size_t i = 0; i < depth; i++)
    kit_buf_printf(&text, opening, i, i);
  kit_buf_str(&text, "\r\n" AE "\r\n");
  return text;
}

/* fault 16, bug 45, bug 46: as deep as allowed, and no deeper, at once. */
static void test_depth(void **state) {
  static const char *const openings[] = {
      "Content-Type: multipart/mixed; boundary=b%zu-\r\n\r\n--b%zu-\r\n",
      "Content-Type: message/rfc822\r\nX-%zu: %zu\r\n\r\n"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    static const size_t depths[] = {99, 100, 101, 2000};
    for (size_t d = 0; d < 4; d++) {
      kit_buf text = nested(depths[d], openings[i]);
      assert_int_equal(error_of(text.data, text.len),
                       depths[d] <= MR__MIME_DEPTH ? MR_OK : MR_ERR_DEPTH);
      kit_buf_free(&text);
    }
  }
}

/* bug 45: parts, fields, parameters. */
static void test_counts(void **state) {
  (void)state;
  for (size_t over = 0; over < 2; over++) {
    kit_buf text = {0};
    kit_buf_str(&text, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    add_repeated(&text, "--b\r\n\r\n" AE "\r\n", MR__MIME_ENTITIES - 1 + over);
    assert_int_equal(error_of(text.data, text.len), over ? MR_ERR_LIMIT : MR_OK);
    kit_buf_clear(&text);
    kit_buf_str(&text, "X: y\r\n");
    add_repeated(&text, " folded line of a field\r\n", over ? 12000 : 9000);
    kit_buf_str(&text, "\r\n" AE "\r\n");
    assert_int_equal(error_of(text.data, text.len), over ? MR_ERR_LIMIT : MR_OK);
    kit_buf_clear(&text);
    kit_buf_str(&text, "Content-Type: multipart/mixed");
    add_repeated(&text, ";\r\n a=b", MR__MIME_PARAMS - 1 + over);
    kit_buf_str(&text, ";\r\n boundary=b\r\n\r\n--b\r\n\r\n" AE "\r\n--b--\r\n");
    assert_int_equal(error_of(text.data, text.len), over ? MR_ERR_NOTSUP : MR_OK);
    kit_buf_free(&text);
  }
}

/* Linear: lines that look like delimiters of a hundred open levels, in no time. */
static void test_many_dashes(void **state) {
  (void)state;
  kit_buf text = {0};
  for (size_t i = 0; i < 100; i++)
    kit_buf_printf(&text,
                   "Content-Type: multipart/mixed; boundary=%0200zu\r\n\r\n--%0200zu\r\n",
                   i, i);
  kit_buf_str(&text, "\r\n" AE "\r\n");
  char line[210];
  snprintf(line, sizeof line, "--%0200d\r\n", 100);
  add_repeated(&text, line, 20000);
  kit_buf got = ascii_of(text.data, text.len);
  kit_buf_free(&got);
  kit_buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_broken),           cmocka_unit_test(test_nothing_lost),
      cmocka_unit_test(test_boundary_lengths), cmocka_unit_test(test_long_lines),
      cmocka_unit_test(test_inside_a_line),    cmocka_unit_test(test_depth),
      cmocka_unit_test(test_counts),           cmocka_unit_test(test_many_dashes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

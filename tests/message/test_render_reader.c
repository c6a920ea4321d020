/* SPDX-License-Identifier: MIT */
/* Renderings of sealed messages: R89; bug 29, bug 60; fault 21, 98, 100, 101. */
#include "kit/kit_torture.h"
#include "message/message.h"
#include "message/view.h"

#define AE "\xc3\xa4"

static const char wide[] =
    "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\n\r\nplain text\r\n--b\r\nContent-Type: text/plain\r\n\r\ngr" AE "n\r\n"
    "--b\r\nContent-Type: image/x\r\n\r\nabc" AE "\r\n--b--\r\n";
static const char wide_header[] = "Subject: gr" AE "n\r\n\r\na\r\n";

static mr_message *seal_text(fixture *f, const char *text, size_t len) {
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, text, len, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  return f->m;
}

static mr_message *seal_source(fixture *f, const char *text, size_t len) {
  mr_source source = source_of(&f->source, MR_LENGTH_UNKNOWN);
  f->source.data = text;
  f->source.len = len;
  fixture_message(f);
  assert_int_equal(mr_message_set_raw_source(f->m, &source, MR_RAW_KEEP), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  return f->m;
}

/* Reads to the end or an error; that. */
static int read_all(mr_reader *r, size_t cap, kit_buf *out) {
  char piece[4096];
  size_t len = 1;
  int err = MR_OK;
  while ((err == MR_OK && len > 0) || err == MR_ERR_PENDING) {
    err = mr_reader_read(r, piece, cap, &len);
    if (err != MR_OK)
      assert_int_equal(len, 0);
    kit_buf_add(out, piece, len);
  }
  return err;
}

static uint64_t size_of(mr_reader *r) {
  uint64_t size = 0;
  int err = mr_reader_size(r, &size);
  while (err == MR_ERR_PENDING)
    err = mr_reader_size(r, &size);
  assert_int_equal(err, MR_OK);
  return size;
}

static void assert_pass(mr_reader *r, size_t cap, const kit_buf *want) {
  kit_buf got = {0};
  assert_int_equal(read_all(r, cap, &got), MR_OK);
  assert_octets(got.data, got.len, want->data, want->len);
  kit_buf_free(&got);
}

/* R89: the same for each pass, of whichever kind the message is. */
static void test_kinds(void **state) {
  fixture *f = *state;
  kit_buf want = ascii_of(wide, sizeof wide - 1);
  for (int kind = 0; kind < 4; kind++) {
    f->source = (test_source){.chunk = 7, .pending = kind == 3};
    mr_message *m = kind == 0 ? seal_text(f, wide, sizeof wide - 1)
                              : seal_source(f, wide, sizeof wide - 1);
    assert_int_equal(mr_message_is_8bit(m), 1);
    for (size_t cap = 2; cap < 300; cap += 11) {
      mr_reader *r = NULL;
      assert_int_equal(mr_reader_new_rendering(&r, m, MR_RENDERING_7BIT), MR_OK);
      if (cap % 2 == 0)
        assert_int_equal(size_of(r), want.len);
      assert_pass(r, cap, &want);
      assert_int_equal(size_of(r), want.len);
      mr__reader_again(r);
      assert_pass(r, cap, &want);
      mr_reader_free(r);
    }
  }
  kit_buf_free(&want);
}

/* What a store holds: length known, nothing else. */
static void test_stored(void **state) {
  fixture *f = *state;
  kit_buf want = ascii_of(wide, sizeof wide - 1);
  mr_source source = source_of(&f->source, sizeof wide - 1);
  mr_reader *r = NULL;
  f->source = (test_source){.data = wide, .len = sizeof wide - 1, .pending = 1};
  mr_message_free(f->m);
  assert_int_equal(mr__message_stored(&f->m, &f->env.env, &source, sizeof wide - 1, 1),
                   MR_OK);
  assert_int_equal(mr_reader_new_rendering(&r, f->m, MR_RENDERING_ASCII), MR_OK);
  assert_pass(r, 100, &want);
  mr_reader_free(r);
  kit_buf_free(&want);
}

/* The header section of the message stays out of the first rendering. */
static void test_header(void **state) {
  fixture *f = *state;
  mr_message *m = seal_text(f, wide_header, sizeof wide_header - 1);
  mr_reader *r = NULL;
  kit_buf same = {0}, ascii = ascii_of(wide_header, sizeof wide_header - 1);
  kit_buf_str(&same, wide_header);
  assert_int_equal(mr_reader_new_rendering(&r, m, MR_RENDERING_7BIT), MR_OK);
  assert_pass(r, 64, &same);
  mr_reader_free(r);
  assert_int_equal(mr_reader_new_rendering(&r, m, MR_RENDERING_ASCII), MR_OK);
  assert_pass(r, 64, &ascii);
  mr_reader_free(r);
  assert_int_equal(mr_reader_new_rendering(&r, m, MR_RENDERING_AS_IS), MR_OK);
  assert_int_equal(size_of(r), mr_message_size(m));
  assert_pass(r, 64, &same);
  mr_reader_free(r);
  kit_buf_free(&same);
  kit_buf_free(&ascii);
}

/* R63, R64: what a session takes. */
static void test_for_server(void **state) {
  static const struct {
    const char *text;
    int has_8bitmime, is_8bit, changed;
  } rows[] = {
      {wide, 1, 1, 0},        {wide, 0, 0, 1},           {wide_header, 1, 0, 1},
      {wide_header, 0, 0, 1}, {"A: b\r\n\r\n", 0, 0, 0}, {"A: b\r\n\r\n", 1, 0, 0},
  };
  fixture *f = *state;
  for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
    const char *text = rows[i / 2].text;
    f->source = (test_source){.chunk = 3, .pending = 1};
    mr_message *m = i % 2 == 0 ? seal_text(f, text, strlen(text))
                               : seal_source(f, text, strlen(text));
    mr_reader *r = NULL;
    assert_int_equal(mr__reader_for_server(&r, m, rows[i / 2].has_8bitmime), MR_OK);
    kit_buf want = {0};
    if (rows[i / 2].changed)
      want = ascii_of(text, strlen(text));
    else
      kit_buf_str(&want, text);
    assert_int_equal(size_of(r), want.len);
    assert_int_equal(mr__reader_is_8bit(r), rows[i / 2].is_8bit);
    assert_pass(r, 50, &want);
    mr__reader_again(r);
    assert_pass(r, 9, &want);
    mr_reader_free(r);
    kit_buf_free(&want);
  }
}

/* ---- faults of the source ---- */

/* bug 29, fault 21: another octet, an early end, an error: no pass ends well. */
static void test_source_faults(void **state) {
  fixture *f = *state;
  for (int kind = 0; kind < 4; kind++)
    for (size_t at = 1; at < sizeof wide - 1; at += 3)
      for (int later = 0; later < 2; later++) {
        f->source = (test_source){.chunk = 5};
        mr_message *m = seal_source(f, wide, sizeof wide - 1);
        mr_reader *r = NULL;
        kit_buf got = {0};
        assert_int_equal(mr_reader_new_rendering(&r, m, MR_RENDERING_ASCII), MR_OK);
        if (later)
          (void)size_of(r);
        size_t body = strlen("Subject: s\r\nMIME-Version: 1.0\r\n"
                             "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        *(kind == 0   ? &f->source.flip_at
          : kind == 1 ? &f->source.cut_at
          : kind == 2 ? &f->source.fail_at
                      : &f->source.longer) = kind == 3 ? at : body + at;
        if (body + at < sizeof wide - 1) {
          assert_int_equal(read_all(r, 64, &got), MR_ERR_SOURCE);
          assert_int_equal(read_all(r, 64, &got), MR_ERR_SOURCE);
        }
        mr_reader_free(r);
        kit_buf_free(&got);
      }
}

/* Without a hash, what would leave the form is caught all the same. */
static void test_stored_changes(void **state) {
  static char text[sizeof wide];
  fixture *f = *state;
  mr_source source = source_of(&f->source, sizeof wide - 1);
  f->source = (test_source){.data = text, .len = sizeof wide - 1};
  for (size_t at = 0; at < sizeof wide - 1; at++) {
    mr_reader *r = NULL;
    kit_buf got = {0};
    memcpy(text, wide, sizeof wide);
    mr_message_free(f->m);
    assert_int_equal(mr__message_stored(&f->m, &f->env.env, &source, sizeof wide - 1, 1),
                     MR_OK);
    assert_int_equal(mr_reader_new_rendering(&r, f->m, MR_RENDERING_ASCII), MR_OK);
    uint64_t size = size_of(r);
    text[at] = (char)(text[at] ^ 0x80);
    int err = read_all(r, 64, &got);
    assert_true(err != MR_OK || got.len == size);
    for (size_t i = 0; i < got.len; i++)
      assert_true((unsigned char)got.data[i] < 0x80);
    mr_reader_free(r);
    kit_buf_free(&got);
  }
}

static mr_reader *inside;

static void call_inside(test_source *s) {
  uint64_t size;
  char two[2];
  size_t len;
  if (inside == NULL)
    return;
  assert_int_equal(mr_reader_size(inside, &size), MR_ERR_STATE);
  assert_int_equal(mr_reader_read(inside, two, 2, &len), MR_ERR_STATE);
  mr_reader_free(inside);
  inside = NULL;
  s->hook = NULL;
}

/* fault 101: freed inside the source, in the first pass and in the second. */
static void test_inside(void **state) {
  fixture *f = *state;
  for (int later = 0; later < 2; later++) {
    char piece[64];
    size_t len = 1;
    uint64_t size;
    f->source = (test_source){.chunk = 5};
    mr_message *m = seal_source(f, wide, sizeof wide - 1);
    assert_int_equal(mr_reader_new_rendering(&inside, m, MR_RENDERING_ASCII), MR_OK);
    mr_reader *r = inside;
    if (later)
      (void)size_of(r);
    f->source.hook = call_inside;
    if (!later)
      assert_int_equal(mr_reader_size(r, &size), MR_ERR_CLOSED);
    for (int i = 0; later && inside != NULL && i < 1000; i++)
      (void)mr_reader_read(r, piece, sizeof piece, &len);
    assert_null(inside);
  }
}

/* ---- memory, misuse ---- */

/* Neither the parts nor the length of the message count. */
static void test_heap(void **state) {
  fixture *f = *state;
  kit_buf text = {0};
  kit_buf_str(&text, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
  for (int part = 0; part < 50; part++) {
    kit_buf_str(&text, part % 2 ? "--b\r\n\r\n" : "--b\r\nContent-Type: a/b\r\n\r\n");
    for (int line = 0; line < 400; line++)
      kit_buf_str(&text, "A line of a part, with " AE " in it and more octets.\r\n");
  }
  mr_message *m = seal_source(f, text.data, text.len);
  size_t before = f->env.live_bytes;
  mr_reader *r = NULL;
  kit_buf got = {0};
  f->env.peak_bytes = before;
  assert_int_equal(mr_reader_new_rendering(&r, m, MR_RENDERING_ASCII), MR_OK);
  assert_int_equal(read_all(r, 4096, &got), MR_OK);
  assert_true(f->env.peak_bytes - before < 32 * 1024);
  mr_reader_free(r);
  kit_buf_free(&got);
  kit_buf_free(&text);
}

/* fault 100 */
static void test_misuse(void **state) {
  fixture *f = *state;
  mr_reader *r = NULL;
  uint64_t size = 1;
  assert_int_equal(mr_reader_new_rendering(NULL, f->m, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_new_rendering(&r, NULL, 1), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_new_rendering(&r, NULL, 0), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_new_rendering(&r, f->m, 0), MR_ERR_STATE);
  assert_int_equal(mr_reader_new_rendering(&r, f->m, 2), MR_ERR_STATE);
  mr_message *m = seal_text(f, wide, sizeof wide - 1);
  assert_int_equal(mr_reader_new_rendering(&r, m, -1), MR_ERR_MISUSE);
  assert_int_equal(mr_reader_new_rendering(&r, m, 3), MR_ERR_MISUSE);
  assert_null(r);
  assert_int_equal(mr_reader_size(NULL, &size), MR_ERR_MISUSE);
  assert_int_equal(size, 0);
  assert_int_equal(mr_reader_new_rendering(&r, m, 2), MR_OK);
  assert_int_equal(mr_reader_size(r, NULL), MR_ERR_MISUSE);
  mr_reader_free(r);
}

#if MR_WITH_IDN
#define DOMAIN "b" AE ".example"
#else
#define DOMAIN "b.example"
#endif

static int scenario(kit_env *env, void *arg) {
  static const char text[] =
      "Subject: gr" AE "n\r\nTo: \"" AE " x\" (" AE ") <a@" DOMAIN ">\r\n"
      "List-Help: <" AE ">\r\nContent-Type: multipart/mixed; boundary=b; name=" AE
      "\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nX: y\r\n\r\n" AE
      "\r\n--b\r\nContent-Type: a/b\r\n\r\n" AE "\r\n--b--\r\n";
  mr_message *m = NULL;
  mr_reader *r = NULL;
  uint64_t size = 0;
  kit_buf got = {0};
  (void)arg;
  int err = mr_message_new(&m, &env->env, NULL);
  if (err == MR_OK)
    err = mr_message_set_raw(m, text, sizeof text - 1, MR_RAW_KEEP);
  if (err == MR_OK)
    err = mr_message_seal(m);
  if (err == MR_OK)
    err = mr_reader_new_rendering(&r, m, MR_RENDERING_ASCII);
  if (err == MR_OK)
    err = mr_reader_size(r, &size);
  if (err == MR_OK)
    err = read_all(r, 64, &got);
  if (err == MR_OK && got.len != size)
    err = MR_ERR_INTERNAL;
  kit_buf_free(&got);
  mr_reader_free(r);
  mr_message_free(m);
  return err == MR_ERR_NOMEM && env->failed > 0 ? 0 : err;
}

/* fault 98, bug 60 */
static void test_torture(void **state) {
  (void)state;
  assert_true(kit_torture(scenario, NULL, 1000) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(test_kinds),         FIXTURE_TEST(test_stored),
      FIXTURE_TEST(test_header),        FIXTURE_TEST(test_for_server),
      FIXTURE_TEST(test_source_faults), FIXTURE_TEST(test_stored_changes),
      FIXTURE_TEST(test_inside),        FIXTURE_TEST(test_heap),
      FIXTURE_TEST(test_misuse),        cmocka_unit_test(test_torture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

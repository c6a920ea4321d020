/* SPDX-License-Identifier: MIT */
/* Header fields of raw input: read, added, replaced, removed before the seal. */
#include <time.h>

#include "message/help.h"

static const char input[] = "Received: from a\n\tby b\n"
                            "From: Ann <ann@example.org>\r\n"
                            "X-One: 1\n"
                            "to: bob@example.net\n"
                            "x-one:2\n"
                            "Bcc: eve@example.net\n"
                            "\n"
                            "body\n";

static void open_text(fixture *f, const char *text, unsigned flags) {
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, text, strlen(text), flags | MR_RAW_KEEP),
                   MR_OK);
  assert_int_equal(mr_message_open(f->m), MR_OK);
}

static void reads(void **state) {
  static const struct {
    const char *name, *value;
  } rows[] = {{"Received", "from a\tby b"},
              {"From", "Ann <ann@example.org>"},
              {"X-One", "1"},
              {"to", "bob@example.net"},
              {"x-one", "2"},
              {"Bcc", "eve@example.net"}};
  fixture *f = *state;
  size_t index = 99;
  open_text(f, input, 0);
  assert_int_equal(mr_message_field_count(f->m), 6);
  for (size_t i = 0; i < 6; i++) {
    assert_string_equal(mr_message_field_name(f->m, i), rows[i].name);
    assert_string_equal(mr_message_field_value(f->m, i), rows[i].value);
  }
  assert_string_equal(mr_message_field_name(f->m, 6), "");
  assert_string_equal(mr_message_field_value(f->m, 6), "");
  assert_int_equal(mr_message_field_find(f->m, "X-ONE", 0, &index), MR_OK);
  assert_int_equal(index, 2);
  assert_int_equal(mr_message_field_find(f->m, "X-ONE", 3, &index), MR_OK);
  assert_int_equal(index, 4);
  assert_int_equal(mr_message_field_find(f->m, "X-ONE", 5, &index), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_message_field_find(f->m, "X", 0, &index), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_message_open(f->m), MR_OK);
  assert_int_equal(mr_message_field_count(f->m), 6);
}

/* Looking changes nothing: every octet stays, but for Bcc and line ends (fault 23). */
static void unchanged(void **state) {
  fixture *f = *state;
  open_text(f, input, 0);
  assert_int_equal(mr_message_use_header_recipients(f->m), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  static const char want[] = "Received: from a\r\n\tby b\r\n"
                             "From: Ann <ann@example.org>\r\nX-One: 1\r\n"
                             "to: bob@example.net\r\nx-one:2\r\n\r\nbody\r\n";
  assert_message(f->m, want, sizeof want - 1);
  assert_int_equal(mr_message_recipient_count(f->m), 2);
  assert_int_equal(mr_message_field_count(f->m), 0);
  assert_int_equal(mr_message_field_add(f->m, "A", "b"), MR_ERR_STATE);
}

static void edits(void **state) {
  fixture *f = *state;
  open_text(f, input, 0);
  assert_int_equal(mr_message_field_remove(f->m, 2), MR_OK);
  assert_int_equal(mr_message_field_replace(f->m, 2, "J\xc3\xb6rg <j@x>"), MR_OK);
  assert_int_equal(mr_message_field_add(f->m, "X-Two", "second"), MR_OK);
  assert_int_equal(mr_message_field_add(f->m, "X-Three", "topmost"), MR_OK);
  assert_string_equal(mr_message_field_value(f->m, 0), "topmost");
  assert_string_equal(mr_message_field_name(f->m, 4), "to");
  assert_int_equal(mr_message_field_replace(f->m, 1, "again"), MR_OK);
  assert_int_equal(mr_message_field_add(f->m, "X-Gone", "x"), MR_OK);
  assert_int_equal(mr_message_field_remove(f->m, 0), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  static const char want[] =
      "X-Three: topmost\r\nX-Two: again\r\nReceived: from a\r\n\tby b\r\n"
      "From: Ann <ann@example.org>\r\nto: =?UTF-8?B?SsO2cmc=?= <j@x>\r\n"
      "x-one:2\r\n\r\nbody\r\n";
  assert_message(f->m, want, sizeof want - 1);
}

/* Date and Message-ID that were added are those of the message (fault 24). */
static void added_id(void **state) {
  fixture *f = *state;
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, "A: b\n\n", 6, 0), MR_OK);
  assert_int_equal(mr_message_open(f->m), MR_OK);
  assert_int_equal(mr_message_field_add(f->m, "Message-ID", "<own@x>"), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_string_equal(mr_message_id(f->m), "<own@x>");
}

/* Only a field that was signed over can break a signature. */
static void altered(void **state) {
  static const char *const texts[] = {"DKIM-Signature: v=1\r\nA: b\r\n\r\n",
                                      "C: d\r\nA: b\r\n\r\n"};
  fixture *f = *state;
  for (int is_signed = 0; is_signed < 2; is_signed++)
    for (int kind = 0; kind < 4; kind++) {
      open_text(f, texts[!is_signed], MR_RAW_STRICT);
      if (kind == 1)
        assert_int_equal(mr_message_field_add(f->m, "X", "y"), MR_OK);
      if (kind == 2)
        assert_int_equal(mr_message_field_replace(f->m, 1, "y"), MR_OK);
      if (kind == 3)
        assert_int_equal(mr_message_field_remove(f->m, 1), MR_OK);
      assert_int_equal(mr_message_seal(f->m), MR_OK);
      assert_int_equal(mr_message_is_altered(f->m), is_signed && kind >= 2);
    }
}

static int add_crlf(mr_message *m) { return mr_message_field_add(m, "X", "a\r\nB: c"); }
static int add_name(mr_message *m) { return mr_message_field_add(m, "X Y", "a"); }
static int add_null(mr_message *m) { return mr_message_field_add(m, "X", NULL); }
static int replace_crlf(mr_message *m) { return mr_message_field_replace(m, 0, "a\n"); }
static int replace_past(mr_message *m) { return mr_message_field_replace(m, 6, "a"); }
static int remove_past(mr_message *m) { return mr_message_field_remove(m, 6); }
static int add_long(mr_message *m) {
  char value[1200];
  memset(value, 'a', sizeof value);
  value[sizeof value - 1] = '\0';
  return mr_message_field_add(m, "X", value);
}

/* bug 12, fault 13, fault 14 */
static void refused(void **state) {
  static const struct {
    int (*call)(mr_message *m);
    int code;
  } rows[] = {
      {add_crlf, MR_ERR_HDR_CHAR},   {add_name, MR_ERR_HDR_NAME},
      {add_null, MR_ERR_MISUSE},     {replace_crlf, MR_ERR_HDR_CHAR},
      {replace_past, MR_ERR_MISUSE}, {remove_past, MR_ERR_MISUSE},
      {add_long, MR_ERR_LINE_LONG},
  };
  fixture *f = *state;
  size_t index;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    open_text(f, input, 0);
    assert_int_equal(rows[i].call(f->m), rows[i].code);
    assert_int_equal(mr_message_seal(f->m), rows[i].code);
    assert_int_equal(mr_message_field_count(f->m), 0);
  }
  fixture_message(f);
  assert_int_equal(mr_message_field_find(f->m, "A", 0, &index), MR_ERR_STATE);
  assert_int_equal(mr_message_field_find(f->m, NULL, 0, &index), MR_ERR_MISUSE);
  assert_int_equal(mr_message_open(f->m), MR_ERR_STATE);
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, input, sizeof input - 1, 0), MR_OK);
  assert_int_equal(mr_message_field_add(f->m, "A", "b"), MR_ERR_STATE);
  fixture_message(f);
  assert_int_equal(mr_message_set_raw(f->m, "no field\n\n", 10, 0), MR_OK);
  assert_int_equal(mr_message_open(f->m), MR_ERR_HDR_NAME);
  assert_int_equal(mr_message_open(NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_message_field_count(NULL), 0);
}

/* All fields gone: that is no message. */
static void nothing_left(void **state) {
  fixture *f = *state;
  open_text(f, "A: b\n\nc\n", 0);
  assert_int_equal(mr_message_field_remove(f->m, 0), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_HDR_NAME);
}

/* From a source that waits: the body goes on where the header ended, in every pass. */
static void from_source(void **state) {
  static const char want[] = "New: first\r\nX: 2\r\n\r\nthe body of it\r\n";
  static const char text[] = "A: b\nX: 2\n\nthe body of it\n";
  fixture *f = *state;
  for (size_t chunk = 1; chunk < sizeof text; chunk++) {
    int err;
    fixture_message(f);
    f->source =
        (test_source){.data = text, .len = sizeof text - 1, .chunk = chunk, .pending = 1};
    mr_source source =
        source_of(&f->source, chunk % 2 ? MR_LENGTH_UNKNOWN : f->source.len);
    assert_int_equal(mr_message_set_raw_source(f->m, &source, MR_RAW_KEEP), MR_OK);
    assert_int_equal(mr_message_open(f->m), MR_ERR_PENDING);
    assert_int_equal(mr_message_field_count(f->m), 0);
    assert_int_equal(mr_message_field_add(f->m, "New", "first"), MR_ERR_STATE);
    do
      err = mr_message_open(f->m);
    while (err == MR_ERR_PENDING);
    assert_int_equal(err, MR_OK);
    assert_int_equal(mr_message_field_add(f->m, "New", "first"), MR_OK);
    assert_int_equal(mr_message_field_remove(f->m, 1), MR_OK);
    assert_int_equal(seal_all(f->m), MR_OK);
    assert_message(f->m, want, sizeof want - 1);
    assert_message(f->m, want, sizeof want - 1);
  }
}

/* fault 15: ten thousand fields, each looked at */
static void many(void **state) {
  fixture *f = *state;
  clock_t start = clock();
  kit_buf text = {0};
  for (int i = 0; i < 10000; i++)
    kit_buf_printf(&text, "X-%d: value %d\r\n", i, i);
  kit_buf_str(&text, "\r\n");
  open_text(f, text.data, 0);
  size_t count = mr_message_field_count(f->m);
  assert_int_equal(count, 10000);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(strncmp(mr_message_field_name(f->m, i), "X-", 2), 0);
    assert_int_equal(strncmp(mr_message_field_value(f->m, i), "value ", 6), 0);
  }
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_message(f->m, text.data, text.len);
  kit_buf_free(&text);
  assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(reads),    FIXTURE_TEST(unchanged),    FIXTURE_TEST(edits),
      FIXTURE_TEST(added_id), FIXTURE_TEST(altered),      FIXTURE_TEST(refused),
      FIXTURE_TEST(many),     FIXTURE_TEST(nothing_left), FIXTURE_TEST(from_source),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

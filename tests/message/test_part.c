/* SPDX-License-Identifier: MIT */
/* The tree of parts: what it refuses, and who holds what. */
#include <stdio.h>
#include <time.h>

#include "message/mime.h"

static mr_part *part(fixture *f, const char *type) {
  mr_part *p = NULL;
  assert_int_equal(mr_part_new(&p, &f->env.env, type), MR_OK);
  assert_int_equal(mr_part_error(p)->code, MR_OK);
  return p;
}

static mr_part *multi(fixture *f) { return part(f, "multipart/mixed"); }

/* ---- types and strings ---- */

static void types(void **state) {
  static const struct {
    const char *type;
    int code;
  } rows[] = {
      {"text/plain", MR_OK},
      {"application/vnd.x+y-z.1", MR_OK},
      {"", MR_ERR_HDR_CHAR},
      {"text", MR_ERR_HDR_CHAR},
      {"text/", MR_ERR_HDR_CHAR},
      {"/plain", MR_ERR_HDR_CHAR},
      {"text/plain; x=y", MR_ERR_HDR_CHAR},
      {"text/pl ain", MR_ERR_HDR_CHAR},
      {"text/plain\r\nX: y", MR_ERR_HDR_CHAR},
      {"text/pl\xc3\xa4in", MR_ERR_HDR_CHAR},
      {"a/b/c", MR_ERR_HDR_CHAR},
      {NULL, MR_ERR_MISUSE},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    mr_part *p = (mr_part *)f;
    assert_int_equal(mr_part_new(&p, &f->env.env, rows[i].type), rows[i].code);
    assert_true((p != NULL) == (rows[i].code == MR_OK));
    mr_part_free(p);
  }
  assert_int_equal(mr_part_new(NULL, NULL, "a/b"), MR_ERR_MISUSE);
  mr_part_free(NULL);
  assert_int_equal(mr_part_error(NULL)->code, MR_ERR_MISUSE);
}

static int no_value(mr_part *p) { return mr_part_set_param(p, "a", NULL); }
static int boundary(mr_part *p) { return mr_part_set_param(p, "Boundary", "x"); }
static int starred(mr_part *p) { return mr_part_set_param(p, "name*", "x"); }
static int long_param(mr_part *p) {
  return mr_part_set_param(p, "abcdefghijklmnopqrstuvwxyz0123456", "x");
}
static int param_twice(mr_part *p) {
  assert_int_equal(mr_part_set_param(p, "x", "1"), MR_OK);
  return mr_part_set_param(p, "X", "2");
}
static int charset_twice(mr_part *p) {
  assert_int_equal(mr_part_set_param(p, "charset", "utf-8"), MR_OK);
  return mr_part_set_param(p, "Charset", "utf-8");
}
static int bad_disposition(mr_part *p) { return mr_part_set_disposition(p, 3, "x"); }
static int name_twice(mr_part *p) {
  assert_int_equal(mr_part_set_disposition(p, MR_DISPOSITION_INLINE, "x"), MR_OK);
  return mr_part_set_disposition(p, MR_DISPOSITION_ATTACHMENT, "y");
}
static int id_twice(mr_part *p) {
  assert_int_equal(mr_part_set_id(p, "<a@b>"), MR_OK);
  return mr_part_set_id(p, "a@b");
}
static int empty_id(mr_part *p) { return mr_part_set_id(p, ""); }
static int open_id(mr_part *p) { return mr_part_set_id(p, "<a@b"); }
static int spaced_id(mr_part *p) { return mr_part_set_id(p, "a b"); }
static int own_field(mr_part *p) {
  return mr_part_add_header(p, "content-type", "text/html");
}
static int other_field(mr_part *p) { return mr_part_add_header(p, "Subject", "x"); }
static int data_twice(mr_part *p) {
  assert_int_equal(mr_part_set_data(p, "", 0), MR_OK);
  return mr_part_set_data(p, "", 0);
}
static int null_data(mr_part *p) { return mr_part_set_data(p, NULL, 1); }
static int null_source(mr_part *p) { return mr_part_set_source(p, NULL); }
static int message_in_text(mr_part *p) { return mr_part_set_message(p, NULL); }
static int child_of_text(mr_part *p) {
  mr_part *child = NULL;
  assert_int_equal(mr_part_new(&child, NULL, "a/b"), MR_OK);
  int err = mr_part_add(p, child);
  mr_part_free(child);
  return err;
}
static int null_child(mr_part *p) { return mr_part_add(p, NULL); }
static int many_params(mr_part *p) {
  int err = MR_OK;
  for (int i = 0; i <= 256 && err == MR_OK; i++) {
    char name[8];
    (void)snprintf(name, sizeof name, "p%d", i);
    assert_true(i <= 256);
    err = mr_part_set_param(p, name, "v");
  }
  return err;
}

/* fault 14, fault 100; bug 45 for parameters: the first error sticks, and the message
 * tells it */
static void refused(void **state) {
  static const struct {
    int (*call)(mr_part *p);
    int code;
  } rows[] = {
      {no_value, MR_ERR_MISUSE},        {boundary, MR_ERR_HDR_NAME},
      {starred, MR_ERR_HDR_NAME},       {long_param, MR_ERR_LIMIT},
      {param_twice, MR_ERR_EXISTS},     {charset_twice, MR_ERR_EXISTS},
      {bad_disposition, MR_ERR_MISUSE}, {name_twice, MR_ERR_EXISTS},
      {id_twice, MR_ERR_EXISTS},        {empty_id, MR_ERR_HDR_CHAR},
      {open_id, MR_ERR_HDR_CHAR},       {spaced_id, MR_ERR_HDR_CHAR},
      {own_field, MR_ERR_HDR_NAME},     {other_field, MR_ERR_HDR_NAME},
      {data_twice, MR_ERR_EXISTS},      {null_data, MR_ERR_MISUSE},
      {null_source, MR_ERR_MISUSE},     {message_in_text, MR_ERR_MISUSE},
      {child_of_text, MR_ERR_MISUSE},   {null_child, MR_ERR_MISUSE},
      {many_params, MR_ERR_LIMIT},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    mr_part *p = part(f, "text/plain");
    assert_int_equal(rows[i].call(p), rows[i].code);
    assert_int_equal(mr_part_error(p)->code, rows[i].code);
    assert_int_equal(mr_part_add_header(p, "Content-X", "y"), rows[i].code);
    fixture_message(f);
    mime_from(f->m);
    assert_int_equal(mr_message_set_root(f->m, p), rows[i].code);
    assert_int_equal(mr_message_seal(f->m), rows[i].code);
    mr_part_free(p);
  }
}

/* An error made after the part was handed over comes out at the seal. */
static void late_error(void **state) {
  fixture *f = *state;
  mr_part *root = multi(f), *child = part(f, "text/plain");
  mime_from(f->m);
  assert_int_equal(mr_part_add(root, child), MR_OK);
  assert_int_equal(mr_message_set_root(f->m, root), MR_OK);
  assert_int_equal(mr_part_set_id(child, "a\nb"), MR_ERR_HDR_CHAR);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_HDR_CHAR);
  assert_string_equal(mr_message_error(f->m)->text, mr_part_error(child)->text);
  mr_part_free(root);
  mr_part_free(child);
}

/* ---- trees ---- */

/* bug 46, fault 16: a part inside itself, at any distance */
static void cycles(void **state) {
  fixture *f = *state;
  for (size_t levels = 1; levels < 20; levels++) {
    mr_part *list[20];
    for (size_t i = 0; i < levels; i++) {
      list[i] = multi(f);
      if (i > 0)
        assert_int_equal(mr_part_add(list[i - 1], list[i]), MR_OK);
    }
    assert_int_equal(mr_part_add(list[levels - 1], list[0]), MR_ERR_CYCLE);
    for (size_t i = 0; i < levels; i++)
      mr_part_free(list[i]);
  }
}

/* Levels put together from above and from below; the 101st is refused (bug 45, fault 16)
 */
static void depth(void **state) {
  fixture *f = *state;
  for (int below = 0; below < 2; below++) {
    mr_part *top = multi(f), *end = top;
    int err = MR_OK, levels = 1;
    while (err == MR_OK && levels < 2000) {
      mr_part *one = multi(f);
      err = below ? mr_part_add(end, one) : mr_part_add(one, top);
      levels += err == MR_OK;
      if (below && err == MR_OK)
        end = one;
      if (!below && err == MR_OK) {
        mr_part_free(top);
        top = one;
      } else {
        mr_part_free(one);
      }
    }
    assert_int_equal(err, MR_ERR_DEPTH);
    assert_int_equal(levels, 100);
    mr_part_free(top);
  }
}

/* Two trees of 60 levels are fine alone, not one in the other. */
static void depth_of_both(void **state) {
  fixture *f = *state;
  mr_part *top[2], *end = NULL;
  for (int t = 0; t < 2; t++) {
    end = top[t] = multi(f);
    for (int i = 1; i < 60; i++) {
      mr_part *one = multi(f);
      assert_int_equal(mr_part_add(end, one), MR_OK);
      mr_part_free(one);
      end = one;
    }
  }
  assert_int_equal(mr_part_add(end, top[0]), MR_ERR_DEPTH);
  mr_part_free(top[0]);
  mr_part_free(top[1]);
}

/* Messages in messages count as levels too: nothing gets deeper than readers go. */
static void depth_of_messages(void **state) {
  fixture *f = *state;
  mr_message *inner = NULL;
  int err = MR_OK, levels = 0;
  while (err == MR_OK && levels < 200) {
    mr_message *m = NULL;
    mr_part *root = part(f, levels == 0 ? "text/plain" : "message/rfc822");
    assert_int_equal(mr_message_new(&m, &f->env.env, NULL), MR_OK);
    mime_from(m);
    if (inner != NULL)
      err = mr_part_set_message(root, inner);
    assert_int_equal(mr_message_set_root(m, root), err);
    assert_int_equal(mr_message_seal(m), err);
    mr_part_free(root);
    mr_message_free(inner);
    inner = m;
    levels++;
  }
  assert_int_equal(err, MR_ERR_DEPTH);
  assert_int_equal(levels, 101);
  mr_message_free(inner);
}

/* Builds, seals and reads a tree of 99 levels and so many parts; processor time. */
static double cost_of(fixture *f, int parts) {
  clock_t start = clock();
  mr_part *root = multi(f), *end = root;
  fixture_message(f);
  for (int i = 1; i < 99; i++) {
    mr_part *one = multi(f);
    assert_int_equal(mr_part_add(end, one), MR_OK);
    mr_part_free(one);
    end = one;
  }
  for (int count = 99; count < parts; count++) {
    mr_part *leaf = part(f, "text/plain");
    assert_int_equal(mr_part_set_data(leaf, "x\n", 2), MR_OK);
    assert_int_equal(mr_part_add(end, leaf), MR_OK);
    mr_part_free(leaf);
  }
  mime_from(f->m);
  assert_int_equal(mr_message_set_root(f->m, root), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  kit_buf got = pass_of(f->m, 65536);
  int leaves = 0;
  for (size_t i = 0; i + 7 <= got.len; i++) /* strstr is quadratic under sanitizers */
    leaves += got.data[i + 4] == 'x' && memcmp(got.data + i, "\r\n\r\nx\r\n", 7) == 0;
  assert_int_equal(leaves, parts - 99);
  kit_buf_free(&got);
  mr_part_free(root);
  return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* bug 45: four times the parts cost about four times as much (quadratic: sixteen),
 * whatever the machine and the sanitizers. */
static void many(void **state) {
  fixture *f = *state;
  double quarter = cost_of(f, 2500);
  assert_true(cost_of(f, 10000) < 10 * quarter + 0.1);
}

static void too_many(void **state) {
  fixture *f = *state;
  mr_part *root = multi(f);
  int err = MR_OK, count = 1;
  for (; err == MR_OK && count < 20000; count++) {
    mr_part *leaf = part(f, "a/b");
    err = mr_part_add(root, leaf);
    mr_part_free(leaf);
  }
  assert_int_equal(err, MR_ERR_LIMIT);
  assert_int_equal(count, 10001);
  mr_part_free(root);
}

/* A part is in one place at most. */
static void in_use(void **state) {
  fixture *f = *state;
  mr_part *a = multi(f), *b = multi(f), *c = multi(f), *leaf = part(f, "a/b");
  assert_int_equal(mr_part_add(a, leaf), MR_OK);
  assert_int_equal(mr_part_add(b, leaf), MR_ERR_EXISTS);
  assert_int_equal(mr_message_set_root(f->m, leaf), MR_ERR_EXISTS);
  fixture_message(f);
  mime_from(f->m);
  assert_int_equal(mr_message_set_root(f->m, a), MR_OK);
  assert_int_equal(mr_part_add(c, a), MR_ERR_EXISTS);
  mr_message *other = NULL;
  assert_int_equal(mr_message_new(&other, &f->env.env, NULL), MR_OK);
  assert_int_equal(mr_message_set_root(other, a), MR_ERR_EXISTS);
  mr_message_free(other);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_int_equal(mr_part_add(a, c), MR_ERR_STATE);
  assert_int_equal(mr_part_set_id(leaf, "x"), MR_ERR_STATE);
  mr_part *const all[] = {leaf, a, c, b};
  for (size_t i = 0; i < 4; i++)
    mr_part_free(all[i]);
  kit_buf got = pass_of(f->m, 100); /* the message holds what it needs */
  kit_buf_free(&got);
}

/* A part outlives the multipart that it was in, and may go into another. */
static void set_free(void **state) {
  fixture *f = *state;
  mr_part *a = multi(f), *b = multi(f), *leaf = part(f, "a/b");
  assert_int_equal(mr_part_add(a, leaf), MR_OK);
  mr_part_free(a);
  assert_int_equal(mr_part_add(b, leaf), MR_OK);
  mr_part_free(leaf);
  mr_part_free(b);
}

static void not_whole(void **state) {
  static const char *const types[] = {"multipart/mixed", "message/rfc822"};
  fixture *f = *state;
  for (size_t i = 0; i < 2; i++) {
    mr_part *p = part(f, types[i]);
    fixture_message(f);
    mime_from(f->m);
    assert_int_equal(mr_message_set_root(f->m, p), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_ERR_MISUSE);
    mr_part_free(p);
  }
}

/* A root and the short calls do not mix. */
static void root_alone(void **state) {
  fixture *f = *state;
  for (int first = 0; first < 2; first++) {
    mr_part *p = part(f, "text/plain");
    fixture_message(f);
    if (first) {
      assert_int_equal(mr_message_set_root(f->m, p), MR_OK);
      assert_int_equal(mr_message_set_text(f->m, "x", 1), MR_ERR_STATE);
    } else {
      assert_int_equal(mr_message_set_text(f->m, "x", 1), MR_OK);
      assert_int_equal(mr_message_set_root(f->m, p), MR_ERR_STATE);
    }
    mr_part_free(p);
  }
}

/* ---- a root that is no multipart; fields of its own ---- */

static void single(void **state) {
  fixture *f = *state;
  mr_part *p = part(f, "text/calendar");
  assert_int_equal(mr_part_set_param(p, "method", "REQUEST"), MR_OK);
  assert_int_equal(mr_part_set_param(p, "x-title", "\xc3\x84"), MR_OK);
  assert_int_equal(mr_part_add_header(p, "Content-Description", "caf\xc3\xa9"), MR_OK);
  assert_int_equal(mr_part_set_id(p, "cal"), MR_OK);
  assert_int_equal(mr_part_set_data(p, "BEGIN:VCALENDAR", 15), MR_OK);
  mime_from(f->m);
  assert_int_equal(mr_message_set_root(f->m, p), MR_OK);
  mr_part_free(p);
  assert_mime(f->m, MIME_DATE MIME_FROM MIME_ID
              "Content-Type: text/calendar; charset=utf-8; method=REQUEST;\r\n"
              " x-title*=UTF-8''%C3%84\r\nContent-Transfer-Encoding: 7bit\r\n"
              "Content-ID: <cal>\r\nContent-Description: =?UTF-8?B?Y2Fmw6k=?=\r\n\r\n"
              "BEGIN:VCALENDAR\r\n");
}

typedef struct charset_case {
  const char *charset, *data;
  size_t len;
  int code;
  const char *encoding;
} charset_case;

/* Other charsets keep their octets; UTF-16 has no line ends that we know. */
static const charset_case charsets[] = {
    {NULL, "caf\xe9", 4, MR_ERR_BODY_CHAR, NULL},
    {"UTF-8", "caf\xe9", 4, MR_ERR_BODY_CHAR, NULL},
    {"utf-8", "ab\xc3", 3, MR_ERR_BODY_CHAR, NULL},
    {NULL, "\xed\xa0\x80", 3, MR_ERR_BODY_CHAR, NULL},
    {NULL, "a\0b", 3, MR_ERR_BODY_CHAR, NULL},
    {"iso-8859-1", "caf\xe9", 4, MR_OK, "quoted-printable\r\n\r\ncaf=E9\r\n"},
    {"utf-16le", "a\0\n\0", 4, MR_OK, "base64\r\n\r\nYQAKAA==\r\n"},
};

static void text_charsets(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++) {
    const charset_case *c = &charsets[i];
    mr_part *p = part(f, "text/plain");
    fixture_message(f);
    mime_from(f->m);
    if (c->charset != NULL)
      assert_int_equal(mr_part_set_param(p, "charset", c->charset), MR_OK);
    assert_int_equal(mr_part_set_data(p, c->data, c->len), MR_OK);
    assert_int_equal(mr_message_set_root(f->m, p), MR_OK);
    assert_int_equal(mr_message_seal(f->m), c->code);
    if (c->code == MR_OK) {
      kit_buf got = pass_of(f->m, 100);
      assert_string_equal(mime_after(got.data, "Transfer-Encoding: "), c->encoding);
      kit_buf_free(&got);
    }
    mr_part_free(p);
  }
}

/* message/… may not be encoded (RFC 2046 5.2) */
static void status_parts(void **state) {
  static const char *const bad[] = {"A: caf\xc3\xa9\n", "--=_x\n", "a\ab\n"};
  fixture *f = *state;
  for (size_t i = 0; i < 3; i++) {
    mr_part *p = part(f, "message/delivery-status");
    fixture_message(f);
    mime_from(f->m);
    assert_int_equal(mr_part_set_data(p, bad[i], strlen(bad[i])), MR_OK);
    assert_int_equal(mr_message_set_root(f->m, p), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_ERR_BODY_CHAR);
    mr_part_free(p);
  }
}

/* ---- calls from inside services: fault 101 ---- */

static mr_part *hooked;

static void call_part(test_source *s) {
  assert_int_equal(mr_part_set_id(hooked, "x"), MR_ERR_STATE);
  assert_int_equal(mr_part_add(hooked, hooked), MR_ERR_STATE);
  assert_int_equal(mr_message_seal(s->hook_user), MR_ERR_STATE);
}

static void calls_from_source(void **state) {
  fixture *f = *state;
  f->source = (test_source){.data = "abc", .len = 3, .hook = call_part};
  mr_source source = source_of(&f->source, 3);
  f->source.hook_user = f->m;
  hooked = part(f, "a/b");
  mime_from(f->m);
  assert_int_equal(mr_part_set_source(hooked, &source), MR_OK);
  assert_int_equal(mr_message_set_root(f->m, hooked), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_int_equal(mr_part_error(hooked)->code, MR_OK);
  mr_part_free(hooked);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(types),
      FIXTURE_TEST(refused),
      FIXTURE_TEST(late_error),
      FIXTURE_TEST(cycles),
      FIXTURE_TEST(depth),
      FIXTURE_TEST(depth_of_both),
      FIXTURE_TEST(many),
      FIXTURE_TEST(depth_of_messages),
      FIXTURE_TEST(too_many),
      FIXTURE_TEST(in_use),
      FIXTURE_TEST(set_free),
      FIXTURE_TEST(not_whole),
      FIXTURE_TEST(root_alone),
      FIXTURE_TEST(single),
      FIXTURE_TEST(text_charsets),
      FIXTURE_TEST(status_parts),
      FIXTURE_TEST(calls_from_source),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

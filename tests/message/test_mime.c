/* SPDX-License-Identifier: MIT */
/* Built messages with more than a text: structure, names, encodings. */
#include "message/mime.h"

#define PLAIN                                                                            \
  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
#define HTML                                                                             \
  "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
#define MULTI(type, n)                                                                   \
  "Content-Type: multipart/" type ";\r\n boundary=\"=_" n                                \
  ".H\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
#define RELATED(n)                                                                       \
  "Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"=_" n             \
  ".H\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
#define LOGO                                                                             \
  "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: "         \
  "<logo>\r\nContent-Disposition: inline\r\n\r\nUE5H\r\n"
#define FILE_A                                                                           \
  "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"      \
  "Content-Disposition: attachment; filename=\"a\"\r\n\r\nAQID\r\n"
#define HEAD MIME_DATE MIME_FROM MIME_ID

enum { TEXT = 1, HTML_PART = 2, PICTURE = 4, FILE_PART = 8 };

typedef struct shape_case {
  int what;
  const char *want;
} shape_case;

static const shape_case shapes[] = {
    {TEXT | HTML_PART,
     HEAD MULTI("alternative", "0") "--=_0.H\r\n" PLAIN "hi\r\n\r\n--=_0.H\r\n" HTML
                                    "<p>\r\n\r\n--=_0.H--\r\n"},
    {FILE_PART, HEAD MULTI("mixed", "0") "--=_0.H\r\n" PLAIN "\r\n--=_0.H\r\n" FILE_A
                                         "\r\n--=_0.H--\r\n"},
    {HTML_PART | PICTURE,
     HEAD RELATED("0") "--=_0.H\r\n" HTML "<p>\r\n\r\n--=_0.H\r\n" LOGO
                       "\r\n--=_0.H--\r\n"},
    {TEXT | HTML_PART | PICTURE | FILE_PART,
     HEAD MULTI("mixed", "0") "--=_0.H\r\n" MULTI(
         "alternative", "1") "--=_1.H\r\n" PLAIN
                             "hi\r\n\r\n--=_1.H\r\n" RELATED(
                                 "3") "--=_3.H\r\n" HTML "<p>\r\n\r\n--=_3.H\r\n" LOGO
                                      "\r\n--=_3.H--\r\n\r\n--=_1.H--\r\n"
                                      "\r\n--=_0.H\r\n" FILE_A "\r\n--=_0.H--\r\n"},
};

static void fill(mr_message *m, int what) {
  mime_from(m);
  if ((what & FILE_PART) != 0) /* the order of the calls does not count */
    assert_int_equal(mr_message_attach(m, "a", NULL, "\1\2\3", 3), MR_OK);
  if ((what & PICTURE) != 0)
    assert_int_equal(mr_message_embed(m, "logo", NULL, "image/png", "PNG", 3), MR_OK);
  if ((what & HTML_PART) != 0)
    assert_int_equal(mr_message_set_html(m, "<p>\n", 4), MR_OK);
  if ((what & TEXT) != 0)
    assert_int_equal(mr_message_set_text(m, "hi\n", 3), MR_OK);
}

static void shapes_of_conveniences(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    fixture_message(f);
    fill(f->m, shapes[i].what);
    assert_mime(f->m, shapes[i].want);
  }
}

/* R89, fault 24: all passes, at every buffer size; and the same services give the same
 * octets. */
static void deterministic(void **state) {
  fixture *f = *state;
  kit_buf whole = {0};
  for (int i = 0; i < 2; i++) {
    kit_rng_init(&f->env.rng, 99);
    fixture_message(f);
    fill(f->m, TEXT | HTML_PART | PICTURE | FILE_PART);
    assert_int_equal(mr_message_seal(f->m), MR_OK);
    kit_buf got = pass_of(f->m, 100000);
    if (i == 0)
      whole = got;
    else
      assert_octets(got.data, got.len, whole.data, whole.len);
    if (i == 1)
      kit_buf_free(&got);
  }
  for (size_t cap = 2; cap < 200; cap++) {
    kit_buf got = pass_of(f->m, cap);
    assert_octets(got.data, got.len, whole.data, whole.len);
    kit_buf_free(&got);
  }
  kit_buf_free(&whole);
}

/* ---- encodings ---- */

#define L78                                                                              \
  "123456789012345678901234567890123456789012345678901234567890123456789012345678"
#define TEN(x) x x x x x x x x x x
#define CYRILLIC "\xd0\x96\xd0\x97\xd0\x98\xd0\x99"

typedef struct coding_case {
  const char *type;
  int attached;
  const char *data;
  size_t len; /* 0 = strlen */
  const char *encoding;
  const char *content; /* NULL: the data */
} coding_case;

/* fault 20, fault 22; C2, C3, C5, C6; marks of a boundary are never left as they are
 * (fault 17) */
static const coding_case codings[] = {
    {"text/plain", 0, "a\nb", 0, "7bit", "a\r\nb\r\n"},
    {"text/plain", 0, L78 "\n", 0, "7bit", L78 "\r\n"},
    {"text/plain", 0, L78 "9\n", 0, "quoted-printable", L78 "9\r\n"},
    {"text/html", 0, "caf\xc3\xa9\n", 0, "quoted-printable", "caf\xc3\xa9\r\n"},
    {"text/plain", 0, "a\rb\r", 0, "7bit", "a b \r\n"},
    {"text/plain", 0, "bell\a\n", 0, "quoted-printable", "bell\a\r\n"},
    {"text/plain", 0, "x\n--=_y\n", 0, "quoted-printable", "x\r\n--=_y\r\n"},
    {"text/plain", 0, "--=_\n", 0, "quoted-printable", "--=_\r\n"},
    {"text/plain", 0, TEN(TEN(CYRILLIC)) "\n", 0, "base64", TEN(TEN(CYRILLIC)) "\r\n"},
    {"text/plain", 0, TEN(CYRILLIC) "\n", 0, "quoted-printable", TEN(CYRILLIC) "\r\n"},
    {"text/plain", 1, "a\r\nb\r\n", 0, "7bit", NULL},
    {"text/plain", 1, "a\nb\n", 0, "base64", NULL},
    {"text/plain", 1, "a\r\nb", 0, "base64", NULL},
    {"text/plain", 1, "a\rb\r\n", 0, "base64", NULL},
    {"text/plain", 1, "a\0b\r\n", 5, "base64", NULL},
    {"text/plain", 1, L78 L78 "\r\n", 0, "7bit", NULL},
    {"text/plain", 1, TEN(L78) L78 L78 L78 "\r\n", 0, "base64", NULL},
    {"text/csv", 1, "caf\xc3\xa9\r\n", 0, "base64", NULL},
    {"text/csv", 1, "a\r\n--=_\r\n", 0, "base64", NULL},
    {"image/png", 1, "", 0, "base64", NULL},
    {"application/json", 1, "{}", 0, "base64", NULL},
    {"application/octet-stream", 1, "\0\1\2\xff...\r\n.\r\n", 11, "base64", NULL},
    {"message/delivery-status", 0, "A: b\n\nC: d\n", 0, "7bit", "A: b\r\n\r\nC: d\r\n"},
};

/* A part in a multipart, from memory or from a source of short reads. */
static mr_part *coded_part(fixture *f, const coding_case *c, size_t len, int how) {
  mr_part *part = NULL;
  assert_int_equal(mr_part_new(&part, &f->env.env, c->type), MR_OK);
  if (c->attached)
    assert_int_equal(mr_part_set_disposition(part, MR_DISPOSITION_ATTACHMENT, "f"),
                     MR_OK);
  f->source = (test_source){.data = c->data, .len = len, .chunk = 3, .pending = how == 2};
  mr_source source = source_of(&f->source, how == 2 ? MR_LENGTH_UNKNOWN : len);
  int err =
      how == 0 ? mr_part_set_data(part, c->data, len) : mr_part_set_source(part, &source);
  assert_int_equal(err, MR_OK);
  return part;
}

static void seal_with(fixture *f, mr_part *part) {
  mr_part *root = NULL;
  fixture_message(f);
  mime_from(f->m);
  assert_int_equal(mr_part_new(&root, &f->env.env, "multipart/mixed"), MR_OK);
  assert_int_equal(mr_part_add(root, part), MR_OK);
  assert_int_equal(mr_message_set_root(f->m, root), MR_OK);
  mr_part_free(part);
  mr_part_free(root);
  assert_int_equal(seal_all(f->m), MR_OK);
}

static void check_coding(fixture *f, size_t row, int how) {
  const coding_case *c = &codings[row];
  size_t len = c->len > 0 ? c->len : strlen(c->data);
  char mark[64] = "Content-Type: ";
  seal_with(f, coded_part(f, c, len, how));
  assert_int_equal(mr_message_is_8bit(f->m), 0);
  kit_buf text = pass_of(f->m, 97);
  const char *encoding = "";
  kit_buf content = mime_content(&text, strcat(mark, c->type), &encoding);
  assert_string_equal(encoding, c->encoding);
  assert_octets(content.data, content.len, c->content != NULL ? c->content : c->data,
                c->content != NULL ? strlen(c->content) : len);
  assert_canonical(text.data, text.len);
  kit_buf_free(&content);
  kit_buf_free(&text);
}

static void encodings(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
    for (int how = 0; how < 3; how++)
      check_coding(f, i, how);
}

/* ---- names ---- */

typedef struct name_case {
  const char *name;
  const char *want; /* behind "attachment" */
} name_case;

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const name_case names[] = {
    {"a.txt", "; filename=\"a.txt\"\r\n"},
    {"a b.txt", "; filename=\"a b.txt\"\r\n"},
    {"", "; filename=\"\"\r\n"},
    {"say \"hi\" \\.txt", "; filename=\"say \\\"hi\\\" \\\\.txt\"\r\n"},
    {"r\xc3\xa9s\xf0\x9f\x93\xa7.pdf",
     "; filename*=UTF-8''r%C3%A9s%F0%9F%93%A7.pdf;\r\n filename=\"r_s_.pdf\"\r\n"},
    {"=?UTF-8?Q?x?=",
     "; filename*=UTF-8''%3D%3FUTF-8%3FQ%3Fx%3F%3D;\r\n filename=\"_?UTF-8?Q?x?=\"\r\n"},
    {"a\tb%*'.txt",
     "; filename*=UTF-8''a%09b%25%2A%27.txt;\r\n filename=\"a_b%*'.txt\"\r\n"},
    {A40 A40 A40 ".html",
     ";\r\n filename*0*=UTF-8''" A40 "aaaaaaaaaaaaaaaaa"
     ";\r\n filename*1*=" A40 "aaaaaaaaaaaaaaaaaaaaaaa.;"
     "\r\n filename*2*=html;\r\n filename=\"" A40 "aaaaaaaa.html\"\r\n"},
};

/* RFC 2231, and what readers that do not know it need */
static void file_names(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    kit_buf want = {0};
    fixture_message(f);
    mime_from(f->m);
    assert_int_equal(mr_message_attach(f->m, names[i].name, "a/b", "x", 1), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_OK);
    kit_buf got = pass_of(f->m, 4096);
    kit_buf_printf(&want, "\r\nContent-Disposition: attachment%s\r\neA==", names[i].want);
    (void)mime_after(got.data, want.data);
    kit_buf_free(&want);
    kit_buf_free(&got);
  }
}

/* Every length of a name of two-octet characters: whole characters, lines within 78. */
static void long_names(void **state) {
  fixture *f = *state;
  char name[1100];
  for (size_t n = 1; n <= 512; n++) {
    for (size_t i = 0; i < n; i++)
      memcpy(name + 2 * i, "\xc3\xa9", 3);
    fixture_message(f);
    mime_from(f->m);
    assert_int_equal(mr_message_attach(f->m, name, NULL, "x", 1), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_OK);
    kit_buf got = pass_of(f->m, 4096);
    const char *p = mime_after(got.data, "attachment;");
    size_t escapes = 0, line = 0;
    for (; strncmp(p, "\r\n\r\n", 4) != 0; p++) {
      escapes += strncmp(p, "%C3%A9", 6) == 0;
      line = *p == '\n' ? 0 : line + 1;
      assert_true(line <= 79);
    }
    assert_int_equal(escapes, n);
    kit_buf_free(&got);
  }
  memcpy(name + 1024, "a", 2);
  fixture_message(f);
  assert_int_equal(mr_message_attach(f->m, name, NULL, "x", 1), MR_ERR_LIMIT);
}

/* ---- messages inside messages ---- */

static mr_message *sealed_raw(fixture *f, const char *text) {
  mr_message *m = NULL;
  assert_int_equal(mr_message_new(&m, &f->env.env, NULL), MR_OK);
  assert_int_equal(mr_message_set_raw(m, text, strlen(text), MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_seal(m), MR_OK);
  return m;
}

#define RFC822(type, bits)                                                               \
  "Content-Type: message/" type "\r\nContent-Transfer-Encoding: " bits                   \
  "\r\nContent-Disposition: attachment\r\n\r\n"

static void messages_inside(void **state) {
  static const struct {
    const char *inner, *bits, *want;
  } rows[] = {
      {"A: b\r\n\r\nc\r\n", "7bit", RFC822("rfc822", "7bit") "A: b\r\n\r\nc\r\n"},
      {"A: b\r\n\r\n\xe9\r\n", "8bit", RFC822("rfc822", "8bit") "A: b\r\n\r\n\xe9\r\n"},
      {"A: \xc3\xa9\r\n\r\n", "8bit", RFC822("global", "8bit") "A: \xc3\xa9\r\n\r\n"},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    kit_buf want = {0};
    fixture_message(f);
    mime_from(f->m);
    mr_message *inner = sealed_raw(f, rows[i].inner);
    assert_int_equal(mr_message_attach_message(f->m, inner), MR_OK);
    mr_message_free(inner);
    kit_buf_printf(&want,
                   HEAD "Content-Type: multipart/mixed;\r\n boundary=\"=_0.H\"\r\n"
                        "Content-Transfer-Encoding: %s\r\n\r\n--=_0.H\r\n" PLAIN
                        "\r\n--=_0.H\r\n%s\r\n--=_0.H--\r\n",
                   rows[i].bits, rows[i].want);
    assert_mime(f->m, want.data);
    assert_int_equal(mr_message_is_8bit(f->m), rows[i].bits[0] == '8');
    kit_buf_free(&want);
  }
}

/* A message with parts and sources in it, as a part: the same octets. */
static void built_inside(void **state) {
  fixture *f = *state;
  f->source = (test_source){.data = "0123456789", .len = 10, .chunk = 4, .pending = 1};
  mr_source source = source_of(&f->source, 10);
  fill(f->m, TEXT | HTML_PART);
  assert_int_equal(mr_message_attach_source(f->m, "s", NULL, &source), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  mr_message *outer = NULL;
  assert_int_equal(mr_message_new(&outer, &f->env.env, NULL), MR_OK);
  mime_from(outer);
  assert_int_equal(mr_message_attach_message(outer, f->m), MR_OK);
  assert_int_equal(seal_all(outer), MR_OK);
  kit_buf inner = pass_of(f->m, 50), whole = pass_of(outer, 50);
  fixture_message(f); /* the outer one holds what it needs */
  assert_int_equal(f->source.released, 0);
  (void)mime_after(whole.data, inner.data);
  kit_buf again = pass_of(outer, 4096);
  assert_octets(again.data, again.len, whole.data, whole.len);
  mr_message_free(outer);
  assert_int_equal(f->source.released, 1);
  kit_buf_free(&inner);
  kit_buf_free(&whole);
  kit_buf_free(&again);
}

/* fault 17: a boundary that stands in a part is not used. The services are the same the
 * second time, so the first draw is in the message that is attached. */
static kit_buf boundary_of(fixture *f, mr_message *inner, uint64_t seed) {
  kit_buf hex = {0};
  kit_rng_init(&f->env.rng, seed);
  fixture_message(f);
  mime_from(f->m);
  assert_int_equal(mr_message_attach_message(f->m, inner), MR_OK);
  assert_int_equal(seal_all(f->m), MR_OK);
  kit_buf got = pass_of(f->m, 4096);
  kit_buf_add(&hex, mime_after(got.data, "boundary=\"=_0."), 32);
  kit_buf_free(&got);
  return hex;
}

static mr_message *sealed_source(fixture *f, const char *text, size_t chunk) {
  mr_message *m = NULL;
  f->source = (test_source){
      .data = text, .len = strlen(text), .chunk = chunk, .pending = chunk % 2 == 0};
  mr_source source = source_of(&f->source, MR_LENGTH_UNKNOWN);
  assert_int_equal(mr_message_new(&m, &f->env.env, NULL), MR_OK);
  assert_int_equal(mr_message_set_raw_source(m, &source, MR_RAW_KEEP), MR_OK);
  assert_int_equal(seal_all(m), MR_OK);
  return m;
}

static void boundary_occurs(void **state) {
  fixture *f = *state;
  mr_message *inner = sealed_raw(f, "A: b\r\n\r\nc\r\n");
  kit_buf first = boundary_of(f, inner, 3);
  mr_message_free(inner);
  for (size_t chunk = 0; chunk < 40; chunk++) { /* 0: memory */
    kit_buf text = {0};
    kit_buf_printf(&text, "A: b\r\n\r\nsome text\r\n--=_0.%s\r\nc\r\n", first.data);
    inner = chunk == 0 ? sealed_raw(f, text.data) : sealed_source(f, text.data, chunk);
    kit_buf other = boundary_of(f, inner, 3);
    assert_string_not_equal(other.data, first.data);
    fixture_message(f);
    mr_message_free(inner);
    kit_buf_free(&other);
    kit_buf_free(&text);
  }
  kit_buf_free(&first);
}

/* ---- address fields, references, lists ---- */

static void all_fields(void **state) {
  mr_message *m = ((fixture *)*state)->m;
  static const char *const who[] = {"b@example.net", "c@example.net"};
  static const char *const whose[] = {NULL, "C, c"};
  mime_from(m);
  assert_int_equal(mr_message_add_address(m, MR_FIELD_FROM, "Two", "two@example.org"),
                   MR_OK);
  assert_int_equal(mr_message_add_address(m, MR_FIELD_SENDER, NULL, "s@example.org"),
                   MR_OK);
  assert_int_equal(mr_message_add_address(m, MR_FIELD_REPLY_TO, "J\xc3\xb6rg", "r@b.org"),
                   MR_OK);
  assert_int_equal(mr_message_add_to(m, NULL, "a@example.net"), MR_OK);
  assert_int_equal(mr_message_add_group(m, MR_FIELD_TO, "My Team", whose, who, 2), MR_OK);
  assert_int_equal(mr_message_add_group(m, MR_FIELD_CC, "none", NULL, NULL, 0), MR_OK);
  assert_int_equal(mr_message_add_group(m, MR_FIELD_BCC, "x", NULL, who, 1), MR_OK);
  assert_int_equal(mr_message_add_in_reply_to(m, "<2@x>"), MR_OK);
  assert_int_equal(mr_message_add_reference(m, "<1@x>"), MR_OK);
  assert_int_equal(mr_message_add_reference(m, "<2@x>"), MR_OK);
  assert_int_equal(mr_message_add_list_uri(m, MR_LIST_UNSUBSCRIBE, "https://x.org/u?a=1"),
                   MR_OK);
  assert_int_equal(mr_message_add_list_uri(m, MR_LIST_UNSUBSCRIBE, "mailto:u@x.org"),
                   MR_OK);
  assert_int_equal(mr_message_add_list_uri(m, MR_LIST_POST, "NO"), MR_OK);
  assert_int_equal(mr_message_set_list_id(m, "News \xe2\x82\xac", "news.x.org"), MR_OK);
  assert_int_equal(mr_message_set_one_click(m), MR_OK);
  assert_int_equal(mr_message_add_header(m, "Auto-Submitted", "auto-generated"), MR_OK);
  assert_mime(m, MIME_DATE
              "From: ann@example.org, Two <two@example.org>\r\n"
              "Sender: s@example.org\r\nReply-To: =?UTF-8?B?SsO2cmc=?= <r@b.org>\r\n"
              "To: a@example.net, My Team: b@example.net, \"C, c\" "
              "<c@example.net>;\r\nCc: none:;\r\nMessage-ID: <ID>\r\n"
              "In-Reply-To: <2@x>\r\nReferences: <1@x> <2@x>\r\n"
              "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: 7bit\r\n"
              "List-Id: =?UTF-8?B?TmV3cyDigqw=?= <news.x.org>\r\n"
              "List-Unsubscribe: <https://x.org/u?a=1>, <mailto:u@x.org>\r\n"
              "List-Post: NO\r\n"
              "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
              "Auto-Submitted: auto-generated\r\n\r\n");
  assert_string_equal(mr_message_sender(m), "s@example.org");
  assert_int_equal(mr_message_recipient_count(m), 3); /* b@example.net counts once */
}

/* Many references fold, and In-Reply-To stands for References if there are none. */
static void references_fold(void **state) {
  fixture *f = *state;
  mime_from(f->m);
  for (int i = 0; i < 50; i++)
    assert_int_equal(
        mr_message_add_in_reply_to(f->m, "<some.id.of.a.message@host.example>"), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  kit_buf got = pass_of(f->m, 4096);
  const char *p = mime_after(got.data, "\r\nReferences: <");
  size_t ids = 1, line = 0;
  for (; strncmp(p, "\r\nMIME", 6) != 0; p++) {
    ids += *p == '<';
    line = *p == '\n' ? 0 : line + 1;
    assert_true(line <= 79);
  }
  assert_int_equal(ids, 50);
  kit_buf_free(&got);
}

static int two_froms(mr_message *m) {
  mime_from(m);
  assert_int_equal(mr_message_add_address(m, MR_FIELD_FROM, NULL, "b@c"), MR_OK);
  return mr_message_seal(m);
}
static int no_https(mr_message *m) {
  mime_from(m);
  assert_int_equal(mr_message_set_one_click(m), MR_OK);
  assert_int_equal(mr_message_add_list_uri(m, MR_LIST_UNSUBSCRIBE, "mailto:a@b"), MR_OK);
  return mr_message_seal(m);
}
static int two_senders(mr_message *m) {
  assert_int_equal(mr_message_add_address(m, MR_FIELD_SENDER, NULL, "b@c"), MR_OK);
  return mr_message_add_address(m, MR_FIELD_SENDER, NULL, "b@d");
}
static int field_0(mr_message *m) { return mr_message_add_address(m, 0, NULL, "a@b"); }
static int field_7(mr_message *m) { return mr_message_add_address(m, 7, NULL, "a@b"); }
static int group_from(mr_message *m) {
  return mr_message_add_group(m, MR_FIELD_FROM, "x", NULL, NULL, 0);
}
static int group_null(mr_message *m) {
  return mr_message_add_group(m, MR_FIELD_TO, "x", NULL, NULL, 1);
}
static int list_0(mr_message *m) { return mr_message_add_list_uri(m, 0, "a:b"); }
static int list_id_twice(mr_message *m) {
  assert_int_equal(mr_message_set_list_id(m, NULL, "a.b"), MR_OK);
  return mr_message_set_list_id(m, NULL, "a.b");
}
static int latin_html(mr_message *m) { return mr_message_set_html(m, "\xe9", 1); }
static int two_htmls(mr_message *m) {
  assert_int_equal(mr_message_set_html(m, "", 0), MR_OK);
  return mr_message_set_html(m, "", 0);
}
static int attach_null(mr_message *m) {
  return mr_message_attach(m, NULL, NULL, NULL, 1);
}
static int attach_multi(mr_message *m) {
  return mr_message_attach(m, NULL, "multipart/mixed", "", 0);
}
static int attach_no_type(mr_message *m) {
  return mr_message_attach(m, NULL, "text", "", 0);
}
static int attach_unsealed(mr_message *m) {
  mr_message *inner = NULL;
  assert_int_equal(mr_message_new(&inner, NULL, NULL), MR_OK);
  int err = mr_message_attach_message(m, inner);
  mr_message_free(inner);
  return err;
}
static int raw_then_attach(mr_message *m) {
  assert_int_equal(mr_message_set_raw(m, "A: b\n\n", 6, 0), MR_OK);
  return mr_message_attach(m, NULL, NULL, "", 0);
}

/* fault 100 */
static void refused(void **state) {
  static const struct {
    int (*call)(mr_message *m);
    int code;
  } rows[] = {
      {two_froms, MR_ERR_ADDR},        {no_https, MR_ERR_HDR_CHAR},
      {two_senders, MR_ERR_EXISTS},    {field_0, MR_ERR_MISUSE},
      {field_7, MR_ERR_MISUSE},        {group_from, MR_ERR_MISUSE},
      {group_null, MR_ERR_MISUSE},     {list_0, MR_ERR_MISUSE},
      {list_id_twice, MR_ERR_EXISTS},  {latin_html, MR_ERR_BODY_CHAR},
      {two_htmls, MR_ERR_EXISTS},      {attach_null, MR_ERR_MISUSE},
      {attach_multi, MR_ERR_MISUSE},   {attach_no_type, MR_ERR_HDR_CHAR},
      {attach_unsealed, MR_ERR_STATE}, {raw_then_attach, MR_ERR_STATE},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fixture_message(f);
    assert_int_equal(rows[i].call(f->m), rows[i].code);
    assert_int_equal(mr_message_error(f->m)->code, rows[i].code);
    assert_int_equal(mr_message_seal(f->m), rows[i].code);
  }
  assert_int_equal(mr_message_attach_source(f->m, NULL, NULL, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_message_embed(f->m, NULL, NULL, NULL, "", 0), MR_ERR_MISUSE);
  assert_int_equal(mr_message_set_html(NULL, "", 0), MR_ERR_MISUSE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(shapes_of_conveniences),
      FIXTURE_TEST(deterministic),
      FIXTURE_TEST(encodings),
      FIXTURE_TEST(file_names),
      FIXTURE_TEST(long_names),
      FIXTURE_TEST(messages_inside),
      FIXTURE_TEST(built_inside),
      FIXTURE_TEST(boundary_occurs),
      FIXTURE_TEST(all_fields),
      FIXTURE_TEST(references_fold),
      FIXTURE_TEST(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

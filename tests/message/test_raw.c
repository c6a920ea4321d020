/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include "message/help.h"

static int set(fixture *f, const char *data, size_t len, unsigned flags) {
  fixture_message(f);
  return mr_message_set_raw(f->m, data, len, flags);
}

static void seal_raw(fixture *f, const char *data, unsigned flags) {
  assert_int_equal(set(f, data, strlen(data), flags), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
}

typedef struct wire_case {
  const char *in, *out;
} wire_case;

#define LONG100                                                                          \
  "012345678901234567890123456789012345678901234567890123456789012345678901234567890123" \
  "4"                                                                                    \
  "567890123456789"

/* C1-C3, C6, C7; fault 22, fault 23. With MR_RAW_KEEP nothing is added. */
static const wire_case wires[] = {
    {"A: b\r\n\r\nx\r\n", "A: b\r\n\r\nx\r\n"},
    {"A: b\n\nx", "A: b\r\n\r\nx\r\n"},
    {"A: b", "A: b\r\n\r\n"},
    {"A: b\n", "A: b\r\n\r\n"},
    {"A: b\r\n\n", "A: b\r\n\r\n"},
    {"A: b\n\r\n\r\n", "A: b\r\n\r\n\r\n"},
    {"A: b\n\n.\n..\n.", "A: b\r\n\r\n.\r\n..\r\n.\r\n"},
    {"A: b\n c\n\td\nE:\n\nx\ry\r\r\nz\r",
     "A: b\r\n c\r\n\td\r\nE:\r\n\r\nx y \r\nz \r\n"},
    /* a CR in the body makes no header line and no end of data */
    {"A: b\n\n\r.\r\rBcc: c@d", "A: b\r\n\r\n .  Bcc: c@d\r\n"},
    {"A: b\n\n\r\nFrom x\n", "A: b\r\n\r\n\r\nFrom x\r\n"},
    /* Bcc in any case, folded, with no value, twice; and of a resent block */
    {"A: b\nbCC: c@d,\n e@f,\n\tg@h\nC: d\n\nx", "A: b\r\nC: d\r\n\r\nx\r\n"},
    {"BCC:\nA: b\nBcc: x\nResent-Bcc: y\n z\n\nBcc: stays\n",
     "A: b\r\n\r\nBcc: stays\r\n"},
    {"Bcc: c@d\n\nx", "\r\nx\r\n"},
    {"Bccx: c\nXBcc: d\n\n", "Bccx: c\r\nXBcc: d\r\n\r\n"},
    {"A: " LONG100 "\n \nB: c\n\n", "A: " LONG100 "\r\n \r\nB: c\r\n\r\n"},
};

static void canonical_form(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
    seal_raw(f, wires[i].in, MR_RAW_KEEP);
    assert_message(f->m, wires[i].out, strlen(wires[i].out));
    size_t len = 0;
    const char *header = mr_message_header(f->m, &len);
    assert_octets(header, len, wires[i].out, len);
    assert_true(len >= 2 && memcmp(header + len - 2, "\r\n", 2) == 0);
    assert_string_equal(mr_message_id(f->m), "");
  }
}

typedef struct stamp_case {
  const char *in;
  int date, id;
  const char *rest;
} stamp_case;

/* fault 24: what is missing is added on top, what is there stays */
static void stamps(void **state) {
  static const stamp_case cases[] = {
      {"From: a@b.example\n\n", 1, 1, "From: a@b.example\r\n\r\n"},
      {"dATE: x\nFrom: a@b.example\n\n", 0, 1, "dATE: x\r\nFrom: a@b.example\r\n\r\n"},
      {"A: b\nMESSAGE-id: <x@y>\n\nz", 1, 0, "A: b\r\nMESSAGE-id: <x@y>\r\n\r\nz\r\n"},
      {"Date: x\nMessage-ID: <x@y>\n\n", 0, 0, "Date: x\r\nMessage-ID: <x@y>\r\n\r\n"},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const stamp_case *c = &cases[i];
    kit_buf want = {0};
    seal_raw(f, c->in, 0);
    if (c->date)
      kit_buf_str(&want, "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n");
    if (c->id)
      kit_buf_printf(&want, "Message-ID: %s\r\n", mr_message_id(f->m));
    else
      assert_string_equal(mr_message_id(f->m), "<x@y>");
    kit_buf_str(&want, c->rest);
    assert_message(f->m, want.data, want.len);
    kit_buf_free(&want);
  }
}

static void id_domain(void **state) {
  static const wire_case cases[] = {
      {"From: Ann <ann@From.Example>\n", "@from.example>"},
      {"From: \"a, b\" <x@y>,\n ann@second.example\n", "@y>"},
      {"From: nobody here\n", "@sender.example>"},
      {"X: y\n", "@sender.example>"},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(set(f, cases[i].in, strlen(cases[i].in), 0), MR_OK);
    assert_int_equal(mr_message_set_sender(f->m, "a@sender.example"), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_OK);
    assert_non_null(strstr(mr_message_id(f->m), cases[i].out));
  }
  seal_raw(f, "X: y\n", 0);
  assert_non_null(strstr(mr_message_id(f->m), "@localhost.invalid>"));
}

static void id_read(void **state) {
  static const wire_case cases[] = {
      {"Message-ID:\n <a@b>\n", "<a@b>"},
      {"Message-ID: (c) <a@b> x\n", "<a@b>"},
      {"Message-ID: none\n", ""},
      {"Message-ID: <a b>\n", ""},
      {"Message-ID:\n", ""},
      {"Message-ID: <a\n", ""},
      {"Message-ID: <1@a>\nMessage-ID: <2@a>\n", "<1@a>"},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    seal_raw(f, cases[i].in, 0);
    assert_string_equal(mr_message_id(f->m), cases[i].out);
  }
}

typedef struct altered_case {
  const char *in;
  int altered;
} altered_case;

#define SIGNED "DKIM-Signature: v=1\r\n"

static void altered(void **state) {
  static const altered_case cases[] = {
      {SIGNED "A: b\r\n\r\nx\r\n", 0},
      {SIGNED "A: b\r\n\r\n", 0},
      {SIGNED "A: b\n\r\nx\r\n", 1},
      {SIGNED "A: b\r\n\r\nx\n", 1},
      {SIGNED "A: b\r\n\r\nx", 1},
      {SIGNED "A: b\r\n\r\nx\ry\r\n", 1},
      {"A: b\n\nx\ry", 0},
      {"dkim-signature: x\n\n", 1},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    seal_raw(f, cases[i].in, 0);
    assert_int_equal(mr_message_is_altered(f->m), cases[i].altered);
  }
}

static void eight_bit(void **state) {
  fixture *f = *state;
  seal_raw(f, "A: b\n\nplain", 0);
  assert_int_equal(mr_message_is_8bit(f->m), 0);
  seal_raw(f, "A: b\n\n\xe9", 0);
  assert_int_equal(mr_message_is_8bit(f->m), 1);
  seal_raw(f, "A: \xc3\xa9\n\nplain", 0);
  assert_int_equal(mr_message_is_8bit(f->m), 1);
}

typedef struct bad_case {
  const char *in;
  size_t len; /* 0 = strlen */
  unsigned flags;
  int code;
  size_t offset;
} bad_case;

/* C3, C4, C5, strict mode; what stands where, told with its offset */
static const bad_case bads[] = {
    {"", 0, 0, MR_ERR_HDR_NAME, 0},
    {"\r\nbody", 0, 0, MR_ERR_HDR_NAME, 0},
    {"Hello,\n\nhow are you\n", 0, 0, MR_ERR_HDR_NAME, 0},
    {"From a@b Thu Jan 1 00:00:00 2026\nA: b\n\n", 0, 0, MR_ERR_HDR_NAME, 0},
    {"A: b\nno field\n\n", 0, 0, MR_ERR_HDR_NAME, 5},
    {"A: b\nB c: d\n\n", 0, 0, MR_ERR_HDR_NAME, 5},
    {" folded first\nA: b\n\n", 0, 0, MR_ERR_HDR_NAME, 0},
    {"A: b\nBcc : hidden@x\n\n", 0, 0, MR_ERR_HDR_NAME, 5},
    {"A: b\n: c\n\n", 0, 0, MR_ERR_HDR_NAME, 5},
    {"A: b\rBcc: c\n\n", 0, 0, MR_ERR_HDR_CHAR, 4},
    {"A: b\r\nC: d\r", 0, 0, MR_ERR_HDR_CHAR, 10},
    {"A: b\r\n\r", 0, 0, MR_ERR_HDR_CHAR, 6},
    {"A: b\n c\r d\n\n", 0, 0, MR_ERR_HDR_CHAR, 7},
    {"A: b\nC: \0d\n\n", 12, 0, MR_ERR_HDR_CHAR, 8},
    {"A: b\n\nxy\0z", 10, 0, MR_ERR_BODY_CHAR, 8},
    {"A: b\n\r\n", 0, MR_RAW_STRICT, MR_ERR_HDR_CHAR, 4},
    {"A: b\r\n\r\nx\ny\r\n", 0, MR_RAW_STRICT, MR_ERR_BODY_CHAR, 9},
    {"A: b\r\n\r\nx\ry\r\n", 0, MR_RAW_STRICT, MR_ERR_BODY_CHAR, 9},
};

static void broken_input(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
    const bad_case *c = &bads[i];
    size_t len = c->len > 0 ? c->len : strlen(c->in);
    void *exact = kit_exact(c->in, len);
    assert_int_equal(set(f, exact, len, c->flags), MR_OK);
    assert_int_equal(mr_message_seal(f->m), c->code);
    assert_int_equal(mr_message_error(f->m)->offset, c->offset);
    assert_int_equal(mr_message_seal(f->m), c->code); /* sticks */
    free(exact);
  }
}

static void mbox_is_named(void **state) {
  fixture *f = *state;
  assert_int_equal(set(f, bads[3].in, strlen(bads[3].in), 0), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_HDR_NAME);
  assert_non_null(strstr(mr_message_error(f->m)->text, "mbox"));
}

/* C5: 998 octets pass, 999 do not, in the header, in a fold and in the body; fault 20 */
static void line_length(void **state) {
  static const char *const before[] = {"", "A: b\n ", "A: b\n\nx\n"};
  fixture *f = *state;
  for (size_t i = 0; i < 3; i++) {
    for (size_t over = 0; over < 2; over++) {
      kit_buf in = {0};
      size_t used = strlen(before[i]);
      size_t line = i == 1 ? 997 : 998;
      kit_buf_str(&in, before[i]);
      for (size_t j = 0; j < line + over; j++)
        kit_buf_str(&in, i == 0 && j == 1 ? ":" : "a");
      kit_buf_str(&in, "\n");
      assert_int_equal(set(f, in.data, in.len, 0), MR_OK);
      assert_int_equal(mr_message_seal(f->m), over ? MR_ERR_LINE_LONG : MR_OK);
      if (over)
        assert_int_equal(mr_message_error(f->m)->offset,
                         i == 2 ? used + 998 : used - (i == 1));
      kit_buf_free(&in);
    }
  }
}

/* ---- header recipients ---- */

typedef struct people_case {
  const char *in;
  const char *sender;
  const char *recipients; /* divided by spaces */
} people_case;

static const people_case people[] = {
    {"From: a@b\nTo: c@d, \"X, Y\" <e@F.example>\nCc: g@h\nBcc: i@j\n\n", "a@b",
     "c@d e@f.example g@h i@j"},
    {"From: a@b\nSender: s@t\nTo: (x) c@d (y,\n z@z)\n\n", "s@t", "c@d"},
    {"From: a@b\nTo: Group: c@d, e@f;, g@h\nTo: i@j\n\n", "a@b", "c@d e@f g@h i@j"},
    {"From: a@b, z@z\nTo: undisclosed-recipients:;\nBcc: c@d,\n c@D\n\n", "a@b", "c@d"},
    {"From: a@b\nTo: <\"q r\"@d>\n\nTo: body@x\n", "a@b", "\"q~r\"@d"},
    {"Resent-From: r@r\nResent-To: n@n\nResent-Bcc: m@m\nFrom: a@b\nTo: c@d\n\n", "r@r",
     "n@n m@m"},
    {"Resent-From: new@r\nResent-To: n@n\nResent-From: old@r\nResent-Sender: o@o\n"
     "Resent-To: o@o\nFrom: a@b\nTo: c@d\n\n",
     "new@r", "n@n"},
    {"Resent-From: r@r\nFrom: a@b\nTo: c@d\n\n", "a@b", "c@d"},
    {"X: y\n\n", "", ""},
};

static void header_recipients(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
    kit_buf all = {0};
    assert_int_equal(set(f, people[i].in, strlen(people[i].in), 0), MR_OK);
    assert_int_equal(mr_message_use_header_recipients(f->m), MR_OK);
    assert_int_equal(mr_message_seal(f->m), MR_OK);
    assert_string_equal(mr_message_sender(f->m), people[i].sender);
    for (size_t j = 0; j < mr_message_recipient_count(f->m); j++)
      kit_buf_printf(&all, "%s%s", j > 0 ? " " : "", mr_message_recipient(f->m, j));
    if (strchr(people[i].recipients, '~') != NULL)
      *strchr(all.data + 1, ' ') = '~';
    assert_string_equal(all.data != NULL ? all.data : "", people[i].recipients);
    kit_buf_free(&all);
  }
}

static void envelope_is_apart(void **state) {
  fixture *f = *state;
  const char *in = "From: a@b\nTo: c@d\nBcc: e@f\n\n";
  assert_int_equal(set(f, in, strlen(in), 0), MR_OK);
  assert_int_equal(mr_message_set_sender(f->m, ""), MR_OK);
  assert_int_equal(mr_message_add_recipient(f->m, "<x@Y>"), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  assert_string_equal(mr_message_sender(f->m), "");
  assert_int_equal(mr_message_recipient_count(f->m), 1);
  assert_string_equal(mr_message_recipient(f->m, 0), "x@y");
}

static void bad_header_address(void **state) {
  static const bad_case cases[] = {
      {"From: a@b\nTo: c@d, e@f@g\n\n", 0, 0, MR_ERR_ADDR, 22},
      {"From: a@b\nTo: root\n\n", 0, 0, MR_ERR_ADDR, 14},
      {"From: a@b\nTo: c@d, e f g\n\n", 0, 0, MR_ERR_ADDR, 19},
      {"From: nobody\nTo: c@d\n\n", 0, 0, MR_ERR_ADDR, 6},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(set(f, cases[i].in, strlen(cases[i].in), 0), MR_OK);
    assert_int_equal(mr_message_use_header_recipients(f->m), MR_OK);
    assert_int_equal(mr_message_seal(f->m), cases[i].code);
    assert_true(mr_message_error(f->m)->offset >= cases[i].offset);
    assert_true(mr_message_error(f->m)->offset < strlen(cases[i].in));
  }
}

/* fault 12: domain case and spelling do not count, local part case does */
static void duplicates(void **state) {
  static const char *const given[] = {"a@b.c",  "a@B.C", "<a@b.c>",    "\"a\"@b.c",
                                      "a@b.c.", "A@b.c", "\"a \"@b.c", "a@b.d"};
  fixture *f = *state;
  for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
    assert_int_equal(mr_message_add_recipient(f->m, given[i]), MR_OK);
  assert_int_equal(mr_message_recipient_count(f->m), 4);
  assert_string_equal(mr_message_recipient(f->m, 0), "a@b.c");
  assert_string_equal(mr_message_recipient(f->m, 1), "A@b.c");
  assert_string_equal(mr_message_recipient(f->m, 3), "a@b.d");
}

static void recipient_limit(void **state) {
  fixture *f = *state;
  fixture_option(f, MR_OPT_SUBMIT_RECIPIENTS, 2);
  assert_int_equal(mr_message_add_recipient(f->m, "a@b"), MR_OK);
  assert_int_equal(mr_message_add_recipient(f->m, "c@b"), MR_OK);
  assert_int_equal(mr_message_add_recipient(f->m, "a@b"), MR_OK);
  assert_int_equal(mr_message_add_recipient(f->m, "d@b"), MR_ERR_LIMIT);
}

/* ---- limits and time: bug 15, fault 15, fault 7 ---- */

static void repeat(kit_buf *out, const char *piece, size_t count) {
  for (size_t i = 0; i < count; i++)
    kit_buf_str(out, piece);
}

static double seal_seconds(fixture *f, const kit_buf *in, int want) {
  assert_int_equal(set(f, in->data, in->len, 0), MR_OK);
  assert_int_equal(mr_message_use_header_recipients(f->m), MR_OK);
  clock_t start = clock();
  assert_int_equal(mr_message_seal(f->m), want);
  return (double)(clock() - start) / CLOCKS_PER_SEC;
}

typedef struct big_case {
  const char *start, *piece, *end;
  size_t count;
  int want;
} big_case;

static void big_headers(void **state) {
  static const big_case cases[] = {
      {"", "X: y\n", "\n", 10000, MR_OK},
      {"", "X: y\n", "\n", 10001, MR_ERR_LIMIT},
      {"", "X: y\n", "\n", 200000, MR_ERR_LIMIT},
      {"X: y\n", " z\n", "\n", 10000, MR_OK},
      {"X: y\n", " \n", "\n", 10000, MR_OK},
      {"X: ", "aaaaaaaa", "\n\n", 1 << 17, MR_ERR_LIMIT},
      {"no field\nX: ", "a", "\n\n", 1 << 20, MR_ERR_HDR_NAME},
      {"To: a@b", ",\n c@d", "\n\n", 20000, MR_OK},
      {"To: ", "(", "\n\n", 900, MR_ERR_DEPTH},
      {"To: ", "(\n ", "\n\n", 80000, MR_ERR_DEPTH},
      {"To: ", "<\n ", "\n\n", 80000, MR_ERR_ADDR},
      {"To: ", ":;\n ", "\n\n", 60000, MR_ERR_ADDR},
      {"To: a@[", "1\n ", "\n\n", 80000, MR_ERR_ADDR},
  };
  fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    kit_buf in = {0};
    kit_buf_str(&in, cases[i].start);
    repeat(&in, cases[i].piece, cases[i].count);
    kit_buf_str(&in, cases[i].end);
    assert_true(seal_seconds(f, &in, cases[i].want) < 2.0);
    kit_buf_free(&in);
  }
}

static void message_limit(void **state) {
  fixture *f = *state;
  fixture_option(f, MR_OPT_MESSAGE_MAX, 5000);
  kit_buf in = {0};
  kit_buf_str(&in, "A: b\n\n");
  repeat(&in, "\n", 2400);
  assert_int_equal(set(f, in.data, in.len, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_OK);
  repeat(&in, "\n", 100); /* twice as long on the wire */
  assert_int_equal(set(f, in.data, in.len, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_seal(f->m), MR_ERR_LIMIT);
  repeat(&in, "\n", 3000);
  assert_int_equal(set(f, in.data, in.len, MR_RAW_KEEP), MR_ERR_LIMIT);
  kit_buf_free(&in);
}

/* ---- against a simple reference: bug 17, bug 18 ---- */

typedef struct reference {
  kit_buf out;
  int err;
} reference;

/* One body or header octet at a time, as the rules C1-C7 have it. */
static void reference_body(reference *r, const char *in, size_t len) {
  size_t line = 0, before = r->out.len;
  for (size_t i = 0; i < len && r->err == MR_OK; i++) {
    int crlf = in[i] == '\r' && i + 1 < len && in[i + 1] == '\n';
    if (in[i] == 0) {
      r->err = MR_ERR_BODY_CHAR;
    } else if (crlf || in[i] == '\n') {
      kit_buf_str(&r->out, "\r\n");
      i += crlf ? 1 : 0;
      line = 0;
    } else {
      kit_buf_add(&r->out, in[i] == '\r' ? " " : &in[i], 1);
      line++;
    }
  }
  if (r->out.len > before && line > 0)
    kit_buf_str(&r->out, "\r\n");
}

static const char letters[] = "\r\n.a \xe9\r\n";

static void random_body(kit_buf *in, kit_rng *rng) {
  size_t len = (size_t)kit_rng_below(rng, 40);
  for (size_t i = 0; i < len; i++) {
    char c = letters[kit_rng_below(rng, sizeof letters - 1)];
    if (kit_rng_below(rng, 200) == 0)
      c = 0;
    kit_buf_add(in, &c, 1);
  }
}

static void random_line_end(kit_buf *in, kit_rng *rng) {
  kit_buf_str(in, kit_rng_below(rng, 2) != 0 ? "\r\n" : "\n");
}

static void compare(fixture *f, const reference *want, int err) {
  assert_int_equal(err, want->err);
  if (err != MR_OK)
    return;
  kit_buf got = pass_of(f->m, 7);
  assert_octets(got.data, got.len, want->out.data, want->out.len);
  assert_canonical(got.data, got.len);
  kit_buf_free(&got);
}

static void as_source(fixture *f, const kit_buf *in, kit_rng *rng,
                      const reference *want) {
  test_source s = {.data = in->data, .len = in->len, .rng = rng};
  s.pending = (int)kit_rng_below(rng, 2);
  mr_source source = source_of(&s, kit_rng_below(rng, 2) ? in->len : MR_LENGTH_UNKNOWN);
  fixture_message(f);
  assert_int_equal(mr_message_set_raw_source(f->m, &source, MR_RAW_KEEP), MR_OK);
  compare(f, want, seal_all(f->m));
  fixture_message(f);
  assert_int_equal(s.released, 1);
}

static void random_line_ends(void **state) {
  fixture *f = *state;
  kit_rng rng;
  kit_rng_init(&rng, 11);
  for (int round = 0; round < 3000; round++) {
    kit_buf in = {0};
    reference want = {{0}, MR_OK};
    kit_buf_str(&in, "A: b");
    random_line_end(&in, &rng);
    kit_buf_str(&in, " c");
    random_line_end(&in, &rng);
    random_line_end(&in, &rng);
    kit_buf_str(&want.out, "A: b\r\n c\r\n\r\n");
    size_t body = in.len;
    random_body(&in, &rng);
    reference_body(&want, in.data + body, in.len - body);
    assert_int_equal(set(f, in.data, in.len, MR_RAW_KEEP), MR_OK);
    compare(f, &want, mr_message_seal(f->m));
    as_source(f, &in, &rng, &want);
    kit_buf_free(&in);
    kit_buf_free(&want.out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FIXTURE_TEST(canonical_form),    FIXTURE_TEST(stamps),
      FIXTURE_TEST(id_domain),         FIXTURE_TEST(id_read),
      FIXTURE_TEST(altered),           FIXTURE_TEST(eight_bit),
      FIXTURE_TEST(broken_input),      FIXTURE_TEST(mbox_is_named),
      FIXTURE_TEST(line_length),       FIXTURE_TEST(header_recipients),
      FIXTURE_TEST(envelope_is_apart), FIXTURE_TEST(bad_header_address),
      FIXTURE_TEST(duplicates),        FIXTURE_TEST(recipient_limit),
      FIXTURE_TEST(big_headers),       FIXTURE_TEST(message_limit),
      FIXTURE_TEST(random_line_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * 10 000 lists made at random, each written with every liberty that senders take, beside
 * a model of what is in it: the parser finds the model, and parse, print, parse is the
 * identity (bug 14).
 */
#include <mailroute/address_list.h>

#include "text/check.h"

enum { LISTS = 10000, ROOM = 65536 };

/* A list in the making: as it is sent, and its items on lines. */
typedef struct maker {
  kit_rng rng;
  char text[ROOM];
  size_t text_len;
  char model[ROOM];
  size_t model_len;
} maker;

static size_t draw(maker *m, size_t n) { return (size_t)kit_rng_below(&m->rng, n); }

static void put(maker *m, const char *text) {
  size_t len = strlen(text);
  assert_true(m->text_len + len < ROOM);
  memcpy(m->text + m->text_len, text, len);
  m->text_len += len;
}

static void expect(maker *m, const char *text) {
  size_t len = strlen(text);
  assert_true(m->model_len + len < ROOM);
  memcpy(m->model + m->model_len, text, len + 1);
  m->model_len += len;
}

static void space(maker *m, int needed) {
  static const char *const some[] = {" ",
                                     "  ",
                                     "\t",
                                     "\r\n ",
                                     "\n\t",
                                     " (c, <x@y>) ",
                                     "(a (b \\) ;) \"c)",
                                     " ( \xc3\xa4 ) "};
  if (needed || draw(m, 4) == 0)
    put(m, some[draw(m, COUNT(some))]);
}

/* One word of a name: as it is sent, and as it is shown. */
typedef struct sample {
  const char *sent, *shown;
} sample;

static const sample names[] = {
    {"Joe", "Joe"},
    {"Q.", "Q."},
    {"d'Arc", "d'Arc"},
    {"[x]", "[x]"},
    {"\"Doe, J.\"", "Doe, J."},
    {"\"a\\\"b\\\\c\"", "a\"b\\c"},
    {"\"\"", ""},
    {"\" \"", " "},
    {"\"x@y <z@w>;\"", "x@y <z@w>;"},
    {"\"=?utf-8?q?no?=\"", "=?utf-8?q?no?="},
    {"\"f\r\n old\"", "f old"},
    {"J\xc3\xb6rg", "J\xc3\xb6rg"},
    {"\"\xe6\x97\xa5 \xe6\x9c\xac\"", "\xe6\x97\xa5 \xe6\x9c\xac"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"=?x-odd?q?a?=", "=?x-odd?q?a?="},
    {"a=b?c", "a=b?c"},
};

static const sample words[] = {
    {"=?UTF-8?Q?J=C3=B6rg?=", "J\xc3\xb6rg"},
    {"=?utf-8?b?5pel5pys?=", "\xe6\x97\xa5\xe6\x9c\xac"},
    {"=?iso-8859-1?q?=E9t=E9_?=", "\xc3\xa9t\xc3\xa9 "},
    {"=?us-ascii*en?Q?=22x=2C=22?=", "\"x,\""},
    {"=?utf-8?q?=0A=00?=", "??"},
};

static const sample addresses[] = {
    {"a@b", "a@b"},
    {"joe.doe@A.Example", "joe.doe@a.example"},
    {"\"x y\"@b.example", "\"x y\"@b.example"},
    {"\"joe\"@b.example.", "joe@b.example"},
    {"\"a@b> ORCPT=x\"@c", "\"a@b> ORCPT=x\"@c"},
    {"\"\\\"\\\\\"@c", "\"\\\"\\\\\"@c"},
    {"-x+y=z@[192.0.2.1]", "-x+y=z@[192.0.2.1]"},
    {"x@[IPv6:2001:DB8:0::1]", "x@[IPv6:2001:db8::1]"},
    {"j\xc3\xb6@b.example", "j\xc3\xb6@b.example"},
    {"x@xn--bcher-kva.example", "x@xn--bcher-kva.example"},
    {"a . b @ c . example", "a.b@c.example"},
    {"a(x)@(y)\r\n b", "a@b"},
};

/* A name of 1 to 4 words; encoded words next to each other are shown without space. */
static void name_make(maker *m) {
  int after_word = 0;
  size_t before = m->model_len;
  for (size_t left = 1 + draw(m, 4), first = 1; left > 0; left--, first = 0) {
    int word = draw(m, 3) == 0;
    const sample *one =
        word ? &words[draw(m, COUNT(words))] : &names[draw(m, COUNT(names))];
    space(m, !first);
    put(m, one->sent);
    if (m->model_len > before && !(word && after_word))
      expect(m, " ");
    expect(m, one->shown);
    after_word = word;
  }
}

static void mailbox_make(maker *m) {
  static const char *const routes[] = {"@r:", "@r , @s.example :", ""};
  const sample *one = &addresses[draw(m, COUNT(addresses))];
  int named = draw(m, 2) == 0;
  int angle = named || draw(m, 3) == 0;
  if (named)
    name_make(m);
  space(m, 0);
  put(m, angle ? "<" : "");
  if (angle)
    put(m, routes[draw(m, COUNT(routes) * 4) % COUNT(routes)]);
  put(m, one->sent);
  put(m, angle ? ">" : "");
  if (angle)
    space(m, 0);
  expect(m, "|");
  expect(m, one->shown);
  expect(m, "\n");
}

static void separator(maker *m) {
  static const char *const some[] = {",", ", ", ",,", " ,\r\n\t", ", (c) ,"};
  put(m, some[draw(m, COUNT(some))]);
}

static void group_make(maker *m) {
  name_make(m);
  put(m, ":");
  expect(m, ":\n");
  for (size_t left = draw(m, 4); left > 0; left--) {
    mailbox_make(m);
    if (left > 1)
      separator(m);
  }
  put(m, ";");
  expect(m, ";\n");
}

static void list_make(maker *m, uint64_t seed) {
  kit_rng_init(&m->rng, seed);
  m->text_len = 0;
  m->model_len = 0;
  m->model[0] = 0;
  for (size_t left = draw(m, 7); left > 0; left--) {
    if (draw(m, 5) == 0)
      group_make(m);
    else
      mailbox_make(m);
    if (left > 1 || draw(m, 6) == 0)
      separator(m);
  }
}

static void describe(const mr_address_list *list, char *out) {
  size_t at = 0;
  for (size_t i = 0; i < mr_address_list_count(list); i++) {
    static const char *const marks[] = {"", "|", ":", ";"};
    const char *name = mr_address_list_name(list, i);
    const char *address = mr_address_text(mr_address_list_address(list, i));
    at += (size_t)snprintf(out + at, ROOM - at, "%s%s%s\n", name,
                           marks[mr_address_list_kind(list, i)], address);
    assert_true(at < ROOM);
  }
  out[at] = 0;
}

static mr_address_list *parse(uint64_t seed, const char *text, size_t len) {
  mr_address_list *list = NULL;
  size_t offset = 0;
  char *exact = kit_exact(text, len);
  int err = mr_address_list_parse(&list, NULL, exact, len, &offset);
  free(exact);
  if (err != MR_OK)
    fail_msg("seed %llu: %d at %zu of\n%.*s", (unsigned long long)seed, err, offset,
             (int)len, text);
  return list;
}

static void check_printable(const char *text) {
  for (; *text != 0; text++)
    assert_true((uint8_t)*text >= 0x20);
}

static void identity(void **state) {
  static maker m;
  static char first[ROOM], second[ROOM];
  (void)state;
  for (uint64_t seed = 1; seed <= LISTS; seed++) {
    list_make(&m, seed);
    mr_address_list *list = parse(seed, m.text, m.text_len);
    const char *printed = mr_address_list_text(list);
    mr_address_list *again = parse(seed, printed, strlen(printed));
    describe(list, first);
    describe(again, second);
    ROW_TEXT(seed, first, m.model);
    ROW_TEXT(seed, second, m.model);
    ROW_TEXT(seed, mr_address_list_text(again), printed);
    check_printable(printed);
    mr_address_list_free(list);
    mr_address_list_free(again);
  }
}

/* Each beginning of a list is read or refused at a place inside of it, never worse. */
static void cut(void **state) {
  static maker m;
  (void)state;
  for (uint64_t seed = 1; seed <= 100; seed++) {
    list_make(&m, seed);
    for (size_t len = 0; len < m.text_len; len++) {
      mr_address_list *list = NULL;
      size_t offset = 0;
      char *exact = kit_exact(m.text, len);
      int err = mr_address_list_parse(&list, NULL, exact, len, &offset);
      assert_true(offset <= len && (list == NULL) == (err != MR_OK));
      mr_address_list_free(list);
      free(exact);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identity),
      cmocka_unit_test(cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

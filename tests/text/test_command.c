/* SPDX-License-Identifier: MIT */
#include "text/command.h"

#include "kit/kit_grammar.h"
#include "text/check.h"

enum { MAX = 4096 };

static kit_env host;
static mr__buf out;

static int setup(void **state) {
  (void)state;
  kit_env_init(&host, 1);
  mr__buf_init(&out, &host.env, MAX);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  mr__buf_free(&out);
  return (int)kit_env_done(&host);
}

static void wrote(int err, const char *wanted) {
  assert_int_equal(err, MR_OK);
  assert_string_equal(mr__buf_text(&out), wanted);
  mr__buf_clear(&out);
}

static void refused(int err, int wanted) {
  assert_int_equal(err, wanted);
  assert_int_equal(out.len, 0);
  assert_int_equal(out.err, MR_OK);
}

static mr_address *address_of(const char *text) {
  mr_address *a = NULL;
  assert_int_equal(
      mr_address_parse(&a, &host.env, text, strlen(text), MR_ADDRESS_ALLOW_NULL, NULL),
      MR_OK);
  return a;
}

static void words(void **state) {
  (void)state;
  wrote(mr__command_hello(&out, "EHLO", "mail.example.org"), "EHLO mail.example.org\r\n");
  wrote(mr__command_hello(&out, "HELO", "[IPv6:2001:db8::1]"),
        "HELO [IPv6:2001:db8::1]\r\n");
  wrote(mr__command_word(&out, "STARTTLS"), "STARTTLS\r\n");
  wrote(mr__command_word(&out, "QUIT"), "QUIT\r\n");
}

static void mail_and_rcpt(void **state) {
  (void)state;
  static const struct {
    const char *address;
    uint64_t size;
    int body_8bit;
    const char *mail;
  } rows[] = {
      {"", MR_LENGTH_UNKNOWN, 0, "MAIL FROM:<>\r\n"},
      {"a@b", MR_LENGTH_UNKNOWN, 0, "MAIL FROM:<a@b>\r\n"},
      {"a@b", 0, 0, "MAIL FROM:<a@b> SIZE=0\r\n"},
      {"a@b", UINT64_MAX - 1, 1,
       "MAIL FROM:<a@b> SIZE=18446744073709551614 BODY=8BITMIME\r\n"},
      {"a@b", MR_LENGTH_UNKNOWN, 1, "MAIL FROM:<a@b> BODY=8BITMIME\r\n"},
      /* bug 16 */
      {"-f@b", MR_LENGTH_UNKNOWN, 0, "MAIL FROM:<-f@b>\r\n"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    mr_address *a = address_of(rows[i].address);
    wrote(mr__command_mail(&out, a, rows[i].size, rows[i].body_8bit), rows[i].mail);
    mr_address_free(a);
  }
}

/* bug 13, fault 4: one path, judged by a grammar that is not ours, and nothing behind it.
 */
static void no_smuggled_parameters(void **state) {
  (void)state;
  static const char *const payloads[] = {
      "\"a@b> ORCPT=x\"@c", "\"a@b> SIZE=1\"@c", "\"a> NOTIFY=NEVER <b\"@c",
      "\"\\\"> X=\"@c",     "\"a\\\\\"@c",       "<@a,@b:\"x> y\"@c>",
  };
  for (size_t i = 0; i < COUNT(payloads); i++) {
    mr_address *a = address_of(payloads[i]);
    assert_int_equal(mr__command_rcpt(&out, a), MR_OK);
    const char *line = mr__buf_text(&out);
    size_t len = strlen(line);
    assert_memory_equal(line, "RCPT TO:", 8);
    ROW_EQUAL(i, kit_path_span(line + 8, len - 10), len - 10);
    assert_memory_equal(line + len - 2, "\r\n", 3);
    mr__buf_clear(&out);
    mr_address_free(a);
  }
}

/* bug 12: no octet that ends or splits a command gets in by any string. */
static void controls(void **state) {
  (void)state;
  static const char *const bad[] = {
      "a\r",  "a\n", "\r\nMAIL FROM:<x>", "a\x7f",     "a\x01z",        "a b",
      "a\tb", "",    "a\xc3\xbc",         "a\xc0\x8a", "a\xe0\x80\x8a", "\xff",
  };
  for (size_t i = 0; i < COUNT(bad); i++) {
    refused(mr__command_hello(&out, "EHLO", bad[i]), MR_ERR_ADDR_CHAR);
    refused(mr__command_hello(&out, bad[i], "name"), MR_ERR_ADDR_CHAR);
    refused(mr__command_word(&out, bad[i]), MR_ERR_ADDR_CHAR);
  }
  for (int octet = 1; octet < 256; octet++) {
    char name[4] = {'a', (char)octet, 'b', 0};
    int good = octet > 0x20 && octet < 0x7F;
    ROW_EQUAL(octet, mr__command_hello(&out, "EHLO", name),
              good ? MR_OK : MR_ERR_ADDR_CHAR);
    ROW_EQUAL(octet, out.len, good ? 10 : 0);
    mr__buf_clear(&out);
  }
}

/* fault 8: without SMTPUTF8 an address that is not ASCII is refused, not mangled. */
static void not_ascii(void **state) {
  (void)state;
  mr_address *a = address_of("b\xc3\xbc@c");
  refused(mr__command_rcpt(&out, a), MR_ERR_ADDR_CHAR);
  refused(mr__command_mail(&out, a, 5, 1), MR_ERR_ADDR_CHAR);
  mr_address_free(a);
}

static void lengths(void **state) {
  (void)state;
  char name[600];
  for (size_t len = 250; len < 599; len++) {
    memset(name, 'a', sizeof name);
    name[len] = 0;
    int err = mr__command_hello(&out, "EHLO", name);
    ROW_EQUAL(len, err, len <= 255 ? MR_OK : MR_ERR_ADDR_LONG);
    ROW_EQUAL(len, out.len, len <= 255 ? len + 7 : 0);
    mr__buf_clear(&out);
  }
  memset(name, 'A', sizeof name);
  name[510] = 0;
  assert_int_equal(mr__command_word(&out, name), MR_OK);
  assert_int_equal(out.len, 512);
  mr__buf_clear(&out);
  name[510] = 'A';
  name[511] = 0;
  refused(mr__command_word(&out, name), MR_ERR_ADDR_LONG);
}

/* An error leaves what was there before. */
static void appends_whole_lines(void **state) {
  (void)state;
  assert_int_equal(mr__command_word(&out, "RSET"), MR_OK);
  assert_int_equal(mr__command_hello(&out, "EHLO", "a\nb"), MR_ERR_ADDR_CHAR);
  assert_int_equal(mr__command_word(&out, "NOOP"), MR_OK);
  assert_string_equal(mr__buf_text(&out), "RSET\r\nNOOP\r\n");
}

/* bug 28: all octets there and back; '+' and '=' are encoded, an encoded NUL is refused.
 */
static void xtext_round_trip(void **state) {
  (void)state;
  mr__buf back;
  mr__buf_init(&back, &host.env, MAX);
  for (int octet = 0; octet < 256; octet++) {
    uint8_t data[3] = {'a', (uint8_t)octet, 'z'};
    assert_int_equal(mr__xtext_encode(&out, data, 3), MR_OK);
    assert_true(kit_is_xtext((const char *)out.data, out.len));
    int plain = octet > 0x20 && octet < 0x7F && octet != '+' && octet != '=';
    ROW_EQUAL(octet, out.len, plain ? 3 : 5);
    int err = mr__xtext_decode(&back, (const char *)out.data, out.len);
    ROW_EQUAL(octet, err, octet == 0 ? MR_ERR_PROTO : MR_OK);
    if (err == MR_OK)
      assert_memory_equal(back.data, data, 3);
    ROW_EQUAL(octet, back.len, err == MR_OK ? 3 : 0);
    mr__buf_clear(&out);
    mr__buf_clear(&back);
  }
  mr__buf_free(&back);
}

static void xtext_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"+",   "+4", "+4g",  "+0a",      "a=b", "a b", "a\r",
                                    "+00", "a+", "\x7f", "\xc3\xbc", "+-1", "+ 1"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    char *exact = kit_exact(bad[i], strlen(bad[i]));
    refused(mr__xtext_decode(&out, exact, strlen(bad[i])), MR_ERR_PROTO);
    free(exact);
  }
  wrote(mr__xtext_decode(&out, "a+2Bb+3D", 8), "a+b=");
}

static int torture(kit_env *env, void *arg) {
  mr__buf buf;
  (void)arg;
  mr__buf_init(&buf, &env->env, MAX);
  int err = mr__command_hello(&buf, "EHLO", "a.example");
  if (err == MR_OK)
    err = mr__xtext_encode(&buf, "++++++++++++++++++++++++++++++++", 32);
  size_t len = buf.len;
  mr__buf_free(&buf);
  return err == MR_OK ? len != 112 : !(err == MR_ERR_NOMEM && len % 16 == 0);
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(words, setup, teardown),
      cmocka_unit_test_setup_teardown(mail_and_rcpt, setup, teardown),
      cmocka_unit_test_setup_teardown(no_smuggled_parameters, setup, teardown),
      cmocka_unit_test_setup_teardown(controls, setup, teardown),
      cmocka_unit_test_setup_teardown(not_ascii, setup, teardown),
      cmocka_unit_test_setup_teardown(lengths, setup, teardown),
      cmocka_unit_test_setup_teardown(appends_whole_lines, setup, teardown),
      cmocka_unit_test_setup_teardown(xtext_round_trip, setup, teardown),
      cmocka_unit_test_setup_teardown(xtext_refused, setup, teardown),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

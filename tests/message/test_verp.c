/* SPDX-License-Identifier: MIT */
/* Return paths that tell for whom a bounce is, and that we made them. */
#include <mailroute/address.h>
#include <mailroute/dsn.h>

#include <stdio.h>

#include "base/config.h"
#include "kit/kit_torture.h"
#include "message/help.h"

static char got[MR_RETURN_PATH_MAX];

typedef struct verp_case {
  const char *sender, *recipient, *delimiters, *want;
} verp_case;

static const verp_case good[] = {
    {"b@x.org", "bob@example.net", NULL, "b+bob=example.net@x.org"},
    {"b@x.org", "bob@example.net", "-=", "b-bob=example.net@x.org"},
    {"b@x.org", "bob@example.net", "=+", "b=bob+example.net@x.org"},
    {"b@x.org", "bob@example.net", "++", "b+bob+example.net@x.org"},
    {"b+l@x.org", "a+b=c@e.net", NULL, "b+l+a+b=c=e.net@x.org"},
    {"b@x.org", "\"a b\"@e.net", NULL, "\"b+a b=e.net\"@x.org"},
    {"b@x.org", "\"a\\\"\\\\\"@e.net", NULL, "\"b+a\\\"\\\\=e.net\"@x.org"},
    {"b@x.org", "\"a@b\"@e.net", NULL, "\"b+a@b=e.net\"@x.org"},
    {"\"b c\"@x.org", "a@e.net", NULL, "\"b c+a=e.net\"@x.org"},
    {"b@x.org", "a@[192.0.2.1]", NULL, "\"b+a=[192.0.2.1]\"@x.org"},
    {"b@[192.0.2.9]", "a@[IPv6:2001:db8::1]", NULL,
     "\"b+a=[IPv6:2001:db8::1]\"@[192.0.2.9]"},
    {"b@x.org", "j\xc3\xb6rg@e.net", NULL, "b+j\xc3\xb6rg=e.net@x.org"},
    {"<B@X.org>", "<A@E.Net>", NULL, "B+A=e.net@x.org"},
};

static void made_and_read(void **state) {
  char again[MR_RETURN_PATH_MAX];
  mr_address *a = NULL;
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const verp_case *c = &good[i];
    assert_int_equal(
        mr_verp_make(got, sizeof got, NULL, c->sender, c->recipient, c->delimiters),
        MR_OK);
    assert_string_equal(got, c->want);
    assert_int_equal(
        mr_verp_parse(again, sizeof again, NULL, c->sender, got, c->delimiters), MR_OK);
    assert_int_equal(
        mr_address_parse(&a, NULL, c->recipient, strlen(c->recipient), 0, NULL), MR_OK);
    assert_string_equal(again, mr_address_text(a));
    mr_address_free(a);
  }
}

/* Every octet that a local part may have, alone and in a crowd. */
static void every_local_part(void **state) {
  char recipient[40], again[MR_RETURN_PATH_MAX];
  (void)state;
  for (int c = ' '; c < 0x7F; c++) {
    const char *escape = c == '"' || c == '\\' ? "\\" : "";
    (void)snprintf(recipient, sizeof recipient, "\"%s%c=.%s%c+\"@e.net", escape, c,
                   escape, c);
    mr_address *a = NULL;
    assert_int_equal(mr_address_parse(&a, NULL, recipient, strlen(recipient), 0, NULL),
                     MR_OK);
    assert_int_equal(mr_verp_make(got, sizeof got, NULL, "l+x@x.org", recipient, NULL),
                     MR_OK);
    assert_int_equal(mr_verp_parse(again, sizeof again, NULL, "L+X@x.org", got, NULL),
                     MR_OK);
    assert_string_equal(again, mr_address_text(a));
    mr_address_free(a);
  }
}

static void sender_not_known(void **state) {
  (void)state;
  assert_int_equal(
      mr_verp_parse(got, sizeof got, NULL, NULL, "b+bob+x=e.net@x.org", NULL), MR_OK);
  assert_string_equal(got, "bob+x@e.net");
}

typedef struct error_case {
  const char *sender, *other, *delimiters;
  int code;
} error_case;

/* bug 12, bug 13: nothing but addresses goes in or comes out */
static void make_errors(void **state) {
  static const error_case cases[] = {
      {"b", "a@e.net", NULL, MR_ERR_ADDR},
      {"b@x.org", "", NULL, MR_ERR_ADDR},
      {"", "a@e.net", NULL, MR_ERR_ADDR},
      {"b@x.org", "a@b\r\nRCPT", NULL, MR_ERR_ADDR_CHAR},
      {"b@x.org", "a@e.net", "+", MR_ERR_RANGE},
      {"b@x.org", "a@e.net", "+=x", MR_ERR_RANGE},
      {"b@x.org", "a@e.net", "+-", MR_ERR_RANGE},
      {"b@x.org", "a@e.net", "+a", MR_ERR_RANGE},
      {"b@x.org", "a@e.net", ".=", MR_ERR_RANGE},
      {"b@x.org", "a@e.net", "@=", MR_ERR_RANGE},
      {"b@x.org", "a123456789a123456789a123456789a123456789a123456789a123@example.net",
       NULL, MR_ERR_ADDR_LONG},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(mr_verp_make(got, sizeof got, NULL, cases[i].sender, cases[i].other,
                                  cases[i].delimiters),
                     cases[i].code);
  assert_int_equal(mr_verp_make(got, 5, NULL, "b@x.org", "a@e.net", NULL), MR_ERR_LIMIT);
  assert_int_equal(mr_verp_make(NULL, 5, NULL, "b@x.org", "a@e.net", NULL),
                   MR_ERR_MISUSE);
  assert_int_equal(mr_verp_make(got, sizeof got, NULL, NULL, "a@e.net", NULL),
                   MR_ERR_MISUSE);
}

static void parse_errors(void **state) {
  static const error_case cases[] = {
      {"b@x.org", "b@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "b+a=e.net@y.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "bb+a=e.net@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "c+a=e.net@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "b+a@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "b+=e.net@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "b+a=@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "\"b+a=e net\"@x.org", NULL, MR_ERR_NOT_FOUND},
      {NULL, "b@x.org", NULL, MR_ERR_NOT_FOUND},
      {NULL, "+a=b@x.org", NULL, MR_ERR_NOT_FOUND},
      {"b@x.org", "nothing", NULL, MR_ERR_ADDR},
      {"nothing", "b+a=e.net@x.org", NULL, MR_ERR_ADDR},
      {"b@x.org", "b+a=e.net@x.org", "=", MR_ERR_RANGE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(mr_verp_parse(got, sizeof got, NULL, cases[i].sender, cases[i].other,
                                   cases[i].delimiters),
                     cases[i].code);
    assert_string_equal(got, "");
  }
  assert_int_equal(mr_verp_parse(got, 3, NULL, NULL, "b+a=e.net@x.org", NULL),
                   MR_ERR_LIMIT);
  assert_int_equal(mr_verp_parse(got, sizeof got, NULL, NULL, NULL, NULL), MR_ERR_MISUSE);
}

#define DAY INT64_C(86400000)
static const char key[] = "a secret";

#if MR_WITH_TLS

static int sign(const char *address, int number, int days, int64_t wall) {
  return mr_prvs_make(got, sizeof got, NULL, address, key, sizeof key - 1, number, days,
                      wall);
}

static int check(const char *address, int64_t wall, char *plain) {
  return mr_prvs_check(plain, MR_RETURN_PATH_MAX, NULL, address, key, sizeof key - 1,
                       wall);
}

/* The hash of "3007ann@example.org" was made by another program; day 1000 + 7 is 007. */
static void signed_known(void **state) {
  char plain[MR_RETURN_PATH_MAX];
  (void)state;
  assert_int_equal(sign("ann@example.org", 3, 7, 1000 * DAY + 5), MR_OK);
  assert_string_equal(got, "prvs=30072b3dd9=ann@example.org");
  assert_int_equal(mr_prvs_key(got), 3);
  assert_int_equal(check(got, 1000 * DAY, plain), MR_OK);
  assert_string_equal(plain, "ann@example.org");
  assert_int_equal(check("<PRVS=30072B3DD9=ann@EXAMPLE.org>", 1000 * DAY, plain), MR_OK);
}

static void signed_age(void **state) {
  char plain[MR_RETURN_PATH_MAX];
  (void)state;
  for (int64_t start = 990; start < 1003; start++) { /* over the wrap of the days */
    assert_int_equal(sign("ann@example.org", 0, 7, start * DAY), MR_OK);
    for (int64_t day = 0; day <= 7; day++)
      assert_int_equal(check(got, (start + day) * DAY + DAY - 1, plain), MR_OK);
    assert_int_equal(check(got, (start + 8) * DAY, plain), MR_ERR_TIMEOUT);
    assert_string_equal(plain, "");
    assert_int_equal(check(got, (start + 300) * DAY, plain), MR_ERR_TIMEOUT);
  }
}

/* Any octet changed, and it is not ours. */
static void signed_changed(void **state) {
  char plain[MR_RETURN_PATH_MAX], changed[MR_RETURN_PATH_MAX];
  (void)state;
  assert_int_equal(sign("\"a b\"@example.org", 9, 7, 20000 * DAY), MR_OK);
  assert_int_equal(check(got, 20000 * DAY, plain), MR_OK);
  assert_string_equal(plain, "\"a b\"@example.org");
  for (size_t i = 0; got[i] != 0; i++) {
    memcpy(changed, got, sizeof changed);
    changed[i] = (char)(changed[i] == '1' ? '2' : '1');
    assert_int_not_equal(check(changed, 20000 * DAY, plain), MR_OK);
  }
  assert_int_equal(mr_prvs_check(plain, sizeof plain, NULL, got, "other", 5, 20000 * DAY),
                   MR_ERR_NOT_FOUND);
}

static void signed_with_verp(void **state) {
  char path[MR_RETURN_PATH_MAX], plain[MR_RETURN_PATH_MAX];
  (void)state;
  assert_int_equal(mr_verp_make(path, sizeof path, NULL, "b@x.org", "bob@e.net", NULL),
                   MR_OK);
  assert_int_equal(sign(path, 1, 7, 0), MR_OK);
  assert_int_equal(check(got, 0, plain), MR_OK);
  assert_int_equal(mr_verp_parse(path, sizeof path, NULL, "b@x.org", plain, NULL), MR_OK);
  assert_string_equal(path, "bob@e.net");
}

static void signed_errors(void **state) {
  char plain[MR_RETURN_PATH_MAX];
  kit_env env;
  (void)state;
  assert_int_equal(sign("ann", 0, 7, 0), MR_ERR_ADDR);
  assert_int_equal(sign("", 0, 7, 0), MR_ERR_ADDR);
  assert_int_equal(sign("a@b", 10, 7, 0), MR_ERR_RANGE);
  assert_int_equal(sign("a@b", -1, 7, 0), MR_ERR_RANGE);
  assert_int_equal(sign("a@b", 0, -1, 0), MR_ERR_RANGE);
  assert_int_equal(sign("a@b", 0, MR_PRVS_DAYS_MAX + 1, 0), MR_ERR_RANGE);
  assert_int_equal(
      sign("a123456789a123456789a123456789a123456789a123456789@b.org", 0, 7, 0),
      MR_ERR_ADDR_LONG);
  assert_int_equal(mr_prvs_make(got, 8, NULL, "a@b", key, 1, 0, 7, 0), MR_ERR_LIMIT);
  assert_int_equal(mr_prvs_make(got, 8, NULL, "a@b", key, 0, 0, 7, 0), MR_ERR_MISUSE);
  assert_int_equal(check("ann@example.org", 0, plain), MR_ERR_NOT_FOUND);
  assert_int_equal(check("prvs=0007aabbcc=@b", 0, plain), MR_ERR_NOT_FOUND);
  kit_env_init(&env, 1);
  env.wall_unknown = 1;
  assert_int_equal(mr_prvs_make(got, sizeof got, &env.env, "a@b", key, 1, 0, 7, -1),
                   MR_ERR_TIME_UNKNOWN);
  assert_int_equal(
      mr_prvs_check(plain, sizeof plain, &env.env, "prvs=0007aabbcc=a@b", key, 1, -1),
      MR_ERR_TIME_UNKNOWN);
  env.wall_unknown = 0;
  assert_int_equal(mr_prvs_make(got, sizeof got, &env.env, "a@b", key, 1, 0, 7, -1),
                   MR_OK);
  assert_int_equal(mr_prvs_check(plain, sizeof plain, &env.env, got, key, 1, -1), MR_OK);
  assert_int_equal(kit_env_done(&env), 0);
}

static int torture(kit_env *env, void *arg) {
  char path[MR_RETURN_PATH_MAX], plain[MR_RETURN_PATH_MAX];
  (void)arg;
  int err = mr_verp_make(path, sizeof path, &env->env, "b@x.org", "bob@e.net", NULL);
  if (err == MR_OK)
    err = mr_prvs_make(plain, sizeof plain, &env->env, path, key, 1, 0, 7, 0);
  if (err == MR_OK)
    err = mr_prvs_check(path, sizeof path, &env->env, plain, key, 1, 0);
  if (err == MR_OK)
    err = mr_verp_parse(plain, sizeof plain, &env->env, "b@x.org", path, NULL);
  return !(err == MR_OK || (err == MR_ERR_NOMEM && env->failed > 0));
}

/* fault 98 */
static void no_memory(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 8);
}

#else

static void not_supported(void **state) {
  (void)state;
  assert_int_equal(mr_prvs_make(got, sizeof got, NULL, "a@b", key, 1, 0, 7, 0),
                   MR_ERR_NOTSUP);
  assert_int_equal(mr_prvs_check(got, sizeof got, NULL, "a@b", key, 1, 0), MR_ERR_NOTSUP);
}

#endif

static void tag_found(void **state) {
  (void)state;
  assert_int_equal(mr_prvs_key("prvs=4007aabbcc=a@b"), 4);
  assert_int_equal(mr_prvs_key("<\"prvs=5007aabbcc=a b\"@b>"), 5);
  assert_int_equal(mr_prvs_key("prvs=x007aabbcc=a@b"), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_prvs_key("prvs=4007aabbcg=a@b"), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_prvs_key("prvs=4007aabbcc-a@b"), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_prvs_key("prvs=4007aabbcc="), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_prvs_key("ann@b"), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_prvs_key(""), MR_ERR_NOT_FOUND);
  assert_int_equal(mr_prvs_key(NULL), MR_ERR_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(made_and_read),
    cmocka_unit_test(every_local_part),
    cmocka_unit_test(sender_not_known),
    cmocka_unit_test(make_errors),
    cmocka_unit_test(parse_errors),
    cmocka_unit_test(tag_found),
#if MR_WITH_TLS
    cmocka_unit_test(signed_known),
    cmocka_unit_test(signed_age),
    cmocka_unit_test(signed_changed),
    cmocka_unit_test(signed_with_verp),
    cmocka_unit_test(signed_errors),
    cmocka_unit_test(no_memory),
#else
    cmocka_unit_test(not_supported),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

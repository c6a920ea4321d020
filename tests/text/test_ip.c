/* SPDX-License-Identifier: MIT */
#include "text/ip.h"

#include "text/check.h"

/* Text, and what it is printed as; NULL = refused. */
static const struct {
  const char *text, *printed;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"256.0.0.1", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.4 ", NULL},
    {" 1.2.3.4", NULL},
    {"1..2.3", NULL},
    {"01.2.3.4", NULL},
    {"1.2.3.00", NULL},
    {"1.2.3.0x4", NULL},
    {"16909060", NULL},
    {"", NULL},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"2001:db8::1", "2001:db8::1"},
    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    {"::ffff:c000:201", "::ffff:192.0.2.1"},
    {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"::1.2.3.4:5", NULL},
    {":", NULL},
    {":::", NULL},
    {"1:", NULL},
    {":1", NULL},
    {"1::2::3", NULL},
    {":::g", NULL},
    {"::g", NULL},
    {"12345::", NULL},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1:2:3:4:5:6:7:8::", NULL},
    {"1:2:3:4::5:6:7:8", NULL},
    {"fe80::1%eth0", NULL},
    {"[::1]", NULL},
    {"0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL},
};

static void parse_and_print(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(addresses); i++) {
    size_t len = strlen(addresses[i].text);
    char *exact = kit_exact(addresses[i].text, len);
    char printed[MR__IP_TEXT];
    mr__ip ip, again;
    int err = mr__ip_parse(&ip, exact, len);
    ROW_EQUAL(i, err, addresses[i].printed != NULL ? MR_OK : MR_ERR_ADDR);
    if (err == MR_OK) {
      mr__ip_print(&ip, printed);
      ROW_TEXT(i, printed, addresses[i].printed);
      ROW_EQUAL(i, mr__ip_parse(&again, printed, strlen(printed)), MR_OK);
      assert_true(mr__ip_equal(&ip, &again));
    } else {
      ROW_EQUAL(i, ip.family, 0);
    }
    free(exact);
  }
}

static void equal(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    int equal;
  } pairs[] = {
      {"192.0.2.1", "::ffff:192.0.2.1", 1}, {"192.0.2.1", "192.0.2.2", 0},
      {"192.0.2.1", "::192.0.2.1", 0},      {"2001:db8::1", "2001:DB8:0::1", 1},
      {"2001:db8::1", "2001:db8::2", 0},    {"0.0.0.0", "::", 0},
  };
  for (size_t i = 0; i < COUNT(pairs); i++) {
    mr__ip a, b;
    assert_int_equal(mr__ip_parse(&a, pairs[i].a, strlen(pairs[i].a)), MR_OK);
    assert_int_equal(mr__ip_parse(&b, pairs[i].b, strlen(pairs[i].b)), MR_OK);
    ROW_EQUAL(i, mr__ip_equal(&a, &b), pairs[i].equal);
    ROW_EQUAL(i, mr__ip_equal(&b, &a), pairs[i].equal);
  }
}

/* R13: addresses that no mail may go to, in every disguise. */
static void special(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int special;
  } rows[] = {
      {"0.0.0.0", 1},
      {"0.1.2.3", 1},
      {"127.0.0.1", 1},
      {"127.255.0.9", 1},
      {"128.0.0.1", 0},
      {"169.254.1.1", 1},
      {"169.253.1.1", 0},
      {"224.0.0.1", 1},
      {"239.255.255.255", 1},
      {"240.0.0.1", 0},
      {"255.255.255.255", 1},
      {"10.0.0.1", 0},
      {"192.0.2.1", 0},
      {"::", 1},
      {"::1", 1},
      {"::2", 1},
      {"fe80::1", 1},
      {"febf::1", 1},
      {"fec0::1", 0},
      {"ff02::1", 1},
      {"fd00::1", 0},
      {"2001:db8::1", 0},
      {"::ffff:127.0.0.1", 1},
      {"::ffff:192.0.2.1", 0},
      {"64:ff9b::7f00:1", 1},
      {"64:ff9b::c000:201", 0},
      {"2002:7f00:1::1", 1},
      {"2002:c000:201::1", 0},
      {"::127.0.0.1", 1},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    mr__ip ip;
    assert_int_equal(mr__ip_parse(&ip, rows[i].text, strlen(rows[i].text)), MR_OK);
    ROW_EQUAL(i, mr__ip_special(&ip), rows[i].special);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse_and_print),
      cmocka_unit_test(equal),
      cmocka_unit_test(special),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

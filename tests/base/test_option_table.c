/* SPDX-License-Identifier: MIT */
/* The table is complete and sound; the defaults are those of options.h. */
#include <mailroute/options.h>

#include "base/buf.h"
#include "base/fail.h"

static const struct {
  int id;
  int64_t value;
} defaults[] = {
    {MR_OPT_TRACE, 0},
    {MR_OPT_SEGMENT_SIZE, 16384},
    {MR_OPT_TIMEOUT_SCALE, 100},
    {MR_OPT_SOURCE_IPV4, 0},
    {MR_OPT_SOURCE_IPV6, 0},
    {MR_OPT_HEADER_MAX, 262144},
    {MR_OPT_HEADERS_MAX, 10000},
    {MR_OPT_MESSAGE_MAX, 67108864},
    {MR_OPT_MESSAGE_ID_DOMAIN, 0},
    {MR_OPT_DNS_TRY_TIMEOUT, 2000},
    {MR_OPT_DNS_DEADLINE, 20000},
    {MR_OPT_DNS_TRIES, 3},
    {MR_OPT_DNS_QUERIES_MAX, 1000},
    {MR_OPT_DNS_CACHE_MAX, 10000},
    {MR_OPT_DNS_TTL_MAX, 86400000},
    {MR_OPT_DNS_NEGATIVE_MAX, 300000},
    {MR_OPT_DNS_ERROR_MAX, 30000},
    {MR_OPT_DNS_CNAME_MAX, 8},
    {MR_OPT_PORT, 25},
    {MR_OPT_MX_MAX, 16},
    {MR_OPT_ADDRESSES_MAX, 8},
    {MR_OPT_PLAN_QUERIES_MAX, 64},
    {MR_OPT_ATTEMPT_ADDRESSES, 5},
    {MR_OPT_ATTEMPT_SESSIONS, 2},
    {MR_OPT_ATTEMPT_TIME, 900000},
    {MR_OPT_FAMILY, MR_FAMILY_ALTERNATE},
    {MR_OPT_ALLOW_SPECIAL, 0},
    {MR_OPT_ALLOW_MX_IP, 1},
    {MR_OPT_NXDOMAIN_GRACE, 0},
    {MR_OPT_DEFER_NO_MX_ADDRESS, 0},
    {MR_OPT_DEAD_HOST_MIN, 300000},
    {MR_OPT_DEAD_HOST_MAX, 3600000},
    {MR_OPT_TLS_LEVEL, 1},
    {MR_OPT_ASK_ROUTE, 0},
    {MR_OPT_ASK_TIMEOUT, 30000},
    {MR_OPT_HELO_NAME, 0},
    {MR_OPT_LOOP_SAFE, 0},
    {MR_OPT_PIPELINING, 1},
    {MR_OPT_TRANSACTION_RECIPIENTS, 50},
    {MR_OPT_REPLY_LINE_MAX, 2048},
    {MR_OPT_REPLY_LINES_MAX, 100},
    {MR_OPT_TIMEOUT_CONNECT, 30000},
    {MR_OPT_TIMEOUT_GREETING, 300000},
    {MR_OPT_TIMEOUT_EHLO, 300000},
    {MR_OPT_TIMEOUT_TLS, 300000},
    {MR_OPT_TIMEOUT_MAIL, 300000},
    {MR_OPT_TIMEOUT_RCPT, 300000},
    {MR_OPT_TIMEOUT_DATA, 120000},
    {MR_OPT_TIMEOUT_BLOCK, 180000},
    {MR_OPT_TIMEOUT_DOT, 600000},
    {MR_OPT_TIMEOUT_RSET, 20000},
    {MR_OPT_TIMEOUT_QUIT, 2000},
    {MR_OPT_TIMEOUT_SESSION, 7200000},
    {MR_OPT_TLS_FALLBACK, MR_TLS_FALLBACK_DELAYED},
    {MR_OPT_TLS_FALLBACK_DELAY, 300000},
    {MR_OPT_AFTER_DOT, MR_AFTER_DOT_DEFER},
    {MR_OPT_MAIL5XX_NEXT, 0},
    {MR_OPT_GREETING5XX_LIFETIME, 86400000},
    {MR_OPT_DOT_GATE, 0},
    {MR_OPT_RETRY_MIN, 300000},
    {MR_OPT_RETRY_MAX, 4000000},
    {MR_OPT_RETRY_JITTER, 10},
    {MR_OPT_LIFETIME, 432000000},
    {MR_OPT_BOUNCE_LIFETIME, 86400000},
    {MR_OPT_LEASE, 1800000},
    {MR_OPT_LEASE_MARGIN, 60000},
    {MR_OPT_DELIVERY_RECIPIENTS, 100},
    {MR_OPT_CLAIM_MAX, 20},
    {MR_OPT_EVENTS_DURABLE, 0},
    {MR_OPT_BOUNCES, 1},
    {MR_OPT_STORE_TIMEOUT, 60000},
    {MR_OPT_SUBMIT_RECIPIENTS, 10000},
    {MR_OPT_SESSIONS_MAX, 100},
    {MR_OPT_DESTINATION_SESSIONS, 5},
    {MR_OPT_IDLE_TIME, 5000},
    {MR_OPT_SESSION_MESSAGES, 100},
    {MR_OPT_BROKEN_TLS_TIME, 900000},
};

/* The order of the ids in options.h is that of the rows. */
static void every_id_has_its_row(void **state) {
  (void)state;
  size_t count = sizeof defaults / sizeof defaults[0];
  for (size_t i = 0; i < count; i++) {
    const mr_option *row = mr_option_at(i);
    assert_non_null(row);
    assert_int_equal(row->id, defaults[i].id);
    assert_true(row->value == defaults[i].value);
    assert_string_equal(row->text, "");
    assert_true(i == 0 || row->id > mr_option_at(i - 1)->id);
  }
  assert_null(mr_option_at(count));
}

static int name_ok(const char *name) {
  if (!mr__is_alpha(name[0]))
    return 0;
  for (; *name != '\0'; name++)
    if (*name != '-' && (!mr__is_alnum(*name) || mr__lower(*name) != *name))
      return 0;
  return 1;
}

static void names_are_unique(void **state) {
  (void)state;
  const mr_option *row, *other;
  for (size_t i = 0; (row = mr_option_at(i)) != NULL; i++) {
    assert_true(name_ok(row->name));
    assert_true(strlen(row->help) > 0);
    for (size_t k = 0; (other = mr_option_at(k)) != row; k++)
      assert_string_not_equal(row->name, other->name);
  }
}

static int64_t choice_count(const char *choices) {
  int64_t count = 1;
  for (; *choices != '\0'; choices++)
    count += *choices == '|';
  return count;
}

static void rows_are_sound(void **state) {
  (void)state;
  const mr_option *row;
  for (size_t i = 0; (row = mr_option_at(i)) != NULL; i++) {
    int choice = row->type == MR_OPTION_CHOICE, flag = row->type == MR_OPTION_FLAG;
    assert_in_range(row->type, MR_OPTION_NUMBER, MR_OPTION_TEXT);
    assert_true(row->minimum >= 0 && row->minimum < row->maximum);
    assert_true(row->type == MR_OPTION_TEXT || row->value >= row->minimum);
    assert_true(row->value <= row->maximum);
    assert_int_equal(row->choices[0] != '\0', choice);
    if (choice)
      assert_true(choice_count(row->choices) == row->maximum - row->minimum + 1);
    if (flag)
      assert_true(row->minimum == 0 && row->maximum == 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_id_has_its_row),
      cmocka_unit_test(names_are_unique),
      cmocka_unit_test(rows_are_sound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "text/event.h"

#include "text/check.h"
#include "text/json.h"
#include "text/utf8.h"

static int is_status(const char *text) {
  return strlen(text) >= 5 && text[1] == '.' && strchr("245", text[0]) != NULL;
}

/* Every reason has a name of its own, a sentence, a status and a rule that is one. */
static void reasons(void **state) {
  (void)state;
  size_t known = 0;
  for (int i = -5; i < 300; i++) {
    const char *name = mr_reason_name(i);
    const char *rule = mr_reason_rule(i);
    assert_true(is_status(mr_reason_status(i)));
    assert_true(strlen(mr_reason_text(i)) > 5);
    assert_true(rule[0] == 0 || (rule[0] == 'R' && atoi(rule + 1) > 0));
    if (strcmp(name, "unknown") == 0)
      continue;
    known++;
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(name));
    for (int k = i + 1; k < 300; k++)
      assert_string_not_equal(name, mr_reason_name(k));
  }
  assert_int_equal(known, 97);
}

/* R9, R16, R25, R45, R62, R64, R83, R88, R99: statuses that the decision table names. */
static void statuses(void **state) {
  (void)state;
  static const struct {
    int reason;
    const char *name, *status, *rule;
  } rows[] = {
      {MR_REASON_CONNECT_REFUSED, "connect-refused", "4.4.1", "R25"},
      {MR_REASON_NULL_MX, "null-mx", "5.1.10", "R9"},
      {MR_REASON_EXPIRED, "expired", "5.4.7", "R99"},
      {MR_REASON_TLS_NOT_OFFERED, "tls-not-offered", "4.7.4", "R45"},
      {MR_REASON_SIZE_EXCEEDED, "size-exceeded", "5.3.4", "R62"},
      {MR_REASON_UNCERTAIN, "uncertain", "4.4.2", "R88"},
      {MR_REASON_SOURCE_FAILED, "source-failed", "4.3.0", "R83"},
      {MR_REASON_RELAY_UNRESOLVED, "relay-unresolved", "4.3.5", "R16"},
      {MR_REASON_NEEDS_8BITMIME, "needs-8bitmime", "5.6.3", "R64"},
      {MR_REASON_NEEDS_SMTPUTF8, "needs-smtputf8", "5.6.7", "R63"},
      {MR_REASON_DNS_NXDOMAIN, "dns-nxdomain", "5.1.2", "R7"},
      {MR_REASON_DNS_SERVFAIL, "dns-servfail", "4.4.3", "R8"},
      {MR_REASON_LOOP_BEST, "loop-best", "5.4.6", "R19"},
      {MR_REASON_OUT_OF_STEP, "out-of-step", "4.5.0", "R33"},
      {MR_REASON_TLS_INJECTION, "tls-injection", "4.7.5", "R48"},
      {MR_REASON_LITERAL_SYNTAX, "literal-syntax", "5.1.3", "R3"},
      {MR_REASON_DOMAIN_SYNTAX, "domain-syntax", "5.1.2", "R4"},
      {MR_REASON_IDN_INVALID, "idn-invalid", "5.1.2", "R2"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    ROW_TEXT(i, mr_reason_name(rows[i].reason), rows[i].name);
    ROW_TEXT(i, mr_reason_status(rows[i].reason), rows[i].status);
    ROW_TEXT(i, mr_reason_rule(rows[i].reason), rows[i].rule);
  }
}

static size_t known_names(const char *(*name)(int)) {
  size_t known = 0;
  for (int i = -2; i < 100; i++)
    known += strcmp(name(i), "unknown") != 0;
  return known;
}

static void names(void **state) {
  (void)state;
  assert_int_equal(known_names(mr_stage_name), 15);
  assert_int_equal(known_names(mr_fate_name), 8);
  assert_int_equal(known_names(mr_event_name), 19);
  assert_string_equal(mr_stage_name(MR_STAGE_RCPT), "rcpt");
  assert_string_equal(mr_fate_name(MR_FATE_DELIVERED), "delivered");
  assert_string_equal(mr_event_name(MR_EVENT_OUTCOME), "outcome");
}

static void fill_trace(mr__event_node *node, mr_event *event) {
  event->text = node->object;
  event->id = 7;
}

static void next(void **state) {
  (void)state;
  int channel;
  char text[] = "abc";
  mr__events list;
  mr__event_node first = {.type = MR_EVENT_TRACE, .object = text, .fill = fill_trace};
  mr__event_node second = {.type = MR_EVENT_OPEN, .object = &channel};
  mr_event event;
  memset(&event, 0xAA, sizeof event);
  mr__events_init(&list);
  mr__event_post(&list, &first);
  mr__event_post(&list, &second);
  assert_ptr_equal(mr__event_next(&list, &event), &event);
  assert_int_equal(event.type, MR_EVENT_TRACE);
  assert_int_equal(event.id, 7);
  assert_int_equal(event.text_len, 3);
  assert_null(event.channel);
  assert_ptr_equal(mr__event_next(&list, &event), &event);
  assert_ptr_equal(event.channel, &channel);
  assert_int_equal(event.id, 0);
  assert_string_equal(event.text, "");
  assert_string_equal(event.host, "");
  assert_null(mr__event_next(&list, &event));
}

/* Text is cut at a character; the parts of `from` may be the store's own. */
static void store(void **state) {
  (void)state;
  static char text[3000];
  mr__outcome_store s;
  mr_outcome o;
  for (size_t i = 0; i + 2 < sizeof text; i += 2)
    memcpy(text + i, "\xc3\xbc", 2);
  mr__outcome_clear(&o);
  o.recipient = "a@b";
  o.text = text + 1;
  o.status = "5.1.1";
  o.host = text;
  o.attempts = 3;
  o.tls_version = "TLS1.3";
  mr__outcome_set(&s, &o);
  assert_ptr_equal(s.view.recipient, o.recipient);
  assert_ptr_equal(s.view.text, s.text);
  assert_int_equal(strlen(s.view.text), 1023);
  assert_int_equal(strlen(s.view.host), 254);
  assert_string_equal(s.view.status, "5.1.1");
  assert_string_equal(s.view.tls_version, "TLS1.3");
  assert_string_equal(s.view.address, "");
  assert_int_equal(s.view.attempts, 3);
  mr_outcome copy = s.view;
  copy.host = s.view.text + 1;
  mr__outcome_set(&s, &copy);
  assert_int_equal(strlen(s.view.text), 1023);
  assert_string_equal(s.view.status, "5.1.1");
  assert_int_equal(strlen(s.view.host), 254);
}

static void check_json(const mr_event *event, const char *wanted) {
  char text[2000];
  size_t needed = 0;
  assert_int_equal(mr_event_json(event, text, sizeof text, &needed), MR_OK);
  assert_string_equal(text, wanted);
  assert_int_equal(needed, strlen(wanted));
  for (size_t cap = 0; cap <= needed; cap += 1 + cap / 8) {
    char *exact = malloc(cap > 0 ? cap : 1);
    size_t again = 0;
    assert_int_equal(mr_event_json(event, cap > 0 ? exact : NULL, cap, &again),
                     MR_ERR_LIMIT);
    assert_int_equal(again, needed);
    if (cap > 0) {
      assert_int_equal(strlen(exact), cap - 1);
      assert_memory_equal(exact, wanted, cap - 1);
    }
    free(exact);
  }
}

static void outcome_as_json(void **state) {
  (void)state;
  mr_outcome o;
  mr_event e;
  memset(&e, 0, sizeof e);
  mr__outcome_clear(&o);
  e.type = MR_EVENT_OUTCOME;
  e.id = 4;
  e.outcome = &o;
  o.message = UINT64_MAX;
  o.tag = 2;
  o.index = 1;
  o.recipient = "\"a b\"@c";
  o.fate = MR_FATE_DEFERRED;
  o.action = MR_ACTION_NEXT;
  o.reason = MR_REASON_UNCERTAIN;
  o.stage = MR_STAGE_DOT;
  o.code = 451;
  o.status = "4.4.2";
  o.text = "a\nb\x1b\xff\xe2\x80\xa8";
  o.from_server = 1;
  o.uncertain = 1;
  o.host = "mx.c";
  o.address = "192.0.2.1";
  o.port = 25;
  o.tls_level = 3;
  o.tls_version = "TLS1.3";
  o.tls_cipher = "X";
  o.tls_verified = 1;
  o.attempts = 2;
  o.retry_in = 300000;
  check_json(
      &e, "{\"schema\":1,\"event\":\"outcome\",\"id\":4,\"message\":18446744073709551615,"
          "\"tag\":2,\"index\":1,\"recipient\":\"\\\"a b\\\"@c\",\"fate\":\"deferred\","
          "\"final\":false,\"action\":\"next\",\"reason\":\"uncertain\",\"rule\":\"R88\","
          "\"stage\":\"dot\",\"code\":451,\"status\":\"4.4.2\","
          "\"text\":\"a\\nb\\u001b\xef\xbf\xbd\\u2028\",\"from_server\":true,"
          "\"throttle\":false,\"uncertain\":true,\"host\":\"mx.c\","
          "\"address\":\"192.0.2.1\",\"port\":25,\"tls\":{\"level\":\"verify\","
          "\"version\":\"TLS1.3\",\"cipher\":\"X\",\"verified\":true},\"attempts\":2,"
          "\"retry_in\":300000}");
}

static void other_events_as_json(void **state) {
  (void)state;
  static const struct {
    mr_event event;
    const char *special;
  } rows[] = {
      {{.type = MR_EVENT_ACCEPTED, .durability = MR_DURABILITY_LOCAL},
       ",\"durability\":\"local\""},
      {{.type = MR_EVENT_REFUSED,
        .reason = MR_REASON_STORE_FAILED,
        .text = "x",
        .text_len = 1},
       ",\"reason\":\"store-failed\",\"text\":\"x\""},
      {{.type = MR_EVENT_ASK, .ask = MR_ASK_ROUTE, .text = "a@b", .text_len = 3},
       ",\"ask\":\"route\",\"text\":\"a@b\""},
      {{.type = MR_EVENT_TRACE,
        .stage = MR_STAGE_EHLO,
        .direction = MR_DIRECTION_SENT,
        .host = "h",
        .text = "EHLO x\r\n.",
        .text_len = 8},
       ",\"stage\":\"ehlo\",\"direction\":\"sent\",\"host\":\"h\","
       "\"text\":\"EHLO x\\r\\n\""},
      {{.type = MR_EVENT_STEP}, ""},
      {{.type = MR_EVENT_PLAN}, ""},
      {{.type = MR_EVENT_DELIVERY}, ""},
      {{.type = 9999}, ""},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char wanted[300];
    mr_event e = rows[i].event;
    e.id = 1;
    e.message = 2;
    e.tag = 3;
    snprintf(wanted, sizeof wanted,
             "{\"schema\":1,\"event\":\"%s\",\"id\":1,\"message\":2,\"tag\":3%s}",
             mr_event_name(e.type), rows[i].special);
    check_json(&e, wanted);
  }
}

/* fault 100 */
static void misuse(void **state) {
  (void)state;
  mr_event e;
  char text[10];
  size_t needed;
  memset(&e, 0, sizeof e);
  assert_int_equal(mr_event_json(NULL, text, 10, &needed), MR_ERR_MISUSE);
  assert_int_equal(mr_event_json(&e, NULL, 10, &needed), MR_ERR_MISUSE);
  assert_int_equal(mr_event_json(&e, text, 10, NULL), MR_ERR_MISUSE);
}

static void write_nested(mr__buf *buf) {
  mr__json_open(buf, '[');
  mr__json_open(buf, '{');
  mr__json_put_text(buf, "a", "");
  mr__json_key(buf, "b");
  mr__json_open(buf, '[');
  mr__json_number(buf, INT64_MIN);
  mr__json_flag(buf, 1);
  mr__json_open(buf, '[');
  mr__json_close(buf, ']');
  mr__json_close(buf, ']');
  mr__json_close(buf, '}');
  mr__json_open(buf, '{');
  mr__json_close(buf, '}');
  mr__json_text_len(buf, "\0\x7f\"\\/", 5);
  mr__json_close(buf, ']');
}

#define NESTED                                                                           \
  "[{\"a\":\"\",\"b\":[-9223372036854775808,true,[]]},{},\"\\u0000\\u007f\\\"\\\\/\"]"

static int torture(kit_env *env, void *arg) {
  mr__buf buf;
  char text[200];
  size_t needed;
  (void)arg;
  mr__buf_init(&buf, &env->env, 1000);
  write_nested(&buf);
  int err = mr__text_out(&buf, text, sizeof text, &needed);
  if (err == MR_OK)
    return strcmp(text, NESTED) != 0 || needed != strlen(NESTED);
  return err != MR_ERR_NOMEM || needed != 0 || text[0] != 0;
}

/* fault 98; commas are where they must be at every depth. */
static void nested_json(void **state) {
  (void)state;
  assert_true(kit_torture(torture, NULL, 0) >= 1);
}

/* RFC 3629: each octet pair and the edges of each length. */
static void utf8(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len, next;
    uint32_t point;
  } rows[] = {
      {"a", 1, 1, 'a'},
      {"\x80", 1, 0, 0},
      {"\xc1\xbf", 2, 0, 0},
      {"\xc2\x80", 2, 2, 0x80},
      {"\xdf\xbf", 2, 2, 0x7FF},
      {"\xe0\x9f\xbf", 3, 0, 0},
      {"\xe0\xa0\x80", 3, 3, 0x800},
      {"\xed\x9f\xbf", 3, 3, 0xD7FF},
      {"\xed\xa0\x80", 3, 0, 0},
      {"\xed\xbf\xbf", 3, 0, 0},
      {"\xee\x80\x80", 3, 3, 0xE000},
      {"\xef\xbf\xbf", 3, 3, 0xFFFF},
      {"\xf0\x8f\xbf\xbf", 4, 0, 0},
      {"\xf0\x90\x80\x80", 4, 4, 0x10000},
      {"\xf4\x8f\xbf\xbf", 4, 4, 0x10FFFF},
      {"\xf4\x90\x80\x80", 4, 0, 0},
      {"\xf5\x80\x80\x80", 4, 0, 0},
      {"\xe2\x82", 2, 0, 0},
      {"\xc3\x28", 2, 0, 0},
      {"\xff", 1, 0, 0},
      {"\xf0\x9f\x98", 3, 0, 0},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    uint32_t point = 0;
    uint8_t *exact = kit_exact(rows[i].text, rows[i].len);
    ROW_EQUAL(i, mr__utf8_next(exact, rows[i].len, &point), rows[i].next);
    if (rows[i].next > 0)
      ROW_EQUAL(i, point, rows[i].point);
    free(exact);
  }
}

static void eight_bit(void **state) {
  (void)state;
  for (size_t len = 0; len < 40; len++) {
    for (size_t at = 0; at <= len; at++) {
      uint8_t *data = kit_xalloc(NULL, len);
      memset(data, 0x7F, len);
      if (at < len)
        data[at] = 0x80;
      assert_int_equal(mr__eight_bit(data, len), at < len);
      free(data);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reasons),
      cmocka_unit_test(statuses),
      cmocka_unit_test(names),
      cmocka_unit_test(next),
      cmocka_unit_test(store),
      cmocka_unit_test(outcome_as_json),
      cmocka_unit_test(other_events_as_json),
      cmocka_unit_test(misuse),
      cmocka_unit_test(nested_json),
      cmocka_unit_test(utf8),
      cmocka_unit_test(eight_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Until the session stands: connect, greeting, EHLO, HELO. */
#include "smtp/drive.h"

#define OUT(what) "out 1.0 " what "\ndone 1\n"

/* R25, R26 */
static const drive_case connect_cases[] = {
    {.name = "R25 refused",
     .script = "M a@x.test\nX refused\n",
     .events = OUT(
         "deferred next connect-refused connect 0 4.4.1 throttle") "end connect-refused "
                                                                   "next connect\n"},
    {.name = "R25 timeout of the network",
     .script = "M a@x.test\nX timeout\n",
     .events = OUT(
         "deferred next connect-timeout connect 0 4.4.1 throttle") "end connect-timeout "
                                                                   "next connect\n"},
    {.name = "R25 our own timeout",
     .script = "M a@x.test\nT 29999\nT 1\n",
     .events = OUT(
         "deferred next connect-timeout connect 0 4.4.1 throttle") "end connect-timeout "
                                                                   "next "
                                                                   "connect\nclose\n"},
    {.name = "R25 unreachable",
     .script = "M a@x.test\nX unreachable\n",
     .events = OUT(
         "deferred next connect-unreachable connect 0 4.4.1 throttle") "end "
                                                                       "connect-"
                                                                       "unreachable next "
                                                                       "connect\n"},
    {.name = "R25 reset while connecting",
     .script = "M a@x.test\nX reset\n",
     .events = OUT(
         "deferred next connect-failed connect 0 4.4.1 throttle") "end connect-failed "
                                                                  "next connect\n"},
    {.name = "R25 R26 the local address of this family: another family may do",
     .script = "M a@x.test\nX no-address\n",
     .events = OUT("deferred next local-address connect 0 4.3.0") "end local-address "
                                                                  "next connect\n"},
    {.name = "R26 no descriptors: stop the attempt, not the destination's fault",
     .script = "M a@x.test\nX no-resources\n",
     .events =
         OUT("deferred local local-resources connect 0 4.3.0") "end local-resources "
                                                               "local connect\n"},
    {.name = "the host cancels",
     .script = "M a@x.test\nX cancelled\n",
     .events =
         OUT("deferred defer cancelled connect 0 5.7.0") "end cancelled defer connect\n"},
    {.name = "the host frees the channel without a word",
     .script = "M a@x.test\nO\nF\n",
     .events = OUT(
         "deferred defer cancelled greeting 0 5.7.0") "end cancelled defer greeting\n"},
    {.name = "two transactions wait: both hear of it",
     .script = "M a@x.test\nM b@x.test c@x.test\nX refused\n",
     .events = OUT(
         "deferred next connect-refused connect 0 4.4.1 throttle") "out 2.0 deferred "
                                                                   "next connect-refused "
                                                                   "connect 0 4.4.1 "
                                                                   "throttle\n"
                                                                   "out 2.1 deferred "
                                                                   "next connect-refused "
                                                                   "connect 0 4.4.1 "
                                                                   "throttle\n"
                                                                   "done 2\nend "
                                                                   "connect-refused next "
                                                                   "connect\n"},
};

#define GREETED(name_, line, result, end)                                                \
  {                                                                                      \
    .name = name_, .script = "M a@x.test\nO\n" line,                                     \
    .events = OUT(result) "end " end "close\n"                                           \
  }

/* R27 to R33, R90; fault 40, fault 41, fault 43 */
static const drive_case greeting_cases[] = {
    GREETED("R28 4yz", "S 450 4.7.1 later\nC QUIT\nS 221 bye\n",
            "deferred next greeting-soft greeting 450 4.7.1 throttle",
            "greeting-soft next greeting\n"),
    GREETED("R28 421", "S 421 busy\n",
            "deferred next greeting-soft greeting 421 4.3.2 throttle",
            "greeting-soft next greeting\n"),
    GREETED("R29 554: bounces if no host is left", "S 554 5.7.1 no\nC QUIT\nT 2000\n",
            "failed next greeting-hard greeting 554 5.7.1 throttle",
            "greeting-hard next greeting\n"),
    GREETED("R29 R90 the class of the reply wins, fault 56",
            "S 554 4.7.1 no\nC QUIT\nT 2000\n",
            "failed next greeting-hard greeting 554 5.3.2 throttle",
            "greeting-hard next greeting\n"),
    GREETED("R30 521", "S 521 no mail\nC QUIT\nT 2000\n",
            "failed next greeting-no-mail greeting 521 5.3.2 throttle",
            "greeting-no-mail next greeting\n"),
    GREETED("R31 3yz", "S 354 what\n",
            "deferred next reply-unexpected greeting 354 4.5.0 throttle",
            "reply-unexpected next greeting\n"),
    GREETED("R31 HTTP", "S HTTP/1.1 400 Bad Request\n",
            "deferred next reply-malformed greeting 0 4.5.0 throttle",
            "reply-malformed next greeting\n"),
    GREETED("R31 a TLS record", "R \\x15\\x03\\x01\\x02\\x02\n",
            "deferred next reply-malformed greeting 0 4.5.0 throttle",
            "reply-malformed next greeting\n"),
    GREETED("R31 R90 another code in the second line", "S 220-a\nS 221 b\n",
            "deferred next reply-malformed greeting 0 4.5.0 throttle",
            "reply-malformed next greeting\n"),
    GREETED("fault 41 four digits", "S 2200 a\n",
            "deferred next reply-malformed greeting 0 4.5.0 throttle",
            "reply-malformed next greeting\n"),
    GREETED("fault 41 two digits", "S 22\n",
            "deferred next reply-malformed greeting 0 4.5.0 throttle",
            "reply-malformed next greeting\n"),
    GREETED("R31 9yz", "S 950 a\n",
            "deferred next reply-malformed greeting 0 4.5.0 throttle",
            "reply-malformed next greeting\n"),
    GREETED("R32 nothing for five minutes", "T 299999\nT 1\n",
            "deferred next reply-timeout greeting 0 4.4.2 throttle",
            "reply-timeout next greeting\n"),
    GREETED("fault 50 a greeting that trickles",
            "R 2\nT 150000\nR 2\nT 149999\nR 0\nT 1\n",
            "deferred next reply-timeout greeting 0 4.4.2 throttle",
            "reply-timeout next greeting\n"),
    GREETED("R33 more than the greeting", "S 220 a\nS 250 b\n",
            "deferred next out-of-step ehlo 0 4.5.0 throttle", "out-of-step next ehlo\n"),
    GREETED("R33 one octet more", "R 220 a\\r\\n2\n",
            "deferred next out-of-step ehlo 0 4.5.0 throttle", "out-of-step next ehlo\n"),
};

/* R34 to R39; fault 44 */
#define HELLO "M a@x.test\nO\nS 220 mx.test\nC EHLO client.test\n"
static const drive_case hello_cases[] = {
    {.name = "R32 EOF instead of a greeting",
     .script = "M a@x.test\nO\nX eof\n",
     .events = OUT(
         "deferred next connection-lost greeting 0 4.4.2 throttle") "end connection-lost "
                                                                    "next greeting\n"},
    {.name = "R34 R45 EHLO with keywords in any case, in any number",
     .script = "O\nS 220 mx.test\nC EHLO client.test\nS 250-mx.test\nS 250-pipelining\n"
               "S 250-SIZE 5\nS 250-size abc\nS 250-AUTH=LOGIN\nS 250-X\nS 250 "
               "8bitmime\nM a@x.test b@x.test\n"
               "C MAIL FROM:<me@client.test> SIZE=23\nC RCPT TO:<a@x.test>\nC RCPT "
               "TO:<b@x.test>\nC DATA\nX eof\n",
     .events = "ready\nout 1.0 deferred next not-attempted idle 0 4.4.1\n"
               "out 1.1 deferred next not-attempted idle 0 4.4.1\ndone 1\n"
               "end connection-lost none idle\n"},
    {.name = "R35 421 to EHLO",
     .script = HELLO "S 421 no\n",
     .events = OUT(
         "deferred next service-closing ehlo 421 4.3.2 throttle") "end service-closing "
                                                                  "next ehlo\nclose\n"},
    {.name = "R36 fault 44 HELO instead",
     .script =
         HELLO "S 502 what\nC HELO client.test\nS 250 mx.test\n" DRIVE_MAIL "S 250 ok\n"
               "C RCPT TO:<a@x.test>\nS 250 ok\nC DATA\nS 354 go\nD Hello\nS 250 ok\n",
     .events = OUT("delivered none delivered dot 250 2.0.0") "ready\n"},
    {.name = "R36 not when TLS is required",
     .level = MR_TLS_ENCRYPT,
     .script = HELLO "S 502 what\nC QUIT\nT 2000\n",
     .events =
         OUT("deferred next ehlo-refused ehlo 502 4.7.4 throttle") "end ehlo-refused "
                                                                   "next ehlo\nclose\n"},
    {.name = "R37 EHLO lost: HELO on a new connection",
     .script = HELLO "X eof\n",
     .events = OUT(
         "deferred helo connection-lost ehlo 0 4.4.2") "end connection-lost helo ehlo\n"},
    {.name = "R37 R35 not when TLS is required",
     .level = MR_TLS_VERIFY,
     .script = HELLO "X reset\n",
     .events =
         OUT("deferred next connection-lost ehlo 0 4.4.2 throttle") "end connection-lost "
                                                                    "next ehlo\n"},
    {.name = "R37 HELO at once, and no second time",
     .use_helo = 1,
     .script = "M a@x.test\nO\nS 220 mx.test\nC HELO client.test\nX eof\n",
     .events =
         OUT("deferred next connection-lost ehlo 0 4.4.2 throttle") "end connection-lost "
                                                                    "next ehlo\n"},
    {.name = "R35 no reply to EHLO",
     .script = HELLO "T 300000\n",
     .events =
         OUT("deferred next reply-timeout ehlo 0 4.4.2 throttle") "end reply-timeout "
                                                                  "next ehlo\nclose\n"},
    {.name = "R38 HELO refused",
     .script =
         HELLO "S 500 what\nC HELO client.test\nS 550 5.7.1 go away\nC QUIT\nS 221 x\n",
     .events =
         OUT("deferred next helo-refused ehlo 550 5.7.1 throttle") "end helo-refused "
                                                                   "next ehlo\nclose\n"},
    {.name = "R39 it has our name",
     .script = HELLO "S 250-Client.Test hello\nS 250 PIPELINING\nC QUIT\nX eof\n",
     .events =
         OUT("failed next loop-greeting ehlo 0 5.4.6") "end loop-greeting next ehlo\n"},
    {.name = "R39 and may",
     .settings = "loop-safe=1",
     .script = HELLO "S 250 client.test\n" DRIVE_MAIL "X eof\n",
     .events =
         OUT("deferred next connection-lost mail 0 4.4.2 throttle") "end connection-lost "
                                                                    "next mail\n"},
    {.name = "R33 octets behind the reply to EHLO",
     .script = HELLO "S 250 mx.test\nS 250 ok\n",
     .events =
         OUT("deferred next out-of-step mail 0 4.5.0 throttle") "end out-of-step next "
                                                                "mail\nclose\n"},
    {.name = "R90 3yz to EHLO",
     .script = HELLO "S 354 go\n",
     .events = OUT(
         "deferred next reply-unexpected ehlo 354 4.5.0 throttle") "end reply-unexpected "
                                                                   "next ehlo\nclose\n"},
    {.name = "HELO offers nothing: no keyword of it counts",
     .use_helo = 1,
     .script = "M a@x.test\nO\nS 220 mx.test\nC HELO client.test\nS 250-mx.test\n"
               "S 250 PIPELINING\n" DRIVE_MAIL "=\nX eof\n",
     .events =
         OUT("deferred next connection-lost mail 0 4.4.2 throttle") "end connection-lost "
                                                                    "next mail\n"},
};

static void test_connect(void **state) {
  (void)state;
  drive_cases(connect_cases, sizeof connect_cases / sizeof *connect_cases);
}

static void test_greeting(void **state) {
  (void)state;
  drive_cases(greeting_cases, sizeof greeting_cases / sizeof *greeting_cases);
}

static void test_hello(void **state) {
  (void)state;
  drive_cases(hello_cases, sizeof hello_cases / sizeof *hello_cases);
}

/* Without a name, the address literal of the connection's own end (RFC 5321 4.1.4). */
static void test_address_literal(void **state) {
  static const char *const rows[][2] = {
      {"O 127.0.0.1\nS 220 x\nC EHLO [127.0.0.1]\n", ""},
      {"O 2001:db8:0::1\nS 220 x\nC EHLO [IPv6:2001:db8::1]\n", ""},
      {"O nonsense\nS 220 x\nC EHLO [127.0.0.1]\n", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const drive_case c = {.name = rows[i][0],
                          .settings = "helo-name=",
                          .script = rows[i][0],
                          .events = rows[i][1]};
    drive_cases(&c, 1);
  }
}

/* R31, bug 26, fault 41: lines and replies that do not end. recv says MR_ERR_LIMIT. */
static void check_flood(const char *part, size_t times) {
  static const drive_case c = {.script = "M a@x.test\nO\n"};
  kit_env k;
  drive d;
  kit_env_init(&k, 1);
  assert_int_equal(drive_case_run(&d, &k, &c, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  int err = MR_OK;
  for (size_t i = 0; i < times && err == MR_OK; i++)
    err = mr_channel_recv(d.c, part, strlen(part), d.now);
  assert_int_equal(err, MR_ERR_LIMIT);
  assert_true(k.peak_bytes < 256 * 1024);
  drive_events(&d);
  assert_string_equal(
      kit_buf_at(&d.log),
      OUT("deferred next reply-limit greeting 0 4.5.0 throttle") "end reply-limit next "
                                                                 "greeting\nclose\n");
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
}

static void test_floods(void **state) {
  (void)state;
  check_flood("220-aaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1000);
  check_flood("220-more\r\n", 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_connect), cmocka_unit_test(test_greeting),
      cmocka_unit_test(test_hello),   cmocka_unit_test(test_address_literal),
      cmocka_unit_test(test_floods),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

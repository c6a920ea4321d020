/* SPDX-License-Identifier: MIT */
/* STARTTLS up to the first octets of the handshake: what is taken for what, and when the
 * mail may go in clear. The handshakes themselves: test_tls.c. */
#include "smtp/drive.h"

#define OUT(what) "out 1.0 " what "\ndone 1\n"
#define END(what) "end " what "\n"
#define HI "M a@x.test\nO\nS 220 mx.test\nC EHLO client.test\nS 250-mx.test\n"
#define OFFER HI "S 250 STARTTLS\n"
#define ASKED OFFER "C STARTTLS\n"
#define SHOOK ASKED "S 220 go\nH\n"
#define INJECTED                                                                         \
  OUT("deferred next tls-injection tls 0 4.7.5") END("tls-injection next tls") "close\n"
#define SHAKEN(what) "deferred " what " tls-handshake tls 0 4.7.5"
#define ALERT "R \\x15\\x03\\x03\\x00\\x02\\x02\\x28\n"

static const drive_case level_cases[] = {
    {.name = "R45 none, not offered",
     .level = MR_TLS_NONE,
     .script = HI "S 250 SIZE\nC MAIL FROM:<me@client.test> SIZE=23\n",
     .events = ""},
    {.name = "R45 may, not offered",
     .level = MR_TLS_MAY,
     .script = HI "S 250 X\n" DRIVE_MAIL,
     .events = ""},
    {.name = "R45 encrypt, not offered",
     .level = MR_TLS_ENCRYPT,
     .script = HI "S 250 X\nC QUIT\n=\nT 2000\n",
     .events = OUT("deferred next tls-not-offered ehlo 0 4.7.4 throttle")
         END("tls-not-offered next ehlo") "close\n"},
    {.name = "R45 verify, not offered",
     .level = MR_TLS_VERIFY,
     .script = HI "S 250 X\nC QUIT\nS 221 bye\n",
     .events = OUT("deferred next tls-not-offered ehlo 0 4.7.4 throttle")
         END("tls-not-offered next ehlo") "close\n"},
    {.name = "R46 none, offered",
     .level = MR_TLS_NONE,
     .script = OFFER DRIVE_MAIL,
     .events = ""},
#if MR_WITH_TLS
    {.name = "R47 may, 454: in clear on this connection, fault 58",
     .level = MR_TLS_MAY,
     .script = ASKED "S 454 no\n" DRIVE_MAIL,
     .events = ""},
    {.name = "R47 may, 500",
     .level = MR_TLS_MAY,
     .script = ASKED "S 500 what\n" DRIVE_MAIL,
     .events = ""},
    {.name = "R47 may, 421",
     .level = MR_TLS_MAY,
     .script = ASKED "S 421 bye\n",
     .events = OUT("deferred next service-closing starttls 421 4.3.2 throttle")
         END("service-closing next starttls") "close\n"},
    {.name = "R47 encrypt, 454, bug 6",
     .level = MR_TLS_ENCRYPT,
     .script = ASKED "S 454 no\nC QUIT\n=\nX eof\n",
     .events = OUT("deferred next tls-refused starttls 454 4.7.4 throttle")
         END("tls-refused next starttls")},
    {.name = "R47 verify, 502",
     .level = MR_TLS_VERIFY,
     .script = ASKED "S 502 5.5.1 no\nC QUIT\n=\nX eof\n",
     .events = OUT("deferred next tls-refused starttls 502 4.7.4 throttle")
         END("tls-refused next starttls")},
    {.name = "R90 250 to STARTTLS",
     .level = MR_TLS_MAY,
     .script = ASKED "S 250 ok\n",
     .events = OUT("deferred next reply-unexpected starttls 250 4.5.0 throttle")
         END("reply-unexpected next starttls") "close\n"},
    {.name = "R33 a reply to STARTTLS before it was said",
     .level = MR_TLS_MAY,
     .script = OFFER "S 220 go\n",
     .events = OUT("deferred next out-of-step starttls 0 4.5.0 throttle")
         END("out-of-step next starttls") "close\n"},
    {.name = "R49 fault 58 STARTTLS hangs: old enough by then",
     .level = MR_TLS_MAY,
     .waited = 1,
     .script = ASKED "T 300000\n",
     .events = OUT("deferred clear reply-timeout starttls 0 4.4.2 throttle")
         END("reply-timeout next starttls") "close\n"},
    {.name = "fault 58 STARTTLS resets",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .script = ASKED "X reset\n",
     .events = OUT("deferred clear connection-lost starttls 0 4.4.2 throttle")
         END("connection-lost next starttls")},
    {.name = "fault 58 STARTTLS resets, encrypt",
     .level = MR_TLS_ENCRYPT,
     .waited = 300000,
     .script = ASKED "X reset\n",
     .events = OUT("deferred next connection-lost starttls 0 4.4.2 throttle")
         END("connection-lost next starttls")},
#endif
};

#if MR_WITH_TLS
/* R48; bug 1, bug 2, bug 3, bug 4, bug 5; fault 57 */
static const drive_case injection_cases[] = {
    {.name = "R48 bug 1 a reply behind 220",
     .level = MR_TLS_ENCRYPT,
     .script = ASKED "S 220 go\nS 250 ok\n",
     .events = INJECTED},
    {.name = "bug 2 pipelined replies",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .script = ASKED "R 220 go\\r\\n250-AUTH PLAIN\\r\\n250 ok\\r\\n\n",
     .events = INJECTED},
    {.name = "bug 3 on a connection of a relay",
     .level = MR_TLS_ENCRYPT,
     .script = ASKED "R 220 go\\r\\n220 mx\\r\\n\n",
     .events = INJECTED},
    {.name = "bug 4 a fragment without CRLF",
     .level = MR_TLS_ENCRYPT,
     .script = ASKED "R 220 go\\r\\n2\n",
     .events = INJECTED},
    {.name = "bug 5 a lone LF",
     .level = MR_TLS_ENCRYPT,
     .script = ASKED "R 220 go\\r\\n\\n\n",
     .events = INJECTED},
    {.name = "fault 57 a TLS record that nobody asked for",
     .level = MR_TLS_ENCRYPT,
     .script = ASKED "S 220 go\n" ALERT,
     .events = INJECTED},
};

/* R49, R50, R51; fault 58, fault 60, fault 64 */
static const drive_case handshake_cases[] = {
    {.name = "R49 delayed, young message",
     .level = MR_TLS_MAY,
     .waited = 299999,
     .script = SHOOK ALERT,
     .events = OUT(SHAKEN("next")) END("tls-handshake next tls") "close\n"},
    {.name = "R49 delayed, old message",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .script = SHOOK ALERT,
     .events = OUT(SHAKEN("clear")) END("tls-handshake next tls") "close\n"},
    {.name = "R49 it grows old while it waits",
     .level = MR_TLS_MAY,
     .waited = 200000,
     .script = "M a@x.test\nT 20000\nO\nT 80000\nS 220 x\nC EHLO client.test\nS 250-x\n"
               "S 250 STARTTLS\nC STARTTLS\nS 220 go\nH\n" ALERT,
     .events = OUT(SHAKEN("clear")) END("tls-handshake next tls") "close\n"},
    {.name = "R49 immediate",
     .level = MR_TLS_MAY,
     .settings = "tls-fallback=immediate",
     .script = SHOOK "X eof\n",
     .events = OUT(SHAKEN("clear")) END("tls-handshake clear tls")},
    {.name = "R49 never",
     .level = MR_TLS_MAY,
     .settings = "tls-fallback=never",
     .waited = 300000,
     .script = SHOOK "X reset\n",
     .events = OUT(SHAKEN("next")) END("tls-handshake next tls")},
    {.name = "R49 garbage for a ServerHello",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .script = SHOOK "S 250 this is not TLS\n",
     .events = OUT(SHAKEN("clear")) END("tls-handshake next tls") "close\n"},
    {.name = "R49 fault 64 the handshake never ends",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .script = SHOOK "R \\x16\\x03\nT 299999\nR \\x03\nT 1\n",
     .events = OUT(SHAKEN("clear")) END("tls-handshake next tls") "close\n"},
    {.name = "R50 R51 encrypt: an alert",
     .level = MR_TLS_ENCRYPT,
     .waited = 300000,
     .settings = "tls-fallback=immediate",
     .script = SHOOK ALERT,
     .events = OUT(SHAKEN("next")) END("tls-handshake next tls") "close\n"},
    {.name = "R50 R51 encrypt: EOF",
     .level = MR_TLS_ENCRYPT,
     .waited = 300000,
     .settings = "tls-fallback=immediate",
     .script = SHOOK "X eof\n",
     .events = OUT(SHAKEN("next")) END("tls-handshake next tls")},
    {.name = "R51 encrypt: silence",
     .level = MR_TLS_ENCRYPT,
     .waited = 300000,
     .script = SHOOK "T 300000\n",
     .events = OUT(SHAKEN("next")) END("tls-handshake next tls") "close\n"},
    {.name = "R52 verify without anchors: ours to mend",
     .level = MR_TLS_VERIFY,
     .script = ASKED "S 220 go\n=\n",
     .events = OUT("deferred local tls-no-trust tls 0 4.7.5")
         END("tls-no-trust local tls") "close\n"},
    {.name = "quit in a handshake: at once",
     .level = MR_TLS_ENCRYPT,
     .script = SHOOK "Q\n=\n",
     .events =
         OUT("deferred next not-attempted idle 0 4.4.1") END("none none none") "close\n"},
};

static void test_injection(void **state) {
  (void)state;
  drive_cases(injection_cases, sizeof injection_cases / sizeof *injection_cases);
}

static void test_handshake(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof handshake_cases / sizeof *handshake_cases; i++) {
    drive_case_check(&handshake_cases[i], KIT_PIECES_WHOLE, 1);
    drive_case_check(&handshake_cases[i], KIT_PIECES_BYTES, 1);
  }
}

/* bug 1: every octet behind the 220, cut everywhere, with no pending in between. */
static void test_injection_cuts(void **state) {
  static const char text[] = "220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n";
  const drive_case c = {.level = MR_TLS_ENCRYPT, .script = ASKED};
  (void)state;
  for (size_t cut = 1; cut < sizeof text - 1; cut++) {
    kit_env k;
    drive d;
    kit_env_init(&k, 1);
    assert_int_equal(drive_case_run(&d, &k, &c, 1, KIT_PIECES_WHOLE, 1), MR_OK);
    drive_recv(&d, text, cut);
    drive_recv(&d, text + cut, sizeof text - 1 - cut);
    assert_string_equal(kit_buf_at(&d.log), INJECTED);
    drive_done(&d);
    assert_int_equal(kit_env_done(&k), 0);
  }
}
#endif

static void test_levels(void **state) {
  (void)state;
  drive_cases(level_cases, sizeof level_cases / sizeof *level_cases);
}

static void check_no_mail(int level, const char *before, const char *reply) {
  const drive_case c = {.level = level,
                        .script = before,
                        .waited = 1000000000,
                        .settings = "tls-fallback=immediate"};
  kit_env k;
  drive d;
  kit_env_init(&k, 1);
  drive_case_run(&d, &k, &c, 0, KIT_PIECES_WHOLE, 1);
  for (int i = 0; i < 4; i++) {
    drive_take(&d);
    drive_recv(&d, reply, strlen(reply));
  }
  drive_take(&d);
  assert_null(strstr(kit_buf_at(&d.wire), "MAIL"));
  assert_null(strstr(kit_buf_at(&d.wire), "RCPT"));
  if (d.c)
    drive_closed(&d, "eof");
  drive_check_all_told(&d);
  assert_null(strstr(kit_buf_at(&d.log), "clear"));
  assert_null(strstr(kit_buf_at(&d.log), "delivered"));
  drive_done(&d);
  assert_int_equal(kit_env_done(&k), 0);
}

/* bug 6: TLS required, any reply or garbage at any point before it stands: no mail. */
static void test_required(void **state) {
  static const char *const before[] = {"M a@x.test\nO\n", "M a@x.test\nO\nS 220 x\nZ\n",
                                       "M a@x.test\nO\nS 220 x\nZ\nS 502 no\nZ\n", ASKED,
                                       SHOOK};
  static const char *const garbage[] = {"250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
                                        "* PREAUTH\r\n",
                                        "\r\n",
                                        "250-a\r\n220 b\r\n",
                                        "22",
                                        "220",
                                        "250 ok\n250 ok\n",
                                        "\x16\x03\x01",
                                        "220 a\r\n250 b\r\n250 c\r\n",
                                        "250-x\r\n250-\r\n250 \r\n"};
  (void)state;
  for (int level = MR_TLS_ENCRYPT; level <= MR_TLS_VERIFY && MR_WITH_TLS; level++)
    for (size_t b = 0; b < sizeof before / sizeof *before; b++) {
      for (int code = 200; code < 600; code++) {
        char reply[16];
        snprintf(reply, sizeof reply, "%d x\r\n", code);
        check_no_mail(level, before[b], reply);
      }
      for (size_t g = 0; g < sizeof garbage / sizeof *garbage; g++)
        check_no_mail(level, before[b], garbage[g]);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_levels),
#if MR_WITH_TLS
    cmocka_unit_test(test_injection),
    cmocka_unit_test(test_handshake),
    cmocka_unit_test(test_injection_cuts),
#endif
    cmocka_unit_test(test_required),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

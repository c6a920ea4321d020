/* SPDX-License-Identifier: MIT */
/*
 * One outcome for each recipient, and the right one, with the link broken at every octet,
 * with hostile replies, with every persona of the kit. Fault 42, fault 48.
 */
#include "smtp/world.h"

static const char *const words[] = {"a@mx.test", "b@mx.test", "c@mx.test"};
static const kit_rule refuse_b = {
    .at = KIT_AT_RCPT, .match = "b@*", .reply = "550 no\r\n"};

static kit_smtp_host *make_host(int pipelining) {
  static const char *const plain[] = {"8BITMIME", NULL};
  kit_smtp_config config = {.rules = &refuse_b, .rule_count = 1};
  config.ehlo = pipelining ? NULL : plain;
  return kit_smtp_host_new(&config);
}

/* delivered: the server said so; stored but not delivered: uncertain, never silent. */
static void judge(world *w) {
  const kit_ledger *ledger = kit_smtp_ledger(w->host);
  const char *log = kit_buf_at(&w->d.log);
  int stored = ledger->mail_count > 0;
  drive_check_all_told(&w->d);
  assert_true(ledger->mail_count <= 1);
  assert_true(!strstr(log, "1.0 delivered") || (stored && ledger->mails[0].replied));
  assert_true(!strstr(log, "1.2 delivered") || (stored && ledger->mails[0].replied));
  assert_null(strstr(log, "1.1 delivered"));
  assert_null(strstr(log, "1.1 deferred defer uncertain"));
  if (stored)
    assert_true(strstr(log, "1.0 delivered") ||
                strstr(log, "1.0 deferred defer uncertain"));
  if (strstr(log, "uncertain"))
    assert_null(strstr(log, "out 1.2 deferred next"));
}

typedef struct drop {
  int pipelining;
  size_t up, down, lag;
} drop;

static size_t run_drop(const drop *how, size_t *down) {
  kit_smtp_host *host = make_host(how->pipelining);
  world w;
  world_begin(&w, host, NULL, NULL);
  w.up_left = how->up;
  w.down_left = how->down;
  w.lag = how->lag;
  drive_submit(&w.d, words, 3);
  if (how->up > 0 && how->down > 0)
    world_run(&w);
  else
    drive_closed(&w.d, "reset");
  if (!w.d.ended)
    world_quit(&w);
  judge(&w);
  assert_int_equal(w.d.ended, 1);
  size_t up = SIZE_MAX - w.up_left;
  *down = SIZE_MAX - w.down_left;
  world_end(&w);
  kit_smtp_host_free(host);
  return up;
}

/* fault 48 at every octet, both directions, `sent` at once or late. */
static void test_every_octet(void **state) {
  (void)state;
  for (int pipelining = 0; pipelining < 2; pipelining++) {
    static const size_t lags[] = {0, 1, 5, 1000};
    drop whole = {pipelining, SIZE_MAX, SIZE_MAX, 0};
    size_t down, none, up = run_drop(&whole, &down);
    assert_true(up > 100 && down > 100);
    for (size_t l = 0; l < sizeof lags / sizeof *lags; l++) {
      for (size_t n = 0; n <= up; n++) {
        drop how = {pipelining, n, SIZE_MAX, lags[l]};
        run_drop(&how, &none);
      }
      for (size_t n = 0; n <= down; n++) {
        drop how = {pipelining, SIZE_MAX, n, lags[l]};
        run_drop(&how, &none);
      }
    }
  }
}

/* The server's octets in any pieces: the same outcomes (fault 42, bug 9). */
static void test_pieces(void **state) {
  char *first = NULL;
  (void)state;
  for (uint64_t seed = 0; seed < 40; seed++) {
    kit_smtp_host *host = make_host(1);
    world w;
    world_begin(&w, host, NULL, NULL);
    int mode = seed == 0   ? KIT_PIECES_WHOLE
               : seed == 1 ? KIT_PIECES_BYTES
                           : KIT_PIECES_RANDOM;
    kit_pieces_init(&w.d.pieces, mode, seed);
    kit_pieces_init(&w.up, mode, seed + 1);
    drive_submit(&w.d, words, 3);
    world_run(&w);
    world_quit(&w);
    world_clean(&w);
    if (!first)
      first = kit_xdup(kit_buf_at(&w.d.log));
    assert_string_equal(kit_buf_at(&w.d.log), first);
    world_end(&w);
    kit_smtp_host_free(host);
  }
  free(first);
}

static void random_reply(kit_rng *rng, kit_buf *out) {
  static const char *const lines[] = {"220 ok\r\n",
                                      "250 ok\r\n",
                                      "250 ok\n",
                                      "250-a\r\n250 PIPELINING\r\n",
                                      "354 go\r\n",
                                      "354 go\r\n",
                                      "421 bye\r\n",
                                      "450 4.2.0 x\r\n",
                                      "452 full\r\n",
                                      "550 5.1.1 x\r\n",
                                      "552 5.2.2 x\r\n",
                                      "250",
                                      "2",
                                      "\r\n",
                                      "",
                                      "999 x\r\n",
                                      "250-a\r\n251 b\r\n",
                                      "-250\r\n",
                                      "221 bye\r\n",
                                      "250 8BITMIME\r\n"};
  uint64_t pick = kit_rng_below(rng, sizeof lines / sizeof *lines + 2);
  if (pick < sizeof lines / sizeof *lines) {
    kit_buf_str(out, lines[pick]);
    return;
  }
  unsigned char noise[40];
  size_t n = kit_rng_below(rng, sizeof noise);
  kit_rng_fill(rng, noise, n);
  kit_buf_add(out, noise, n);
}

/* Until it ends or the time of a session is over. */
static void garbage_run(drive *d, kit_rng *rng) {
  for (int i = 0; i < 400 && !d->ended; i++) {
    kit_buf reply = {0};
    if (kit_rng_below(rng, 8) > 0)
      drive_take(d);
    if (kit_rng_below(rng, 40) == 0)
      drive_time(d, kit_rng_below(rng, 400000));
    if (kit_rng_below(rng, 3) > 0)
      kit_buf_str(&reply, kit_rng_below(rng, 4) ? "250 ok\r\n" : "354 go\r\n");
    else
      random_reply(rng, &reply);
    drive_recv(d, kit_buf_at(&reply), reply.len);
    kit_buf_free(&reply);
  }
}

static void test_garbage(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 3000; seed++) {
    kit_env k;
    drive d;
    kit_rng rng;
    mr_tls_need need = {.size = sizeof need, .level = (int)(seed % 3)};
    kit_env_init(&k, seed);
    kit_rng_init(&rng, seed);
    drive_begin(&d, &k, seed % 2 ? "transaction-recipients=1" : NULL, 0);
    drive_connect(&d, &need, 0);
    kit_pieces_init(&d.pieces, seed % 5 ? KIT_PIECES_RANDOM : KIT_PIECES_BYTES, seed);
    drive_submit(&d, words, 3);
    drive_submit(&d, words, 1);
    drive_opened(&d, "192.0.2.9");
    drive_recv(&d, "220 hi\r\n", 8);
    garbage_run(&d, &rng);
    if (d.c)
      drive_closed(&d, "reset");
    drive_check_all_told(&d);
    if (need.level == MR_TLS_ENCRYPT)
      assert_null(strstr(kit_buf_at(&d.wire), "MAIL"));
    drive_done(&d);
    assert_int_equal(kit_env_done(&k), 0);
  }
}

typedef struct persona_row {
  int persona;
  const char *part; /* of the events: what the first recipient hears */
} persona_row;

static const persona_row personas[] = {
    {KIT_HONEST, "out 1.0 delivered"},
    {KIT_GREYLIST, "out 1.0 deferred next rcpt-soft"},
    {KIT_REFUSER, "out 1.0 failed bounce rcpt-hard"},
    {KIT_TARPIT, "out 1.0 delivered"},
    {KIT_CLOSER, "out 1.0 deferred next greeting-soft"},
    {KIT_CLOSER_RCPT, "out 1.0 deferred next service-closing"},
    {KIT_EARLY_250, "out 1.0 deferred next reply-unexpected body"},
    {KIT_DOT_DROPPER, "out 1.0 deferred defer uncertain"},
    {KIT_DOT_LOSER, "out 1.0 deferred defer uncertain"},
    {KIT_SIZE_LIAR, "out 1.0 failed bounce dot-hard"},
    {KIT_SPLITTER, "out 1.2 delivered"},
    {KIT_SILENT, "out 1.0 deferred next reply-timeout"},
    {KIT_DRIBBLER, "out 1.0 delivered"},
    {KIT_GARBAGE, "out 1.0 deferred next reply-malformed"},
    {KIT_NO_EHLO, "out 1.0 delivered"},
    {KIT_PIPELINE_LIAR, "out 1.0 deferred next reply-unexpected rcpt 354"},
    {KIT_DATA_250, "out 1.0 deferred next reply-unexpected"},
};

/* Longer than what the channel holds, so that a reply can come in its midst. */
static void use_long_message(drive *d) {
  kit_buf raw = {0};
  kit_buf_str(&raw, "Subject: long\r\n\r\n");
  for (int i = 0; i < 400; i++)
    kit_buf_printf(&raw, "This is line %d of the message.\r\n", i);
  drive_message_swap(d, raw.data, raw.len);
  kit_buf_free(&raw);
}

static void test_personas(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof personas / sizeof *personas; i++) {
    kit_smtp_host *host = kit_persona_new(personas[i].persona, NULL);
    world w;
    world_begin(&w, host, "segment-size=1024", NULL);
    use_long_message(&w.d);
    drive_submit(&w.d, words, 3);
    world_run(&w);
    if (!w.d.ended)
      world_quit(&w);
    drive_check_all_told(&w.d);
    world_clean(&w);
    if (!strstr(kit_buf_at(&w.d.log), personas[i].part))
      drive_bad(&w.d, kit_persona_name(personas[i].persona), personas[i].part);
    world_end(&w);
    kit_smtp_host_free(host);
  }
}

/* The octets that arrive are the message, and the transcript is told (MR_OPT_TRACE). */
static void test_honest_bytes(void **state) {
  kit_smtp_host *host = make_host(1);
  world w;
  (void)state;
  world_begin(&w, host, "trace=1", NULL);
  drive_submit(&w.d, words, 3);
  world_run(&w);
  world_quit(&w);
  const kit_ledger *ledger = kit_smtp_ledger(host);
  assert_int_equal(ledger->mail_count, 1);
  assert_string_equal(ledger->mails[0].data, DRIVE_RAW);
  assert_int_equal(ledger->mails[0].rcpt_count, 2);
  assert_string_equal(ledger->mails[0].sender, "me@client.test");
  const char *trace = kit_buf_at(&w.d.trace);
  assert_non_null(strstr(trace, "> EHLO client.test\n"));
  assert_non_null(strstr(trace, "< 250-PIPELINING\n"));
  assert_non_null(strstr(trace, "> RCPT TO:<b@mx.test>\n"));
  assert_non_null(strstr(trace, "< 550 no\n"));
  assert_non_null(strstr(trace, "* [23 octets of message]\n> .\n"));
  assert_non_null(strstr(trace, "> QUIT\n"));
  world_clean(&w);
  world_end(&w);
  kit_smtp_host_free(host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_octet),  cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_garbage),      cmocka_unit_test(test_personas),
      cmocka_unit_test(test_honest_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

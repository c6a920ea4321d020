/* SPDX-License-Identifier: MIT */
/* Whole deliveries over TLS: levels, certificates, what EHLO says then, cuts. */
#include "smtp/world.h"

#if MR_WITH_TLS
#include "kit/kit_cert.h"

static const char *const one[] = {"a@mx.test"};
static kit_cert *root, *leaf, *stranger;

static int make_certs(void **state) {
  (void)state;
  root = kit_cert_root("Root");
  leaf = kit_cert_leaf(root, "mx.test");
  stranger = kit_cert_root("Stranger");
  return 0;
}

static int free_certs(void **state) {
  (void)state;
  kit_cert_free(leaf);
  kit_cert_free(root);
  kit_cert_free(stranger);
  return 0;
}

typedef struct tls_row {
  const char *name;
  int level;
  int persona;
  int trusts;            /* 1: the root, 2: a stranger, 0: nobody */
  const char *cert_name; /* that must be in the certificate */
  kit_smtp_config config;
  const char *settings;
  uint64_t waited;
  const char *events;
  int in_clear; /* the mail arrived without TLS */
} tls_row;

#define OUT(what) "out 1.0 " what "\ndone 1\n"
#define GOOD                                                                             \
  OUT("delivered none delivered dot 250 2.0.0") "ready\nend none none none\nclose\n"
#define NO_GOOD(what, end) OUT("deferred " what) "end " end "\n"

static const char *const bare[] = {"STARTTLS", NULL};
static const char *const small[] = {"STARTTLS", "SIZE 1", NULL};
static const char *const large[] = {"SIZE 1000", NULL};
static const kit_rule no_ehlo_in_tls = {
    .at = KIT_AT_EHLO, .where = KIT_IN_TLS, .reply = "502 no\r\n"};
static const kit_rule drop_ehlo_in_tls = {
    .at = KIT_AT_EHLO, .where = KIT_IN_TLS, .action = KIT_DO_CLOSE};
static const kit_rule drop_data = {.at = KIT_AT_DATA, .action = KIT_DO_CLOSE};
static const kit_rule half_reply = {
    .at = KIT_AT_DOT, .action = KIT_DO_CLOSE_AFTER, .reply = "250 o", .discard = 1};

static const tls_row rows[] = {
    {.name = "R49 may: any certificate", .level = MR_TLS_MAY, .events = GOOD},
    {.name = "encrypt", .level = MR_TLS_ENCRYPT, .events = GOOD},
    {.name = "R52 verify",
     .level = MR_TLS_VERIFY,
     .trusts = 1,
     .cert_name = "mx.test",
     .events = GOOD},
    {.name = "R53 verify: wrong name",
     .level = MR_TLS_VERIFY,
     .trusts = 1,
     .cert_name = "other.test",
     .events = NO_GOOD("next tls-certificate tls 0 4.7.5",
                       "tls-certificate next tls") "close\n"},
    {.name = "R53 verify: nobody we know",
     .level = MR_TLS_VERIFY,
     .trusts = 2,
     .cert_name = "mx.test",
     .events = NO_GOOD("next tls-certificate tls 0 4.7.5",
                       "tls-certificate next tls") "close\n"},
    {.name = "R34 the keywords in clear do not count",
     .level = MR_TLS_ENCRYPT,
     .config = {.ehlo = small, .ehlo_tls = large},
     .events = GOOD},
    {.name = "R34 nor do they live on",
     .level = MR_TLS_ENCRYPT,
     .config = {.ehlo = bare, .ehlo_tls = small + 1},
     .events = OUT("failed bounce size-exceeded mail 0 5.3.4") "ready\nend none none "
                                                               "none\nclose\n"},
    {.name = "R55 EHLO refused under TLS: no HELO",
     .level = MR_TLS_MAY,
     .config = {.rules = &no_ehlo_in_tls, .rule_count = 1},
     .events = NO_GOOD("next ehlo-refused ehlo 502 4.7.5 throttle",
                       "ehlo-refused next ehlo") "close\n"},
    {.name = "R55 R56 lost at EHLO under TLS",
     .level = MR_TLS_ENCRYPT,
     .config = {.rules = &drop_ehlo_in_tls, .rule_count = 1},
     .events = NO_GOOD("next connection-lost ehlo 0 4.4.2 throttle",
                       "connection-lost next ehlo")},
    {.name = "R56 lost in a transaction, may, old",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .config = {.rules = &drop_data, .rule_count = 1},
     .events = NO_GOOD("clear connection-lost data 0 4.4.2 throttle",
                       "connection-lost next data")},
    {.name = "R56 lost in a transaction, may, young",
     .level = MR_TLS_MAY,
     .config = {.rules = &drop_data, .rule_count = 1},
     .events = NO_GOOD("next connection-lost data 0 4.4.2 throttle",
                       "connection-lost next data")},
    {.name = "R50 lost in a transaction, encrypt",
     .level = MR_TLS_ENCRYPT,
     .waited = 300000,
     .config = {.rules = &drop_data, .rule_count = 1},
     .events = NO_GOOD("next connection-lost data 0 4.4.2 throttle",
                       "connection-lost next data")},
    {.name = "R56 cut off without close_notify, fault 60",
     .level = MR_TLS_ENCRYPT,
     .config = {.rules = &drop_data, .rule_count = 1, .tls_no_bye = 1},
     .events =
         NO_GOOD("next tls-truncated data 0 4.4.2 throttle", "tls-truncated next data")},
    {.name =
         "R56 R88 fault 60 cut off in the reply to the dot: never CLEAR, never success",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .settings = "tls-fallback=immediate",
     .config = {.rules = &half_reply, .rule_count = 1, .tls_no_bye = 1},
     .events = NO_GOOD("defer uncertain dot 0 4.4.2 throttle uncertain",
                       "tls-truncated clear dot")},
    {.name = "R49 fault 60 an alert",
     .level = MR_TLS_MAY,
     .waited = 300000,
     .config = {.tls_alert = 40},
     .events =
         NO_GOOD("clear tls-handshake tls 0 4.7.5", "tls-handshake next tls") "close\n"},
    {.name = "R51 an alert, encrypt",
     .level = MR_TLS_ENCRYPT,
     .waited = 300000,
     .persona = KIT_TLS_BREAKER,
     .events =
         NO_GOOD("next tls-handshake tls 0 4.7.5", "tls-handshake next tls") "close\n"},
    {.name = "R47 refused, may",
     .level = MR_TLS_MAY,
     .persona = KIT_TLS_REFUSER,
     .events = GOOD,
     .in_clear = 1},
    {.name = "R48 injected, may",
     .level = MR_TLS_MAY,
     .persona = KIT_TLS_INJECTOR,
     .waited = 300000,
     .events =
         NO_GOOD("next tls-injection tls 0 4.7.5", "tls-injection next tls") "close\n"},
    {.name = "R46 none", .level = MR_TLS_NONE, .events = GOOD, .in_clear = 1},
};

static kit_smtp_host *host_of(const tls_row *row) {
  const kit_tls_cert cert = {NULL, kit_cert_chain(leaf), kit_cert_key(leaf)};
  kit_smtp_config config = row->config;
  config.certs = &cert;
  config.cert_count = 1;
  return kit_persona_new(row->persona, &config);
}

static mr_trust *trust_of(const mr_env *env, int trusts) {
  const char *pem = kit_cert_pem(trusts == 1 ? root : stranger);
  mr_trust *trust = NULL;
  if (trusts == 0)
    return NULL;
  assert_int_equal(mr_trust_new(&trust, env), MR_OK);
  assert_int_equal(mr_trust_add_pem(trust, pem, strlen(pem)), MR_OK);
  return trust;
}

static void begin_row(world *w, const tls_row *row) {
  kit_env k;
  kit_env_init(&k, 1);
  mr_tls_need need = {.size = sizeof need,
                      .level = row->level,
                      .sni = "mx.test",
                      .names = &row->cert_name,
                      .name_count = row->cert_name ? 1 : 0,
                      .trust = trust_of(NULL, row->trusts)};
  world_begin(w, host_of(row), row->settings, &need);
  w->d.waited = row->waited;
  mr_trust_free(need.trust);
  kit_env_done(&k);
}

static void end_row(world *w) {
  kit_smtp_host *host = w->host;
  world_end(w);
  kit_smtp_host_free(host);
}

static void check_row(const tls_row *row, int mode) {
  world w;
  begin_row(&w, row);
  kit_pieces_init(&w.d.pieces, mode, 3);
  kit_pieces_init(&w.up, mode, 4);
  drive_submit(&w.d, one, 1);
  world_run(&w);
  if (!w.d.ended)
    world_quit(&w);
  if (strcmp(kit_buf_at(&w.d.log), row->events) != 0) {
    fprintf(stderr, "%s: expected\n%s", row->name, row->events);
    drive_bad(&w.d, "but these", "events came");
  }
  const kit_ledger *ledger = kit_smtp_ledger(w.host);
  for (size_t i = 0; i < ledger->mail_count; i++)
    assert_int_equal(ledger->mails[i].tls, !row->in_clear);
  if (ledger->mail_count > 0 && !row->in_clear)
    assert_string_equal(ledger->mails[0].sni, "mx.test");
  world_clean(&w);
  end_row(&w);
}

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    check_row(&rows[i], KIT_PIECES_WHOLE);
    check_row(&rows[i], KIT_PIECES_BYTES);
    check_row(&rows[i], KIT_PIECES_RANDOM);
  }
}

/* What an outcome tells about TLS. */
static void test_facts(void **state) {
  static const tls_row row = {
      .level = MR_TLS_VERIFY, .trusts = 1, .cert_name = "mx.test"};
  world w;
  (void)state;
  begin_row(&w, &row);
  w.server = kit_smtp_connect(w.host, w.d.now);
  drive_opened(&w.d, "192.0.2.9");
  const mr_event *e = NULL;
  while (!e || e->type != MR_EVENT_READY) {
    const void *data;
    size_t len;
    if (mr_channel_pending(w.d.c, 0, &data, &len) == MR_OK && len > 0) {
      kit_smtp_feed(w.server, data, len, w.d.now);
      mr_channel_sent(w.d.c, len, w.d.now);
    }
    kit_smtp_output(w.server, &data, &len);
    mr_channel_recv(w.d.c, data, len, w.d.now);
    kit_smtp_consumed(w.server, len);
    while ((e = mr_session_next(w.d.s)) != NULL && e->type != MR_EVENT_READY)
      continue;
  }
  const mr_outcome *o = e->outcome;
  assert_string_equal(o->host, "mx.test");
  assert_string_equal(o->address, "192.0.2.1");
  assert_int_equal(o->port, 25);
  assert_int_equal(o->tls_level, MR_TLS_VERIFY);
  assert_int_equal(o->tls_verified, 1);
  assert_string_equal(o->tls_version, "TLS1.3");
  assert_true(o->tls_cipher[0] != '\0');
  end_row(&w);
}

/* fault 62: no calendar, no certificate is good; the text names the clock. */
static void test_clock(void **state) {
  static const tls_row row = {
      .level = MR_TLS_VERIFY, .trusts = 1, .cert_name = "mx.test"};
  world w;
  (void)state;
  begin_row(&w, &row);
  w.k.wall_unknown = 1;
  drive_submit(&w.d, one, 1);
  world_run(&w);
  assert_non_null(strstr(kit_buf_at(&w.d.log), "deferred next tls-clock tls 0 4.7.5"));
  end_row(&w);
}

typedef struct cut_result {
  size_t up, down;
} cut_result;

static cut_result run_cut(size_t up, size_t down) {
  static const tls_row row = {.level = MR_TLS_ENCRYPT};
  world w;
  begin_row(&w, &row);
  w.up_left = up;
  w.down_left = down;
  drive_submit(&w.d, one, 1);
  world_run(&w);
  if (!w.d.ended)
    world_quit(&w);
  const kit_ledger *ledger = kit_smtp_ledger(w.host);
  const char *log = kit_buf_at(&w.d.log);
  drive_check_all_told(&w.d);
  if (ledger->mail_count > 0) {
    assert_int_equal(ledger->mails[0].tls, 1);
    assert_true(strstr(log, "delivered none") || strstr(log, "uncertain"));
  } else {
    assert_null(strstr(log, "delivered none"));
  }
  cut_result result = {SIZE_MAX - w.up_left, SIZE_MAX - w.down_left};
  end_row(&w);
  return result;
}

/* fault 48, fault 60 under TLS: cut at octets all over the dialogue, and near the dot at
 * each one. */
static void test_cuts(void **state) {
  (void)state;
  cut_result all = run_cut(SIZE_MAX, SIZE_MAX);
  assert_true(all.up > 500 && all.down > 500);
  for (size_t n = 1; n < all.up; n += n + 250 < all.up ? 41 : 1)
    run_cut(n, SIZE_MAX);
  for (size_t n = 1; n < all.down; n += n + 250 < all.down ? 97 : 1)
    run_cut(SIZE_MAX, n);
}

/* Frees the session at every step of a delivery over TLS (bug 32, bug 40). */
static void test_freed(void **state) {
  static const tls_row row = {.level = MR_TLS_ENCRYPT};
  (void)state;
  for (int steps = 0; steps < 40; steps++) {
    world w;
    begin_row(&w, &row);
    drive_submit(&w.d, one, 1);
    w.server = kit_smtp_connect(w.host, w.d.now);
    drive_opened(&w.d, "192.0.2.9");
    for (int i = 0; i < steps; i++)
      if (!world_down(&w))
        world_up(&w);
    mr_session_free(w.d.s);
    w.d.s = NULL;
    end_row(&w);
  }
}

/* Our own memory fails in a delivery over TLS: no leak, all told, nothing in clear. */
static int tls_torture(kit_env *k, void *arg) {
  kit_smtp_host *host = arg;
  mr_tls_need need = {.size = sizeof need, .level = MR_TLS_ENCRYPT, .sni = "mx.test"};
  world w;
  memset(&w, 0, sizeof w);
  w.host = host;
  w.up_left = w.down_left = SIZE_MAX;
  kit_pieces_init(&w.up, KIT_PIECES_WHOLE, 1);
  int err = drive_begin(&w.d, k, NULL, 0);
  if (err == MR_OK)
    err = drive_connect(&w.d, &need, 0);
  if (err == MR_OK) {
    drive_submit(&w.d, one, 1);
    world_run(&w);
    if (!w.d.ended)
      world_quit(&w);
    drive_check_all_told(&w.d);
  }
  if (w.server)
    world_hang_up(&w);
  drive_done(&w.d);
  return err != MR_OK && err != MR_ERR_NOMEM;
}

static void test_torture(void **state) {
  static const tls_row row = {.level = MR_TLS_ENCRYPT};
  (void)state;
  kit_smtp_host *host = host_of(&row);
  kit_torture(tls_torture, host, 100);
  const kit_ledger *ledger = kit_smtp_ledger(host);
  for (size_t i = 0; i < ledger->mail_count; i++)
    assert_int_equal(ledger->mails[i].tls, 1);
  kit_smtp_host_free(host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),  cmocka_unit_test(test_facts),
      cmocka_unit_test(test_clock), cmocka_unit_test(test_cuts),
      cmocka_unit_test(test_freed), cmocka_unit_test(test_torture),
  };
  return cmocka_run_group_tests(tests, make_certs, free_certs);
}

#else
int main(void) { return 0; }
#endif

/* SPDX-License-Identifier: MIT */
/* 8-bit messages and what servers can take of them: R62 to R65, R89; fault 8, 21, 55. */
#include "message/message.h"
#include "smtp/drive.h"

#define UE "\xc3\xbc"
#define EHLO(keywords) "O\nS 220 x\nC EHLO client.test\nS 250-x\n" keywords "S 250 HELP\n"
#define MAIL(parameters)                                                                 \
  "C MAIL FROM:<me@client.test>" parameters "\nS 250 ok\nC RCPT TO:<a@x.test>\n"         \
  "S 250 ok\nC DATA\nS 354 go\n"
#define DELIVERED "out 1.0 delivered none delivered dot 250 2.0.0\ndone 1\nready\n"
#define FAILED(what) "out 1.0 failed " what "\ndone 1\nready\n"

static const char text_8[] = "Subject: hi\r\n\r\n" UE "\r\n";
static const char text_7[] =
    "Subject: hi\r\nContent-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n"
    "\r\n=C3=BC\r\n";
static const char header_8[] = "Subject: " UE "\r\n\r\n" UE "\r\n";
static const char header_7[] = "Subject: =?UTF-8?B?w7w=?=\r\n"
                               "Content-Transfer-Encoding: quoted-printable\r\n"
                               "MIME-Version: 1.0\r\n\r\n=C3=BC\r\n";

/* ---- what goes over the wire ---- */

typedef struct row {
  const char *name, *raw, *script, *wire, *events;
} row;

static const row rows[] = {
    {"R64: no 8BITMIME: in 7 bits", text_8, EHLO("") MAIL(""), text_7, DELIVERED},
    {"R64: the size of what is sent", text_8, EHLO("S 250-SIZE 200\n") MAIL(" SIZE=87"),
     text_7, DELIVERED},
    {"8BITMIME: as it is", text_8,
     EHLO("S 250-8BITMIME\nS 250-SIZE\n") MAIL(" SIZE=19 BODY=8BITMIME"), text_8,
     DELIVERED},
    {"R63: 8BITMIME and no SMTPUTF8: the header decides", header_8,
     EHLO("S 250-8BITMIME\nS 250-SIZE\n") MAIL(" SIZE=101"), header_7, DELIVERED},
    {"neither", header_8, EHLO("") MAIL(""), header_7, DELIVERED},
    {"R37: after HELO nothing is offered", text_8,
     "O\nS 220 x\nC EHLO client.test\nS 502 no\nC HELO client.test\nS 250 x\n" MAIL(""),
     text_7, DELIVERED},
    {"R62, fault 55: the rendering is too large", text_8, EHLO("S 250-SIZE 86\n") "=\n",
     NULL, FAILED("bounce size-exceeded mail 0 5.3.4")},
    {"R62: the message would be, and it is what is sent", text_8,
     EHLO("S 250-8BITMIME\nS 250-SIZE 18\n") "=\n", NULL,
     FAILED("bounce size-exceeded mail 0 5.3.4")},
    {"R64: signed by somebody", "DKIM-Signature: v=1\r\n\r\n" UE "\r\n", EHLO("") "=\n",
     NULL, FAILED("bounce needs-8bitmime mail 0 5.6.3")},
    {"… which no one minds who has 8BITMIME", "DKIM-Signature: v=1\r\n\r\n" UE "\r\n",
     EHLO("S 250-8BITMIME\n") MAIL(" BODY=8BITMIME"),
     "DKIM-Signature: v=1\r\n\r\n" UE "\r\n", DELIVERED},
    {"R64: inside multipart/signed",
     "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n" UE "\r\n--b--\r\n",
     EHLO("") "=\n", NULL, FAILED("bounce needs-8bitmime mail 0 5.6.3")},
    {"a header in UTF-8 that is signed",
     "Subject: " UE "\r\nDKIM-Signature: v=1\r\n\r\na\r\n",
     EHLO("S 250-8BITMIME\n") "=\n", NULL, FAILED("bounce needs-smtputf8 mail 0 5.6.3")},
    {"R63, fault 8: an address of the header", "To: " UE "@b.example\r\n\r\na\r\n",
     EHLO("S 250-8BITMIME\n") "=\n", NULL, FAILED("next needs-smtputf8 mail 0 5.6.7")},
#if MR_WITH_IDN
    {"a domain of the header", "To: a@b" UE "cher.example\r\n\r\na\r\n",
     EHLO("S 250-8BITMIME\n") MAIL(""), "To: a@xn--bcher-kva.example\r\n\r\na\r\n",
     DELIVERED},
#endif
};

/* raw comes from memory, or from a source that is ready when asked thrice. */
typedef struct source {
  const char *raw;
  int slow, asked, broken;
  drive *inside; /* completed inside the read itself */
} source;

static int read_source(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  source *s = user;
  size_t left = strlen(s->raw) - (size_t)offset;
  if (s->broken)
    return MR_ERR_IO;
  if (s->slow && ++s->asked % 3 != 0) {
    if (s->inside != NULL)
      assert_int_equal(mr_session_source_done(s->inside->s, s->inside->now), MR_OK);
    return MR_ERR_PENDING;
  }
  *len = left < cap ? left : cap;
  *len = *len > 5 ? 5 : *len;
  memcpy(buf, s->raw + offset, *len);
  return MR_OK;
}

static void swap_source(drive *d, source *s) {
  mr_source table = {sizeof table, s, read_source, NULL, strlen(s->raw)};
  mr_message_free(d->message);
  assert_int_equal(mr_message_new(&d->message, &d->k->env, NULL), MR_OK);
  assert_int_equal(mr_message_set_raw_source(d->message, &table, MR_RAW_KEEP), MR_OK);
  assert_int_equal(mr_message_set_sender(d->message, "me@client.test"), MR_OK);
  assert_int_equal(mr_message_seal(d->message), MR_OK);
}

/* What the queue gives: length and 8-bit flag are known, the header is not. */
static void swap_stored(drive *d, source *s) {
  mr_source table = {sizeof table, s, read_source, NULL, strlen(s->raw)};
  mr_message_free(d->message);
  assert_int_equal(mr__message_stored(&d->message, &d->k->env, &table, strlen(s->raw), 1),
                   MR_OK);
}

static void begin(drive *d, kit_env *k, source *s, int kind) {
  static const drive_case none = {.script = ""};
  kit_env_init(k, 1);
  assert_int_equal(drive_case_run(d, k, &none, 1, KIT_PIECES_WHOLE, 1), MR_OK);
  if (kind == 0)
    drive_message_swap(d, s->raw, strlen(s->raw));
  else if (kind == 1)
    swap_source(d, s);
  else
    swap_stored(d, s);
  d->sender = "me@client.test";
}

static void end(drive *d, kit_env *k, const char *events) {
  if (strcmp(kit_buf_at(&d->log), events) != 0)
    drive_bad(d, "expected", events);
  drive_done(d);
  assert_int_equal(kit_env_done(k), 0);
}

/* The message on the wire up to its dot; no line of these begins with one. */
static void assert_wire(drive *d, const char *want) {
  drive_take(d);
  size_t len = strlen(want);
  assert_int_equal(kit_buf_left(&d->wire), len + 3);
  assert_memory_equal(kit_buf_at(&d->wire), want, len);
  drive_run(d, "D\nS 250 ok\n");
}

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int kind = 0; kind < 3; kind++) {
      kit_env k;
      drive d;
      source s = {.raw = rows[i].raw};
      begin(&d, &k, &s, kind);
      drive_run(&d, "M a@x.test\n");
      drive_run(&d, rows[i].script);
      if (rows[i].wire != NULL)
        assert_wire(&d, rows[i].wire);
      end(&d, &k, rows[i].events);
    }
}

/* ---- a source that takes its time before MAIL ---- */

static void wake_until(drive *d, const char *done) {
  for (int i = 0; i < 200 && strstr(kit_buf_at(&d->wire), done) == NULL; i++) {
    drive_run(d, "W\n");
    drive_take(d);
  }
}

static void test_pending(void **state) {
  (void)state;
  for (int kind = 1; kind < 3; kind++) {
    kit_env k;
    drive d;
    source s = {.raw = header_8};
    begin(&d, &k, &s, kind);
    s.slow = 1;
    drive_run(&d, "M a@x.test\n" EHLO("S 250-SIZE\n") "=\n");
    wake_until(&d, "MAIL");
    drive_run(&d, MAIL(" SIZE=101"));
    wake_until(&d, "\r\n.\r\n");
    assert_wire(&d, header_7);
    end(&d, &k, DELIVERED);
  }
}

/* Completed inside the read: heard when time goes on, without a spin. */
static void test_woken_inside(void **state) {
  kit_env k;
  drive d;
  (void)state;
  source s = {.raw = text_8};
  begin(&d, &k, &s, 2);
  s.slow = 1;
  s.inside = &d;
  drive_run(&d, "M a@x.test\n" EHLO("") "=\n");
  for (int i = 0; i < 100; i++)
    drive_run(&d, "T 1\n");
  drive_run(&d, MAIL(""));
  for (int i = 0; i < 100; i++)
    drive_run(&d, "T 1\n");
  assert_wire(&d, text_7);
  end(&d, &k, DELIVERED);
}

/* It never answers, it fails: our fault, and the connection is as good as before. */
static void test_source_fails(void **state) {
  static const char failed[] =
      "out 1.0 deferred local source-failed mail 0 4.3.0\ndone 1\nready\n";
  kit_env k;
  drive d;
  (void)state;
  source s = {.raw = text_8};
  begin(&d, &k, &s, 2);
  s.slow = 1;
  drive_run(&d, "M a@x.test\n" EHLO("") "=\nT 179999\n=\nT 1\n=\n");
  end(&d, &k, failed);
  s = (source){.raw = text_8, .broken = 1};
  begin(&d, &k, &s, 2);
  drive_run(&d, "M a@x.test\n" EHLO("") "=\n");
  end(&d, &k, failed);
}

/* R91: what the server does meanwhile. */
static void test_meanwhile(void **state) {
  static const struct {
    const char *script, *events;
  } meanwhile[] = {
      {"X eof\n", "out 1.0 deferred next connection-lost mail 0 4.4.2 throttle\ndone 1\n"
                  "end connection-lost next mail\n"},
      {"S 421 bye\n", "out 1.0 deferred next not-attempted idle 0 4.4.1\ndone 1\n"
                      "end service-closing none idle\nclose\n"},
      {"S 250 hello\n",
       "out 1.0 deferred next out-of-step mail 0 4.5.0 throttle\ndone 1\n"
       "end out-of-step next mail\nclose\n"},
      {"Q\n=\n", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof meanwhile / sizeof *meanwhile; i++) {
    kit_env k;
    drive d;
    source s = {.raw = text_8};
    begin(&d, &k, &s, 2);
    s.slow = 1;
    drive_run(&d, "M a@x.test\n" EHLO("") "=\n");
    drive_run(&d, meanwhile[i].script);
    end(&d, &k, meanwhile[i].events);
  }
}

/* R74, R89: every round of a transaction, and every retry, sends the same octets. */
static void test_rounds(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    static const drive_case none = {.settings = "transaction-recipients=1", .script = ""};
    kit_env k;
    drive d;
    source s = {.raw = text_8};
    kit_env_init(&k, 1);
    assert_int_equal(drive_case_run(&d, &k, &none, 1, KIT_PIECES_WHOLE, 1), MR_OK);
    if (kind == 0)
      drive_message_swap(&d, text_8, strlen(text_8));
    else if (kind == 1)
      swap_source(&d, &s);
    else
      swap_stored(&d, &s);
    d.sender = "me@client.test";
    drive_run(&d, "M a@x.test a@x.test\nM a@x.test\n" EHLO(""));
    for (int i = 0; i < 3; i++) {
      drive_run(&d, MAIL(""));
      assert_wire(&d, text_7);
    }
    end(&d, &k,
        "out 1.0 delivered none delivered dot 250 2.0.0\n"
        "out 1.1 delivered none delivered dot 250 2.0.0\ndone 1\n"
        "out 2.0 delivered none delivered dot 250 2.0.0\ndone 2\nready\n");
  }
}

/* Those whose own address needs SMTPUTF8 fail, the others get it. */
static void test_recipients(void **state) {
  kit_env k;
  drive d;
  (void)state;
  source s = {.raw = text_8};
  begin(&d, &k, &s, 0);
  drive_run(&d, "M " UE "@x.test a@x.test\n" EHLO("") MAIL(""));
  assert_wire(&d, text_7);
  end(&d, &k,
      "out 1.0 failed next needs-smtputf8 mail 0 5.6.7\n"
      "out 1.1 delivered none delivered dot 250 2.0.0\ndone 1\nready\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),         cmocka_unit_test(test_pending),
      cmocka_unit_test(test_source_fails), cmocka_unit_test(test_meanwhile),
      cmocka_unit_test(test_rounds),       cmocka_unit_test(test_recipients),
      cmocka_unit_test(test_woken_inside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

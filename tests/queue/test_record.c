/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/kit_torture.h"
#include "queue/record.h"
#include "queue/world.h"
#include "text/event.h"

enum { STRING_FIELDS = 8 };

typedef struct fields {
  mr__record_head head;
  mr_outcome o;
  const char *address, *given;
} fields;

static void fields_init(fields *f) {
  memset(f, 0, sizeof *f);
  mr__outcome_clear(&f->o);
  f->o.reason = MR_REASON_RCPT_SOFT;
  f->o.fate = MR_FATE_DEFERRED;
  f->o.code = 451;
  f->o.port = 65535;
  f->o.stage = MR_STAGE_RCPT;
  f->o.from_server = 1;
  f->o.tls_verified = 1;
  f->head = (mr__record_head){.nonce = UINT64_MAX,
                              .size = 1,
                              .header_len = 2,
                              .lifetime = UINT64_C(1) << 40,
                              .flags = 3,
                              .count = 1,
                              .sender = "s",
                              .domain = "d"};
  f->address = "a";
  f->given = "g";
}

static const char **field_of(fields *f, int n) {
  const char **all[STRING_FIELDS] = {&f->head.sender, &f->head.domain, &f->address,
                                     &f->given,       &f->o.text,      &f->o.host,
                                     &f->o.status,    &f->o.tls_cipher};
  return all[n];
}

static void encode(mr__buf *buf, const fields *f) {
  mr__buf_clear(buf);
  mr__record_put_head(buf, &f->head);
  mr__record_put_rcpt(buf, MR__RCPT_UNBOUNCED, 77, f->address, f->given, &f->o);
  mr__record_end(buf, 0);
  assert_int_equal(buf->err, MR_OK);
}

static int decode(const void *data, size_t len, fields *f, mr__record_rcpt *rcpt) {
  mr__cur cur;
  int rc = mr__record_open(&cur, data, len, &f->head);
  for (uint32_t i = 0; rc == MR_OK && i < f->head.count; i++)
    rc = mr__record_next(&cur, rcpt);
  return rc == MR_OK ? mr__record_close(&cur) : rc;
}

static void same(const fields *a, const fields *b, const mr__record_rcpt *r) {
  assert_true(b->head.nonce == a->head.nonce && b->head.lifetime == a->head.lifetime);
  assert_int_equal(b->head.flags, 3);
  assert_string_equal(b->head.sender, a->head.sender);
  assert_string_equal(b->head.domain, a->head.domain);
  assert_string_equal(r->address, a->address);
  assert_string_equal(r->given, a->given);
  assert_string_equal(r->best.text, a->o.text);
  assert_string_equal(r->best.host, a->o.host);
  assert_string_equal(r->best.status, a->o.status);
  assert_string_equal(r->best.tls_cipher, a->o.tls_cipher);
  assert_int_equal(r->index, 77);
  assert_int_equal(r->state, MR__RCPT_UNBOUNCED);
  assert_int_equal(r->best.port, 65535);
  assert_int_equal(r->best.from_server && r->best.tls_verified, 1);
}

/* bug 21, bug 23: every octet value in every field comes back as it was. */
static void every_octet_in_every_field_bug_21_bug_23(void **state) {
  kit_env env;
  mr__buf buf;
  (void)state;
  kit_env_init(&env, 1);
  mr__buf_init(&buf, &env.env, 1 << 20);
  for (int n = 0; n < STRING_FIELDS; n++) {
    for (int c = 1; c < 256; c++) {
      char text[4] = {'x', (char)c, (char)c, 0};
      fields f, got;
      mr__record_rcpt rcpt;
      fields_init(&f);
      fields_init(&got);
      *field_of(&f, n) = text;
      encode(&buf, &f);
      void *exact = kit_exact(buf.data, buf.len);
      assert_int_equal(decode(exact, buf.len, &got, &rcpt), MR_OK);
      same(&f, &got, &rcpt);
      free(exact);
    }
  }
  mr__buf_free(&buf);
  kit_env_done(&env);
}

/* fault 73, fault 80: whatever is cut, flipped or put behind is refused as a whole. */
static void damage_is_refused_fault_73_fault_80(void **state) {
  kit_env env;
  mr__buf buf;
  fields f, got;
  mr__record_rcpt rcpt;
  (void)state;
  kit_env_init(&env, 1);
  mr__buf_init(&buf, &env.env, 1 << 20);
  fields_init(&f);
  encode(&buf, &f);
  for (size_t len = 0; len < buf.len; len++) {
    void *cut = kit_exact(buf.data, len);
    assert_int_equal(decode(cut, len, &got, &rcpt), MR_ERR_PROTO);
    free(cut);
  }
  uint8_t *copy = kit_exact(buf.data, buf.len);
  for (size_t bit = 0; bit < buf.len * 8; bit++) {
    copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
    assert_int_equal(decode(copy, buf.len, &got, &rcpt), MR_ERR_PROTO);
    copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
  }
  assert_int_equal(decode(copy, buf.len, &got, &rcpt), MR_OK);
  assert_int_equal(mr__record_event(copy, buf.len, &got.o), MR_ERR_PROTO);
  free(copy);
  mr__buf_free(&buf);
  kit_env_done(&env);
}

/* A well-summed record with lies inside: count, state, text without its end. */
static void lies_are_refused_fault_80(void **state) {
  kit_env env;
  mr__buf buf;
  fields f, got;
  mr__record_rcpt rcpt;
  (void)state;
  kit_env_init(&env, 1);
  mr__buf_init(&buf, &env.env, 1 << 20);
  static const uint32_t counts[] = {0, 2, 10000, UINT32_MAX};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    fields_init(&f);
    f.head.count = counts[i];
    encode(&buf, &f);
    assert_int_equal(decode(buf.data, buf.len, &got, &rcpt), MR_ERR_PROTO);
  }
  fields_init(&f);
  mr__buf_clear(&buf);
  mr__record_put_head(&buf, &f.head);
  mr__record_put_rcpt(&buf, 9, 0, "a", "a", NULL);
  mr__record_end(&buf, 0);
  assert_int_equal(decode(buf.data, buf.len, &got, &rcpt), MR_ERR_PROTO);
  mr__buf_free(&buf);
  kit_env_done(&env);
}

static void events_round_trip(void **state) {
  kit_env env;
  mr__buf buf;
  fields f;
  mr_outcome got;
  (void)state;
  kit_env_init(&env, 1);
  mr__buf_init(&buf, &env.env, 1 << 20);
  fields_init(&f);
  f.o.recipient = "someone@example";
  f.o.index = 9;
  f.o.final = 1;
  f.o.text = "two\nlines";
  mr__record_put_event(&buf, &f.o);
  assert_int_equal(mr__record_event(buf.data, buf.len, &got), MR_OK);
  assert_string_equal(got.recipient, "someone@example");
  assert_string_equal(got.text, "two\nlines");
  assert_int_equal(got.index, 9);
  assert_int_equal(got.final, 1);
  assert_int_equal(mr__record_event(buf.data, buf.len - 1, &got), MR_ERR_PROTO);
  mr__buf_free(&buf);
  kit_env_done(&env);
}

/* Puts a delivery of garbage beside the good ones. */
static void put_garbage(world *w, uint64_t message) {
  const mr_store *s = mr_memory_store(w->memory);
  mr_store_result r = {sizeof r, NULL, 0};
  mr_record put = {.size = sizeof put,
                   .kind = MR_RECORD_DELIVERY,
                   .message = message,
                   .part = 99,
                   .lane = "x",
                   .state = MR_RECORD_QUEUED,
                   .data = "garbage",
                   .data_len = 7};
  mr_record_op op = {sizeof op, MR_RECORD_PUT, 0, &put};
  const mr_record_op *ops[] = {&op};
  assert_int_equal(s->commit(s->user, 1, ops, 1, w->now, &r), MR_OK);
}

/* fault 73: a damaged record is set aside as it is; others are not touched. */
static void damaged_record_is_held_fault_73(void **state) {
  static const char *const to[] = {"b@one.example", NULL};
  kit_env env;
  (void)state;
  kit_env_init(&env, 1);
  world *w = kit_xalloc(NULL, sizeof *w);
  world_init(w, &env, ASYNC_ORDER);
  assert_int_equal(world_start(w), MR_OK);
  w->script = script_defer;
  assert_int_equal(world_submit(w, "a@sender.example", NULL, to), MR_OK);
  world_run(w, w->now + SECOND);
  put_garbage(w, w->accepted[0]);
  world_run(w, w->now + DAY);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_HELD), 1);
  assert_int_equal(world_stored(w, MR_RECORD_DELIVERY, MR_RECORD_QUEUED), 1);
  assert_true(kit_env_logged(&env, "damaged"));
  world_rcpt *nobody = world_find(w, ""); /* one outcome for all whom it may have held */
  assert_non_null(nobody);
  assert_int_equal(nobody->fate, MR_FATE_HELD);
  assert_int_equal(nobody->reason, MR_REASON_RECORD_DAMAGED);
  assert_int_equal(nobody->outcomes, 1);
  assert_true(world_find(w, "b@one.example")->attempts > 5);
  assert_int_equal(mr_queue_cancel(w->queue, w->accepted[0], w->now), MR_OK);
  world_run(w, w->now + HOUR);
  assert_int_equal(w->done, 1);
  assert_int_equal(nobody->fate, MR_FATE_CANCELLED);
  assert_int_equal(nobody->finals, 1);
  world_done(w);
  free(w);
  assert_int_equal(kit_env_done(&env), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_octet_in_every_field_bug_21_bug_23),
      cmocka_unit_test(damage_is_refused_fault_73_fault_80),
      cmocka_unit_test(lies_are_refused_fault_80),
      cmocka_unit_test(events_round_trip),
      cmocka_unit_test(damaged_record_is_held_fault_73),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

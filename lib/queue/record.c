/* SPDX-License-Identifier: MIT */
#include "queue/record.h"

#include <string.h>

#include "base/map.h"
#include "text/event.h"

enum {
  KIND_DELIVERY = 'D',
  KIND_EVENT = 'E',
  SUM = 8,      /* octets of the check sum */
  RCPT_MIN = 50 /* least octets of a recipient: bounds what a count can promise */
};

static void put64(mr__buf *buf, uint64_t value) {
  mr__buf_put32(buf, (uint32_t)(value >> 32));
  mr__buf_put32(buf, (uint32_t)value);
}

static uint64_t get64(mr__cur *cur) {
  uint64_t high = mr__cur_get32(cur);
  return high << 32 | mr__cur_get32(cur);
}

static void put_text(mr__buf *buf, const char *text) {
  size_t len = strlen(text);
  if (len > MR__RECORD_STRING)
    len = MR__RECORD_STRING;
  mr__buf_put16(buf, (unsigned)len);
  mr__buf_put(buf, text, len);
  mr__buf_putc(buf, 0);
}

static const char *get_text(mr__cur *cur) {
  size_t len = mr__cur_get16(cur);
  const uint8_t *text = mr__cur_get(cur, len + 1);
  if (text != NULL && len <= MR__RECORD_STRING && memchr(text, 0, len + 1) == text + len)
    return (const char *)text;
  cur->err = MR_ERR_PROTO;
  return "";
}

static uint64_t sum_of(const void *data, size_t len) {
  static const uint8_t key[16] = {'m', 'r', '-', 'r', 'e', 'c', 'o', 'r', 'd'};
  return mr__siphash(key, data, len);
}

void mr__record_end(mr__buf *buf, size_t start) {
  if (buf->err == MR_OK)
    put64(buf, sum_of(buf->data + start, buf->len - start));
}

static void put_outcome(mr__buf *buf, const mr_outcome *o) {
  mr__buf_putc(buf, o->fate);
  mr__buf_put16(buf, (unsigned)o->reason);
  mr__buf_putc(buf, o->stage);
  mr__buf_put16(buf, (unsigned)o->code);
  mr__buf_putc(buf, (o->from_server ? 1 : 0) | (o->uncertain ? 2 : 0) |
                        (o->tls_verified ? 4 : 0) | (o->throttle ? 8 : 0) |
                        (o->final ? 16 : 0));
  mr__buf_put16(buf, (unsigned)o->port);
  mr__buf_putc(buf, o->tls_level);
  put64(buf, o->attempts);
  put_text(buf, o->status);
  put_text(buf, o->text);
  put_text(buf, o->host);
  put_text(buf, o->address);
  put_text(buf, o->tls_version);
  put_text(buf, o->tls_cipher);
}

static void get_flags(mr_outcome *o, unsigned flags) {
  o->from_server = (flags & 1) != 0;
  o->uncertain = (flags & 2) != 0;
  o->tls_verified = (flags & 4) != 0;
  o->throttle = (flags & 8) != 0;
  o->final = (flags & 16) != 0;
}

static void get_outcome(mr__cur *cur, mr_outcome *o) {
  mr__outcome_clear(o);
  o->fate = (int)mr__cur_get8(cur);
  o->reason = (int)mr__cur_get16(cur);
  o->stage = (int)mr__cur_get8(cur);
  o->code = (int)mr__cur_get16(cur);
  get_flags(o, mr__cur_get8(cur));
  o->port = (int)mr__cur_get16(cur);
  o->tls_level = (int)mr__cur_get8(cur);
  o->attempts = get64(cur);
  o->status = get_text(cur);
  o->text = get_text(cur);
  o->host = get_text(cur);
  o->address = get_text(cur);
  o->tls_version = get_text(cur);
  o->tls_cipher = get_text(cur);
  if (o->fate > MR_FATE_HELD || o->stage > MR_STAGE_IDLE)
    cur->err = MR_ERR_PROTO;
}

void mr__record_put_head(mr__buf *buf, const mr__record_head *head) {
  mr__buf_putc(buf, KIND_DELIVERY);
  mr__buf_putc(buf, MR__RECORD_VERSION);
  put64(buf, head->nonce);
  put64(buf, head->size);
  put64(buf, head->header_len);
  put64(buf, head->lifetime);
  mr__buf_put32(buf, head->flags);
  mr__buf_put32(buf, head->count);
  put_text(buf, head->sender);
  put_text(buf, head->domain);
}

void mr__record_put_rcpt(mr__buf *buf, int state, uint64_t index, const char *address,
                         const char *given, const mr_outcome *best) {
  mr_outcome none;
  mr__outcome_clear(&none);
  mr__buf_putc(buf, state);
  put64(buf, index);
  put_text(buf, address);
  put_text(buf, mr__streq(given, address) ? "" : given);
  put_outcome(buf, best != NULL ? best : &none);
}

void mr__record_put_event(mr__buf *buf, const mr_outcome *outcome) {
  size_t start = buf->len;
  mr__buf_putc(buf, KIND_EVENT);
  mr__buf_putc(buf, MR__RECORD_VERSION);
  put64(buf, outcome->index);
  put_text(buf, outcome->recipient);
  put_outcome(buf, outcome);
  mr__record_end(buf, start);
}

/* Kind, version and check sum; the cursor then stands behind the version. */
static int check(mr__cur *cur, const void *data, size_t len, unsigned kind) {
  if (data == NULL || len < SUM + 2 || len > MR__RECORD_MAX)
    return MR_ERR_PROTO;
  mr__cur sum = mr__cur_of((const uint8_t *)data + len - SUM, SUM);
  if (get64(&sum) != sum_of(data, len - SUM))
    return MR_ERR_PROTO;
  *cur = mr__cur_of(data, len - SUM);
  int known = mr__cur_get8(cur) == kind;
  return known && mr__cur_get8(cur) == MR__RECORD_VERSION ? MR_OK : MR_ERR_PROTO;
}

int mr__record_open(mr__cur *cur, const void *data, size_t len, mr__record_head *head) {
  memset(head, 0, sizeof *head);
  if (check(cur, data, len, KIND_DELIVERY) != MR_OK)
    return MR_ERR_PROTO;
  head->nonce = get64(cur);
  head->size = get64(cur);
  head->header_len = get64(cur);
  head->lifetime = get64(cur);
  head->flags = mr__cur_get32(cur);
  head->count = mr__cur_get32(cur);
  head->sender = get_text(cur);
  head->domain = get_text(cur);
  if (head->count == 0 || head->count > MR__RECORD_RECIPIENTS ||
      head->count > mr__cur_left(cur) / RCPT_MIN)
    return MR_ERR_PROTO;
  return cur->err;
}

int mr__record_next(mr__cur *cur, mr__record_rcpt *rcpt) {
  rcpt->state = (int)mr__cur_get8(cur);
  rcpt->index = get64(cur);
  rcpt->address = get_text(cur);
  rcpt->given = get_text(cur);
  get_outcome(cur, &rcpt->best);
  if (rcpt->given[0] == 0)
    rcpt->given = rcpt->address;
  if (rcpt->state < MR__RCPT_PENDING || rcpt->state > MR__RCPT_HELD)
    cur->err = MR_ERR_PROTO;
  return cur->err;
}

int mr__record_close(const mr__cur *cur) {
  return cur->err == MR_OK && mr__cur_left(cur) == 0 ? MR_OK : MR_ERR_PROTO;
}

int mr__record_event(const void *data, size_t len, mr_outcome *outcome) {
  mr__cur cur;
  if (check(&cur, data, len, KIND_EVENT) != MR_OK)
    return MR_ERR_PROTO;
  uint64_t index = get64(&cur);
  const char *recipient = get_text(&cur);
  get_outcome(&cur, outcome);
  outcome->index = index;
  outcome->recipient = recipient;
  return mr__record_close(&cur);
}

/* SPDX-License-Identifier: MIT */
/*
 * A resolver that is answered by the input. First octet: bits 0-1 type asked, bit 2 over
 * TCP, bit 3 the input is the whole packet (else it begins behind the question: flags,
 * section counts, one octet each, then records). The id is always made to fit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <mailroute/resolver.h>

enum { OVER_TCP = 4, WHOLE = 8, HEADER = 12, PACKET_MAX = 65535, EVENTS_MAX = 10000 };

static const int types[] = {MR_DNS_MX, MR_DNS_A, MR_DNS_AAAA, MR_DNS_CNAME};

static struct {
  const uint8_t *data; /* behind the first octet */
  size_t len;
  unsigned mode;
  size_t answers;
} input;

static int no_random(void *user, void *buf, size_t len) {
  (void)user;
  memset(buf, 0, len);
  return MR_OK;
}

static size_t whole_packet(uint8_t *out, const uint8_t *query, size_t len) {
  (void)len;
  memcpy(out, input.data, input.len);
  if (input.len >= 2)
    memcpy(out, query, 2);
  return input.len;
}

static size_t packet_behind_question(uint8_t *out, const uint8_t *query, size_t len) {
  size_t given = input.len < 4 ? input.len : 4;
  uint8_t fixed[4] = {0};
  memcpy(fixed, input.data, given);
  memcpy(out, query, len);
  out[2] = (uint8_t)(0x80 | (fixed[0] & 2));
  out[3] = fixed[0] >> 4;
  for (size_t i = 0; i < 3; i++)
    out[7 + 2 * i] = fixed[1 + i];
  memcpy(out + len, input.data + given, input.len - given);
  return len + input.len - given;
}

static void deliver(mr_channel *c, const uint8_t *packet, size_t len, uint64_t now) {
  if (mr_channel_kind(c) == MR_CHANNEL_UDP) {
    mr_channel_recv_from(c, packet, len, mr_channel_remote_address(c),
                         mr_channel_remote_port(c), now);
    return;
  }
  uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)(len & 0xff)};
  mr_channel_recv(c, length, 2, now);
  mr_channel_recv(c, packet, len, now);
}

static void answer(mr_channel *c, const uint8_t *query, size_t len, uint64_t now) {
  uint8_t *packet = malloc(input.len + len + HEADER);
  int udp = mr_channel_kind(c) == MR_CHANNEL_UDP;
  size_t n = input.mode & WHOLE ? whole_packet(packet, query, len)
                                : packet_behind_question(packet, query, len);
  if (udp && (input.mode & OVER_TCP) && n > 3)
    packet[2] |= 2;
  else if (!udp && n > 3)
    packet[2] &= 0xfd;
  uint8_t *exact = malloc(n ? n : 1);
  memcpy(exact, packet, n);
  deliver(c, exact, n, now);
  free(exact);
  free(packet);
}

static void on_update(mr_channel *c, uint64_t now) {
  uint8_t query[600];
  size_t n = 0, len;
  const void *data;
  while (mr_channel_pending(c, 0, &data, &len) == MR_OK && len > 0 &&
         n + len <= sizeof query) {
    memcpy(query + n, data, len);
    n += len;
    mr_channel_sent(c, len, now);
  }
  size_t prefix = mr_channel_kind(c) == MR_CHANNEL_TCP ? 2 : 0;
  if (n > prefix)
    answer(c, query + prefix, n - prefix, now);
}

/* Text is read to its end, so that a missing NUL is seen. */
static void check_answer(const mr_answer *a) {
  size_t sum = strlen(a->name) + strlen(a->canonical) + strlen(a->text);
  for (size_t i = 0; i < a->record_count; i++)
    sum += strlen(a->records[i]->text);
  for (size_t i = 0; i < a->alias_count; i++)
    sum += strlen(a->aliases[i]->text);
  if (sum == 0 || (a->status == MR_DNS_OK) != (a->record_count > 0))
    abort();
  input.answers++;
}

static void pump(mr_resolver *r, uint64_t now) {
  const mr_event *e;
  for (int i = 0; (e = mr_resolver_next(r)) != NULL; i++) {
    if (i > EVENTS_MAX)
      abort();
    if (e->type == MR_EVENT_OPEN)
      mr_channel_opened(e->channel, NULL, now);
    else if (e->type == MR_EVENT_UPDATE)
      on_update(e->channel, now);
    else if (e->type == MR_EVENT_CLOSE)
      mr_channel_free(e->channel);
    else if (e->type == MR_EVENT_ANSWER)
      check_answer(e->answer);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_env env = {.size = sizeof env, .random = no_random};
  mr_resolver *r;
  uint64_t now = 1;
  if (size == 0 || size > PACKET_MAX)
    return 0;
  input.mode = data[0];
  input.data = data + 1;
  input.len = size - 1;
  input.answers = 0;
  if (mr_resolver_new(&r, &env, NULL) != MR_OK ||
      mr_resolver_add_server(r, "192.0.2.1", 0) != MR_OK ||
      mr_resolver_query(r, NULL, "a.example", types[input.mode & 3], 0, now) != MR_OK)
    abort();
  for (pump(r, now); mr_resolver_deadline(r) != MR_NEVER; pump(r, now)) {
    now = mr_resolver_deadline(r);
    mr_resolver_expire(r, now);
    if (mr_resolver_deadline(r) <= now)
      abort();
  }
  if (input.answers != 1)
    abort();
  mr_resolver_free(r);
  return 0;
}

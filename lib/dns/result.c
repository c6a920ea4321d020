/* SPDX-License-Identifier: MIT */
#include "dns/result.h"

enum { SECOND = 1000 };

static void result_free(mr__dns_result *result) {
  const mr_env *env = result->env;
  mr__buf_free(&result->texts);
  mr__free(env, result->slots);
  mr__free(env, result->views);
  mr__free(env, result);
}

mr__dns_result *mr__dns_result_new(const mr_env *env, size_t room, uint64_t now) {
  mr__dns_result *result = mr__calloc(env, 1, sizeof *result);
  if (!result)
    return NULL;
  result->env = env;
  result->refs = 1;
  result->born = now;
  result->room = room;
  mr__buf_init(&result->texts, env, MR__DNS_TEXT_MAX);
  if (room == 0)
    return result;
  result->slots = mr__calloc(env, room, sizeof *result->slots);
  result->views = mr__calloc(env, room, sizeof *result->views);
  if (result->slots && result->views)
    return result;
  result_free(result);
  return NULL;
}

mr__dns_result *mr__dns_result_ref(mr__dns_result *result) {
  result->refs++;
  return result;
}

void mr__dns_result_drop(mr__dns_result *result) {
  if (result && --result->refs == 0)
    result_free(result);
}

static size_t add_text(mr__dns_result *result, const char *text) {
  size_t at = result->texts.len;
  mr__buf_put(&result->texts, text, mr__strlen(text) + 1);
  return at;
}

void mr__dns_result_add(mr__dns_result *result, const mr_dns_record *record,
                        uint32_t ttl) {
  if (result->count == result->room)
    return;
  mr__dns_slot *slot = &result->slots[result->count];
  slot->view = *record;
  slot->ttl = ttl;
  slot->at = add_text(result, record->text);
  result->views[result->count++] = &slot->view;
}

int mr__dns_result_seal(mr__dns_result *result, const char *canonical, const char *text) {
  size_t canonical_at = add_text(result, canonical);
  size_t text_at = add_text(result, text);
  if (result->texts.err)
    return MR_ERR_NOMEM;
  const char *texts = (const char *)result->texts.data;
  result->canonical = texts + canonical_at;
  result->text = texts + text_at;
  for (size_t i = 0; i < result->count; i++)
    result->slots[i].view.text = texts + result->slots[i].at;
  return MR_OK;
}

size_t mr__dns_result_octets(const mr__dns_result *result) {
  return sizeof *result + result->texts.cap +
         result->room * (sizeof *result->slots + sizeof *result->views);
}

static uint64_t left(uint64_t ttl, uint64_t born, uint64_t now) {
  uint64_t age = now > born ? (now - born) / SECOND : 0;
  return ttl > age ? ttl - age : 0;
}

uint64_t mr__dns_result_left(const mr__dns_result *result, uint64_t now) {
  return left(result->ttl, result->born, now);
}

void mr__dns_result_answer(mr__dns_result *result, mr_answer *out, uint64_t now) {
  for (size_t i = 0; i < result->count; i++)
    result->slots[i].view.ttl = left(result->slots[i].ttl, result->born, now);
  out->status = result->status;
  out->reason = result->reason;
  out->canonical = result->canonical;
  out->text = result->text;
  out->ttl = mr__dns_result_left(result, now);
  out->malformed = result->malformed;
  out->aliases = result->views;
  out->alias_count = result->alias_count;
  out->records = result->views ? result->views + result->alias_count : NULL;
  out->record_count = result->count - result->alias_count;
}

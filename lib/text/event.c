/* SPDX-License-Identifier: MIT */
#include "text/event.h"

#include <string.h>

#include "text/utf8.h"

const mr_event *mr__event_next(mr__events *list, mr_event *out) {
  mr__event_node *node = mr__events_take(list);
  if (node == NULL)
    return NULL;
  memset(out, 0, sizeof *out);
  out->type = node->type;
  out->host = "";
  out->text = "";
  if (node->fill != NULL)
    node->fill(node, out);
  else
    out->channel = node->object;
  if (out->text_len == 0)
    out->text_len = strlen(out->text);
  return out;
}

void mr__outcome_clear(mr_outcome *outcome) {
  memset(outcome, 0, sizeof *outcome);
  outcome->recipient = "";
  outcome->status = "";
  outcome->text = "";
  outcome->host = "";
  outcome->address = "";
  outcome->tls_version = "";
  outcome->tls_cipher = "";
}

/* Steps back to the start of a character, so that a cut leaves whole ones. */
static size_t cut(const char *text, size_t len) {
  size_t at = len;
  while (at > 0 && len - at < 4 && ((uint8_t)text[at] & 0xC0) == 0x80)
    at--;
  return mr__utf8_next((const uint8_t *)text + at, 4, NULL) > len - at ? at : len;
}

/* text may lie in dst: an outcome may be set from its own view. */
static const char *keep(char *dst, size_t cap, const char *text) {
  size_t len = strlen(text);
  if (len >= cap)
    len = cut(text, cap - 1);
  memmove(dst, text, len);
  dst[len] = 0;
  return dst;
}

void mr__outcome_set(mr__outcome_store *store, const mr_outcome *from) {
  mr_outcome view = *from;
  view.status = keep(store->status, sizeof store->status, from->status);
  view.text = keep(store->text, sizeof store->text, from->text);
  view.host = keep(store->host, sizeof store->host, from->host);
  view.address = keep(store->address, sizeof store->address, from->address);
  view.tls_version =
      keep(store->tls_version, sizeof store->tls_version, from->tls_version);
  view.tls_cipher = keep(store->tls_cipher, sizeof store->tls_cipher, from->tls_cipher);
  store->view = view;
}

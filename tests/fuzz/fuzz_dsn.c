/* SPDX-License-Identifier: MIT */
/* Reports and return paths: what comes out is clean, and agrees with itself. */
#include <mailroute/address.h>
#include <mailroute/dsn.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUE_MAX = 2048 };

static void must(int right) {
  if (!right)
    abort();
}

static void check_text(const char *text) {
  size_t len = strlen(text);
  must(len <= VALUE_MAX && mr__utf8_clean((const uint8_t *)text, len, 0) == len);
}

static void check_record(const mr_dsn_record *r) {
  const char *const texts[] = {r->status,
                               r->final_recipient,
                               r->final_type,
                               r->original_recipient,
                               r->original_type,
                               r->diagnostic,
                               r->diagnostic_type,
                               r->remote_mta,
                               r->last_attempt_date,
                               r->retry_until_date};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    check_text(texts[i]);
  must(r->action >= MR_DSN_NONE && r->action <= MR_DSN_EXPANDED);
  must(r->confidence >= 0 && r->confidence <= 100);
  must(r->code == 0 || (r->code >= 200 && r->code < 600));
}

/* The verdict is a failure if a recipient failed, and only then. */
static void check_verdict(const mr_dsn *dsn) {
  int counts[MR_DSN_EXPANDED + 1] = {0};
  for (size_t i = 0; i < mr_dsn_count(dsn); i++)
    counts[mr_dsn_at(dsn, i)->action]++;
  int verdict = mr_dsn_get(dsn)->verdict;
  must((verdict == MR_VERDICT_FAILED) == (counts[MR_DSN_FAILED] > 0));
  if (verdict == MR_VERDICT_DELAYED)
    must(counts[MR_DSN_DELAYED] > 0);
  must((verdict == MR_VERDICT_ABUSE) == (mr_dsn_abuse(dsn) != NULL));
}

static void check_report(const uint8_t *data, size_t size) {
  mr_dsn *dsn = NULL;
  int err = mr_dsn_parse(&dsn, NULL, data, size);
  must(err == MR_OK || err == MR_ERR_DEPTH || err == MR_ERR_LIMIT);
  const mr_dsn_info *i = mr_dsn_get(dsn);
  const char *const texts[] = {i->envelope_id,  i->reporting_mta, i->received_from,
                               i->arrival_date, i->message_id,    i->subject,
                               i->sent_to,      i->style};
  for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++)
    check_text(texts[n]);
  must(i->confidence >= 0 && i->confidence <= 100 && mr_dsn_count(dsn) <= 1000);
  for (size_t n = 0; n < mr_dsn_count(dsn); n++)
    check_record(mr_dsn_at(dsn, n));
  check_verdict(dsn);
  mr_dsn_free(dsn);
}

/* A recipient comes back from its return path as it went in. */
static void check_path(const uint8_t *data, size_t size) {
  char text[256], path[MR_RETURN_PATH_MAX], again[MR_RETURN_PATH_MAX];
  mr_address *address = NULL;
  size = size < sizeof text ? size : sizeof text - 1;
  memcpy(text, data, size);
  text[size] = '\0';
  must(mr_prvs_key(text) <= 9);
  (void)mr_verp_parse(path, sizeof path, NULL, NULL, text, NULL);
  if (mr_verp_make(path, sizeof path, NULL, "b@x.org", text, NULL) != MR_OK)
    return;
  must(mr_verp_parse(again, sizeof again, NULL, "b@x.org", path, NULL) == MR_OK);
  must(mr_address_parse(&address, NULL, text, strlen(text), 0, NULL) == MR_OK);
  must(strcmp(again, mr_address_text(address)) == 0);
  mr_address_free(address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t nothing[1] = {0};
  check_report(size > 0 ? data : nothing, size);
  check_path(size > 0 ? data : nothing, size);
  return 0;
}

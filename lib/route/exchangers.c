/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/fmt.h"
#include "base/options.h"
#include "route/job.h"
#include "text/domain.h"

enum { MX_SEEN_MAX = 512 };

mr__exchanger *mr__exchanger_add(mr__job *job, const char *name, int preference,
                                 int port) {
  mr__ip ip;
  mr__arena *arena = &job->plan->arena;
  mr__exchanger *e = mr__arena_get(arena, sizeof *e);
  if (!e) {
    return NULL;
  }
  e->name = mr__arena_text(arena, name);
  e->preference = preference;
  e->port = port;
  e->is_ip = mr__ip_parse(&ip, name, strlen(name)) == MR_OK;
  if (e->is_ip) {
    char text[MR__IP_TEXT];
    mr__ip_print(&ip, text);
    mr__arena_push(arena, &e->addresses, mr__arena_text(arena, text));
  }
  mr__arena_push(arena, &job->exchangers, e);
  return e;
}

/* Why an MX target cannot be used, MR_REASON_NONE = it can (R9, R11). */
static int unusable(const mr__job *job, const mr_dns_record *mx) {
  mr__ip ip;
  if (mr__streq(mx->text, ".")) {
    return MR_REASON_DROP_NULL_MX;
  }
  if (mr__domain_equal(mx->text, "localhost")) {
    return MR_REASON_DROP_LOCALHOST;
  }
  if (mr__ip_parse(&ip, mx->text, strlen(mx->text)) == MR_OK) {
    return mr_options_get(job->route->options, MR_OPT_ALLOW_MX_IP)
               ? MR_REASON_NONE
               : MR_REASON_DROP_NUMERIC;
  }
  return mx->is_host ? MR_REASON_NONE : MR_REASON_DROP_NAME;
}

static int seen(const mr__job *job, const char *name) {
  for (size_t i = 0; i < job->exchangers.count; i++) {
    if (mr__domain_equal(((const mr__exchanger *)job->exchangers.items[i])->name, name)) {
      return 1;
    }
  }
  return 0;
}

/* Best preference first; equal ones keep the order of the answer. */
static void sort_by_preference(const mr_dns_record **mx, size_t n) {
  for (size_t i = 1; i < n; i++) {
    const mr_dns_record *one = mx[i];
    size_t j = i;
    for (; j > 0 && mx[j - 1]->preference > one->preference; j--) {
      mx[j] = mx[j - 1];
    }
    mx[j] = one;
  }
}

static void take(mr__job *job, const mr_dns_record *mx, size_t limit, int port) {
  int reason = unusable(job, mx);
  if (reason == MR_REASON_NONE && seen(job, mx->text)) {
    reason = MR_REASON_DROP_DUPLICATE;
  }
  if (reason == MR_REASON_NONE && job->exchangers.count >= limit) {
    reason = MR_REASON_DROP_MX_LIMIT;
  }
  if (reason == MR_REASON_NONE) {
    mr__exchanger_add(job, mx->text, mx->preference, port);
  } else {
    mr__plan_drop(job->plan, mx->text, "", mx->preference, reason, NULL);
  }
}

static void note_mx(mr__job *job, const mr_answer *answer) {
  mr__buf line;
  mr__buf_init(&line, &job->route->ctx->env, 1000);
  for (size_t i = 0; i < answer->record_count && !line.err; i++) {
    mr__fmt(&line, "%s%d %q", i ? ", " : "", answer->records[i]->preference,
            answer->records[i]->text);
  }
  mr__plan_step(job->plan, "MX %s: %s", answer->name, mr__buf_text(&line));
  mr__buf_free(&line);
  for (size_t i = 0; i < answer->alias_count; i++) {
    mr__plan_step(job->plan, "%s is an alias: %q", answer->name,
                  answer->aliases[i]->text);
  }
}

void mr__exchangers_from_mx(mr__job *job, const mr_answer *answer) {
  const mr_dns_record *mx[MX_SEEN_MAX];
  const mr_options *o = job->route->options;
  size_t n = answer->record_count < MX_SEEN_MAX ? answer->record_count : MX_SEEN_MAX;
  note_mx(job, answer);
  if (answer->malformed > 0) {
    mr__plan_drop(job->plan, "", "", 0, MR_REASON_DROP_MALFORMED, NULL);
  }
  if (n == 1 && answer->malformed == 0 && mr__streq(answer->records[0]->text, ".")) {
    mr__plan_verdict(job->plan, MR_VERDICT_BOUNCE, MR_REASON_NULL_MX, NULL, NULL);
    return;
  }
  if (n > 0) {
    memcpy(mx, answer->records, n * sizeof mx[0]);
  }
  sort_by_preference(mx, n);
  for (size_t i = 0; i < n; i++) {
    take(job, mx[i], (size_t)mr_options_get(o, MR_OPT_MX_MAX),
         (int)mr_options_get(o, MR_OPT_PORT));
  }
  if (job->exchangers.count == 0 && answer->malformed > 0) {
    /* who knows what the damaged ones would have said: not "no mail server" (R8) */
    mr__plan_verdict(job->plan, MR_VERDICT_DEFER, MR_REASON_DNS_MALFORMED, NULL, NULL);
  }
}

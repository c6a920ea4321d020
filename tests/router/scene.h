/* SPDX-License-Identifier: MIT */
/*
 * One message for three recipients of two.test, whose exchangers may be anything, and
 * what must hold at the end whatever happened on the way:
 *   - for each recipient one outcome of each attempt, and one final one (I1);
 *   - who is told delivered has the mail in some ledger (I3), once more at most for each
 *     time that an outcome said "uncertain" (I4);
 *   - each message that was accepted is done, and no server saw a wrong octet (I13).
 */
#ifndef ROUTER_SCENE_H
#define ROUTER_SCENE_H

#include "router/lab.h"

static const char *const scene_to[] = {"ann@two.test", "bob@two.test", "cyd@two.test"};

enum { SCENE_TO = 3 };

/* bob is refused, cyd is told to come again, once. */
static const kit_rule scene_rules[] = {
    {.at = KIT_AT_RCPT, .match = "bob@*", .reply = "550 5.1.1 no bob here\r\n"},
    {.at = KIT_AT_RCPT, .match = "cyd@*", .last = 1, .reply = "451 4.7.1 come again\r\n"},
};

enum { SCENE_RULES = sizeof scene_rules / sizeof *scene_rules };

static inline void scene_begin(lab *l) {
  lab_init(l);
  lab_host(l, "10.0.0.1", &l->origin, KIT_HONEST);
}

static inline void scene_ruled(lab *l, const char *address, kit_smtp_host **slot,
                               const kit_smtp_config *base) {
  kit_smtp_config config = {0};
  if (base) {
    config = *base;
  }
  config.rules = scene_rules;
  config.rule_count = SCENE_RULES;
  *slot = kit_smtp_host_new(&config);
  kit_world_host(&l->world, address, *slot);
}

static inline void scene_send(lab *l) {
  assert_int_equal(
      kit_world_send(&l->world, "me@origin.test", scene_to, SCENE_TO, "Hello.\n", 5),
      MR_OK);
}

static inline size_t scene_copies(const lab *l, const char *to) {
  return (l->mx1 ? lab_copies(l->mx1, to) : 0) + (l->mx2 ? lab_copies(l->mx2, to) : 0);
}

static inline size_t scene_uncertain(const kit_world *w, const char *to) {
  size_t n = 0;
  for (size_t i = 0; i < w->told_count; i++) {
    const kit_told *t = &w->told[i];
    n += t->recipient && strcmp(t->recipient, to) == 0 && t->uncertain;
  }
  return n;
}

/* Outcome k of a recipient is that of attempt k, and only the last one is final. */
static inline const char *scene_attempts(const kit_world *w, const char *to) {
  uint64_t attempts = 0;
  int final = 0;
  for (size_t i = 0; i < w->told_count; i++) {
    const kit_told *t = &w->told[i];
    if (!t->recipient || strcmp(t->recipient, to) != 0) {
      continue;
    }
    if (final) {
      return "an outcome behind the final one";
    }
    if (t->attempts != ++attempts) {
      return "not one outcome for each attempt";
    }
    final = t->final;
  }
  return final ? NULL : "no final outcome";
}

/* NULL, or what is wrong with the fate of one recipient. */
static inline const char *scene_wrong(const lab *l, const char *to, int liars) {
  const char *wrong = scene_attempts(&l->world, to);
  const kit_told *last = kit_world_last(&l->world, to);
  size_t copies = scene_copies(l, to), doubts = scene_uncertain(&l->world, to);
  if (wrong) {
    return wrong;
  }
  if (last->fate == MR_FATE_DELIVERED && copies == 0 && !liars) {
    return "delivered, but nobody has it";
  }
  if (copies > doubts + (last->fate == MR_FATE_DELIVERED)) {
    return "more copies than doubts";
  }
  return NULL;
}

static inline const char *scene_unclean(const kit_smtp_host *host) {
  static char text[2000];
  text[0] = '\0';
  if (host) {
    char *report = kit_ledger_report(kit_smtp_ledger(host));
    snprintf(text, sizeof text, "%s", report);
    free(report);
  }
  return text[0] ? text : NULL;
}

static inline const char *scene_judge(const lab *l, int liars) {
  const char *wrong = NULL;
  for (size_t i = 0; !wrong && i < SCENE_TO; i++) {
    wrong = scene_wrong(l, scene_to[i], liars);
  }
  if (!wrong && kit_world_count(&l->world, MR_EVENT_MESSAGE_DONE) !=
                    kit_world_count(&l->world, MR_EVENT_ACCEPTED)) {
    wrong = "accepted, but not done";
  }
  wrong = wrong ? wrong : scene_unclean(l->mx1);
  return wrong ? wrong : scene_unclean(l->mx2);
}

static inline void scene_print(const kit_world *w) {
  for (size_t i = 0; i < w->told_count; i++) {
    const kit_told *t = &w->told[i];
    fprintf(stderr, "%10llu %-12s %s %s %s %s stage %s code %d attempt %llu%s%s\n",
            (unsigned long long)t->now, mr_event_name(t->type),
            t->recipient ? t->recipient : "", t->recipient ? mr_fate_name(t->fate) : "",
            t->recipient ? mr_reason_name(t->reason) : "", t->text ? t->text : "",
            mr_stage_name(t->stage), t->code, (unsigned long long)t->attempts,
            t->uncertain ? " uncertain" : "", t->final ? " final" : "");
  }
}

/* Runs to the end, judges, frees. what names the case if it is wrong; liars: a server
 * says 250 to what it does not keep, which nobody can see. */
static inline void scene_end(lab *l, const char *what, int liars) {
  const char *wrong = lab_run(l) ? scene_judge(l, liars) : "it never ends";
  if (wrong) {
    fprintf(stderr, "%s: %s\n", what, wrong);
    scene_print(&l->world);
    fail();
  }
  kit_world_done(&l->world);
  mr_options_free(l->options);
  assert_int_equal(kit_env_done(&l->env), 0);
}

#endif

/* SPDX-License-Identifier: MIT */
#include "kit/kit_persona.h"

#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"

enum { KIT_PERSONA_RULES = 4, KIT_INTERNAL_ERROR = 80 };

typedef struct persona {
  const char *name;
  kit_rule rules[KIT_PERSONA_RULES];
  size_t rule_count;
} persona;

#define CLOSING "421 4.3.2 closing\r\n"

static const persona personas[KIT_PERSONA_COUNT] = {
    [KIT_HONEST] = {"honest", {{0}}, 0},
    [KIT_GREYLIST] = {"greylist", {{0}}, 0},
    [KIT_REFUSER] = {"refuser",
                     {{.at = KIT_AT_RCPT, .reply = "550 5.1.1 nobody here\r\n"}},
                     1},
    [KIT_TARPIT] = {"tarpit", {{0}}, 0},
    [KIT_CLOSER] =
        {"closer",
         {{.at = KIT_AT_GREETING, .action = KIT_DO_CLOSE_AFTER, .reply = CLOSING}},
         1},
    [KIT_CLOSER_RCPT] = {"closer-rcpt",
                         {{.at = KIT_AT_RCPT,
                           .first = 2,
                           .last = 2,
                           .action = KIT_DO_CLOSE_AFTER,
                           .reply = CLOSING}},
                         1},
    [KIT_EARLY_250] =
        {"early-250",
         {{.at = KIT_AT_BODY, .octets = 10, .reply = "250 2.0.0 stored\r\n"},
          {.at = KIT_AT_DOT, .action = KIT_DO_STALL, .discard = 1}},
         2},
    [KIT_DOT_DROPPER] = {"dot-dropper", {{.at = KIT_AT_DOT, .action = KIT_DO_CLOSE}}, 1},
    [KIT_DOT_LOSER] = {"dot-loser",
                       {{.at = KIT_AT_DOT, .action = KIT_DO_CLOSE, .discard = 1}},
                       1},
    [KIT_TLS_INJECTOR] = {"tls-injector",
                          {{.at = KIT_AT_STARTTLS,
                            .extra = "250-mx.test\r\n250 AUTH PLAIN\r\n"}},
                          1},
    [KIT_TLS_REFUSER] = {"tls-refuser",
                         {{.at = KIT_AT_STARTTLS, .reply = "454 4.7.0 not now\r\n"}},
                         1},
    [KIT_TLS_BREAKER] = {"tls-breaker", {{0}}, 0},
    [KIT_SIZE_LIAR] = {"size-liar",
                       {{.at = KIT_AT_DOT, .reply = "552 5.3.4 too big after all\r\n"}},
                       1},
    [KIT_SPLITTER] = {"splitter", {{0}}, 0},
    [KIT_SILENT] = {"silent", {{.at = KIT_AT_GREETING, .action = KIT_DO_STALL}}, 1},
    [KIT_DRIBBLER] = {"dribbler",
                      {{.at = KIT_AT_GREETING, .dribble = 1000},
                       {.at = KIT_AT_ANY, .dribble = 1000}},
                      2},
    [KIT_GARBAGE] =
        {"garbage",
         {{.at = KIT_AT_GREETING,
           .reply = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"},
          {.at = KIT_AT_ANY, .reply = "<html>\x00\xff</html>\n", .reply_len = 16}},
         2},
    [KIT_NO_EHLO] = {"no-ehlo", {{.at = KIT_AT_EHLO, .reply = "502 5.5.1 what?\r\n"}}, 1},
    [KIT_PIPELINE_LIAR] = {"pipeline-liar",
                           {{.at = KIT_AT_RCPT, .first = 2, .last = 2, .reply = ""}},
                           1},
    [KIT_DATA_250] = {"data-250",
                      {{.at = KIT_AT_DATA, .reply = "250 2.0.0 fine\r\n"}},
                      1},
};

const char *kit_persona_name(int which) {
  return which >= 0 && which < KIT_PERSONA_COUNT ? personas[which].name : "?";
}

static void adjust(int which, kit_smtp_config *config) {
  config->greylist |= which == KIT_GREYLIST;
  if (which == KIT_TARPIT)
    config->delay = 20000;
  if (which == KIT_SPLITTER)
    config->rcpt_max = 3;
  if (which == KIT_TLS_BREAKER)
    config->tls_alert = KIT_INTERNAL_ERROR;
}

kit_smtp_host *kit_persona_new(int which, const kit_smtp_config *base) {
  const persona *p = &personas[which];
  kit_smtp_config config = {0};
  if (base)
    config = *base;
  kit_rule *rules =
      kit_xalloc(NULL, (p->rule_count + config.rule_count + 1) * sizeof *rules);
  memcpy(rules, p->rules, p->rule_count * sizeof *rules);
  if (config.rule_count)
    memcpy(rules + p->rule_count, config.rules, config.rule_count * sizeof *rules);
  config.rules = rules;
  config.rule_count += p->rule_count;
  adjust(which, &config);
  kit_smtp_host *host = kit_smtp_host_new(&config);
  free(rules);
  return host;
}

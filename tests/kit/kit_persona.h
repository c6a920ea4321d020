/* SPDX-License-Identifier: MIT */
/*
 * Ready-made servers. Each takes a base configuration (NULL = defaults) whose own rules
 * come behind those of the persona.
 */
#ifndef KIT_PERSONA_H
#define KIT_PERSONA_H

#include "kit/kit_smtp.h"

enum kit_persona {
  KIT_HONEST = 0,
  KIT_GREYLIST,      /* 451 the first time for a pair (sender, recipient) */
  KIT_REFUSER,       /* 550 to every recipient */
  KIT_TARPIT,        /* 20 s before every reply */
  KIT_CLOSER,        /* 421 as the greeting, then closes */
  KIT_CLOSER_RCPT,   /* 421 to the second recipient of all, then closes */
  KIT_EARLY_250,     /* 250 in the midst of the message, then never again a word */
  KIT_DOT_DROPPER,   /* stores, then closes after the last octet of the dot */
  KIT_DOT_LOSER,     /* the same without storing */
  KIT_TLS_INJECTOR,  /* clear octets behind the 220 to STARTTLS */
  KIT_TLS_REFUSER,   /* offers STARTTLS, answers 454 */
  KIT_TLS_BREAKER,   /* a fatal alert to every ClientHello */
  KIT_SIZE_LIAR,     /* SIZE 10485760 offered, 552 to the dot */
  KIT_SPLITTER,      /* 452 after 3 recipients of a transaction */
  KIT_SILENT,        /* no greeting */
  KIT_DRIBBLER,      /* one octet per second */
  KIT_GARBAGE,       /* talks HTTP */
  KIT_NO_EHLO,       /* 502 to EHLO, HELO works */
  KIT_PIPELINE_LIAR, /* offers PIPELINING, never answers the second RCPT of all */
  KIT_DATA_250,      /* 250 instead of 354 */
  KIT_PERSONA_COUNT
};
const char *kit_persona_name(int persona);
kit_smtp_host *kit_persona_new(int persona, const kit_smtp_config *base);

#endif

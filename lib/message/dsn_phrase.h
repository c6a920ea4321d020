/* SPDX-License-Identifier: MIT */
/* Sentences by which free text of mail systems is understood. */
#ifndef MR_MESSAGE_DSN_PHRASE_H
#define MR_MESSAGE_DSN_PHRASE_H

#include "message/dsn_slice.h"

enum mr__phrase_use {
  MR__SAY_NOTHING = 0, /* tells the style, or what happened, and nothing follows */
  MR__SAY_LIST,        /* recipients follow, on lines of their own */
  MR__SAY_INLINE,      /* the recipient stands behind it, on the line */
  MR__SAY_REASON,      /* the server's words stand behind it, or on the next lines */
  MR__SAY_SESSION,     /* lines of an SMTP session follow */
  MR__SAY_REPORTER,    /* the name of the host that reports stands behind it */
  MR__SAY_WARNING,     /* nothing is given up yet, whatever else is said */
  MR__SAY_END          /* the original follows */
};

typedef struct mr__phrase {
  const char *text;  /* in lower case */
  const char *style; /* NULL = tells nothing about it */
  int action;        /* #mr_dsn_action, MR_DSN_NONE = as before */
  int use;           /* #mr__phrase_use */
} mr__phrase;

/* First phrase in text of lower case that starts within its first octets, NULL = none;
 * *at gets the offset behind it. */
const mr__phrase *mr__phrase_find(mr__slice text, size_t within, size_t *at);

#endif

/* SPDX-License-Identifier: MIT */
/* The state of reading free text, line by line. */
#ifndef MR_MESSAGE_DSN_SCAN_H
#define MR_MESSAGE_DSN_SCAN_H

#include "message/dsn_phrase.h"
#include "message/dsn_read.h"

#define MR__SCAN_NONE SIZE_MAX /* no record is at hand */

enum { MR__SCAN_HOST = 256 };

/* Where lines that mean nothing else go. */
enum mr__scan_take {
  MR__TAKE_NOTHING = 0,
  MR__TAKE_PARAGRAPH, /* to the diagnostic, whatever they are, until a blank line */
  MR__TAKE_FOLLOWING, /* to the diagnostic, until a blank line or another recipient */
  MR__TAKE_NEXT       /* the same, from the next line that is not blank */
};

typedef struct mr__scan {
  mr_dsn *dsn;
  const char *style; /* NULL = not known yet */
  int action;        /* of the recipients that follow */
  int failures;      /* a section of failures was announced */
  int warned;        /* it says that nothing is given up */
  int list;          /* recipients stand on lines of their own */
  int session;       /* lines of an SMTP session */
  int generic;
  int take;                 /* #mr__scan_take */
  size_t first;             /* record that was the first of this text */
  size_t current;           /* record at hand, or MR__SCAN_NONE */
  size_t indent;            /* of its line */
  mr__buf words;            /* its diagnostic in the making */
  char host[MR__SCAN_HOST]; /* other side of the session */
} mr__scan;

/* The recipient becomes the one at hand, a new one if it was not known; 0 = no room. */
int mr__scan_open(mr__scan *s, mr__slice address, const char *type, int action);
/* One that is known; 0 = it is not. */
int mr__scan_select(mr__scan *s, mr__slice address);
/* Adds a line to the diagnostic. */
void mr__scan_words(mr__scan *s, mr__slice line);
/* Gives the diagnostic to the record at hand. */
void mr__scan_settle(mr__scan *s);
/* The record at hand, NULL = none. */
mr_dsn_record *mr__scan_record(mr__scan *s);

/* dsn_lines.c: each takes the line if it means something to it. */
int mr__scan_paragraph(mr__scan *s, mr__slice raw); /* <address>: … */
int mr__scan_listed(mr__scan *s, mr__slice raw);    /* a recipient on its own line */
int mr__scan_label(mr__scan *s, mr__slice line);    /* (reason: …) and the like */
int mr__scan_session(mr__scan *s, mr__slice line);
int mr__scan_any(mr__scan *s, mr__slice line); /* an address and a code */

#endif

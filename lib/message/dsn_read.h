/* SPDX-License-Identifier: MIT */
/* A report in the reading. */
#ifndef MR_MESSAGE_DSN_READ_H
#define MR_MESSAGE_DSN_READ_H

#include <mailroute/dsn.h>

#include "base/arena.h"
#include "message/dsn_decode.h"
#include "message/dsn_mime.h"

enum {
  MR__DSN_RECORDS = 1000,     /* recipients of a standard report */
  MR__DSN_TEXT_RECORDS = 100, /* … of free text */
  MR__DSN_VALUE = 2048        /* octets of a text that is given out */
};

struct mr_dsn {
  mr_env env;
  mr__arena arena; /* all text that is given out */
  mr_dsn_info info;
  mr_dsn_record *records;
  size_t count, cap;
  mr_dsn_complaint complaint;
  mr__slice header; /* of the message; not valid behind mr_dsn_parse() */
};

/* Text of a stranger on one line, clean, cut to MR__DSN_VALUE; "" with arena.err set when
 * there is no memory. */
const char *mr__dsn_keep(mr_dsn *dsn, mr__slice text);
/* The same of a header field with encoded words, and of one by its name. */
const char *mr__dsn_keep_words(mr_dsn *dsn, mr__slice text);
const char *mr__dsn_keep_field(mr_dsn *dsn, mr__slice header, const char *name);
/* One more record, all of it empty; NULL = too many, or arena.err is set. It moves with
 * the next one. */
mr_dsn_record *mr__dsn_add(mr_dsn *dsn, size_t max);
/* What the records say together. */
void mr__dsn_conclude(mr_dsn *dsn);
/* Message-ID and Subject of the original. */
void mr__dsn_original(mr_dsn *dsn, mr__slice header);

/* dsn_status.c, dsn_abuse.c: of a part's clean text. */
void mr__dsn_status_read(mr_dsn *dsn, mr__slice text);
void mr__dsn_abuse_read(mr_dsn *dsn, mr__slice text);
/* dsn_scan.c: free text of a mail system. generic: a line with an address and a code is
 * enough. Whether it told of a recipient; the style is set if so. */
int mr__dsn_scan(mr_dsn *dsn, mr__slice text, int generic);

/* dsn_kind.c */
enum mr__dsn_kind {
  MR__DSN_DAEMON = 1,     /* a mail system has written it, it says */
  MR__DSN_NULL_PATH = 2,  /* Return-Path is <> */
  MR__DSN_REPLY = 4,      /* out of office, or another automatic answer */
  MR__DSN_SUBMITTED = 8,  /* Auto-Submitted says that it is an answer */
  MR__DSN_SAYS_FAIL = 16, /* the Subject does */
  MR__DSN_SAYS_DELAY = 32
};
int mr__dsn_kind(mr_dsn *dsn, unsigned *kind);
/* X-Failed-Recipients, for those that no text tells of. */
void mr__dsn_failed_field(mr_dsn *dsn, unsigned kind);

#endif

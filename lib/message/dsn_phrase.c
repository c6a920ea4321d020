/* SPDX-License-Identifier: MIT */
#include "message/dsn_phrase.h"

#include <string.h>

#include <mailroute/dsn.h>

#define FAIL MR_DSN_FAILED
#define WAIT MR_DSN_DELAYED
#define GOOD MR_DSN_DELIVERED
#define PASS MR_DSN_RELAYED
#define SAME MR_DSN_NONE

/* The first that fits counts: what is longer stands before what is part of it. */
static const mr__phrase phrases[] = {
    /* where the original begins */
    {"--- below this line is a copy", NULL, SAME, MR__SAY_END},
    {"this is a copy of the message", NULL, SAME, MR__SAY_END},
    {"this is a copy of your message", NULL, SAME, MR__SAY_END},
    {"this is a copy of the headers", NULL, SAME, MR__SAY_END},
    {"this is a copy of the first", NULL, SAME, MR__SAY_END},
    {"--- original message", NULL, SAME, MR__SAY_END},
    {"original message headers:", NULL, SAME, MR__SAY_END},
    {"the header of the original message is following", NULL, SAME, MR__SAY_END},
    {"unsent message follows", NULL, SAME, MR__SAY_END},
    {"message header follows", NULL, SAME, MR__SAY_END},
    {"message headers follow", NULL, SAME, MR__SAY_END},
    {"message text follows", NULL, SAME, MR__SAY_END},
    {"original message follows", NULL, SAME, MR__SAY_END},
    {"returned message follows", NULL, SAME, MR__SAY_END},
    {"--- returned mail follows", NULL, SAME, MR__SAY_END},
    {"--- enclosed is a copy of the message", NULL, SAME, MR__SAY_END},
    /* warnings */
    {"this is a warning message only", NULL, SAME, MR__SAY_WARNING},
    {"this is a warning only", NULL, SAME, MR__SAY_WARNING},
    {"do not need to resend your message", NULL, SAME, MR__SAY_WARNING},
    {"no action is required on your part", NULL, SAME, MR__SAY_WARNING},
    {"it will be retried until", NULL, WAIT, MR__SAY_WARNING},
    {"message will be retried for", NULL, WAIT, MR__SAY_WARNING},
    {"gmail will retry for", NULL, WAIT, MR__SAY_WARNING},
    {"will keep trying", NULL, WAIT, MR__SAY_WARNING},
    {"i'll keep trying", NULL, WAIT, MR__SAY_WARNING},
    {"will continue to try", NULL, WAIT, MR__SAY_WARNING},
    {"will continue to be attempted", NULL, WAIT, MR__SAY_WARNING},
    {"delivery attempts will continue", NULL, WAIT, MR__SAY_WARNING},
    {"still trying to deliver", NULL, WAIT, MR__SAY_WARNING},
    {"message still undelivered after", "sendmail", WAIT, MR__SAY_WARNING},
    /* qmail and Yahoo */
    {"hi. this is the", "qmail", SAME, MR__SAY_LIST},
    {"wasn't able to deliver your message to the following", NULL, FAIL, MR__SAY_LIST},
    {"this is a permanent error; i've given up", "qmail", FAIL, MR__SAY_NOTHING},
    {"message from yahoo", "yahoo", SAME, MR__SAY_NOTHING},
    {"unable to deliver message to the following address", "yahoo", FAIL, MR__SAY_LIST},
    {"sorry, we were unable to deliver your message to the following", "yahoo", FAIL,
     MR__SAY_LIST},
    /* Postfix */
    {"this is the mail system at host", "postfix", SAME, MR__SAY_REPORTER},
    {"this is the postfix program at host", "postfix", SAME, MR__SAY_REPORTER},
    {"your message could not be delivered for more than", "postfix", WAIT, MR__SAY_LIST},
    {"could not be delivered to one or more recipients", NULL, FAIL, MR__SAY_LIST},
    {"your message was successfully delivered to the destination", "postfix", GOOD,
     MR__SAY_LIST},
    /* Exim */
    {"created automatically by mail delivery software", "exim", SAME, MR__SAY_NOTHING},
    {"the following address(es) failed", "exim", FAIL, MR__SAY_LIST},
    {"could not be delivered to one or more of its recipients", "exim", FAIL,
     MR__SAY_LIST},
    {"could not be delivered to all of its recipients", "exim", FAIL, MR__SAY_LIST},
    {"to which the message has not yet been delivered", "exim", WAIT, MR__SAY_LIST},
    {"has not yet been delivered to", "exim", WAIT, MR__SAY_LIST},
    {"has not been delivered to one or more of its recipients after", "exim", WAIT,
     MR__SAY_LIST},
    {"has been successfully delivered to", "exim", GOOD, MR__SAY_LIST},
    /* sendmail */
    {"the original message was received at", "sendmail", SAME, MR__SAY_NOTHING},
    {"addresses had permanent fatal errors", "sendmail", FAIL, MR__SAY_LIST},
    {"addresses had permanent delivery errors", "sendmail", FAIL, MR__SAY_LIST},
    {"addresses had transient non-fatal errors", "sendmail", WAIT, MR__SAY_LIST},
    {"addresses had delivery problems", "sendmail", SAME, MR__SAY_LIST},
    {"addresses had successful delivery notifications", "sendmail", GOOD, MR__SAY_LIST},
    {"transcript of session follows", "sendmail", SAME, MR__SAY_SESSION},
    /* Exchange and its successors */
    {"did not reach some or all of the intended recipients", "exchange", FAIL,
     MR__SAY_NOTHING},
    {"following recipient(s) could not be reached", "exchange", FAIL, MR__SAY_LIST},
    {"following recipient(s) cannot be reached", "exchange", FAIL, MR__SAY_LIST},
    {"delivery has failed to these recipients", "exchange", FAIL, MR__SAY_LIST},
    {"delivery is delayed to these recipients", "exchange", WAIT, MR__SAY_LIST},
    {"delivery to the following recipients failed permanently", "gmail", FAIL,
     MR__SAY_LIST},
    {"delivery to the following recipients failed", "exchange", FAIL, MR__SAY_LIST},
    {"delivery to the following recipients has been delayed", "exchange", WAIT,
     MR__SAY_LIST},
    {"but no delivery notification was sent by the destination", "exchange", PASS,
     MR__SAY_LIST},
    {"your message has been delivered to the following recipients", "exchange", GOOD,
     MR__SAY_LIST},
    {"diagnostic information for administrators", "exchange", SAME, MR__SAY_LIST},
    {"generating server:", "exchange", SAME, MR__SAY_REPORTER},
    {"dsn generated by:", "exchange", SAME, MR__SAY_REPORTER},
    {"recipient address:", "exchange", SAME, MR__SAY_INLINE},
    {"reported error:", "exchange", SAME, MR__SAY_REASON},
    {"remote server returned", "exchange", SAME, MR__SAY_REASON},
    /* Gmail */
    {"delivery to the following recipient failed", "gmail", FAIL, MR__SAY_LIST},
    {"delivery to the following recipient has been delayed", "gmail", WAIT, MR__SAY_LIST},
    {"a temporary problem delivering your message to", "gmail", WAIT, MR__SAY_INLINE},
    {"your message wasn't delivered to", "gmail", FAIL, MR__SAY_INLINE},
    {"technical details of permanent failure", "gmail", FAIL, MR__SAY_REASON},
    {"technical details of temporary failure", "gmail", WAIT, MR__SAY_REASON},
    {"the error that the other server returned was", NULL, SAME, MR__SAY_REASON},
    {"the response from the remote server was", NULL, SAME, MR__SAY_REASON},
    {"the response was:", NULL, SAME, MR__SAY_REASON},
    /* after all that is more exact */
    {"your message to", NULL, SAME, MR__SAY_INLINE},
};

/* Offset of text in s, s.len = none. */
static size_t find(mr__slice s, const char *text) {
  size_t len = strlen(text), at = 0;
  while (at + len <= s.len) {
    const char *p = memchr(s.p + at, text[0], s.len - at - len + 1);
    if (p == NULL)
      break;
    if (memcmp(p, text, len) == 0)
      return (size_t)(p - s.p);
    at = (size_t)(p - s.p) + 1;
  }
  return s.len;
}

const mr__phrase *mr__phrase_find(mr__slice text, size_t within, size_t *at) {
  for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
    size_t found = find(text, phrases[i].text);
    if (found >= within)
      continue;
    *at = found + strlen(phrases[i].text);
    return &phrases[i];
  }
  return NULL;
}

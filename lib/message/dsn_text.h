/* SPDX-License-Identifier: MIT */
/* The part of a report that a person reads. */
#ifndef MR_MESSAGE_DSN_TEXT_H
#define MR_MESSAGE_DSN_TEXT_H

#include <mailroute/dsn.h>

#include "base/buf.h"

struct mr_dsn_text {
  mr__buf subject; /* empty: ours */
  mr__buf body;    /* UTF-8, LF line ends */
};

/* Our own text. when: of the report, ms since 1970. */
int mr__dsn_text_write(mr_dsn_text *text, const mr_dsn_facts *facts, int64_t when);
/* Our own Subject. */
const char *mr__dsn_text_title(const mr_dsn_facts *facts);

#endif

/* SPDX-License-Identifier: MIT */
/* What the builder's files share. */
#ifndef MR_MESSAGE_BUILD_H
#define MR_MESSAGE_BUILD_H

#include "message/object.h"

/* Text that stands in a header: no control octet, valid UTF-8; `what` if not. */
int mr__build_check(mr_message *message, const char *value, const char *what);
/* MR_ERR_STATE if the body was given in another way: as a root, or not as one. */
int mr__build_body_check(mr_message *message);

#endif

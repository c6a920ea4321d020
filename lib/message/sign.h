/* SPDX-License-Identifier: MIT */
/* What the seal knows of signatures (dkim.h). Without TLS there are none. */
#ifndef MR_MESSAGE_SIGN_H
#define MR_MESSAGE_SIGN_H

#include "message/object.h"

/* The last step of the seal: reads the body once more, puts signatures on top of the
 * header section. MR_OK at once if none is wanted; MR_ERR_PENDING: call again. */
int mr__seal_sign(mr_message *message);
/* Whether that step has begun: all before it is done. */
int mr__seal_is_signing(const mr_message *message);
void mr__signing_free(mr_message *message);

#endif

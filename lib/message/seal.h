/* SPDX-License-Identifier: MIT */
/* The seal of raw input: one pass over the source, which may pause at every read. */
#ifndef MR_MESSAGE_SEAL_H
#define MR_MESSAGE_SEAL_H

#include "message/object.h"

/* Goes on with the seal of raw input: MR_OK = all is read, MR_ERR_PENDING, or an error.
 */
int mr__seal_raw(mr_message *message);
void mr__seal_free(mr_message *message);
/* Header and body of the builder's parts. */
int mr__seal_built(mr_message *message);

#endif

/* SPDX-License-Identifier: MIT */
/* Sender and recipients, for the builder and for header addresses of raw input. */
#ifndef MR_MESSAGE_ENVELOPE_H
#define MR_MESSAGE_ENVELOPE_H

#include <mailroute/address.h>

#include "message/object.h"

/* Parses an address; records what is wrong with it, `base` octets into the input. */
int mr__envelope_parse(mr_message *message, mr_address **out, const char *text,
                       size_t len, unsigned flags, size_t base);
/* Adds a recipient unless it is there. */
int mr__envelope_add(mr_message *message, const mr_address *address);
/* Sets the sender; MR_ERR_EXISTS. */
int mr__envelope_sender(mr_message *message, const mr_address *address);

#endif

/* SPDX-License-Identifier: MIT */
/* Header fields of raw input that are looked at and changed before the seal. */
#ifndef MR_MESSAGE_RAW_EDIT_H
#define MR_MESSAGE_RAW_EDIT_H

#include "message/object.h"

/* Replaces the section by what the fields are now. */
int mr__edit_apply(mr_message *message, mr__buf *section);
/* Whether a field that was there is gone or another. */
int mr__edit_changed(const mr_message *message);
void mr__edit_free(mr_message *message);

#endif

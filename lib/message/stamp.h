/* SPDX-License-Identifier: MIT */
/* What a message gets once: Date, Message-ID, and random text. */
#ifndef MR_MESSAGE_STAMP_H
#define MR_MESSAGE_STAMP_H

#include "message/object.h"

enum {
  MR__STAMP_HEX = 33, /* 128 bits as hexadecimal, and a NUL */
  MR__STAMP_ID = 512  /* a Message-ID and a NUL */
};

int mr__stamp_random(const mr_env *env, char hex[MR__STAMP_HEX]);
/* Appends "Date: …" of env.wall. */
int mr__stamp_date(mr_message *message);
/* Sets message->id. from: canonical address whose domain serves unless an option gives
 * one;
 * "" = none. */
int mr__stamp_id(mr_message *message, const char *from);
/* The text alone, with angle brackets. */
int mr__stamp_id_text(const mr_env *env, const mr_options *options, const char *from,
                      char dst[MR__STAMP_ID]);
/* Domain of a canonical address, "" = none. */
const char *mr__stamp_domain(const char *address);

#endif

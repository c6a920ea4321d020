/* SPDX-License-Identifier: MIT */
/* Names of enum values in JSON, beside the public ones of <mailroute/event.h>. */
#ifndef MR_TEXT_NAMES_H
#define MR_TEXT_NAMES_H

const char *mr__action_name(int action);
const char *mr__direction_name(int direction);
const char *mr__durability_name(int durability);
const char *mr__ask_name(int ask);
const char *mr__level_name(int level);

#endif

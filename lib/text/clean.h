/* SPDX-License-Identifier: MIT */
/*
 * Finds long stretches of text that need no change, so that they are copied as a whole.
 * Eight octets a step.
 */
#ifndef MR_TEXT_CLEAN_H
#define MR_TEXT_CLEAN_H

#include <stddef.h>
#include <stdint.h>

enum {
  MR__CLEAN_BLOCK = 64,
  MR__CLEAN_MIN = MR__CLEAN_BLOCK + 2 /* less is not looked at */
};

/* Octets from p on, within len, in which CR and LF come as CRLF only and no NUL is; with
 * `dots`, also no line starts with a dot. p starts no line and is no LF, or the caller
 * has looked at its first octet. Never ends between CR and LF. *high gets 0x80
 * if one of them is above 0x7F. */
size_t mr__clean_run(const uint8_t *p, size_t len, int dots, unsigned *high);
/* Whether no line of a clean run is over max octets; *line: octets of the line in front
 * of it, then of the one it ends in. */
int mr__clean_lines(const uint8_t *p, size_t len, size_t max, size_t *line);

#endif

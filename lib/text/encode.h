/* SPDX-License-Identifier: MIT */
/*
 * Base64 and quoted-printable (RFC 2045 6.7, 6.8) piece by piece, into canonical lines
 * within 76 octets. Neither can give a line that starts with "--=_": in quoted-printable
 * '=' is followed by hexadecimal digits or the end of the line, base64 has no '_'.
 */
#ifndef MR_TEXT_ENCODE_H
#define MR_TEXT_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* Base64 with padding into dst, which has room for 4 octets for each 3 begun; octets
 * written. */
size_t mr__base64_write(char *dst, const void *data, size_t len);
/* Octets that len octets make in lines with CRLF. */
uint64_t mr__base64_size(uint64_t len);

enum mr__coding { MR__CODING_NONE = 0, MR__CODING_QP, MR__CODING_BASE64 };

enum {
  MR__CODED_LINE = 76,
  MR__CODED_TAKE = MR__CODED_LINE / 4 * 3, /* octets of a line in base64 */
  MR__CODER_HELD = 64
};

typedef struct mr__coder {
  int coding;
  size_t held_len;          /* octets that wait for what follows them */
  size_t column;            /* of the line in the making (quoted-printable) */
  size_t line_at, line_len; /* a line on its way out */
  uint8_t held[MR__CODER_HELD];
  char line[MR__CODED_LINE + 2];
} mr__coder;

/* coding: not MR__CODING_NONE. */
void mr__coder_init(mr__coder *coder, int coding);
/* *used octets eaten, *made written; progress whenever cap > 0. Text for quoted-printable
 * ends its lines with LF or CRLF; any other octet keeps its value. */
void mr__coder_feed(mr__coder *coder, const uint8_t *in, size_t len, size_t *used,
                    uint8_t *out, size_t cap, size_t *made);
/* Behind the last octet: what is left of the output, piece by piece; 0 = all is out. */
size_t mr__coder_end(mr__coder *coder, uint8_t *out, size_t cap);

#endif

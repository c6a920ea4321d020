/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 2045 6.8), twelve bits a step. */
#include <string.h>

#include "text/encode.h"
#include "text/header.h"

/* Both digits of every twelve bits: a row for each first digit. */
#define ROW(a)                                                                           \
  {a, 'A'}, {a, 'B'}, {a, 'C'}, {a, 'D'}, {a, 'E'}, {a, 'F'}, {a, 'G'}, {a, 'H'},        \
      {a, 'I'}, {a, 'J'}, {a, 'K'}, {a, 'L'}, {a, 'M'}, {a, 'N'}, {a, 'O'}, {a, 'P'},    \
      {a, 'Q'}, {a, 'R'}, {a, 'S'}, {a, 'T'}, {a, 'U'}, {a, 'V'}, {a, 'W'}, {a, 'X'},    \
      {a, 'Y'}, {a, 'Z'}, {a, 'a'}, {a, 'b'}, {a, 'c'}, {a, 'd'}, {a, 'e'}, {a, 'f'},    \
      {a, 'g'}, {a, 'h'}, {a, 'i'}, {a, 'j'}, {a, 'k'}, {a, 'l'}, {a, 'm'}, {a, 'n'},    \
      {a, 'o'}, {a, 'p'}, {a, 'q'}, {a, 'r'}, {a, 's'}, {a, 't'}, {a, 'u'}, {a, 'v'},    \
      {a, 'w'}, {a, 'x'}, {a, 'y'}, {a, 'z'}, {a, '0'}, {a, '1'}, {a, '2'}, {a, '3'},    \
      {a, '4'}, {a, '5'}, {a, '6'}, {a, '7'}, {a, '8'}, {a, '9'}, {a, '+'}, {            \
    a, '/'                                                                               \
  }
static const char pairs[4096][2] = {
    ROW('A'), ROW('B'), ROW('C'), ROW('D'), ROW('E'), ROW('F'), ROW('G'), ROW('H'),
    ROW('I'), ROW('J'), ROW('K'), ROW('L'), ROW('M'), ROW('N'), ROW('O'), ROW('P'),
    ROW('Q'), ROW('R'), ROW('S'), ROW('T'), ROW('U'), ROW('V'), ROW('W'), ROW('X'),
    ROW('Y'), ROW('Z'), ROW('a'), ROW('b'), ROW('c'), ROW('d'), ROW('e'), ROW('f'),
    ROW('g'), ROW('h'), ROW('i'), ROW('j'), ROW('k'), ROW('l'), ROW('m'), ROW('n'),
    ROW('o'), ROW('p'), ROW('q'), ROW('r'), ROW('s'), ROW('t'), ROW('u'), ROW('v'),
    ROW('w'), ROW('x'), ROW('y'), ROW('z'), ROW('0'), ROW('1'), ROW('2'), ROW('3'),
    ROW('4'), ROW('5'), ROW('6'), ROW('7'), ROW('8'), ROW('9'), ROW('+'), ROW('/')};
#undef ROW

size_t mr__base64_write(char *dst, const void *data, size_t len) {
  const uint8_t *p = data;
  char *start = dst;
  for (; len >= 3; len -= 3) {
    unsigned value = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
    memcpy(dst, pairs[value >> 12], 2);
    memcpy(dst + 2, pairs[value & 4095], 2);
    p += 3;
    dst += 4;
  }
  if (len > 0) {
    unsigned value = (unsigned)p[0] << 16 | (len > 1 ? (unsigned)p[1] << 8 : 0);
    memcpy(dst, pairs[value >> 12], 2);
    memcpy(dst + 2, len > 1 ? pairs[value & 4095] : "==", 2);
    dst[3] = '=';
    dst += 4;
  }
  return (size_t)(dst - start);
}

uint64_t mr__base64_size(uint64_t len) {
  uint64_t rest = len % MR__CODED_TAKE;
  uint64_t lines = len / MR__CODED_TAKE * (MR__CODED_LINE + 2);
  return lines + (rest > 0 ? (rest + 2) / 3 * 4 + 2 : 0);
}

int mr__base64_encode(mr__buf *out, const void *data, size_t len, size_t line) {
  const uint8_t *p = data;
  char text[MR__CODED_LINE + 2];
  int lines = line > 0;
  size_t before = out->len;
  size_t width = line >= 4 && line < MR__CODED_LINE ? line : MR__CODED_LINE;
  size_t step = width / 4 * 3;
  int err = out->err;
  for (size_t at = 0; at < len && err == MR_OK; at += step) {
    size_t made = mr__base64_write(text, p + at, len - at < step ? len - at : step);
    if (lines) {
      memcpy(text + made, "\r\n", 2);
      made += 2;
    }
    err = mr__buf_put(out, text, made);
  }
  if (err != MR_OK)
    out->len = before;
  return err;
}

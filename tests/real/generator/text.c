/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "generator.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void must(int err, const char *what) {
  if (err == MR_OK)
    return;
  fprintf(stderr, "%s: %s\n", what, mr_strerror(err));
  exit(1);
}

void blob_put(blob *b, const void *data, size_t len) {
  if (b->len + len + 1 > b->cap) {
    b->cap = (b->len + len + 1) * 2;
    b->data = realloc(b->data, b->cap);
    must(b->data == NULL ? MR_ERR_NOMEM : MR_OK, "memory");
  }
  if (len > 0)
    memcpy(b->data + b->len, data, len);
  b->len += len;
  b->data[b->len] = 0;
}

void blob_puts(blob *b, const char *text) { blob_put(b, text, strlen(text)); }

void blob_free(blob *b) {
  free(b->data);
  memset(b, 0, sizeof *b);
}

size_t draw(maker *m, size_t n) { return (size_t)kit_rng_below(&m->rng, n); }

static const char *const words[] = {
    "mail",
    "the",
    "x",
    "Gr\xc3\xbc\xc3\x9f\x65",
    "na\xc3\xafve",
    "\xce\xb1\xce\xbb\xcf\x86\xce\xb1",
    "\xd0\x9f\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0",
    "\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf",
    "\xd7\x93\xd7\x95\xd7\x90\xd7\xa8",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x83\xa1\xe3\x83\xbc\xe3\x83\xab",
    "\xe0\xa4\xa1\xe0\xa4\xbe\xe0\xa4\x95",
    "\xf0\x9f\x93\xa7\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
    "e\xcc\x81",
    "a=b",
    "\"quoted\"",
    "back\\slash",
    "(round)",
    "<angle>",
    "[square]",
    "semi;colon:",
    "per%20cent",
    "it's",
    "*star*0*",
    "_under_score_",
    "?",
    "@home",
    "a,b",
    "~!#$&+-/^`{|}",
    "=?UTF-8?Q?no?=", /* readers decode it where they should not: in file names only */
};

void make_line(maker *m, blob *out, size_t most) {
  int plain = draw(m, 3) == 0;
  size_t start = out->len;
  blob_puts(out, words[draw(m, 3)]);
  for (size_t left = draw(m, 14); left > 0 && out->len - start < most; left--) {
    blob_puts(out, draw(m, 9) == 0 ? "  " : " ");
    blob_puts(out, words[draw(m, plain ? 3 : COUNT(words) - 1)]);
  }
}

void make_name(maker *m, blob *out) {
  for (size_t left = 1 + draw(m, 4); left > 0; left--) {
    blob_puts(out, words[draw(m, COUNT(words) - 1)]);
    if (left > 1)
      blob_puts(out, " ");
  }
}

void make_filename(maker *m, blob *out) {
  static const char *const ends[] = {".txt", ".pdf", ".tar.gz", "",
                                     ".",    "..",   " (1).png"};
  size_t left = draw(m, 12) == 0 ? 60 : 1 + draw(m, 3);
  for (; left > 0; left--)
    blob_puts(out, words[draw(m, COUNT(words))]);
  blob_puts(out, ends[draw(m, COUNT(ends))]);
  for (size_t i = 0; i < out->len; i++) /* the path ends there */
    out->data[i] = out->data[i] == '/' ? '-' : out->data[i];
}

static void body_line(maker *m, blob *out) {
  static const char *const odd[] = {".",  "..",    "From here",  "--",     "--=_",
                                    "\t", "x \t ", "Subject: x", "a\rb\r", "=20="};
  size_t kind = draw(m, 12);
  if (kind == 0)
    blob_puts(out, odd[draw(m, COUNT(odd))]);
  else if (kind == 1)
    for (size_t left = draw(m, 120); left > 0; left--)
      make_line(m, out, 400);
  else if (kind > 2)
    make_line(m, out, 400);
}

void make_body(maker *m, blob *out) {
  static const size_t lines[] = {0, 1, 1, 3, 10, 200};
  const char *end = draw(m, 2) == 0 ? "\n" : "\r\n";
  for (size_t left = lines[draw(m, COUNT(lines))]; left > 0; left--) {
    body_line(m, out);
    blob_puts(out, left > 1 || draw(m, 2) == 0 ? end : "");
  }
}

void make_octets(maker *m, blob *out) {
  static const size_t sizes[] = {0,  1,   2,   3,    56,   57,    58,   76,
                                 77, 998, 999, 4095, 4096, 16384, 70000};
  size_t len = sizes[draw(m, COUNT(sizes))];
  char octet = (char)draw(m, 256);
  size_t kind = draw(m, 4);
  for (size_t i = 0; i < len; i++) {
    char one = kind == 0 ? octet : (char)draw(m, kind == 1 ? 128 : 256);
    blob_put(out, &one, 1);
  }
}

void canonical(const blob *text, blob *out) {
  for (size_t i = 0; i < text->len; i++) {
    char c = text->data[i];
    int pair = c == '\r' && i + 1 < text->len && text->data[i + 1] == '\n';
    if (pair || c == '\n')
      blob_puts(out, "\r\n");
    else
      blob_put(out, c == '\r' ? " " : &c, 1);
    i += (size_t)pair;
  }
}

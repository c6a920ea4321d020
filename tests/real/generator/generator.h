/* SPDX-License-Identifier: MIT */
/*
 * Makes messages at random over the public interface, and beside each writes what is in
 * it: NUMBER.eml, NUMBER.expect (lines of fields with US between them) and NUMBER.bin
 * (the octets of all leaves, one after the other).
 */
#ifndef REAL_GENERATOR_H
#define REAL_GENERATOR_H

#include <mailroute/mailroute.h>
#include <stdio.h>

#include "kit/kit_rng.h"

enum { UNIT = 0x1F };

typedef struct blob {
  char *data;
  size_t len, cap;
} blob;

/* One message in the making. */
typedef struct maker {
  kit_rng rng;
  mr_env env;
  FILE *expect, *content;
  unsigned long long at; /* octets of content so far */
  int attached;          /* messages inside this one may not hold messages for ever */
} maker;

void blob_put(blob *b, const void *data, size_t len);
void blob_puts(blob *b, const char *text);
void blob_free(blob *b);

void maker_init(maker *m, uint64_t seed);
FILE *create(const char *folder, unsigned number, const char *suffix);
void file_read(const char *path, blob *out);
/* What goes over the wire. */
void message_take(mr_message *message, blob *out);
void message_write(mr_message *message, FILE *file);

size_t draw(maker *m, size_t n); /* 0 to n - 1 */
void must(int err, const char *what);

/* Text in many scripts: a line without controls, or a body as the library sends it. */
void make_line(maker *m, blob *out, size_t most);
void make_name(maker *m, blob *out);
void make_filename(maker *m, blob *out);
void make_body(maker *m, blob *out);
void make_octets(maker *m, blob *out);
/* What arrives of a text: CRLF at the end of each line, a bare CR as a space. */
void canonical(const blob *text, blob *out);

/* Writes a line of NUMBER.expect: a leaf, or with data NULL what holds other parts. */
typedef struct leaf {
  int depth, text;
  const char *type, *disposition, *filename, *id;
  const char *data;
  size_t len;
} leaf;
void expect_part(maker *m, const leaf *leaf);

/* A whole message, not sealed; its parts stand at `depth` in the one that holds it. */
mr_message *make_message(maker *m, int depth);
void sign_all(const char *folder, uint64_t seed, unsigned count, const char *keys);
void forward_all(const char *folder, unsigned count, const char *keys);
/* Its parts, from a tree. */
void make_tree(maker *m, mr_message *message, int depth);

#endif

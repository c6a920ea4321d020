/* SPDX-License-Identifier: MIT */
/*
 * Feeds one byte string in different pieces: all at once, byte by byte, random pieces.
 * Each piece is an exact heap block of its own that is freed after the call.
 */
#ifndef KIT_SPLIT_H
#define KIT_SPLIT_H

#include "kit/kit_rng.h"

typedef struct kit_split_ops {
  void *user;
  void (*begin)(void *user,
                const char *how); /* how: "whole", "bytes", "random 3", "cut 7" */
  void (*feed)(void *user, const void *data, size_t len);
  void (*end)(void *user); /* compare here */
} kit_split_ops;

/* Whole, bytes, then `random` seeded splits: begin, feed..., end for each. */
void kit_split_run(const void *data, size_t len, unsigned random, uint64_t seed,
                   const kit_split_ops *ops);
/* Every way to cut it into two pieces (len - 1 runs). */
void kit_split_cuts(const void *data, size_t len, const kit_split_ops *ops);

/* For pumps: how many of `available` octets to move next. */
enum kit_pieces_mode { KIT_PIECES_WHOLE, KIT_PIECES_BYTES, KIT_PIECES_RANDOM };
typedef struct kit_pieces {
  int mode;
  kit_rng rng;
} kit_pieces;
void kit_pieces_init(kit_pieces *pieces, int mode, uint64_t seed);
size_t kit_pieces_take(kit_pieces *pieces, size_t available); /* 1..available; 0 if 0 */

#endif

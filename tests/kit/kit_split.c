/* SPDX-License-Identifier: MIT */
#include "kit/kit_split.h"

#include <stdio.h>
#include <stdlib.h>

#include "kit/kit_alloc.h"

enum { KIT_PIECE_SMALL = 8 };

void kit_pieces_init(kit_pieces *pieces, int mode, uint64_t seed) {
  pieces->mode = mode;
  kit_rng_fork(&pieces->rng, seed, "pieces");
}

/* Random pieces are small as often as large: small ones find more. */
static size_t random_piece(kit_rng *rng, size_t available) {
  size_t most = available;
  if (most > KIT_PIECE_SMALL && kit_rng_below(rng, 2))
    most = KIT_PIECE_SMALL;
  return 1 + (size_t)kit_rng_below(rng, most);
}

size_t kit_pieces_take(kit_pieces *pieces, size_t available) {
  if (available < 2 || pieces->mode == KIT_PIECES_WHOLE)
    return available;
  if (pieces->mode == KIT_PIECES_BYTES)
    return 1;
  return random_piece(&pieces->rng, available);
}

static void feed(const kit_split_ops *ops, const char *data, size_t len) {
  void *exact = kit_exact(data, len);
  ops->feed(ops->user, exact, len);
  free(exact);
}

static void run(const char *data, size_t len, kit_pieces *pieces, const char *how,
                const kit_split_ops *ops) {
  if (ops->begin)
    ops->begin(ops->user, how);
  size_t at = 0;
  do {
    size_t n = kit_pieces_take(pieces, len - at);
    feed(ops, data + at, n);
    at += n;
  } while (at < len);
  if (ops->end)
    ops->end(ops->user);
}

void kit_split_run(const void *data, size_t len, unsigned random, uint64_t seed,
                   const kit_split_ops *ops) {
  kit_pieces pieces;
  kit_pieces_init(&pieces, KIT_PIECES_WHOLE, seed);
  run(data, len, &pieces, "whole", ops);
  pieces.mode = KIT_PIECES_BYTES;
  run(data, len, &pieces, "bytes", ops);
  pieces.mode = KIT_PIECES_RANDOM;
  for (unsigned i = 0; i < random; i++) {
    char how[32];
    snprintf(how, sizeof how, "random %u", i);
    run(data, len, &pieces, how, ops);
  }
}

void kit_split_cuts(const void *data, size_t len, const kit_split_ops *ops) {
  for (size_t cut = 1; cut < len; cut++) {
    char how[32];
    snprintf(how, sizeof how, "cut %zu", cut);
    if (ops->begin)
      ops->begin(ops->user, how);
    feed(ops, data, cut);
    feed(ops, (const char *)data + cut, len - cut);
    if (ops->end)
      ops->end(ops->user);
  }
}

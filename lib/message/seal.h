/* SPDX-License-Identifier: MIT */
/* The seal: one pass over what comes from a source, which may pause at every read. */
#ifndef MR_MESSAGE_SEAL_H
#define MR_MESSAGE_SEAL_H

#include "message/look.h"
#include "message/object.h"
#include "message/pass.h"
#include "message/stamp.h"

struct mr__seal {
  /* raw input */
  mr_source memory; /* what was copied, as a source */
  mr__buf section;  /* header section as it came */
  int has_section;
  int in_body;
  size_t line;    /* octets of the header line so far */
  int line_first; /* the first of them */
  /* parts */
  int phase;
  int open;      /* the pass through a part, or a piece, has begun */
  mr_part *part; /* in hand */
  size_t piece;  /* … of its message; the header counts as the first */
  mr__look look;
  char boundary[MR__STAMP_HEX]; /* what is in all boundaries of the message */
  unsigned draws;
  size_t tail_len; /* end of the octets searched before */
  char tail[MR__STAMP_HEX];
  /* both */
  mr__pass pass;
  uint8_t out[MR__PASS_CHUNK];
};

/* Goes on with the seal of raw input: MR_OK = all is read, MR_ERR_PENDING, or an error.
 */
int mr__seal_raw(mr_message *message);
/* The header section of raw input into seal->section: as above. */
int mr__seal_section(mr_message *message);
void mr__seal_free(mr_message *message);
int mr__seal_fail_source(mr_message *message);
/* The same for the builder's parts. */
int mr__seal_built(mr_message *message);

/* Puts text, HTML and attachments together: parts.root. */
int mr__seal_tree(mr_message *message);
/* Looks at the octets of every part: encoding, size, hash. */
int mr__seal_look(mr_message *message);
/* Draws boundaries that occur in no part. */
int mr__seal_boundary(mr_message *message);
/* Fields of the topmost part into the header, all the rest as pieces. */
int mr__seal_parts(mr_message *message);

#endif

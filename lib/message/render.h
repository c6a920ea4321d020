/* SPDX-License-Identifier: MIT */
/*
 * Renderings: the octets of a message as a server without 8BITMIME or SMTPUTF8 can take
 * them (RFC 6152 3, RFC 2045 6). A pure function of those octets; boundaries stay.
 *
 * It goes through the message twice. The first time it finds out whether the rendering
 * can be made, how large it is, and what has to be done with each entity: text that needs
 * it becomes quoted-printable, other leaves base64, multiparts and messages get another
 * label only. The second time it gives the octets. What may not be changed refuses the
 * rendering: anything inside multipart/signed, a message with a DKIM or ARC signature
 * over it, and types that may not be encoded (RFC 2046 5.2.2.1, 5.2.3).
 */
#ifndef MR_MESSAGE_RENDER_H
#define MR_MESSAGE_RENDER_H

#include <mailroute/message.h>

#include "message/mime_stream.h"
#include "message/render_leaf.h"

enum {
  MR__RENDER_CHUNK = 2048,      /* octets read at a time */
  MR__RENDER_TEXT = 1024 * 1024 /* octets that one field may become */
};

/* A rendering that is ASCII only if the header section of the message is not: for a
 * server with 8BITMIME and without SMTPUTF8. */
enum { MR__RENDERING_AUTO = 100 };

/* Where the octets come from. */
typedef struct mr__render_input {
  void *user;
  /* as mr_reader_read: MR_OK with 0 = the end */
  int (*read)(void *user, void *buf, size_t cap, size_t *len);
  void (*rewind)(void *user); /* back to the start */
} mr__render_input;

/* What the first pass adds up. */
typedef struct mr__render_scan {
  uint64_t size;
  uint64_t label_size;   /* of the label fields of the entity, if they stay */
  uint64_t plain, coded; /* of the leaf, as it is and encoded */
  int needs;             /* … has octets that cannot stay */
  int blank;             /* an empty line ends its header */
  int is_sealed;         /* a signature covers the message */
  int changed;
} mr__render_scan;

typedef struct mr__render {
  mr_env env;
  mr__render_input input;
  int rendering;
  int event;   /* the last one of the first pass */
  int refusal; /* it cannot be made, for this reason */
  int scanned; /* the plan stands */
  int as_is;   /* AUTO: nothing has to be changed */
  int ended;
  int err;         /* sticks */
  int header_8bit; /* the header section of the message has octets above 0x7F */
  int in_leaf;
  int label_out; /* the label of the entity is written */
  uint64_t size, made;
  mr__buf plan; /* one #mr__action for each entity */
  mr__leaf leaf;
  int coding;   /* of the leaf in hand: an #mr__action */
  mr__buf text; /* on its way out, and behind it a slice of the input */
  size_t text_at;
  const uint8_t *slice;
  size_t slice_len;
  mr__render_scan scan;
  mr__mime mime;
  uint8_t in[MR__RENDER_CHUNK];
} mr__render;

/* rendering: #mr_rendering but AS_IS, or AUTO. */
int mr__render_new(mr__render **out, const mr_env *env, const mr__render_input *input,
                   int rendering);
void mr__render_free(mr__render *r);
/* The first pass. MR_OK; MR_ERR_PENDING; what the input answers; MR_ERR_NOTSUP: a
 * signature or a type forbids it; MR_ERR_ADDR: only SMTPUTF8 can carry the header;
 * MR_ERR_DEPTH; MR_ERR_LIMIT; MR_ERR_NOMEM. */
int mr__render_prepare(mr__render *r);
/* The next octets, as mr_reader_read; prepares if that was not done. MR_ERR_SOURCE: the
 * octets are not those of the first pass. */
int mr__render_read(mr__render *r, uint8_t *out, size_t cap, size_t *len);
/* The second pass from its start once more, if the plan stands. */
void mr__render_again(mr__render *r);

/* The rendering of octets in memory, appended. Errors as above. */
int mr__render_memory(mr__buf *out, const mr_env *env, const void *data, size_t len,
                      int rendering);

/* render_scan.c and render_emit.c: one event of a pass. */
int mr__render_scan_event(mr__render *r, int event);
int mr__render_emit_event(mr__render *r, int event);

/* For both: the field in hand to `text`, if it has to change; 0 = it stays, 1 = done. */
int mr__render_field(mr__render *r);
int mr__render_is_label(const mr__render *r);
/* "Content-Transfer-Encoding: …" and, where it is missing, MIME-Version, to `text`. */
int mr__render_label(mr__render *r, int action);
int mr__render_version(mr__render *r);
/* Whether a header that ends without an empty line is to get one: what follows will not
 * stop to be read as a part of it otherwise. */
int mr__render_needs_blank(const mr__render *r, int action);
/* What is done with a leaf of the type in hand if it needs something. */
int mr__render_coding(const mr__mime_entity *e);

#endif

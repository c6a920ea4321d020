/* SPDX-License-Identifier: MIT */
/* The message object from the inside: its members, and the guard around public calls. */
#ifndef MR_MESSAGE_OBJECT_H
#define MR_MESSAGE_OBJECT_H

#include <stdatomic.h>

#include <mailroute/message.h>

#include "base/buf.h"
#include "base/last_error.h"
#include "base/map.h"

/* Domain of a Message-ID when nobody has one. */
#define MR__FALLBACK_DOMAIN "localhost.invalid"

/* What fills the message. The first call decides. */
enum mr__mode {
  MR__MODE_ANY = 0,    /* a call that goes with both */
  MR__MODE_BUILT = 1,  /* set_from, add_to, … */
  MR__MODE_RAW = 2,    /* set_raw, set_raw_source */
  MR__MODE_STORED = 3, /* mr__message_stored */
  MR__MODE_SEAL = 4    /* the seal, which is the only call once it has begun */
};

/* Parts of the builder, each ready-made text. */
typedef struct mr__parts {
  char *from_address;
  char *date;       /* value given by the caller, NULL = make one */
  char *message_id; /* the same */
  int has_text;     /* the body is written */
  int text_qp;      /* … in quoted-printable */
  size_t header_count;
  mr__buf from;   /* "Name <address>" NUL */
  mr__buf to, cc; /* items as in `from`, one after the other */
  size_t to_count, cc_count;
  mr__buf subject; /* whole field, folded */
  mr__buf extra;   /* whole fields, folded */
} mr__parts;

struct mr__seal;

struct mr_message {
  mr_env env;
  const mr_options *options;
  atomic_uint refs;
  int sealed; /* nothing is written any more */
  int busy;   /* inside a public call: a service of the host may call back */
  int dead;   /* freed while busy: goes when the call is over */
  int mode;
  unsigned raw_flags;
  int header_recipients;
  mr__last_error last; /* the first error; sticks */

  mr__parts parts;
  mr_source source; /* read == NULL: none */
  uint8_t *raw;     /* copy of raw input in memory, until the seal */
  size_t raw_len;
  struct mr__seal *seal; /* a seal under way */

  char *sender; /* NULL = not set */
  char **recipients;
  size_t recipient_count, recipient_cap;
  mr__map known; /* canonical recipients, until the seal; env NULL = not made yet */

  /* the sealed form: header section with blank line, then the body */
  mr__buf header;
  mr__buf body;        /* input from memory */
  uint64_t body_start; /* input from a source: offset of its body */
  uint64_t body_size;
  uint64_t body_hash;
  uint8_t hash_key[16];
  int is_8bit;
  int is_signed; /* carries DKIM-Signature */
  int is_altered;
  char *id;
};

/* Begins a public call that changes the message: MR_OK, or what the call has to answer.
 */
int mr__message_enter(mr_message *message, int mode);
/* Ends it: records the first error, frees what was freed meanwhile; returns code. */
int mr__message_leave(mr_message *message, int code);
/* Records an error with its own text; returns code. */
int mr__message_fail(mr_message *message, int code, size_t offset, const char *text);
/* Limit of the option as a size. */
size_t mr__message_limit(const mr_message *message, int option);
/* Frees what only the way to the seal needs. */
void mr__message_trim(mr_message *message);
/* Becomes sealed: nothing may fail any more. */
void mr__message_settle(mr_message *message);

#endif

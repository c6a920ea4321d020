/* SPDX-License-Identifier: MIT */
/* The message object from the inside: its members, and the guard around public calls. */
#ifndef MR_MESSAGE_OBJECT_H
#define MR_MESSAGE_OBJECT_H

#include <stdatomic.h>

#include <mailroute/message.h>
#include <mailroute/mime.h>

#include "base/buf.h"
#include "base/last_error.h"
#include "base/map.h"
#include "message/piece.h"

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

/* Address fields of the builder, in the order of #mr_field. */
enum { MR__PEOPLE = MR_FIELD_CC };

typedef struct mr__people {
  mr__buf items; /* "Name <address>" NUL, one after the other */
  size_t count;
} mr__people;

/* What the builder was given, most of it ready-made text. */
typedef struct mr__parts {
  char *from_address;   /* the first one */
  char *sender_address; /* of Sender */
  char *date;           /* value given by the caller, NULL = make one */
  char *message_id;     /* the same */
  size_t header_count;
  mr__people people[MR__PEOPLE];
  mr__buf subject; /* whole field, folded */
  mr__people in_reply_to, references;
  mr__people list[MR_LIST_ARCHIVE]; /* by #mr_list */
  int https;                        /* List-Unsubscribe has such a URI */
  int one_click;
  mr__buf list_id; /* whole field */
  mr__buf extra;   /* whole fields, folded */
  /* the body; each a reference */
  mr_part *text, *html;
  mr_part *related; /* what the HTML shows */
  mr_part *mixed;   /* attachments */
  mr_part *root;
} mr__parts;

struct mr__edit;
struct mr__seal;

struct mr_message {
  mr_env env;
  const mr_options *options;
  atomic_uint refs;
  int sealed;  /* nothing is written any more */
  int sealing; /* the seal waits for a source */
  int busy;    /* inside a public call: a service of the host may call back */
  int dead;    /* freed while busy: goes when the call is over */
  int mode;
  unsigned raw_flags;
  int header_recipients;
  mr__last_error last; /* the first error; sticks */

  mr__parts parts;
  mr_source source; /* read == NULL: none */
  uint8_t *raw;     /* copy of raw input in memory, until the seal */
  size_t raw_len;
  struct mr__edit *edit;       /* fields of raw input, once somebody looks at them */
  struct mr__seal *seal;       /* a seal under way */
  struct mr__signing *signing; /* signatures wanted (dkim.h), until the seal */

  char *sender; /* NULL = not set */
  char **recipients;
  size_t recipient_count, recipient_cap;
  mr__map known; /* canonical recipients, until the seal; env NULL = not made yet */

  /* the sealed form: header section with blank line, then the pieces */
  mr__buf header;
  mr__piece *pieces; /* &single, or on the heap */
  size_t piece_count;
  mr__piece single;
  mr__buf body;        /* raw input from memory; what stands between parts */
  uint64_t body_start; /* input from a source: offset of its body */
  uint64_t body_size;  /* of all pieces */
  uint64_t body_hash;
  uint8_t hash_key[16];
  size_t mime_height; /* levels of its parts, as far as we made them */
  size_t mime_count;  /* number of them */
  int is_8bit;
  int is_signed; /* carries DKIM-Signature */
  int is_altered;
  unsigned arc_instance; /* of the ARC set added, 0 = none */
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
/* The body in memory, or the source, as the only piece, unless there are pieces. */
void mr__message_lay(mr_message *message);
/* Becomes sealed: nothing may fail any more. */
void mr__message_settle(mr_message *message);

#endif

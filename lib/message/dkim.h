/* SPDX-License-Identifier: MIT */
/* Signers from the inside, and the signatures of a message that is being sealed. */
#ifndef MR_MESSAGE_DKIM_H
#define MR_MESSAGE_DKIM_H

#include <stdatomic.h>

#include <mailroute/dkim.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "message/object.h"
#include "message/pass.h"
#include "text/dkim.h"
#include "text/header.h"

enum {
  MR__SIGNERS_MAX = 8,
  MR__DKIM_NAMES_MAX = 100,        /* of both lists of fields */
  MR__DKIM_NAMES_TEXT = 8 * 1024,  /* octets of each list */
  MR__DKIM_TOKEN_MAX = 900,        /* of a word in ARC results */
  MR__ARC_RESULTS_MAX = 16 * 1024, /* octets */
  MR__ARC_SETS_MAX = 50            /* RFC 8617 4.2.1 */
};

struct mr_dkim {
  mr_env env;
  atomic_uint refs;
  atomic_int frozen; /* in use by a message */
  mr__last_error last;
  char *name; /* "selector._domainkey.domain" */
  char *domain, *selector;
  int algorithm; /* #mr_dkim_algorithm, 0 = no key */
  mr__key key;
  mr_dkim_key host; /* sign NULL: none */
  int relaxed_header, relaxed_body;
  int timestamp;
  int64_t lifetime;
  mr__buf oversigned, present; /* lists of names, no name twice; From is in the first */
};

/* Signs; on any thread. MR_OK, MR_ERR_NOMEM, MR_ERR_KEY. */
int mr__dkim_sign_hash(const mr_dkim *k, const uint8_t hash[MR__KEY_HASH],
                       uint8_t out[MR__SIGNATURE_MAX], size_t *len);
/* MR_OK; MR_ERR_STATE in use; MR_ERR_MISUSE; records the error. */
int mr__dkim_may_change(mr_dkim *k);
/* A reference that ends all changes. MR_ERR_STATE: no key. */
int mr__dkim_use(mr_dkim *k);

/* A hash of canonical octets. */
typedef struct mr__body_hash {
  int wanted;
  mr__dkim_body canon;
  mr__digest digest;
  uint8_t hash[MR__DIGEST_MAX];
} mr__body_hash;

/* What is to be signed, and the pass over the body that hashes it. */
typedef struct mr__signing {
  mr_dkim *signers[MR__SIGNERS_MAX];
  size_t count;
  mr_dkim *sealer; /* of ARC, NULL = none */
  int chain_passed;
  char *results;
  int running; /* the seal has come here */
  size_t piece;
  int open; /* the pass of the piece has begun */
  int eight_bit;
  mr__body_hash body[2]; /* simple, relaxed */
  mr__pass pass;
  uint8_t out[MR__PASS_CHUNK];
} mr__signing;

/* The message's signing, made if there is none yet. */
int mr__signing_get(mr_message *message, mr__signing **out);

/* The fields of the finished header section. */
typedef struct mr__fields {
  mr__header_field *list;
  size_t count;
} mr__fields;
int mr__fields_read(mr_message *message, mr__fields *fields);

/* Canonical octets into a digest. */
typedef struct mr__hasher {
  mr__dkim_out out;
  mr__digest digest;
} mr__hasher;
int mr__hasher_begin(mr__hasher *hasher);
int mr__hasher_end(mr__hasher *hasher, uint8_t hash[MR__DIGEST_MAX]);

/* Appends a DKIM-Signature field, or with an instance > 0 an ARC-Message-Signature. */
int mr__sign_field(mr_message *m, mr__buf *out, const mr_dkim *k,
                   const mr__fields *fields, unsigned instance);
/* Writes tags that tell the signer: a=, t= and x= as set, c= and d= and s=. */
int mr__sign_tags(mr_message *m, mr__dkim_field *f, const mr_dkim *k, int is_seal);
/* Ends the hash with the field that starts there, signs, appends the signature. */
int mr__sign_finish(mr_message *m, mr__dkim_field *f, size_t start, const mr_dkim *k,
                    mr__hasher *hasher, int relaxed);
/* Appends an ARC set, newest field first; nothing if the chain takes no more. */
int mr__arc_put(mr_message *message, mr__buf *out, const mr__fields *fields);

#endif

/* SPDX-License-Identifier: MIT */
/* Our client and the kit's server, joined by memory. Each file of tests uses some of it.
 */
#ifndef PAIR_H
#define PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"
#include "kit/kit_cert.h"
#include "kit/kit_split.h"
#include "kit/kit_tls.h"
#include "tls/tls.h"

#define PAIR_TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define PAIR_TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

typedef struct pair {
  kit_env env;
  mr__out out;
  mr__tls *tls;
  kit_tls_context *context;
  kit_tls *server;
  kit_buf to_client, at_server; /* ciphertext; plaintext that arrived */
  kit_pieces pieces;
  int rc; /* of the last input of the client */
} pair;

/* The PKI of a test: root, an issuer below it, a leaf for mx.example.org. */
typedef struct pki {
  kit_cert *root, *issuer, *leaf;
} pki;

static inline void pki_make(pki *p) {
  const kit_cert_spec spec = {.cn = "Issuer", .ca = 1};
  p->root = kit_cert_root("Root");
  p->issuer = kit_cert_new(p->root, &spec);
  p->leaf = kit_cert_leaf(p->issuer, "mx.example.org");
}

static inline void pki_free(pki *p) {
  kit_cert_free(p->leaf);
  kit_cert_free(p->issuer);
  kit_cert_free(p->root);
}

static inline mr_trust *pair_trust(const mr_env *env, const char *pem) {
  mr_trust *trust;
  assert_int_equal(mr_trust_new(&trust, env), MR_OK);
  assert_int_equal(mr_trust_add_pem(trust, pem, strlen(pem)), MR_OK);
  return trust;
}

/* The server's half and the client's surroundings; the client is made by the test. */
static inline void pair_init(pair *p, const kit_cert *cert, const char *priorities) {
  const kit_tls_cert certs[] = {{"", kit_cert_chain(cert), kit_cert_key(cert)}};
  memset(p, 0, sizeof *p);
  kit_env_init(&p->env, 7);
  mr__out_init(&p->out, &p->env.env, 1024, 0);
  p->context = kit_tls_context_new(certs, 1, priorities);
  p->server = kit_tls_new(p->context);
  kit_pieces_init(&p->pieces, KIT_PIECES_WHOLE, 1);
}

static inline void pair_client(pair *p, int level, const char *name, mr_trust *trust) {
  const mr_tls_need need = {sizeof need, level, name, &name, 1, trust};
  assert_int_equal(mr__tls_new(&p->tls, &p->env.env, &need, &p->out), MR_OK);
  p->rc = mr__tls_start(p->tls);
}

static inline void pair_free(pair *p) {
  mr__tls_free(p->tls);
  mr__out_free(&p->out);
  kit_tls_free(p->server);
  kit_tls_context_free(p->context);
  kit_buf_free(&p->to_client);
  kit_buf_free(&p->at_server);
  assert_int_equal(kit_env_done(&p->env), 0);
}

/* Moves what the client has written to the server. */
static inline void pair_up(pair *p) {
  const void *data;
  size_t len;
  for (;;) {
    mr__out_peek(&p->out, 0, &data, &len);
    if (!len)
      return;
    kit_tls_feed(p->server, data, len, &p->at_server, &p->to_client);
    assert_int_equal(mr__out_sent(&p->out, len), MR_OK);
  }
}

/* Gives the client n octets, from a block of exactly that size. */
static inline int pair_give(pair *p, const void *data, size_t n) {
  uint8_t *exact = kit_exact(data, n);
  p->rc = mr__tls_recv(p->tls, exact, n);
  free(exact);
  return p->rc;
}

/* Moves what the server has written to the client, in the pieces that are set. */
static inline void pair_down(pair *p) {
  size_t n;
  while ((n = kit_pieces_take(&p->pieces, kit_buf_left(&p->to_client))) > 0) {
    pair_give(p, kit_buf_at(&p->to_client), n);
    kit_buf_take(&p->to_client, n);
  }
}

/* Until both are quiet. */
static inline int pair_run(pair *p) {
  do {
    pair_up(p);
    pair_down(p);
  } while (mr__out_unsent(&p->out));
  return p->rc;
}

static inline void pair_say(pair *p, const char *text) {
  kit_tls_send(p->server, text, strlen(text), &p->to_client);
}

/* What the client reads is exactly this, in steps of `step` octets. */
static inline void pair_expect(pair *p, const char *text, size_t step) {
  char got[512];
  size_t len = 0, n = 1;
  while (n) {
    assert_true(len + step < sizeof got);
    assert_int_equal(mr__tls_read(p->tls, (uint8_t *)got + len, step, &n), MR_OK);
    len += n;
  }
  got[len] = '\0';
  assert_string_equal(got, text);
}

#endif

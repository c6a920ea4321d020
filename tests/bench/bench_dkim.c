/* SPDX-License-Identifier: MIT */
/* Signing a message of 10 KiB, beside the bare signature and hash of the same octets. */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <mailroute/mailroute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

/* A key in every form that a contestant wants. */
typedef struct contest {
  bench_key key;
  gnutls_privkey_t bare;
  mr_dkim *signer;
} contest;

static void seal(const bench_data *data, mr_dkim *signer) {
  mr_message *m = NULL;
  mr_message_new(&m, NULL, NULL);
  mr_message_set_raw(m, data->mail, data->mail_len, MR_RAW_KEEP);
  if (signer != NULL)
    mr_message_sign(m, signer);
  bench_must(mr_message_seal(m) == MR_OK, mr_message_error(m)->text);
  mr_message_free(m);
}

static void ours(const bench_data *data, void *arg) {
  seal(data, ((contest *)arg)->signer);
}

static void unsigned_seal(const bench_data *data, void *arg) {
  (void)arg;
  seal(data, NULL);
}

static void bare(const bench_data *data, void *arg) {
  contest *c = arg;
  uint8_t hash[32];
  gnutls_datum_t text = {hash, sizeof hash};
  gnutls_datum_t signature = {NULL, 0};
  gnutls_hash_fast(GNUTLS_DIG_SHA256, data->mail, data->mail_len, hash);
  int err = c->key.ed25519 ? gnutls_privkey_sign_data2(c->bare, GNUTLS_SIGN_EDDSA_ED25519,
                                                       0, &text, &signature)
                           : gnutls_privkey_sign_hash2(c->bare, GNUTLS_SIGN_RSA_SHA256, 0,
                                                       &text, &signature);
  bench_must(err == 0, "signature");
  gnutls_free(signature.data);
}

static void contest_init(contest *c, int ed25519) {
  gnutls_x509_privkey_t key;
  gnutls_datum_t pem;
  memset(c, 0, sizeof *c);
  c->key.ed25519 = ed25519;
  bench_must(gnutls_x509_privkey_init(&key) == 0, "key");
  bench_must(
      gnutls_x509_privkey_generate(key, ed25519 ? GNUTLS_PK_EDDSA_ED25519 : GNUTLS_PK_RSA,
                                   ed25519 ? 256 : 2048, 0) == 0,
      "key pair");
  bench_must(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                               GNUTLS_PKCS_PLAIN, &pem) == 0,
             "PEM");
  c->key.pem = (char *)pem.data;
  c->key.len = pem.size;
  gnutls_privkey_init(&c->bare);
  bench_must(
      gnutls_privkey_import_x509(c->bare, key, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE) == 0,
      "import");
  bench_must(mr_dkim_new(&c->signer, NULL, "signed.example", "s") == MR_OK, "signer");
  bench_must(mr_dkim_set_key_pem(c->signer, pem.data, pem.size) == MR_OK, "signer's key");
}

static void contest_free(contest *c) {
  mr_dkim_free(c->signer);
  gnutls_privkey_deinit(c->bare);
  gnutls_free(c->key.pem);
}

static void bench_one(const bench_data *data, const char *name, int ed25519) {
  contest c;
  double size = (double)data->mail_len;
  contest_init(&c, ed25519);
  bench_ours(name, bench_time(ours, data, &c), size);
  bench_peer("GnuTLS: bare signature and SHA-256", bench_time(bare, data, &c), size,
             1 / 1.3);
  if (opendkim_sign_mail() != NULL)
    bench_peer("libopendkim", bench_time(opendkim_sign_mail(), data, &c.key), size,
               ed25519); /* RSA: GnuTLS alone takes longer, see docs/message.md */
  else
    bench_absent("libopendkim");
  bench_peer("seal without a signature", bench_time(unsigned_seal, data, &c), size, 0);
  contest_free(&c);
}

void bench_dkim(const bench_data *data) {
  bench_one(data, "sign and seal 10 KiB, Ed25519", 1);
  bench_one(data, "sign and seal 10 KiB, RSA-2048", 0);
}

/* SPDX-License-Identifier: MIT */
/* Messages with DKIM signatures, and forwarded ones with ARC sets. */
#include <stdlib.h>
#include <string.h>

#include "generator.h"

static const char domain[] = "signed.example";

static mr_dkim *signer_new(const mr_env *env, const char *keys, const char *selector,
                           int canon) {
  mr_dkim *signer = NULL;
  blob pem = {0};
  char path[1024];
  snprintf(path, sizeof path, "%s/%s.pem", keys, selector);
  file_read(path, &pem);
  must(mr_dkim_new(&signer, env, domain, selector), "signer");
  must(mr_dkim_set_key_pem(signer, pem.data, pem.len), path);
  must(mr_dkim_set_headers(signer, NULL, "X-Long:Sender"), "fields");
  must(mr_dkim_set(signer, MR_DKIM_HEADER_CANON, canon & 1), "canonical header");
  must(mr_dkim_set(signer, MR_DKIM_BODY_CANON, canon >> 1 & 1), "canonical body");
  blob_free(&pem);
  return signer;
}

static void zone_write(FILE *zone, const mr_dkim *signer) {
  char text[2048];
  must(mr_dkim_txt(signer, text, sizeof text, NULL), "record");
  fprintf(zone, "%s\t%s\n", mr_dkim_name(signer), text);
}

/* A field of each length, which is signed and folded. */
static void long_field(mr_message *message, size_t len) {
  blob value = {0};
  blob_puts(&value, "x");
  for (size_t i = 0; i < len; i++)
    blob_puts(&value, i % 17 == 0 ? " " : "x");
  must(mr_message_add_header(message, "X-Long", value.data), "long field");
  blob_free(&value);
}

/* RSA, Ed25519, or both; the four pairs of canonical forms in turn. */
static void sign_one(maker *m, const char *folder, const char *keys, unsigned number,
                     unsigned count) {
  static const char *const selectors[] = {"rsa", "ed25519"};
  FILE *file = create(folder, number, "eml");
  FILE *zone = create(folder, number, "zone");
  mr_message *message = make_message(m, 0);
  long_field(message, 2000 * (number - 1) / count);
  for (unsigned i = 0; i < 2; i++) {
    if (number % 3 != 2 && number % 3 != i)
      continue;
    mr_dkim *signer = signer_new(&m->env, keys, selectors[i], (int)(number / 3 % 4));
    must(mr_message_sign(message, signer), "sign");
    zone_write(zone, signer);
    mr_dkim_free(signer);
  }
  must(mr_message_seal(message), mr_message_error(message)->text);
  message_write(message, file);
  mr_message_free(message);
  fclose(zone);
  fclose(file);
}

void sign_all(const char *folder, uint64_t seed, unsigned count, const char *keys) {
  for (unsigned number = 1; number <= count; number++) {
    maker m;
    maker_init(&m, seed + number);
    m.expect = create(folder, number, "expect");
    m.content = create(folder, number, "bin");
    sign_one(&m, folder, keys, number, count);
    fclose(m.expect);
    fclose(m.content);
  }
}

/* Forwards a message: one more ARC set. */
static void forward(maker *m, blob *mail, const char *keys) {
  mr_message *message = NULL;
  mr_dkim *signer = signer_new(&m->env, keys, "rsa", 3);
  must(mr_message_new(&message, &m->env, NULL), "new");
  must(mr_message_set_raw(message, mail->data, mail->len, MR_RAW_KEEP), "raw");
  must(mr_message_arc_seal(message, signer, 1,
                           "signed.example; spf=pass smtp.mailfrom=a@b.example; "
                           "dkim=pass header.d=signed.example"),
       "arc");
  must(mr_message_seal(message), mr_message_error(message)->text);
  blob_free(mail);
  message_take(message, mail);
  mr_message_free(message);
  mr_dkim_free(signer);
}

void forward_all(const char *folder, unsigned count, const char *keys) {
  for (unsigned number = 1; number <= count; number++) {
    char path[1024];
    maker m;
    blob mail = {0};
    snprintf(path, sizeof path, "%s/%u.eml", folder, number);
    file_read(path, &mail);
    maker_init(&m, number);
    for (unsigned hop = 0; hop < 1 + number % 3; hop++)
      forward(&m, &mail, keys);
    FILE *file = create(folder, number, "arc");
    fwrite(mail.data, 1, mail.len, file);
    fclose(file);
    blob_free(&mail);
  }
}

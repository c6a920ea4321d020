/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#if BENCH_OPENDKIM
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <dkim.h>

/* Each field without its line end, then the body, as a milter hands it over. */
static void feed(DKIM *dkim, const bench_data *data) {
  char *at = data->mail;
  while (memcmp(at, "\r\n", 2) != 0) {
    char *end = strstr(at, "\r\n");
    bench_must(dkim_header(dkim, (u_char *)at, (size_t)(end - at)) == DKIM_STAT_OK,
               "field");
    at = end + 2;
  }
  at += 2;
  bench_must(dkim_eoh(dkim) == DKIM_STAT_OK, "header");
  size_t len = data->mail_len - (size_t)(at - data->mail);
  bench_must(dkim_body(dkim, (u_char *)at, len) == DKIM_STAT_OK, "body");
  bench_must(dkim_eom(dkim, NULL) == DKIM_STAT_OK, "end");
}

static void sign(const bench_data *data, void *arg) {
  static DKIM_LIB *library;
  bench_key *key = arg;
  unsigned char field[4096];
  DKIM_STAT status;
  if (library == NULL)
    library = dkim_init(NULL, NULL);
  DKIM *dkim = dkim_sign(
      library, (const u_char *)"1", NULL, (dkim_sigkey_t)key->pem, (const u_char *)"s",
      (const u_char *)"signed.example", DKIM_CANON_RELAXED, DKIM_CANON_RELAXED,
      key->ed25519 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256, -1, &status);
  bench_must(dkim != NULL, "dkim_sign");
  feed(dkim, data);
  bench_must(dkim_getsighdr(dkim, field, sizeof field, 16) == DKIM_STAT_OK, "field");
  dkim_free(dkim);
}

bench_work *opendkim_sign_mail(void) { return sign; }
#else
bench_work *opendkim_sign_mail(void) { return NULL; }
#endif

/* SPDX-License-Identifier: MIT */
/*
 * generate messages FOLDER SEED COUNT: as generator.h says
 * generate sign FOLDER SEED COUNT KEYS: signed by KEYS/rsa.pem, KEYS/ed25519.pem; the
 *   records of the zone in NUMBER.zone
 * generate forward FOLDER SEED COUNT KEYS: FOLDER/NUMBER.eml with ARC as NUMBER.arc
 */
#include <stdlib.h>
#include <string.h>

#include "generator.h"

static int draw_random(void *user, void *buf, size_t len) {
  kit_rng_fill(user, buf, len);
  return MR_OK;
}

static int fixed_wall(void *user, int64_t *milliseconds) {
  (void)user;
  *milliseconds = INT64_C(1767225600000); /* 2026-01-01 */
  return MR_OK;
}

void maker_init(maker *m, uint64_t seed) {
  memset(m, 0, sizeof *m);
  kit_rng_init(&m->rng, seed);
  m->env.size = sizeof m->env;
  m->env.user = &m->rng;
  m->env.random = draw_random;
  m->env.wall = fixed_wall;
}

FILE *create(const char *folder, unsigned number, const char *suffix) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%u.%s", folder, number, suffix);
  FILE *file = fopen(path, "wb");
  must(file == NULL ? MR_ERR_SOURCE : MR_OK, path);
  return file;
}

void file_read(const char *path, blob *out) {
  char buf[4096];
  FILE *file = fopen(path, "rb");
  must(file == NULL ? MR_ERR_SOURCE : MR_OK, path);
  for (size_t n; (n = fread(buf, 1, sizeof buf, file)) > 0;)
    blob_put(out, buf, n);
  fclose(file);
}

void message_take(mr_message *message, blob *out) {
  char buf[4096];
  size_t len = 0;
  mr_reader *reader = NULL;
  must(mr_reader_new(&reader, message), "reader");
  do {
    must(mr_reader_read(reader, buf, sizeof buf, &len), "read");
    blob_put(out, buf, len);
  } while (len > 0);
  must(out->len == mr_message_size(message) ? MR_OK : MR_ERR_INTERNAL, "size");
  mr_reader_free(reader);
}

void message_write(mr_message *message, FILE *file) {
  blob octets = {0};
  message_take(message, &octets);
  fwrite(octets.data, 1, octets.len, file);
  blob_free(&octets);
}

static void generate(const char *folder, uint64_t seed, unsigned number) {
  maker m;
  FILE *file = create(folder, number, "eml");
  maker_init(&m, seed + number);
  m.expect = create(folder, number, "expect");
  m.content = create(folder, number, "bin");
  mr_message *message = make_message(&m, 0);
  must(mr_message_seal(message), mr_message_error(message)->text);
  message_write(message, file);
  mr_message_free(message);
  fclose(file);
  fclose(m.expect);
  fclose(m.content);
}

int main(int argc, char **argv) {
  if (argc < 5)
    return 64;
  uint64_t seed = strtoull(argv[3], NULL, 10);
  unsigned count = (unsigned)strtoul(argv[4], NULL, 10);
  if (argc == 5 && strcmp(argv[1], "messages") == 0)
    for (unsigned number = 1; number <= count; number++)
      generate(argv[2], seed, number);
  else if (argc == 6 && strcmp(argv[1], "sign") == 0)
    sign_all(argv[2], seed, count, argv[5]);
  else if (argc == 6 && strcmp(argv[1], "forward") == 0)
    forward_all(argv[2], count, argv[5]);
  else
    return 64;
  return 0;
}

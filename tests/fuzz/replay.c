/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over every file of a directory, for builds without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_ROOM = 4096, FILE_MAX = 1 << 20 };

/* 1 = replayed, 0 = not a file that can be. */
static int replay(const char *path) {
  FILE *file = fopen(path, "rb");
  uint8_t *data = malloc(FILE_MAX);
  if (file == NULL || data == NULL) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(1);
  }
  size_t len = fread(data, 1, FILE_MAX, file);
  int good = !ferror(file);
  fclose(file);
  uint8_t *exact = malloc(len > 0 ? len : 1);
  if (good && exact != NULL) {
    memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
  }
  free(exact);
  free(data);
  return good;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
  if (directory == NULL) {
    fprintf(stderr, "usage: replay DIRECTORY\n");
    return 2;
  }
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    char path[PATH_ROOM];
    if (entry->d_name[0] == '.')
      continue;
    int len = snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
    if (len > 0 && (size_t)len < sizeof path)
      count += (unsigned)replay(path);
  }
  closedir(directory);
  printf("%u files\n", count);
  return count > 0 ? 0 : 1;
}

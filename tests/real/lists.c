/* SPDX-License-Identifier: MIT */
/*
 * Reads address lists from standard input, each ended by a NUL, and writes for each what
 * the library finds, ended by a NUL: items on lines, "kind US name US address", or
 * "error US code US offset". For judges who read the same lists.
 */
#include <mailroute/mailroute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 24, UNIT = 0x1F };

static void list_write(const mr_address_list *list) {
  for (size_t i = 0; i < mr_address_list_count(list); i++)
    printf("%d%c%s%c%s\n", mr_address_list_kind(list, i), UNIT,
           mr_address_list_name(list, i), UNIT,
           mr_address_text(mr_address_list_address(list, i)));
}

static void record_read(const char *text, size_t len) {
  mr_address_list *list = NULL;
  size_t offset = 0;
  int err = mr_address_list_parse(&list, NULL, text, len, &offset);
  if (err == MR_OK)
    list_write(list);
  else
    printf("error%c%d%c%zu\n", UNIT, err, UNIT, offset);
  putchar(0);
  mr_address_list_free(list);
}

int main(void) {
  char *data = malloc(INPUT_MAX);
  size_t len = data != NULL ? fread(data, 1, INPUT_MAX, stdin) : 0;
  for (char *at = data, *end; len > 0 && (end = memchr(at, 0, len)) != NULL;) {
    record_read(at, (size_t)(end - at));
    len -= (size_t)(end - at) + 1;
    at = end + 1;
  }
  free(data);
  return len == 0 ? 0 : 1;
}

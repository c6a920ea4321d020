/* SPDX-License-Identifier: MIT */
/* Address lists: parse, print, parse is the identity, and nothing leaves its place. */
#include <mailroute/address_list.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int right) {
  if (!right)
    abort();
}

/* Names can stand in a header again: no control but TAB. */
static void check_name(const char *name) {
  for (; *name != 0; name++)
    must((uint8_t)*name >= 0x20 || *name == '\t');
}

static void check_same(const mr_address_list *a, const mr_address_list *b) {
  must(mr_address_list_count(a) == mr_address_list_count(b));
  for (size_t i = 0; i < mr_address_list_count(a); i++) {
    const mr_address *one = mr_address_list_address(a, i);
    const mr_address *other = mr_address_list_address(b, i);
    must(mr_address_list_kind(a, i) == mr_address_list_kind(b, i));
    must(strcmp(mr_address_list_name(a, i), mr_address_list_name(b, i)) == 0);
    must(strcmp(mr_address_text(one), mr_address_text(other)) == 0);
    check_name(mr_address_list_name(a, i));
  }
  must(strcmp(mr_address_list_text(a), mr_address_list_text(b)) == 0);
}

/* Groups are closed, and in order. */
static void check_groups(const mr_address_list *list) {
  int depth = 0;
  for (size_t i = 0; i < mr_address_list_count(list); i++) {
    int kind = mr_address_list_kind(list, i);
    depth += kind == MR_ITEM_GROUP;
    depth -= kind == MR_ITEM_GROUP_END;
    must(depth >= 0 && depth <= MR_ADDRESS_LIST_DEPTH);
  }
  must(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size > 0 ? (const char *)data : "";
  mr_address_list *list = NULL;
  mr_address_list *again = NULL;
  size_t offset = SIZE_MAX;
  if (mr_address_list_parse(&list, NULL, text, size, &offset) != MR_OK) {
    must(list == NULL && offset <= size);
    return 0;
  }
  const char *printed = mr_address_list_text(list);
  check_name(printed);
  must(mr_address_list_parse(&again, NULL, printed, strlen(printed), NULL) == MR_OK);
  check_same(list, again);
  check_groups(list);
  mr_address_list_free(list);
  mr_address_list_free(again);
  return 0;
}

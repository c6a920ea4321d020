/* SPDX-License-Identifier: MIT */
/* Addresses and address lists: what is accepted is written and read back as the same. */
#include <mailroute/address.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/address_list.h"
#include "text/domain.h"
#include "text/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int right) {
  if (!right)
    abort();
}

/* Nothing of an address may leave the angle brackets of a command. */
static void check_wire(const mr_address *a) {
  const char *text = mr_address_text(a);
  int quoted = 0;
  for (size_t i = 0; text[i] != 0; i++) {
    unsigned c = (uint8_t)text[i];
    must(c >= 0x20 && c != 0x7F);
    must(quoted || (c != ' ' && c != '<' && c != '>'));
    if (quoted && c == '\\')
      i++;
    else if (c == '"')
      quoted = !quoted;
  }
  must(!quoted && strlen(text) <= 254);
}

static void check_address(const char *text, size_t len, unsigned flags) {
  mr_address *a;
  mr_address *b;
  size_t offset = 0;
  int err = mr_address_parse(&a, NULL, text, len, flags, &offset);
  if (err != MR_OK) {
    must(a == NULL && offset <= len);
    return;
  }
  check_wire(a);
  const char *wire = mr_address_text(a);
  must(mr_address_parse(&b, NULL, wire, strlen(wire), flags, NULL) == MR_OK);
  must(mr_address_equal(a, b) && strcmp(wire, mr_address_text(b)) == 0);
  must(strcmp(mr_address_local(a), mr_address_local(b)) == 0);
  must(strcmp(mr_address_domain(a), mr_address_domain(b)) == 0);
  mr_address_free(a);
  mr_address_free(b);
}

static void check_list(const uint8_t *data, size_t size) {
  mr__cur cur = mr__cur_of(data, size);
  const char *found;
  size_t len;
  size_t left = mr__cur_left(&cur);
  while (mr__address_list_next(&cur, &found, &len) == 1) {
    must(mr__cur_left(&cur) < left);
    left = mr__cur_left(&cur);
    must((const uint8_t *)found >= data && len <= size);
    check_address(found, len, 0);
  }
}

static void check_names(const char *text, size_t size) {
  char domain[MR__DOMAIN_TEXT];
  char printed[MR__IP_TEXT];
  mr__ip ip, again;
  if (mr__domain_ascii(NULL, text, size, domain, NULL) == MR_OK)
    must(mr__domain_check(domain, strlen(domain), NULL) == MR_OK);
  if (mr__ip_parse(&ip, text, size) == MR_OK) {
    mr__ip_print(&ip, printed);
    must(mr__ip_parse(&again, printed, strlen(printed)) == MR_OK);
    must(mr__ip_equal(&ip, &again));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size > 0 ? (const char *)data : "";
  check_address(text, size, 0);
  check_address(text, size, MR_ADDRESS_ALLOW_NULL | MR_ADDRESS_ALLOW_LOCAL);
  check_list((const uint8_t *)text, size);
  check_names(text, size);
  return 0;
}

/* SPDX-License-Identifier: MIT */
#include "message/return_path.h"

#include <string.h>

enum { TEXT_ROOM = 1024 };

static int copy_out(char *dst, size_t cap, const char *text) {
  size_t len = strlen(text);
  if (len >= cap)
    return MR_ERR_LIMIT;
  memcpy(dst, text, len + 1);
  return MR_OK;
}

int mr__return_path_put(char *dst, size_t cap, const mr_env *env, const char *local,
                        size_t len, const char *domain, size_t domain_len) {
  char text[TEXT_ROOM];
  size_t at = 0;
  if (2 * len + domain_len + 4 > sizeof text)
    return MR_ERR_ADDR_LONG;
  text[at++] = '"';
  for (size_t i = 0; i < len; i++) {
    if (local[i] == '"' || local[i] == '\\')
      text[at++] = '\\';
    text[at++] = local[i];
  }
  text[at++] = '"';
  text[at++] = '@';
  memcpy(text + at, domain, domain_len);
  mr_address *address = NULL;
  int err = mr_address_parse(&address, env, text, at + domain_len, 0, NULL);
  if (err == MR_OK)
    err = copy_out(dst, cap, mr_address_text(address));
  mr_address_free(address);
  return err;
}

int mr__return_path_get(mr_address **out, const mr_env *env, const char *text) {
  return mr_address_parse(out, env, text, strlen(text), 0, NULL);
}

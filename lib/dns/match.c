/* SPDX-License-Identifier: MIT */
#include "dns/match.h"

#include <string.h>

int mr__dns_from(const mr__dns_expect *expect, const char *address, int port) {
  mr__ip ip;
  return port == expect->port &&
         mr__ip_parse(&ip, address, mr__strlen(address)) == MR_OK &&
         mr__ip_equal(&ip, expect->ip);
}

/* Octet for octet: our question went out in lower case and uncompressed, and servers give
 * it back as it was. */
static int question_matches(const mr__dns_expect *expect, const uint8_t *data,
                            size_t len) {
  const mr__dname *name = expect->name;
  mr__cur cur = mr__cur_of(data, len);
  mr__cur_get(&cur, MR__DNS_HEADER);
  const uint8_t *asked = mr__cur_get(&cur, name->len);
  unsigned type = mr__cur_get16(&cur);
  unsigned qclass = mr__cur_get16(&cur);
  return cur.err == MR_OK && type == (unsigned)expect->type &&
         qclass == MR__DNS_CLASS_IN && memcmp(asked, name->octets, name->len) == 0;
}

int mr__dns_matches(const mr__dns_expect *expect, const uint8_t *data, size_t len,
                    mr__dns_head *head) {
  return mr__dns_head_read(head, data, len) == MR_OK && head->id == expect->id &&
         head->response && head->opcode == 0 && head->questions == 1 &&
         question_matches(expect, data, len);
}

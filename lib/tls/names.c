/* SPDX-License-Identifier: MIT */
#include "tls/names.h"

#include <string.h>

#include "tls/der.h"

/* RFC 5321 4.1.3: the literal without its brackets. */
static void set_ip(mr__name *name, const char *text, size_t len) {
  if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
    text++;
    len -= 2;
    if (len > 5 && mr__memcaseeq(text, "IPv6:", 5)) {
      text += 5;
      len -= 5;
    }
  }
  if (mr__ip_parse(&name->ip, text, len) != MR_OK)
    name->ip.family = 0;
}

void mr__name_set(mr__name *name, const mr_env *env, const char *text) {
  size_t len = text ? mr__strlen(text) : 0;
  memset(name, 0, sizeof *name);
  set_ip(name, text, len);
  if (name->ip.family || !len)
    return;
  if (mr__domain_ascii(env, text, len, name->text, NULL) != MR_OK)
    name->text[0] = '\0';
}

/* "*" stands for exactly one whole leftmost label, below at least two more. */
static int wildcard_match(const char *name, size_t len, const uint8_t *san,
                          size_t san_len) {
  const char *dot = memchr(name, '.', len);
  if (!dot || san_len < 3 || san[0] != '*' || san[1] != '.')
    return 0;
  size_t rest = len - (size_t)(dot - name);
  if (rest != san_len - 1 || !memchr(dot + 1, '.', rest - 1))
    return 0;
  return mr__memcaseeq(dot, san + 1, rest);
}

/* The name has no NUL inside and lengths must agree: a NUL in the certificate matches
 * nothing. */
static int dns_match(const mr__name *name, const mr__cur *san) {
  size_t len = mr__strlen(name->text), san_len = mr__cur_left(san);
  if (len == 0)
    return 0;
  if (len == san_len && mr__memcaseeq(name->text, san->p, len))
    return 1;
  return wildcard_match(name->text, len, san->p, san_len);
}

static int ip_match(const mr__name *name, const mr__cur *san) {
  size_t len = name->ip.family == 4 ? 4 : 16;
  return name->ip.family && mr__cur_left(san) == len &&
         memcmp(name->ip.octets, san->p, len) == 0;
}

int mr__names_match(const mr__name *names, size_t count, const void *san, size_t len) {
  mr__cur cur = mr__cur_of(san, len), list, entry;
  unsigned tag;
  int found = 0;
  if (!mr__der_next(&cur, &tag, &list) || tag != MR__DER_SEQUENCE || mr__cur_left(&cur))
    return 0;
  while (mr__der_next(&list, &tag, &entry))
    for (size_t i = 0; i < count && !found; i++)
      found = (tag == MR__DER_NAME && dns_match(&names[i], &entry)) ||
              (tag == MR__DER_IP && ip_match(&names[i], &entry));
  return found && !list.err;
}

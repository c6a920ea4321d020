/* SPDX-License-Identifier: MIT */
#include <mailroute/address.h>

#include <string.h>

#include "base/buf.h"
#include "text/atext.h"
#include "text/domain.h"
#include "text/ip.h"
#include "text/utf8.h"

enum {
  MR__ADDRESS_INPUT = 1024, /* with a source route and needless quoting */
  MR__ADDRESS_LOCAL = 64,   /* RFC 5321 4.5.3.1.1 */
  MR__ADDRESS_DOMAIN = 255, /* RFC 5321 4.5.3.1.2 */
  MR__ADDRESS_PATH = 254,   /* RFC 5321 4.5.3.1.3 without the angle brackets */
  MR__ADDRESS_LITERAL = MR__IP_TEXT + 8
};

struct mr_address {
  mr_env env;
  int kind;
  int utf8;
  const char *local;
  const char *domain;
  const char *text;
  char data[]; /* local NUL text NUL; domain is the end of text, or its NUL */
};

/* What the parser finds before there is an object. */
typedef struct parts {
  char local[MR__ADDRESS_LOCAL + 1]; /* unquoted */
  size_t local_len;
  size_t local_wire; /* octets of the local part as it is written */
  int quoted;        /* must be written in quotes */
  int kind;
  char domain[MR__DOMAIN_TEXT];
} parts;

int mr__is_atext(int c) {
  static const char others[] = "!#$%&'*+-/=?^_`{|}~";
  return mr__is_alnum(c) || c >= 0x80 ||
         (c > 0 && memchr(others, c, sizeof others - 1) != NULL);
}

static int local_add(parts *a, int octet) {
  if (a->local_len >= MR__ADDRESS_LOCAL)
    return MR_ERR_ADDR_LONG;
  a->local[a->local_len++] = (char)octet;
  return MR_OK;
}

static int quoted_parse(mr__cur *cur, parts *a) {
  int err = MR_OK;
  mr__cur_next(cur);
  while (err == MR_OK) {
    int c = mr__cur_peek(cur);
    if (c == '\\') {
      mr__cur_next(cur);
      c = mr__cur_peek(cur);
      if (c >= 0x80) /* RFC 6531 3.3 lets only ASCII be quoted so */
        c = -1;
    } else if (c == '"') {
      mr__cur_next(cur);
      return MR_OK;
    }
    err = c < 0 ? MR_ERR_ADDR : local_add(a, c);
    if (err == MR_OK)
      mr__cur_next(cur);
  }
  return err;
}

static int dot_string_parse(mr__cur *cur, parts *a) {
  int err = MR_OK;
  do {
    if (!mr__is_atext(mr__cur_peek(cur)))
      return MR_ERR_ADDR;
    while (err == MR_OK && mr__is_atext(mr__cur_peek(cur))) {
      err = local_add(a, mr__cur_peek(cur));
      if (err == MR_OK)
        mr__cur_next(cur);
    }
    if (err != MR_OK || mr__cur_peek(cur) != '.')
      return err;
    err = local_add(a, '.');
  } while (err == MR_OK && mr__cur_skip_if(cur, '.'));
  return err;
}

/* Whether the unquoted local part is a Dot-string. */
static int is_dot_string(const parts *a) {
  int dot = 1;
  for (size_t i = 0; i < a->local_len; i++) {
    int c = (uint8_t)a->local[i];
    if (c == '.' ? dot : !mr__is_atext(c))
      return 0;
    dot = c == '.';
  }
  return !dot;
}

static size_t wire_len(const parts *a) {
  size_t len = a->local_len;
  if (!a->quoted)
    return len;
  for (size_t i = 0; i < a->local_len; i++)
    len += a->local[i] == '"' || a->local[i] == '\\';
  return len + 2;
}

static int local_parse(mr__cur *cur, parts *a) {
  int err = mr__cur_peek(cur) == '"' ? quoted_parse(cur, a) : dot_string_parse(cur, a);
  if (err != MR_OK)
    return err;
  a->quoted = !is_dot_string(a);
  a->local_wire = wire_len(a);
  return a->local_wire <= MR__ADDRESS_LOCAL ? MR_OK : MR_ERR_ADDR_LONG;
}

/* The inside of an address literal (RFC 5321 4.1.3). */
static int literal_parse(const char *text, size_t len, parts *a) {
  static const char tag[] = "IPv6:";
  char canonical[MR__IP_TEXT];
  mr__ip ip;
  int v6 = len > 5 && mr__memcaseeq(text, tag, 5);
  size_t skip = v6 ? 5 : 0;
  if (mr__ip_parse(&ip, text + skip, len - skip) != MR_OK || ip.family != (v6 ? 6 : 4))
    return MR_ERR_ADDR;
  mr__ip_print(&ip, canonical);
  a->kind = v6 ? MR_DOMAIN_IPV6 : MR_DOMAIN_IPV4;
  size_t n = strlen(canonical);
  a->domain[0] = '[';
  memcpy(a->domain + 1, tag, skip);
  memcpy(a->domain + 1 + skip, canonical, n);
  memcpy(a->domain + 1 + skip + n, "]", 2);
  return MR_OK;
}

/* Whether a host name breaks off here: octets that grammar gives another meaning. */
static size_t name_extent(const uint8_t *p, size_t len) {
  static const char specials[] = " \"(),:;<>@[\\]";
  size_t n = 0;
  while (n < len && memchr(specials, p[n], sizeof specials - 1) == NULL)
    n++;
  return n;
}

static int domain_parse(mr__cur *cur, const mr_env *env, parts *a) {
  const char *text = (const char *)cur->p;
  size_t len = mr__cur_left(cur);
  size_t bad = 0;
  if (len > 0 && text[0] == '[') {
    const char *end = memchr(text, ']', len);
    if (end == NULL || (size_t)(end - text) != len - 1 || len > MR__ADDRESS_LITERAL)
      return MR_ERR_ADDR;
    return literal_parse(text + 1, len - 2, a);
  }
  size_t extent = name_extent(cur->p, len);
  if (len == 0 || extent < len) {
    mr__cur_get(cur, extent);
    return MR_ERR_ADDR;
  }
  if (len > MR__ADDRESS_DOMAIN && !mr__eight_bit(cur->p, len))
    return MR_ERR_ADDR_LONG;
  a->kind = MR_DOMAIN_NAME;
  int err = mr__domain_ascii(env, text, len, a->domain, &bad);
  if (err != MR_OK)
    mr__cur_get(cur, bad < len ? bad : len);
  return err;
}

/* "@a,@b:" in front of the mailbox: read over, never used (RFC 5321 appendix C). */
static int route_skip(mr__cur *cur) {
  while (mr__cur_skip_if(cur, '@')) {
    size_t n = name_extent(cur->p, mr__cur_left(cur));
    if (n == 0)
      return MR_ERR_ADDR;
    mr__cur_get(cur, n);
    if (mr__cur_skip_if(cur, ':'))
      return MR_OK;
    if (!mr__cur_skip_if(cur, ','))
      return MR_ERR_ADDR;
  }
  return MR_ERR_ADDR;
}

static int mailbox_parse(mr__cur *cur, const mr_env *env, unsigned flags, parts *a) {
  int err = local_parse(cur, a);
  if (err != MR_OK)
    return err;
  if (mr__cur_left(cur) == 0 && (flags & MR_ADDRESS_ALLOW_LOCAL) != 0)
    return MR_OK;
  if (!mr__cur_skip_if(cur, '@'))
    return MR_ERR_ADDR;
  err = domain_parse(cur, env, a);
  if (err == MR_OK && a->local_wire + 1 + strlen(a->domain) > MR__ADDRESS_PATH)
    err = MR_ERR_ADDR_LONG;
  return err;
}

static int path_parse(mr__cur *cur, const mr_env *env, unsigned flags, parts *a) {
  size_t clean = mr__utf8_clean(cur->p, mr__cur_left(cur), 0);
  if (clean < mr__cur_left(cur)) {
    mr__cur_get(cur, clean);
    return MR_ERR_ADDR_CHAR;
  }
  if (mr__cur_skip_if(cur, '<')) {
    if (mr__cur_left(cur) == 0 || cur->end[-1] != '>') {
      mr__cur_get(cur, mr__cur_left(cur));
      return MR_ERR_ADDR;
    }
    cur->end--;
    if (mr__cur_peek(cur) == '@' && route_skip(cur) != MR_OK)
      return MR_ERR_ADDR;
  }
  if (mr__cur_left(cur) == 0 && mr__cur_offset(cur) <= 1)
    return (flags & MR_ADDRESS_ALLOW_NULL) != 0 ? MR_OK : MR_ERR_ADDR;
  return mailbox_parse(cur, env, flags, a);
}

static char *local_write(char *dst, const parts *a) {
  if (a->quoted)
    *dst++ = '"';
  for (size_t i = 0; i < a->local_len; i++) {
    if (a->quoted && (a->local[i] == '"' || a->local[i] == '\\'))
      *dst++ = '\\';
    *dst++ = a->local[i];
  }
  if (a->quoted)
    *dst++ = '"';
  return dst;
}

static int address_make(mr_address **out, const mr_env *env, const parts *a) {
  size_t domain_len = strlen(a->domain);
  size_t text_len = a->local_wire + (domain_len > 0 ? 1 + domain_len : 0);
  mr_address *address =
      mr__realloc(env, NULL, sizeof *address + a->local_len + 1 + text_len + 1);
  if (address == NULL)
    return MR_ERR_NOMEM;
  address->env = *env;
  address->kind = a->kind;
  address->utf8 = mr__eight_bit((const uint8_t *)a->local, a->local_len);
  address->local = address->data;
  memcpy(address->data, a->local, a->local_len);
  char *text = address->data + a->local_len;
  *text++ = 0;
  address->text = text;
  text = local_write(text, a);
  if (domain_len > 0)
    *text++ = '@';
  address->domain = text;
  memcpy(text, a->domain, domain_len + 1);
  *out = address;
  return MR_OK;
}

int mr_address_parse(mr_address **out, const mr_env *env, const char *text, size_t len,
                     unsigned flags, size_t *offset) {
  parts a = {0};
  mr_env full;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (text == NULL && len > 0)
    return MR_ERR_MISUSE;
  mr__env_copy(&full, env);
  mr__cur cur = mr__cur_of(text != NULL ? text : "", len);
  int err = MR_ERR_ADDR_LONG;
  if (len <= MR__ADDRESS_INPUT)
    err = path_parse(&cur, &full, flags, &a);
  else
    mr__cur_get(&cur, MR__ADDRESS_INPUT);
  if (err == MR_OK)
    err = address_make(out, &full, &a);
  if (err != MR_OK && offset != NULL)
    *offset = mr__cur_offset(&cur);
  return err;
}

void mr_address_free(mr_address *address) {
  if (address != NULL) {
    mr_env env = address->env;
    mr__free(&env, address);
  }
}

int mr_address_is_null(const mr_address *address) {
  return address != NULL && address->text[0] == 0;
}

int mr_address_domain_kind(const mr_address *address) {
  return address != NULL ? address->kind : MR_DOMAIN_NONE;
}

const char *mr_address_local(const mr_address *address) {
  return address != NULL ? address->local : "";
}

const char *mr_address_domain(const mr_address *address) {
  return address != NULL ? address->domain : "";
}

const char *mr_address_text(const mr_address *address) {
  return address != NULL ? address->text : "";
}

int mr_address_needs_utf8(const mr_address *address) {
  return address != NULL && address->utf8;
}

int mr_address_equal(const mr_address *a, const mr_address *b) {
  return a != NULL && b != NULL && mr__streq(a->text, b->text);
}

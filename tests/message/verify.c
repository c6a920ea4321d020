/* SPDX-License-Identifier: MIT */
#include "message/verify.h"

#include "base/config.h"

#if MR_WITH_TLS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "kit/kit_alloc.h"

static size_t header_len(const char *mail, size_t len) {
  for (size_t i = 0; i + 3 < len; i++)
    if (memcmp(mail + i, "\r\n\r\n", 4) == 0)
      return i + 2;
  return 0;
}

/* CR and LF as pairs only, no NUL. */
static int is_canonical(const char *mail, size_t len) {
  for (size_t i = 0; i < len; i++) {
    int pair = mail[i] == '\r' && i + 1 < len && mail[i + 1] == '\n';
    if (mail[i] == '\0' || (!pair && (mail[i] == '\r' || mail[i] == '\n')))
      return 0;
    i += (size_t)pair;
  }
  return 1;
}

static size_t one_field(const char *field, size_t len) {
  size_t at = 0;
  while (at < len) {
    while (at < len && field[at] != '\n')
      at++;
    at += at < len;
    if (at < len && field[at] != ' ' && field[at] != '\t')
      break;
  }
  return at;
}

static int is_named(const char *field, size_t len, const char *name) {
  size_t n = strlen(name), at = n;
  if (len <= n || strncasecmp(field, name, n) != 0)
    return 0;
  while (at < len && (field[at] == ' ' || field[at] == '\t'))
    at++;
  return at < len && field[at] == ':';
}

const char *verify_field(const char *mail, size_t len, const char *name, size_t index,
                         size_t *field_len) {
  size_t end = header_len(mail, len);
  for (size_t at = 0; at < end; at += *field_len) {
    *field_len = one_field(mail + at, end - at);
    if (is_named(mail + at, *field_len, name) && index-- == 0)
      return mail + at;
  }
  *field_len = 0;
  return NULL;
}

/* Where a tag's value stands, white space included. */
static int find_tag(const char *field, size_t len, const char *tag, size_t *start,
                    size_t *end) {
  size_t at = (size_t)((const char *)memchr(field, ':', len) - field) + 1;
  while (at < len) {
    const char *stop = memchr(field + at, ';', len - at);
    size_t next = stop != NULL ? (size_t)(stop - field) : len;
    while (at < next && strchr(" \t\r\n", field[at]) != NULL)
      at++;
    size_t name = at;
    while (at < next && field[at] != '=' && strchr(" \t\r\n", field[at]) == NULL)
      at++;
    size_t name_end = at;
    while (at < next && field[at] != '=')
      at++;
    if (name_end - name == strlen(tag) && memcmp(field + name, tag, strlen(tag)) == 0 &&
        at < next) {
      *start = at + 1;
      *end = next;
      return 1;
    }
    at = next + 1;
  }
  return 0;
}

char *verify_tag(const char *field, size_t len, const char *tag) {
  size_t start = 0, end = 0, n = 0;
  char *value = kit_xalloc(NULL, len + 1);
  if (!find_tag(field, len, tag, &start, &end))
    return value;
  for (size_t i = start; i < end; i++)
    if (strchr(" \t\r\n", field[i]) == NULL)
      value[n++] = field[i];
  value[n] = '\0';
  return value;
}

/* Strict: digits, padding and the bits that stay unused. -1 = not base64. */
static long decode(const char *text, uint8_t *out, size_t cap) {
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t len = strlen(text), pad = 0, n = 0;
  while (pad < 2 && len > pad && text[len - 1 - pad] == '=')
    pad++;
  if (len == 0 || len % 4 != 0 || len / 4 * 3 > cap + pad)
    return -1;
  for (size_t i = 0; i < len; i += 4) {
    unsigned long word = 0;
    for (size_t j = i; j < i + 4; j++) {
      const char *digit = j < len - pad ? strchr(digits, text[j]) : digits;
      if (digit == NULL || *digit == '\0')
        return -1;
      word = word << 6 | (unsigned long)(digit - digits);
    }
    size_t keep = i + 4 == len ? 3 - pad : 3;
    for (size_t j = 0; j < keep; j++)
      out[n++] = (uint8_t)(word >> (16 - 8 * j));
    if ((word & ((1ul << (24 - 8 * keep)) - 1)) != 0)
      return -1;
  }
  return (long)n;
}

/* RFC 6376 3.4.2 with regular text only: no line end is added. */
static void relaxed_field(kit_buf *out, const char *field, size_t len) {
  size_t at = 0;
  int space = 0;
  size_t first = 0;
  for (; field[at] != ':'; at++)
    if (field[at] != ' ' && field[at] != '\t')
      kit_buf_printf(out, "%c",
                     field[at] >= 'A' && field[at] <= 'Z' ? field[at] + 32 : field[at]);
  kit_buf_str(out, ":");
  first = out->len;
  for (at++; at < len; at++) {
    if (strchr(" \t\r\n", field[at]) != NULL) {
      space = 1;
      continue;
    }
    if (space && out->len > first)
      kit_buf_str(out, " ");
    kit_buf_add(out, field + at, 1);
    space = 0;
  }
}

static void put_field(kit_buf *out, const char *field, size_t len, int relaxed) {
  if (!relaxed) {
    kit_buf_add(out, field, len);
    return;
  }
  relaxed_field(out, field, len);
  kit_buf_str(out, "\r\n");
}

/* The field with an empty b= and without the line end. */
static void put_own(kit_buf *out, const char *field, size_t len, int relaxed) {
  size_t start = 0, end = 0;
  kit_buf bare = {0};
  if (!find_tag(field, len, "b", &start, &end))
    return;
  kit_buf_add(&bare, field, start);
  kit_buf_add(&bare, field + end, len - end);
  while (bare.len > 0 && end < len && strchr("\r\n", bare.data[bare.len - 1]) != NULL)
    bare.len--;
  put_field(out, bare.data, bare.len, 0);
  if (relaxed) {
    out->len -= bare.len;
    relaxed_field(out, bare.data, bare.len);
  }
  kit_buf_free(&bare);
}

static int is_relaxed(const char *field, size_t len, int body) {
  char *c = verify_tag(field, len, "c");
  const char *slash = strchr(c, '/');
  int relaxed = body ? slash != NULL && strcmp(slash, "/relaxed") == 0
                     : strncmp(c, "relaxed", 7) == 0;
  free(c);
  return relaxed;
}

/* How often a name stood in h= before. */
static size_t count_before(const char *list, const char *at, const char *name) {
  size_t count = 0, len = strlen(name);
  for (const char *p = list; p < at; p += strcspn(p, ":") + 1)
    count += strcspn(p, ":") == len && strncasecmp(p, name, len) == 0;
  return count;
}

kit_buf verify_signed(const char *mail, size_t len, const char *field, size_t field_len) {
  kit_buf out = {0};
  int relaxed = is_relaxed(field, field_len, 0);
  char *h = verify_tag(field, field_len, "h"), *p = h;
  while (*p != '\0') {
    size_t n = strcspn(p, ":"), total = 0, found_len = 0;
    char *name = kit_xdup_n(p, n);
    while (verify_field(mail, len, name, total, &found_len) != NULL)
      total++;
    size_t used = count_before(h, p, name);
    if (used < total) {
      const char *found = verify_field(mail, len, name, total - 1 - used, &found_len);
      put_field(&out, found, found_len, relaxed);
    }
    free(name);
    p += n + (p[n] == ':');
  }
  free(h);
  put_own(&out, field, field_len, relaxed);
  return out;
}

static kit_buf body_of(const char *body, size_t len, int relaxed) {
  kit_buf out = {0};
  size_t end = 0;
  for (size_t at = 0; at < len;) {
    size_t start = out.len, stop = at;
    while (stop < len && body[stop] != '\r')
      stop++;
    for (; at < stop; at++) {
      int blank = relaxed && (body[at] == ' ' || body[at] == '\t');
      if (!blank || out.len == start || out.data[out.len - 1] != ' ')
        kit_buf_add(&out, blank ? " " : body + at, 1);
    }
    if (relaxed && out.len > start && out.data[out.len - 1] == ' ')
      out.len--;
    size_t line = out.len - start;
    kit_buf_str(&out, "\r\n");
    end = line > 0 ? out.len : end;
    at = stop + 2;
  }
  out.len = end;
  if (end == 0 && !relaxed)
    kit_buf_str(&out, "\r\n");
  return out;
}

static int body_matches(const char *mail, size_t len, const char *field,
                        size_t field_len) {
  uint8_t want[64], got[MR__DIGEST_MAX];
  size_t start = header_len(mail, len) + 2;
  kit_buf body = body_of(mail + start, len - start, is_relaxed(field, field_len, 1));
  char *bh = verify_tag(field, field_len, "bh");
  int same = mr__digest_of(MR__SHA256, kit_buf_at(&body), body.len, got) == MR_OK &&
             decode(bh, want, sizeof want) == 32 && memcmp(want, got, 32) == 0;
  free(bh);
  kit_buf_free(&body);
  return same;
}

/* b= over that text, with the key of the record. */
static int is_signed(const kit_buf *text, const char *field, size_t field_len,
                     const char *txt) {
  uint8_t key[MR__PUBLIC_MAX], signature[MR__SIGNATURE_MAX], hash[MR__DIGEST_MAX];
  char *a = verify_tag(field, field_len, "a"), *b = verify_tag(field, field_len, "b");
  int rsa = strcmp(a, "rsa-sha256") == 0;
  int fits = strstr(txt, rsa ? "k=rsa" : "k=ed25519") != NULL &&
             (rsa || strcmp(a, "ed25519-sha256") == 0);
  long key_len = decode(strstr(txt, "p=") + 2, key, sizeof key);
  long len = decode(b, signature, sizeof signature);
  fits = fits && key_len > 0 && len > 0 &&
         mr__digest_of(MR__SHA256, kit_buf_at(text), text->len, hash) == MR_OK &&
         mr__key_verify(rsa ? MR__KEY_RSA : MR__KEY_ED25519, key, (size_t)key_len, hash,
                        signature, (size_t)len) == MR_OK;
  free(a);
  free(b);
  return fits;
}

static int signs_from(const char *field, size_t len) {
  char *h = verify_tag(field, len, "h");
  size_t count = count_before(h, h + strlen(h), "From");
  free(h);
  return count > 0;
}

int verify_signature(const char *mail, size_t len, const char *name, size_t index,
                     const char *txt) {
  size_t field_len = 0;
  const char *field = verify_field(mail, len, name, index, &field_len);
  if (field == NULL || !is_canonical(mail, len) || !signs_from(field, field_len) ||
      !body_matches(mail, len, field, field_len))
    return 0;
  kit_buf text = verify_signed(mail, len, field, field_len);
  int good = is_signed(&text, field, field_len, txt);
  kit_buf_free(&text);
  return good;
}

static const char *const set_names[] = {"ARC-Authentication-Results",
                                        "ARC-Message-Signature", "ARC-Seal"};

/* The only field of a set, NULL = there is none, or more; *index among its name. */
static const char *find_in_set(const char *mail, size_t len, int kind, unsigned n,
                               size_t *field_len, size_t *index) {
  const char *found = NULL;
  size_t end = header_len(mail, len), size = 0, count = 0, hits = 0;
  for (size_t at = 0; at < end; at += size) {
    size = one_field(mail + at, end - at);
    if (!is_named(mail + at, size, set_names[kind]))
      continue;
    char *instance = verify_tag(mail + at, size, "i");
    if ((unsigned)atoi(instance) == n) {
      found = mail + at;
      *field_len = size;
      *index = count;
      hits++;
    }
    free(instance);
    count++;
  }
  return hits == 1 ? found : NULL;
}

int verify_seal(const char *mail, size_t len, unsigned n, int alone, const char *txt) {
  kit_buf text = {0};
  const char *field = NULL;
  size_t field_len = 0, index = 0;
  for (unsigned i = alone ? n : 1; i <= n; i++)
    for (int kind = 0; kind < 3; kind++) {
      field = find_in_set(mail, len, kind, i, &field_len, &index);
      if (field == NULL) {
        kit_buf_free(&text);
        return 0;
      }
      if (i < n || kind < 2)
        put_field(&text, field, field_len, 1);
      else
        put_own(&text, field, field_len, 1);
    }
  char *h = verify_tag(field, field_len, "h");
  int good = *h == '\0' && is_signed(&text, field, field_len, txt);
  free(h);
  kit_buf_free(&text);
  return good;
}

/* cv= of a set */
static int has_cv(const char *mail, size_t len, unsigned n, const char *want) {
  size_t field_len = 0, index = 0;
  const char *field = find_in_set(mail, len, 2, n, &field_len, &index);
  if (field == NULL)
    return 0;
  char *cv = verify_tag(field, field_len, "cv");
  int same = strcmp(cv, want) == 0;
  free(cv);
  return same;
}

unsigned verify_chain(const char *mail, size_t len, const char *txt) {
  unsigned n = 0;
  size_t field_len = 0, newest = 0;
  while (find_in_set(mail, len, 2, n + 1, &field_len, &newest) != NULL)
    n++;
  if (n == 0 || find_in_set(mail, len, 1, n, &field_len, &newest) == NULL ||
      !verify_signature(mail, len, set_names[1], newest, txt))
    return 0;
  for (unsigned i = 1; i <= n; i++)
    if (!verify_seal(mail, len, i, 0, txt) ||
        !has_cv(mail, len, i, i == 1 ? "none" : "pass"))
      return 0;
  return n;
}

#endif

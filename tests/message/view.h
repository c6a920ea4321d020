/* SPDX-License-Identifier: MIT */
/* Renderings in tests: made from memory in pieces of any size, and looked into by a MIME
 * reader of the tests' own, which knows nothing of the library's. */
#ifndef TEST_MESSAGE_VIEW_H
#define TEST_MESSAGE_VIEW_H

#include <stdio.h>
#include <strings.h>

#include "kit/kit_grammar.h"
#include "message/help.h"
#include "message/render.h"

typedef struct chunks {
  const char *data;
  size_t len, at;
  size_t chunk; /* octets at a time, 0 = all */
} chunks;

static inline int chunks_read(void *user, void *buf, size_t cap, size_t *len) {
  chunks *c = user;
  size_t n = c->len - c->at;
  n = n > cap ? cap : n;
  n = c->chunk > 0 && n > c->chunk ? c->chunk : n;
  if (n > 0)
    memcpy(buf, c->data + c->at, n);
  c->at += n;
  *len = n;
  return MR_OK;
}

static inline void chunks_rewind(void *user) { ((chunks *)user)->at = 0; }

/* The rendering, read `cap` octets at a time of an input that comes `chunk` at a time. */
static inline int rendered(const mr_env *env, const char *data, size_t len, int rendering,
                           size_t chunk, size_t cap, kit_buf *out) {
  chunks c = {data, len, 0, chunk};
  mr__render_input input = {&c, chunks_read, chunks_rewind};
  mr__render *r = NULL;
  uint8_t piece[4096];
  size_t made = 1;
  int err = mr__render_new(&r, env, &input, rendering);
  while (err == MR_OK && made > 0) {
    err = mr__render_read(r, piece, cap, &made);
    kit_buf_add(out, piece, made);
  }
  if (err == MR_OK)
    assert_int_equal(out->len, r->size);
  mr__render_free(r);
  return err;
}

/* The same, with every octet of it checked to be one of 7 bits in canonical lines. */
static inline kit_buf ascii_of(const char *data, size_t len) {
  kit_env k;
  kit_buf out = {0};
  kit_env_init(&k, 1);
  assert_int_equal(rendered(&k.env, data, len, MR_RENDERING_ASCII, 0, 4096, &out), MR_OK);
  assert_canonical(out.data, out.len);
  for (size_t i = 0; i < out.len; i++)
    assert_true((unsigned char)out.data[i] < 0x80);
  assert_int_equal(kit_env_done(&k), 0);
  return out;
}

static inline int error_of(const char *data, size_t len) {
  kit_env k;
  kit_buf out = {0};
  kit_env_init(&k, 1);
  int err = rendered(&k.env, data, len, MR_RENDERING_ASCII, 0, 4096, &out);
  kit_buf_free(&out);
  assert_int_equal(kit_env_done(&k), 0);
  return err;
}

/* ---- a reader of finished messages ---- */

typedef struct view {
  const char *p;
  size_t len;
} view;

/* The lines up to the empty one; what follows in *rest. */
static inline view view_header(view all, view *rest) {
  const char *end = all.len >= 2 && memcmp(all.p, "\r\n", 2) == 0 ? all.p : NULL;
  for (size_t i = 0; end == NULL && i + 4 <= all.len; i++)
    if (memcmp(all.p + i, "\r\n\r\n", 4) == 0)
      end = all.p + i + 2;
  assert_non_null(end);
  view header = {all.p, (size_t)(end - all.p)};
  *rest = (view){end + 2, all.len - header.len - 2};
  return header;
}

/* Value of a field, as it stands, to the end of its line. */
static inline view view_field(view header, const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i + n < header.len; i++) {
    int start = i == 0 || header.p[i - 1] == '\n';
    if (!start || strncasecmp(header.p + i, name, n) != 0 || header.p[i + n] != ':')
      continue;
    size_t at = i + n + 1, end = at;
    while (header.p[end] != '\r')
      end++;
    return (view){header.p + at, end - at};
  }
  return (view){"", 0};
}

static inline int view_has(view text, const char *part) {
  size_t n = strlen(part);
  for (size_t i = 0; i + n <= text.len; i++)
    if (strncasecmp(text.p + i, part, n) == 0)
      return 1;
  return 0;
}

static inline void view_unquote(view body, kit_buf *out) {
  for (size_t i = 0; i < body.len; i++) {
    unsigned value;
    char code[3] = "";
    if (body.p[i] != '=') {
      kit_buf_add(out, body.p + i, 1);
      continue;
    }
    assert_true(i + 2 < body.len);
    memcpy(code, body.p + i + 1, 2);
    i += 2;
    if (memcmp(code, "\r\n", 2) == 0)
      continue;
    assert_int_equal(strspn(code, "0123456789ABCDEF"), 2);
    assert_int_equal(sscanf(code, "%2X", &value), 1);
    char octet = (char)value;
    kit_buf_add(out, &octet, 1);
  }
}

static inline void view_unbase64(view body, kit_buf *out) {
  kit_buf digits = {0};
  for (size_t i = 0; i < body.len; i++)
    if (body.p[i] != '\r' && body.p[i] != '\n')
      kit_buf_add(&digits, body.p + i, 1);
  if (digits.len > 0)
    assert_true(kit_base64(digits.data, digits.len, out));
  kit_buf_free(&digits);
}

/* "[type] octets" of a leaf. */
static inline void view_leaf(view type, view header, view body, kit_buf *out) {
  view label = view_field(header, "Content-Transfer-Encoding");
  kit_buf_printf(out, "[%.*s] ", (int)type.len, type.p);
  if (view_has(label, "quoted-printable"))
    view_unquote(body, out);
  else if (view_has(label, "base64"))
    view_unbase64(body, out);
  else
    kit_buf_add(out, body.p, body.len);
  kit_buf_str(out, "|\n");
}

static inline size_t view_find(view text, size_t from, const char *what, size_t n) {
  for (size_t i = from; i + n <= text.len; i++)
    if ((i == 0 || text.p[i - 1] == '\n') && memcmp(text.p + i, what, n) == 0)
      return i;
  return text.len;
}

static inline void view_entity(view all, kit_buf *out);

/* Well-formed ones only: of the boundaries of a message none is the start of another. */
static inline void view_parts(view type, view body, kit_buf *out) {
  char boundary[300];
  const char *at = strstr(type.p, "boundary=");
  assert_non_null(at);
  size_t n = strcspn(at + 9, "\r\n; ");
  snprintf(boundary, sizeof boundary, "--%.*s", (int)n, at + 9);
  n += 2;
  size_t start = view_find(body, 0, boundary, n);
  while (start < body.len && memcmp(body.p + start + n, "--", 2) != 0) {
    size_t from = start + n + 2, end = view_find(body, from, boundary, n);
    assert_true(end < body.len);
    view part = {body.p + from, end - from};
    part.len -= part.len >= 2 ? 2 : part.len; /* the line end is the delimiter's */
    view_entity(part, out);
    start = end;
  }
}

static inline void view_entity(view all, kit_buf *out) {
  view body, header = view_header(all, &body);
  view type = view_field(header, "Content-Type");
  if (view_has(type, "multipart/")) {
    kit_buf_str(out, "(\n");
    view_parts(type, body, out);
    kit_buf_str(out, ")\n");
  } else if (view_has(type, "message/rfc822")) {
    kit_buf_str(out, "<\n");
    view_entity(body, out);
    kit_buf_str(out, ">\n");
  } else {
    view_leaf(type, header, body, out);
  }
}

/* The tree of a message with all decoded leaves. */
static inline kit_buf tree_of(const char *data, size_t len) {
  kit_buf out = {0};
  view all = {data, len};
  view_entity(all, &out);
  return out;
}

/* Its rendering says the same. */
static inline kit_buf same_tree(const char *data, size_t len) {
  kit_buf ascii = ascii_of(data, len);
  kit_buf want = tree_of(data, len), got = tree_of(ascii.data, ascii.len);
  assert_octets(got.data, got.len, want.data, want.len);
  kit_buf_free(&want);
  kit_buf_free(&got);
  return ascii;
}

#endif

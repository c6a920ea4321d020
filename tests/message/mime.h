/* SPDX-License-Identifier: MIT */
/* Built messages with parts: what came out, without what is drawn at random. */
#ifndef TEST_MESSAGE_MIME_H
#define TEST_MESSAGE_MIME_H

#include <mailroute/mime.h>

#include "message/help.h"
#include "text/decode.h"

#define MIME_DATE "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
#define MIME_FROM "From: ann@example.org\r\n"
#define MIME_ID "Message-ID: <ID>\r\nMIME-Version: 1.0\r\n"

static inline void mime_from(mr_message *m) {
  assert_int_equal(mr_message_set_from(m, NULL, "ann@example.org"), MR_OK);
}

static inline void mime_cut(kit_buf *out, const char *text, const char *skip, size_t n,
                            const char *instead) {
  const char *at;
  while (n > 0 && (at = strstr(text, skip)) != NULL) {
    kit_buf_add(out, text, (size_t)(at - text));
    kit_buf_str(out, instead);
    text = at + n;
  }
  kit_buf_str(out, text);
}

/* The octets, with H for the random part of the boundaries and <ID> for the Message-ID.
 */
static inline kit_buf mime_text(mr_message *m) {
  kit_buf got = pass_of(m, 4096), plain = {0}, out = {0};
  char hex[33] = "";
  const char *mark = "boundary=\"=_0.";
  const char *at = strstr(got.data, mark);
  if (at != NULL)
    memcpy(hex, at + strlen(mark), 32);
  mime_cut(&plain, got.data, hex, strlen(hex), "H");
  const char *id = mr_message_id(m);
  mime_cut(&out, plain.data, id, strlen(id), "<ID>");
  kit_buf_free(&got);
  kit_buf_free(&plain);
  return out;
}

static inline void assert_mime(mr_message *m, const char *want) {
  assert_int_equal(seal_all(m), MR_OK);
  kit_buf got = mime_text(m);
  assert_octets(got.data, got.len, want, strlen(want));
  kit_buf_free(&got);
}

static inline const char *mime_after(const char *text, const char *mark) {
  const char *at = strstr(text, mark);
  if (at == NULL)
    fail_msg("no [%s] in [%s]", mark, text);
  return at + strlen(mark);
}

/* Quoted-printable, or what is not encoded at all. */
static inline void mime_unquote(const char *p, size_t len, int qp, kit_buf *out) {
  const char *end = p + len;
  while (p < end) {
    const char *stop = memchr(p, '\r', (size_t)(end - p));
    size_t n = stop != NULL ? (size_t)(stop - p) : (size_t)(end - p);
    char line[1000];
    assert_true(n <= (qp ? 76 : 998));
    int soft = qp && n > 0 && p[n - 1] == '=';
    size_t made = n;
    if (qp)
      made = decode_q(p, n - (size_t)soft, line, 0);
    else
      memcpy(line, p, n);
    kit_buf_add(out, line, made);
    if (!soft && stop != NULL)
      kit_buf_str(out, "\r\n");
    p += n + (stop != NULL ? 2 : 0);
  }
}

static inline void mime_unbase64(const char *p, size_t len, kit_buf *out) {
  while (len > 0) {
    const char *stop = memchr(p, '\r', len);
    size_t n = stop != NULL ? (size_t)(stop - p) : len;
    assert_true(n <= 76);
    assert_true(kit_base64(p, n, out));
    assert_true(len >= n + 2);
    p += n + 2;
    len -= n + 2;
  }
}

/* Decoded content of the part that the mark is in, whose encoding is told. The text is
 * the whole message. */
static inline kit_buf mime_content(const kit_buf *text, const char *mark,
                                   const char **encoding) {
  static const char *const names[] = {"7bit", "8bit", "quoted-printable", "base64"};
  kit_buf out = {0};
  const char *p = mime_after(text->data, mark);
  while (p > text->data && strncmp(p, "\r\n\r\n", 4) != 0)
    p++;
  const char *head = p - 1; /* back to the start of the part's fields */
  while (head > text->data && strncmp(head, "\r\n--=_", 6) != 0)
    head--;
  const char *cte = mime_after(head, "Content-Transfer-Encoding: ");
  const char *start = mime_after(p, "\r\n\r\n");
  const char *end = strstr(start, "\r\n--=_");
  size_t len = end != NULL ? (size_t)(end - start) : strlen(start);
  for (size_t i = 0; i < 4; i++)
    if (strncmp(cte, names[i], strlen(names[i])) == 0)
      *encoding = names[i];
  if (*encoding == names[3])
    mime_unbase64(start, len, &out);
  else
    mime_unquote(start, len, *encoding == names[2], &out);
  return out;
}

#endif

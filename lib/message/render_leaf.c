/* SPDX-License-Identifier: MIT */
#include "message/render_leaf.h"

#include <string.h>

#include "text/escape.h"

enum {
  ROOM = 256,                      /* octets asked for at a time */
  MENDED_LINE = MR__CODED_LINE - 1 /* without the '=' of a soft line break */
};

void mr__leaf_begin(mr__leaf *leaf, int action) {
  memset(leaf, 0, sizeof *leaf);
  leaf->action = action;
  if (action == MR__ACTION_QP || action == MR__ACTION_BASE64)
    mr__coder_init(&leaf->coder,
                   action == MR__ACTION_QP ? MR__CODING_QP : MR__CODING_BASE64);
}

static int code(mr__leaf *leaf, const uint8_t *p, size_t len, mr__buf *out) {
  while (len > 0 && mr__buf_reserve(out, ROOM) == MR_OK) {
    size_t used, made;
    mr__coder_feed(&leaf->coder, p, len, &used, out->data + out->len, ROOM, &made);
    out->len += made;
    p += used;
    len -= used;
  }
  return out->err;
}

static int code_end(mr__leaf *leaf, mr__buf *out) {
  size_t made = 1;
  while (made > 0 && mr__buf_reserve(out, ROOM) == MR_OK) {
    made = mr__coder_end(&leaf->coder, out->data + out->len, ROOM);
    out->len += made;
  }
  return out->err;
}

/* The last line end is held back until it is known whose it is. */
static int base64_put(mr__leaf *leaf, const uint8_t *p, size_t len, mr__buf *out) {
  size_t end = len > 0 && p[len - 1] == '\n';
  end += end > 0 && len > 1 && p[len - 2] == '\r';
  (void)code(leaf, (const uint8_t *)leaf->hold, leaf->held, out);
  (void)code(leaf, p, len - end, out);
  leaf->held = end;
  memcpy(leaf->hold, p + len - end, end);
  return out->err;
}

static void mend_octet(mr__leaf *leaf, uint8_t c, mr__buf *out) {
  char code_[3] = {'=', mr__hex_digit(c >> 4), mr__hex_digit(c)};
  size_t n = c < 0x80 ? 1 : 3;
  leaf->mended |= n > 1;
  leaf->escape = n > 1 ? 0 : leaf->escape;
  if (leaf->mended && leaf->escape == 0 && leaf->column + n > MENDED_LINE && c != '\r' &&
      c != '\n') {
    mr__buf_put(out, "=\r\n", 3);
    leaf->column = 0;
  }
  mr__buf_put(out, n > 1 ? code_ : (const char *)&c, n);
  leaf->column += n;
  leaf->escape = c == '=' ? 2 : leaf->escape > 0 ? leaf->escape - 1 : 0;
  if (c != '\n')
    return;
  leaf->column = 0;
  leaf->mended = leaf->escape = 0;
}

static int mend(mr__leaf *leaf, const uint8_t *p, size_t len, mr__buf *out) {
  for (size_t i = 0; i < len && out->err == MR_OK; i++)
    if (leaf->action == MR__ACTION_MEND_QP)
      mend_octet(leaf, p[i], out);
    else if (p[i] < 0x80)
      mr__buf_putc(out, p[i]);
  return out->err;
}

int mr__leaf_put(mr__leaf *leaf, const uint8_t *p, size_t len, mr__buf *out) {
  switch (leaf->action) {
  case MR__ACTION_QP:
    return code(leaf, p, len, out);
  case MR__ACTION_BASE64:
    return base64_put(leaf, p, len, out);
  default:
    return mend(leaf, p, len, out);
  }
}

int mr__leaf_end(mr__leaf *leaf, int delimited, mr__buf *out) {
  if (leaf->action != MR__ACTION_QP && leaf->action != MR__ACTION_BASE64)
    return MR_OK;
  if (!delimited)
    (void)code(leaf, (const uint8_t *)leaf->hold, leaf->held, out);
  return code_end(leaf, out);
}

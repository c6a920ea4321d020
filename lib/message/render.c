/* SPDX-License-Identifier: MIT */
#include "message/render.h"

#include <string.h>

#include "message/render_field.h"
#include "text/utf8.h"

int mr__render_new(mr__render **out, const mr_env *env, const mr__render_input *input,
                   int rendering) {
  mr__render *r = mr__calloc(env, 1, sizeof *r);
  *out = r;
  if (r == NULL)
    return MR_ERR_NOMEM;
  r->env = *env;
  r->input = *input;
  r->rendering = rendering;
  mr__buf_init(&r->plan, &r->env, MR__MIME_ENTITIES);
  mr__buf_init(&r->text, &r->env, MR__RENDER_TEXT);
  mr__mime_init(&r->mime, &r->env);
  return MR_OK;
}

void mr__render_free(mr__render *r) {
  if (r == NULL)
    return;
  mr_env env = r->env;
  mr__buf_free(&r->plan);
  mr__buf_free(&r->text);
  mr__mime_free(&r->mime);
  mr__free(&env, r);
}

static void restart(mr__render *r) {
  r->input.rewind(r->input.user);
  mr__mime_rewind(&r->mime);
  mr__buf_clear(&r->text);
  r->text_at = r->slice_len = 0;
  r->in_leaf = r->label_out = r->ended = 0;
  r->made = 0;
}

void mr__render_again(mr__render *r) {
  if (!r->scanned)
    return;
  r->err = MR_OK;
  restart(r);
}

/* ---- what both passes do ---- */

int mr__render_field(mr__render *r) {
  const mr__buf *field = &r->mime.field;
  const mr__mime_entity *e = &r->mime.entity;
  if (!mr__eight_bit(field->data, field->len))
    return 0;
  r->header_8bit |= e->is_root;
  if (e->is_root && r->rendering == MR_RENDERING_7BIT)
    return 0;
  if (e->in_signed)
    return MR_ERR_NOTSUP;
  int err = mr__field_ascii(&r->text, field->data, field->len);
  return err == MR_OK ? 1 : err;
}

int mr__render_is_label(const mr__render *r) {
  const mr__buf *field = &r->mime.field;
  size_t name_len, value;
  return mr__mime_split(field->data, field->len, &name_len, &value) &&
         mr__mime_is_name((const char *)field->data, name_len,
                          "Content-Transfer-Encoding");
}

int mr__render_label(mr__render *r, int action) {
  mr__buf_puts(&r->text, "Content-Transfer-Encoding: ");
  mr__buf_puts(&r->text, action == MR__ACTION_QP       ? "quoted-printable"
                         : action == MR__ACTION_BASE64 ? "base64"
                                                       : "7bit");
  return mr__buf_puts(&r->text, "\r\n");
}

int mr__render_version(mr__render *r) {
  const mr__mime_entity *e = &r->mime.entity;
  if (!e->is_message || e->has_version)
    return MR_OK;
  return mr__buf_puts(&r->text, "MIME-Version: 1.0\r\n");
}

int mr__render_needs_blank(const mr__render *r, int action) {
  const mr__mime_entity *e = &r->mime.entity;
  int message = e->kind == MR__MIME_MESSAGE && !e->in_signed;
  return message || action == MR__ACTION_QP || action == MR__ACTION_BASE64;
}

int mr__render_coding(const mr__mime_entity *e) {
  if (e->label == MR__LABEL_QP)
    return MR__ACTION_MEND_QP;
  if (e->label == MR__LABEL_BASE64)
    return MR__ACTION_MEND_BASE64;
  return e->is_text && e->label != MR__LABEL_BINARY ? MR__ACTION_QP : MR__ACTION_BASE64;
}

/* ---- the passes ---- */

static int fill(mr__render *r) {
  size_t len = 0;
  int err = r->input.read(r->input.user, r->in, sizeof r->in, &len);
  if (err != MR_OK)
    return err;
  r->mime.in = r->in;
  r->mime.in_at = 0;
  r->mime.in_len = len;
  r->mime.at_end = len == 0;
  return MR_OK;
}

static int scan_step(mr__render *r) {
  r->event = mr__mime_next(&r->mime);
  if (r->event < 0)
    return r->event;
  return r->event == MR__MIME_MORE ? fill(r) : mr__render_scan_event(r, r->event);
}

static int is_refusal(int err) {
  return err == MR_ERR_NOTSUP || err == MR_ERR_ADDR || err == MR_ERR_DEPTH ||
         err == MR_ERR_LIMIT;
}

/* A refusal is for good: it counts if the octets to the end are those of the seal. */
static int read_rest(mr__render *r) {
  int err = MR_OK;
  do
    err = fill(r);
  while (err == MR_OK && r->mime.in_len > 0);
  return err != MR_OK ? err : r->refusal;
}

static int scan(mr__render *r) {
  int err = MR_OK;
  while (err == MR_OK && r->refusal == MR_OK && r->event != MR__MIME_END && !r->as_is)
    err = scan_step(r);
  if (is_refusal(err))
    r->refusal = err;
  if (r->refusal != MR_OK)
    return read_rest(r);
  if (err != MR_OK)
    return err;
  r->size = r->scan.size;
  r->scanned = 1;
  restart(r);
  return MR_OK;
}

static int stick(mr__render *r, int err) {
  if (err != MR_ERR_PENDING)
    r->err = err;
  return err;
}

int mr__render_prepare(mr__render *r) {
  if (r->err != MR_OK || r->scanned)
    return r->err;
  return stick(r, scan(r));
}

static size_t give(const uint8_t *from, size_t len, size_t *at, uint8_t *out,
                   size_t cap) {
  size_t n = len - *at < cap ? len - *at : cap;
  if (n > 0)
    memcpy(out, from + *at, n);
  *at += n;
  return n;
}

/* The text, then the slice: as much as there is room for. */
static size_t drain(mr__render *r, uint8_t *out, size_t cap) {
  size_t at = 0;
  size_t n = give(r->text.data, r->text.len, &r->text_at, out, cap);
  if (r->text_at == r->text.len) {
    r->text_at = 0;
    mr__buf_clear(&r->text);
  }
  if (r->text.len > 0 || r->slice_len == 0)
    return n;
  n += give(r->slice, r->slice_len, &at, out + n, cap - n);
  r->slice += at;
  r->slice_len -= at;
  return n;
}

static int is_drained(const mr__render *r) {
  return r->text.len == 0 && r->slice_len == 0;
}

static int emit_step(mr__render *r) {
  int event = mr__mime_next(&r->mime);
  if (event < 0)
    return event;
  if (event == MR__MIME_MORE)
    return fill(r);
  r->ended = event == MR__MIME_END;
  return mr__render_emit_event(r, event);
}

/* What could be made in the first pass and now cannot is another message. */
static int step(mr__render *r) {
  int err = emit_step(r);
  return is_refusal(err) ? MR_ERR_SOURCE : err;
}

static int emit(mr__render *r, uint8_t *out, size_t cap, size_t *len) {
  int err = MR_OK;
  while (err == MR_OK && *len < cap) {
    *len += drain(r, out + *len, cap - *len);
    if (*len == cap || (r->ended && is_drained(r)))
      break;
    if (is_drained(r))
      err = step(r);
  }
  r->made += *len;
  if (r->made > r->size || (r->ended && is_drained(r) && r->made != r->size))
    return MR_ERR_SOURCE;
  return err;
}

int mr__render_read(mr__render *r, uint8_t *out, size_t cap, size_t *len) {
  *len = 0;
  int err = mr__render_prepare(r);
  if (err == MR_OK)
    err = stick(r, emit(r, out, cap, len));
  return *len > 0 ? MR_OK : err;
}

/* ---- from memory ---- */

typedef struct memory {
  const uint8_t *data;
  size_t len, at;
} memory;

static int read_memory(void *user, void *buf, size_t cap, size_t *len) {
  memory *m = user;
  *len = give(m->data, m->len, &m->at, buf, cap);
  return MR_OK;
}

static void rewind_memory(void *user) { ((memory *)user)->at = 0; }

int mr__render_memory(mr__buf *out, const mr_env *env, const void *data, size_t len,
                      int rendering) {
  memory m = {data, len, 0};
  mr__render_input input = {&m, read_memory, rewind_memory};
  mr__render *r = NULL;
  size_t before = out->len, made = 1;
  int err = mr__render_new(&r, env, &input, rendering);
  while (err == MR_OK && made > 0) {
    err = mr__buf_reserve(out, MR__RENDER_CHUNK);
    if (err == MR_OK)
      err = mr__render_read(r, out->data + out->len, MR__RENDER_CHUNK, &made);
    out->len += err == MR_OK ? made : 0;
  }
  mr__render_free(r);
  if (err != MR_OK)
    out->len = before;
  return err;
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "message/message.h"
#include "message/object.h"
#include "message/pass.h"
#include "message/render.h"

struct mr_reader {
  mr_message *message;
  mr__render *render; /* NULL = as it is */
  size_t index;       /* of the piece; the header section counts as the first */
  uint64_t at;        /* octets of a piece in memory that are out */
  int open;           /* the pass of the piece has begun */
  int err;            /* sticks */
  int busy;           /* inside the source */
  int dead;           /* freed meanwhile */
  mr__pass pass[];    /* one if a piece needs it */
};

static int needs_pass(const mr_message *m) {
  for (size_t i = 0; i < m->piece_count; i++)
    if (!mr__piece_is_plain(&m->pieces[i]))
      return 1;
  return 0;
}

int mr_reader_new(mr_reader **out, mr_message *message) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (message == NULL)
    return MR_ERR_MISUSE;
  if (!message->sealed)
    return MR_ERR_STATE;
  size_t size = sizeof(mr_reader) + (needs_pass(message) ? sizeof(mr__pass) : 0);
  mr_reader *r = mr__calloc(&message->env, 1, size);
  if (r == NULL)
    return MR_ERR_NOMEM;
  r->message = mr_message_ref(message);
  *out = r;
  return MR_OK;
}

static void piece_done(mr_reader *r) {
  r->index++;
  r->at = 0;
  r->open = 0;
}

static size_t copy(mr_reader *r, const uint8_t *data, uint64_t len, uint8_t *out,
                   size_t cap) {
  size_t n = len - r->at < cap ? (size_t)(len - r->at) : cap;
  if (n > 0)
    memcpy(out, data + r->at, n);
  r->at += n;
  if (r->at == len)
    piece_done(r);
  return n;
}

/* The end counts only if all was as at the seal (bug 29, R83). */
static int check(const mr__piece *piece, const mr__pass *p, size_t made) {
  if (p->made > piece->size)
    return MR_ERR_SOURCE;
  if (made > 0)
    return MR_OK;
  mr__sip sip = p->sip;
  if (p->made != piece->size || (p->hashing && mr__sip_end(&sip) != piece->hash))
    return MR_ERR_SOURCE;
  return MR_OK;
}

static int pass(mr_reader *r, const mr__piece *piece, uint8_t *out, size_t cap,
                size_t *made) {
  if (!r->open)
    mr__pass_piece(r->pass, piece);
  r->open = 1;
  r->busy = 1;
  int err = mr__pass_read(r->pass, out, cap, made);
  r->busy = 0;
  if (err == MR_OK)
    err = check(piece, r->pass, *made);
  if (err == MR_OK && *made == 0)
    piece_done(r);
  /* what was sound at the seal and now is not: another message */
  return err == MR_OK || err == MR_ERR_PENDING ? err : MR_ERR_SOURCE;
}

static int read_piece(mr_reader *r, uint8_t *out, size_t cap, size_t *made) {
  const mr_message *m = r->message;
  *made = 0;
  if (r->index == 0) {
    *made = copy(r, m->header.data, m->header.len, out, cap);
    return MR_OK;
  }
  const mr__piece *piece = &m->pieces[r->index - 1];
  if (!mr__piece_is_plain(piece))
    return pass(r, piece, out, cap, made);
  *made = copy(r, piece->data, piece->len, out, cap);
  return MR_OK;
}

/* The next octets come from a source, which is asked alone: see mr__pass_read. */
static int asks_source(const mr_reader *r) {
  return r->index > 0 && r->index <= r->message->piece_count &&
         r->message->pieces[r->index - 1].source != NULL;
}

/* Fills the buffer across pieces. What came before a fault is given out first. */
static int read_all(mr_reader *r, uint8_t *out, size_t cap, size_t *len) {
  int err = r->err;
  while (err == MR_OK && cap - *len >= 2 && r->index <= r->message->piece_count &&
         !r->dead && (*len == 0 || !asks_source(r))) {
    size_t made = 0;
    err = read_piece(r, out + *len, cap - *len, &made);
    *len += err == MR_OK ? made : 0;
  }
  if (err != MR_ERR_PENDING)
    r->err = err;
  return *len > 0 ? MR_OK : err;
}

/* ---- renderings ---- */

static int render_read(void *user, void *buf, size_t cap, size_t *len) {
  mr_reader *r = user;
  *len = 0;
  int err = read_all(r, buf, cap, len);
  return r->dead ? MR_ERR_CLOSED : err;
}

static void start_again(void *user) {
  mr_reader *r = user;
  piece_done(r);
  r->index = 0;
  r->err = MR_OK;
}

static int new_rendering(mr_reader **out, mr_message *message, int rendering) {
  int err = mr_reader_new(out, message);
  if (err != MR_OK)
    return err;
  mr_reader *r = *out;
  mr__render_input input = {r, render_read, start_again};
  err = mr__render_new(&r->render, &message->env, &input, rendering);
  if (err != MR_OK) {
    mr_reader_free(r);
    *out = NULL;
  }
  return err;
}

int mr_reader_new_rendering(mr_reader **out, mr_message *message, int rendering) {
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (rendering < MR_RENDERING_AS_IS || rendering > MR_RENDERING_ASCII)
    return MR_ERR_MISUSE;
  if (rendering == MR_RENDERING_AS_IS)
    return mr_reader_new(out, message);
  return new_rendering(out, message, rendering);
}

int mr__reader_for_server(mr_reader **out, mr_message *message, int has_8bitmime) {
  if (!mr_message_is_8bit(message))
    return mr_reader_new(out, message);
  return new_rendering(out, message,
                       has_8bitmime ? MR__RENDERING_AUTO : MR_RENDERING_ASCII);
}

int mr__reader_is_8bit(const mr_reader *reader) {
  return reader->render == NULL && mr_message_is_8bit(reader->message);
}

void mr__reader_again(mr_reader *reader) {
  start_again(reader);
  if (reader->render != NULL)
    mr__render_again(reader->render);
}

/* The first pass of a rendering, which may show that none is needed. */
static int prepare(mr_reader *r) {
  int err = r->render != NULL ? mr__render_prepare(r->render) : MR_OK;
  if (err == MR_OK && r->render != NULL && r->render->as_is) {
    mr__render_free(r->render);
    r->render = NULL;
  }
  return err;
}

static int leave(mr_reader *r, int err) {
  if (r->dead)
    mr_reader_free(r);
  return err;
}

int mr_reader_size(mr_reader *reader, uint64_t *size) {
  if (size != NULL)
    *size = 0;
  if (reader == NULL || size == NULL)
    return MR_ERR_MISUSE;
  if (reader->busy)
    return MR_ERR_STATE;
  int err = prepare(reader);
  if (err == MR_OK)
    *size =
        reader->render != NULL ? reader->render->size : mr_message_size(reader->message);
  return leave(reader, err);
}

int mr_reader_read(mr_reader *reader, void *buf, size_t cap, size_t *len) {
  if (len != NULL)
    *len = 0;
  if (reader == NULL || buf == NULL || len == NULL || cap < 2)
    return MR_ERR_MISUSE;
  if (reader->busy)
    return MR_ERR_STATE;
  int err = prepare(reader);
  if (err == MR_OK && reader->render != NULL)
    err = mr__render_read(reader->render, buf, cap, len);
  else if (err == MR_OK)
    err = read_all(reader, buf, cap, len);
  return leave(reader, err);
}

void mr_reader_free(mr_reader *reader) {
  if (reader == NULL)
    return;
  if (reader->busy) {
    reader->dead = 1;
    return;
  }
  mr_message *message = reader->message;
  mr_env env = message->env;
  mr__render_free(reader->render);
  mr__free(&env, reader);
  mr_message_free(message);
}

/* SPDX-License-Identifier: MIT */
/* The body of a built message: text, HTML, attachments, or a tree of the host's. */
#include <mailroute/options.h>

#include "message/build.h"
#include "message/part.h"
#include "message/part_object.h"

#define OCTETS "application/octet-stream"

int mr__build_body_check(mr_message *m) {
  if (m->parts.root == NULL)
    return MR_OK;
  return mr__message_fail(m, MR_ERR_STATE, 0,
                          "text and attachments do not mix with a root of parts");
}

/* A part's error becomes the message's. */
static int fail_part(mr_message *m, const mr_part *p, int err) {
  const mr_error *e = mr_part_error(p);
  if (err != MR_OK && err != MR_ERR_NOMEM && e->code == err)
    return mr__message_fail(m, err, e->offset, e->text);
  return err;
}

/* ---- text and HTML ---- */

static int text_check(mr_message *m, const char *text, size_t len) {
  if (text == NULL && len > 0)
    return MR_ERR_MISUSE;
  int err = mr__build_body_check(m);
  if (err != MR_OK)
    return err;
  if (len > mr__message_limit(m, MR_OPT_MESSAGE_MAX))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "the text is longer than allowed");
  size_t good = mr__part_text_check(text, len);
  if (good < len)
    return mr__message_fail(m, MR_ERR_BODY_CHAR, good, "NUL or no UTF-8 in the text");
  return MR_OK;
}

static int set_text(mr_message *m, mr_part **slot, const char *type, const char *text,
                    size_t len) {
  if (*slot != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "the text is set already");
  int err = text_check(m, text, len);
  if (err == MR_OK)
    err = mr_part_new(slot, &m->env, type);
  if (err == MR_OK)
    err = mr_part_set_data(*slot, text, len);
  return err;
}

int mr_message_set_text(mr_message *message, const char *text, size_t len) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  err = set_text(message, &message->parts.text, "text/plain", text, len);
  return mr__message_leave(message, err);
}

int mr_message_set_html(mr_message *message, const char *html, size_t len) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  err = set_text(message, &message->parts.html, "text/html", html, len);
  return mr__message_leave(message, err);
}

/* ---- attachments ---- */

typedef struct file {
  const char *filename, *type, *id;
  const void *data;
  size_t len;
  const mr_source *source; /* NULL: data */
  mr_message *message;
} file;

static int fill(mr_part *p, const file *f) {
  int err = MR_OK;
  if (f->id != NULL)
    err = mr_part_set_id(p, f->id);
  if (err == MR_OK)
    err = mr_part_set_disposition(
        p, f->id != NULL ? MR_DISPOSITION_INLINE : MR_DISPOSITION_ATTACHMENT,
        f->filename);
  return err;
}

/* The content comes last: a source is ours only when nothing can fail any more. */
static int fill_content(mr_part *p, const file *f) {
  if (f->message != NULL)
    return mr_part_set_message(p, f->message);
  if (f->source != NULL)
    return mr_part_set_source(p, f->source);
  return mr_part_set_data(p, f->data, f->len);
}

static int holder(mr_message *m, mr_part **slot, const char *type) {
  return *slot != NULL ? MR_OK : mr_part_new(slot, &m->env, type);
}

static int place(mr_message *m, mr_part *p, const file *f) {
  mr_part **slot = f->id != NULL ? &m->parts.related : &m->parts.mixed;
  int err = holder(m, slot, f->id != NULL ? "multipart/related" : "multipart/mixed");
  if (err != MR_OK)
    return err;
  err = mr_part_add(*slot, p);
  return fail_part(m, *slot, err);
}

static int check_file(mr_message *m, const file *f) {
  if (f->len > mr__message_limit(m, MR_OPT_MESSAGE_MAX))
    return mr__message_fail(m, MR_ERR_LIMIT, 0, "an attachment is larger than allowed");
  return mr__build_body_check(m);
}

static int attach(mr_message *m, const file *f) {
  mr_part *p = NULL;
  int err = check_file(m, f);
  if (err == MR_OK)
    err = mr_part_new(&p, &m->env, f->type != NULL ? f->type : OCTETS);
  if (err == MR_ERR_HDR_CHAR)
    return mr__message_fail(m, err, 0, "not the type of a part");
  if (err == MR_OK)
    err = fail_part(m, p, fill(p, f));
  if (err == MR_OK)
    err = place(m, p, f);
  if (err == MR_OK)
    err = fail_part(m, p, fill_content(p, f));
  mr_part_free(p);
  return err;
}

static int attach_call(mr_message *m, const file *f) {
  int err = mr__message_enter(m, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(m, attach(m, f));
}

int mr_message_attach(mr_message *message, const char *filename, const char *type,
                      const void *data, size_t len) {
  file f = {.filename = filename, .type = type, .data = data, .len = len};
  return attach_call(message, &f);
}

int mr_message_attach_source(mr_message *message, const char *filename, const char *type,
                             const mr_source *source) {
  file f = {.filename = filename, .type = type, .source = source};
  return source != NULL ? attach_call(message, &f) : MR_ERR_MISUSE;
}

int mr_message_attach_message(mr_message *message, mr_message *attached) {
  file f = {.type = "message/rfc822", .message = attached};
  return attached != NULL ? attach_call(message, &f) : MR_ERR_MISUSE;
}

int mr_message_embed(mr_message *message, const char *id, const char *filename,
                     const char *type, const void *data, size_t len) {
  file f = {.id = id, .filename = filename, .type = type, .data = data, .len = len};
  return id != NULL ? attach_call(message, &f) : MR_ERR_MISUSE;
}

int mr_message_embed_source(mr_message *message, const char *id, const char *filename,
                            const char *type, const mr_source *source) {
  file f = {.id = id, .filename = filename, .type = type, .source = source};
  return id != NULL && source != NULL ? attach_call(message, &f) : MR_ERR_MISUSE;
}

/* ---- a tree of the host's ---- */

static int set_root(mr_message *m, mr_part *p) {
  mr__parts *parts = &m->parts;
  if (p == NULL)
    return MR_ERR_MISUSE;
  if (parts->root != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "the root is set already");
  if (parts->text != NULL || parts->html != NULL || parts->related != NULL ||
      parts->mixed != NULL)
    return mr__message_fail(m, MR_ERR_STATE, 0,
                            "text and attachments do not mix with a root of parts");
  if (p->busy || p->frozen)
    return MR_ERR_STATE;
  if (p->used || p->parent != NULL)
    return mr__message_fail(m, MR_ERR_EXISTS, 0, "the part is in use already");
  if (p->error.code != MR_OK)
    return fail_part(m, p, p->error.code);
  p->used = 1;
  parts->root = mr__part_ref(p);
  return MR_OK;
}

int mr_message_set_root(mr_message *message, mr_part *part) {
  int err = mr__message_enter(message, MR__MODE_BUILT);
  if (err != MR_OK)
    return err;
  return mr__message_leave(message, set_root(message, part));
}

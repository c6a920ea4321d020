/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <mailroute/event.h>

#include "message/object.h"
#include "message/part_object.h"
#include "text/header.h"
#include "text/params.h"

static int kind_of(const char *type) {
  static const struct {
    const char *prefix;
    int kind;
  } rows[] = {{"text/", MR__PART_TEXT},
              {"multipart/", MR__PART_MULTI},
              {"message/rfc822", MR__PART_MESSAGE},
              {"message/", MR__PART_STATUS}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    size_t n = strlen(rows[i].prefix);
    int whole = rows[i].kind == MR__PART_MESSAGE;
    if (strlen(type) >= n && mr__memcaseeq(type, rows[i].prefix, n) &&
        (!whole || type[n] == '\0'))
      return rows[i].kind;
  }
  return MR__PART_DATA;
}

int mr_part_new(mr_part **out, const mr_env *env, const char *type) {
  mr_env own;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (type == NULL)
    return MR_ERR_MISUSE;
  if (mr__type_check(type) != MR_OK)
    return MR_ERR_HDR_CHAR;
  mr__env_copy(&own, env);
  mr_part *p = mr__calloc(&own, 1, sizeof *p);
  if (p == NULL)
    return MR_ERR_NOMEM;
  p->env = own;
  p->type = mr__strdup(&own, type);
  if (p->type == NULL) {
    mr__free(&own, p);
    return MR_ERR_NOMEM;
  }
  atomic_init(&p->refs, 1);
  p->kind = kind_of(type);
  p->height = p->count = 1;
  p->error.host = p->error.text = "";
  mr__buf_init(&p->params, &p->env, MR__PART_FIELDS);
  mr__buf_init(&p->fields, &p->env, MR__PART_FIELDS);
  *out = p;
  return MR_OK;
}

mr_part *mr__part_ref(mr_part *p) {
  atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
  return p;
}

static void destroy(mr_part *p) {
  mr_env env = p->env;
  while (p->first != NULL) {
    mr_part *child = p->first;
    p->first = child->next;
    child->parent = child->next = NULL;
    mr_part_free(child); /* at most MR__PART_DEPTH levels */
  }
  char *const texts[] = {p->type, p->charset, p->id, p->filename};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    mr__free(&env, texts[i]);
  mr__buf_free(&p->params);
  mr__buf_free(&p->fields);
  mr__free(&env, p->data);
  mr_message_free(p->message);
  if (p->source.read != NULL && p->source.release != NULL)
    p->source.release(p->source.user);
  mr__free(&env, p);
}

void mr_part_free(mr_part *part) {
  if (part == NULL)
    return;
  if (part->busy) {
    part->dead = 1;
    return;
  }
  if (atomic_fetch_sub_explicit(&part->refs, 1, memory_order_acq_rel) == 1) {
    part->busy = 1;
    destroy(part);
  }
}

const mr_error *mr_part_error(const mr_part *part) {
  static const mr_error none = {MR_ERR_MISUSE, 0, 0, "", "there is no part"};
  return part != NULL ? &part->error : &none;
}

int mr__part_fail(mr_part *p, int code, size_t offset, const char *text) {
  if (p->error.code == MR_OK)
    p->error = (mr_error){code, MR_STAGE_SUBMIT, offset, "", text};
  return code;
}

int mr__part_enter(mr_part *p) {
  if (p == NULL)
    return MR_ERR_MISUSE;
  if (p->busy || p->frozen)
    return MR_ERR_STATE;
  if (p->error.code != MR_OK)
    return p->error.code;
  p->busy = 1;
  return MR_OK;
}

int mr__part_leave(mr_part *p, int code) {
  if (code != MR_OK)
    (void)mr__part_fail(p, code, 0, mr_strerror(code));
  p->busy = 0;
  if (p->dead)
    mr_part_free(p);
  return code;
}

/* ---- content ---- */

static int check_content(mr_part *p, int want_message) {
  if (p->has_content)
    return mr__part_fail(p, MR_ERR_EXISTS, 0, "the part has content already");
  if (p->kind == MR__PART_MULTI || want_message != (p->kind == MR__PART_MESSAGE))
    return mr__part_fail(p, MR_ERR_MISUSE, 0,
                         "a multipart takes parts, message/rfc822 a message, any other "
                         "part data or a source");
  return MR_OK;
}

static int set_data(mr_part *p, const void *data, size_t len) {
  if (data == NULL && len > 0)
    return MR_ERR_MISUSE;
  int err = check_content(p, 0);
  if (err != MR_OK)
    return err;
  p->data = (uint8_t *)mr__memdup0(&p->env, len > 0 ? data : "", len);
  if (p->data == NULL)
    return MR_ERR_NOMEM;
  p->len = len;
  p->has_content = 1;
  return MR_OK;
}

int mr_part_set_data(mr_part *part, const void *data, size_t len) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  return mr__part_leave(part, set_data(part, data, len));
}

int mr__source_usable(const mr_source *source) {
  return source != NULL && source->size >= sizeof *source && source->read != NULL;
}

int mr_part_set_source(mr_part *part, const mr_source *source) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  err = mr__source_usable(source) ? check_content(part, 0) : MR_ERR_MISUSE;
  if (err == MR_OK) {
    part->source = *source;
    part->has_content = 1;
  }
  return mr__part_leave(part, err);
}

static int set_message(mr_part *p, mr_message *message) {
  if (message == NULL)
    return MR_ERR_MISUSE;
  int err = check_content(p, 1);
  if (err != MR_OK)
    return err;
  mr_message *own = mr_message_ref(message);
  if (own == NULL)
    return mr__part_fail(p, MR_ERR_STATE, 0, "the message is not sealed");
  err = mr__part_grow(p, own->mime_height, own->mime_count);
  if (err != MR_OK) {
    mr_message_free(own);
    return err;
  }
  p->message = own;
  p->has_content = 1;
  return MR_OK;
}

int mr_part_set_message(mr_part *part, mr_message *message) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  return mr__part_leave(part, set_message(part, message));
}

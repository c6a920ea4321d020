/* SPDX-License-Identifier: MIT */
/* The fields of a part: given one by one, written at the seal. */
#include <string.h>

#include "base/fmt.h"
#include "message/object.h"
#include "message/part_object.h"
#include "text/header.h"
#include "text/params.h"
#include "text/utf8.h"

static int check_value(mr_part *p, const char *value) {
  size_t offset = 0;
  size_t len = strlen(value);
  int err = mr__header_value_check(value, len, &offset);
  if (err != MR_OK)
    return mr__part_fail(p, err, offset, "control character or no UTF-8 in a field");
  return len <= MR__PARAM_VALUE
             ? MR_OK
             : mr__part_fail(p, MR_ERR_LIMIT, 0, "over 1024 octets in a parameter");
}

/* The value of a parameter, NULL = not there. */
static const char *param_find(const mr_part *p, const char *name) {
  const char *at = (const char *)p->params.data;
  for (size_t i = 0; i < p->param_count; i++) {
    const char *value = at + strlen(at) + 1;
    if (mr__strcaseeq(at, name))
      return value;
    at = value + strlen(value) + 1;
  }
  return NULL;
}

static int param_check(mr_part *p, const char *name, const char *value) {
  int err = mr__param_name_check(name);
  if (err != MR_OK || mr__strcaseeq(name, "boundary"))
    return mr__part_fail(p, err != MR_OK ? err : MR_ERR_HDR_NAME, 0,
                         "no name of a parameter, or boundary, which is made here");
  err = check_value(p, value);
  if (err != MR_OK)
    return err;
  if (p->param_count >= MR__PART_PARAMS)
    return mr__part_fail(p, MR_ERR_LIMIT, 0, "more than 256 parameters");
  if (param_find(p, name) != NULL || (mr__strcaseeq(name, "charset") && p->charset))
    return mr__part_fail(p, MR_ERR_EXISTS, 0, "the parameter is set already");
  return MR_OK;
}

static int set_param(mr_part *p, const char *name, const char *value) {
  if (name == NULL || value == NULL)
    return MR_ERR_MISUSE;
  int err = param_check(p, name, value);
  if (err != MR_OK)
    return err;
  if (mr__strcaseeq(name, "charset")) {
    p->charset = mr__strdup(&p->env, value);
    return p->charset != NULL ? MR_OK : MR_ERR_NOMEM;
  }
  p->param_count++;
  mr__buf_put(&p->params, name, strlen(name) + 1);
  return mr__buf_put(&p->params, value, strlen(value) + 1);
}

int mr_part_set_param(mr_part *part, const char *name, const char *value) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  return mr__part_leave(part, set_param(part, name, value));
}

static int set_disposition(mr_part *p, int disposition, const char *filename) {
  if (disposition < MR_DISPOSITION_NONE || disposition > MR_DISPOSITION_ATTACHMENT ||
      (disposition == MR_DISPOSITION_NONE && filename != NULL))
    return MR_ERR_MISUSE;
  if (p->filename != NULL)
    return mr__part_fail(p, MR_ERR_EXISTS, 0, "the file name is set already");
  p->disposition = disposition;
  if (filename == NULL)
    return MR_OK;
  int err = check_value(p, filename);
  if (err != MR_OK)
    return err;
  p->filename = mr__strdup(&p->env, filename);
  return p->filename != NULL ? MR_OK : MR_ERR_NOMEM;
}

int mr_part_set_disposition(mr_part *part, int disposition, const char *filename) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  return mr__part_leave(part, set_disposition(part, disposition, filename));
}

static int set_id(mr_part *p, const char *id) {
  if (id == NULL)
    return MR_ERR_MISUSE;
  if (p->id != NULL)
    return mr__part_fail(p, MR_ERR_EXISTS, 0, "the Content-ID is set already");
  size_t len = strlen(id);
  int bare = len == 0 || id[0] != '<';
  p->id = mr__realloc(&p->env, NULL, len + 3);
  if (p->id == NULL)
    return MR_ERR_NOMEM;
  (void)mr__fmt_to(p->id, len + 3, bare ? "<%s>" : "%s", id);
  if (!mr__is_message_id(p->id, strlen(p->id)))
    return mr__part_fail(p, MR_ERR_HDR_CHAR, 0,
                         "a Content-ID is visible ASCII without white space");
  return MR_OK;
}

int mr_part_set_id(mr_part *part, const char *id) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  return mr__part_leave(part, set_id(part, id));
}

/* Fields that have calls of their own, or are written here. */
static int is_reserved(const char *name) {
  static const char *const names[] = {"Content-Type", "Content-Transfer-Encoding",
                                      "Content-Disposition", "Content-ID",
                                      "MIME-Version"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (mr__strcaseeq(name, names[i]))
      return 1;
  /* as the root of a message it would share the header section with these */
  return strlen(name) < 8 || !mr__memcaseeq(name, "Content-", 8);
}

static int add_header(mr_part *p, const char *name, const char *value) {
  if (name == NULL || value == NULL)
    return MR_ERR_MISUSE;
  if (mr__header_name_check(name, strlen(name)) != MR_OK || is_reserved(name))
    return mr__part_fail(p, MR_ERR_HDR_NAME, 0,
                         "not the name of a Content- field, or of one with its own call");
  size_t offset = 0;
  int err = mr__header_value_check(value, strlen(value), &offset);
  if (err != MR_OK)
    return mr__part_fail(p, err, offset, "control character or no UTF-8 in a field");
  return mr__header_write_text(&p->fields, name, value);
}

int mr_part_add_header(mr_part *part, const char *name, const char *value) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  return mr__part_leave(part, add_header(part, name, value));
}

/* ---- writing ---- */

int mr__part_is_text(const mr_part *p) {
  static const char *const wide[] = {"utf-16", "utf-32", "ucs-", "iso-10646"};
  if (p->kind == MR__PART_STATUS)
    return 1;
  if (p->kind != MR__PART_TEXT || p->disposition == MR_DISPOSITION_ATTACHMENT)
    return 0;
  for (size_t i = 0; p->charset != NULL && i < sizeof wide / sizeof wide[0]; i++)
    if (strlen(p->charset) >= strlen(wide[i]) &&
        mr__memcaseeq(p->charset, wide[i], strlen(wide[i])))
      return 0; /* its octets 10 and 13 are no line ends */
  return 1;
}

static const char *charset(const mr_part *p) {
  if (p->charset != NULL || p->kind != MR__PART_TEXT)
    return p->charset;
  return mr__part_is_text(p) || p->is_utf8 ? "utf-8" : NULL;
}

static const char *type(const mr_part *p) {
  if (p->kind == MR__PART_MESSAGE &&
      mr__eight_bit(p->message->header.data, p->message->header.len))
    return "message/global"; /* RFC 6532 3.7 */
  return p->type;
}

static void put_params(const mr_part *p, mr__fold *f, const char *boundary) {
  const char *at = (const char *)p->params.data;
  if (charset(p) != NULL)
    mr__param_put(f, "charset", charset(p), 0);
  for (size_t i = 0; i < p->param_count; i++) {
    const char *value = at + strlen(at) + 1;
    mr__param_put(f, at, value, 0);
    at = value + strlen(value) + 1;
  }
  if (p->kind != MR__PART_MULTI)
    return;
  /* RFC 2387 3.1 */
  if (mr__strcaseeq(p->type, "multipart/related") && param_find(p, "type") == NULL)
    mr__param_put(f, "type", p->first->type, 0);
  mr__param_put(f, "boundary", boundary, 0);
}

static mr__fold field_start(mr__buf *out, const char *name, const char *value) {
  mr__fold f = {out, 0, out->err};
  mr__fold_put(&f, name, strlen(name));
  mr__fold_word(&f, " ", 1, value, strlen(value), MR__FOLD_AT - 1);
  return f;
}

static int put_disposition(const mr_part *p, mr__buf *out) {
  if (p->disposition == MR_DISPOSITION_NONE)
    return MR_OK;
  mr__fold f =
      field_start(out, "Content-Disposition:",
                  p->disposition == MR_DISPOSITION_INLINE ? "inline" : "attachment");
  if (p->filename != NULL)
    mr__param_put(&f, "filename", p->filename, 1);
  mr__fold_break(&f);
  return f.err;
}

static const char *encoding(const mr_part *p) {
  if (p->coding != MR__CODING_NONE)
    return p->coding == MR__CODING_QP ? "quoted-printable" : "base64";
  return p->eight_bit ? "8bit" : "7bit";
}

int mr__part_put(const mr_part *p, mr__buf *out, const char *boundary) {
  mr__fold f = field_start(out, "Content-Type:", type(p));
  put_params(p, &f, boundary);
  mr__fold_break(&f);
  if (f.err != MR_OK)
    return f.err;
  mr__fmt(out, "Content-Transfer-Encoding: %s\r\n", encoding(p));
  if (p->id != NULL)
    mr__fmt(out, "Content-ID: %s\r\n", p->id);
  int err = put_disposition(p, out);
  if (err != MR_OK)
    return err;
  return mr__buf_put(out, p->fields.data, p->fields.len);
}

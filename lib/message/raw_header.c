/* SPDX-License-Identifier: MIT */
#include "message/raw_header.h"

#include <string.h>

#include "base/fmt.h"
#include "message/raw_fields.h"
#include "message/stamp.h"
#include "text/canon.h"
#include "text/utf8.h"

/* One line of a field: content, then CRLF. */
static int put_line(mr_message *m, const uint8_t *line, size_t len, size_t offset,
                    int is_crlf) {
  if (len > MR__LINE_MAX)
    return mr__message_fail(m, MR_ERR_LINE_LONG, offset, "a header line over 998 octets");
  if (!is_crlf && (m->raw_flags & MR_RAW_STRICT) != 0)
    return mr__message_fail(m, MR_ERR_HDR_CHAR, offset + len,
                            "a header line does not end with CRLF");
  m->is_altered |= !is_crlf;
  mr__buf_put(&m->header, line, len);
  return mr__buf_put(&m->header, "\r\n", 2);
}

static int put_field(mr_message *m, const mr__buf *section, const mr__header_field *f) {
  const uint8_t *p = section->data + f->start, *end = section->data + f->end;
  int err = MR_OK;
  while (p < end && err == MR_OK) {
    const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
    const uint8_t *stop = lf != NULL ? lf : end;
    int is_crlf = lf != NULL && lf > p && lf[-1] == '\r';
    size_t len = (size_t)(stop - p) - (is_crlf ? 1 : 0);
    err = put_line(m, p, len, (size_t)(p - section->data), is_crlf);
    p = lf != NULL ? lf + 1 : end;
  }
  return err;
}

static int put_fields(mr_message *m, const mr__buf *section) {
  mr__cur cur = mr__cur_of(section->data, section->len);
  mr__header_field field;
  int err = MR_OK;
  while (err == MR_OK && mr__header_next(&cur, &field) == 1)
    if (!mr__field_is_hidden(mr__field_kind(&field)))
      err = put_field(m, section, &field);
  return err;
}

/* "<…>" inside the field's value, none if there is nothing like it. */
static int read_id(mr_message *m, const mr__header_field *field) {
  const char *end = field->value + field->value_len;
  const char *open = memchr(field->value, '<', field->value_len);
  const char *close = open != NULL ? memchr(open, '>', (size_t)(end - open)) : NULL;
  size_t len = close != NULL ? (size_t)(close - open) + 1 : 0;
  for (size_t i = 0; i < len; i++)
    if (open[i] <= ' ' || open[i] > '~')
      len = 0;
  if (len == 0)
    return MR_OK;
  m->id = mr__memdup0(&m->env, open, len);
  return m->id != NULL ? MR_OK : MR_ERR_NOMEM;
}

static int make_id(mr_message *m, const mr__raw_fields *f) {
  char *from = NULL;
  int err = mr__raw_first(m, &f->first[MR__FIELD_FROM], &from);
  if (err == MR_OK)
    err = mr__stamp_id(m, from[0] != '\0' ? from : mr_message_sender(m));
  mr__free(&m->env, from);
  if (err != MR_OK)
    return err;
  return mr__fmt(&m->header, "Message-ID: %s\r\n", m->id);
}

static int put_stamps(mr_message *m, const mr__raw_fields *f) {
  int keep = (m->raw_flags & MR_RAW_KEEP) != 0;
  int err = MR_OK;
  if (!keep && f->first[MR__FIELD_DATE].name == NULL)
    err = mr__stamp_date(m);
  if (err != MR_OK)
    return err;
  if (f->first[MR__FIELD_ID].name != NULL)
    return read_id(m, &f->first[MR__FIELD_ID]);
  return keep ? MR_OK : make_id(m, f);
}

int mr__raw_header(mr_message *m, const mr__buf *section) {
  mr__raw_fields fields;
  int err = mr__raw_fields_read(m, &fields, section);
  if (err == MR_OK && m->header_recipients)
    err = mr__raw_envelope(m, &fields);
  if (err == MR_OK)
    err = put_stamps(m, &fields);
  if (err == MR_OK)
    err = put_fields(m, section);
  if (err == MR_OK)
    err = mr__buf_put(&m->header, "\r\n", 2);
  if (err == MR_ERR_LIMIT)
    return mr__message_fail(m, err, 0, "the header section is longer than allowed");
  if (err != MR_OK)
    return err;
  /* only a signature is a reason to tell: the seal looks again after the body */
  m->is_signed = fields.first[MR__FIELD_DKIM].name != NULL;
  m->is_8bit = mr__eight_bit(m->header.data, m->header.len);
  return MR_OK;
}

int mr__raw_header_over(mr_message *m, const mr__buf *section) {
  mr__raw_fields fields;
  mr__buf lines = *section; /* whole lines of it; not owned */
  while (lines.len > 0 && lines.data[lines.len - 1] != '\n')
    lines.len--;
  int err = lines.len > 0 ? mr__raw_fields_read(m, &fields, &lines) : MR_OK;
  if (err != MR_OK)
    return err;
  return mr__message_fail(m, MR_ERR_LIMIT, section->len,
                          "the header section is longer than allowed");
}

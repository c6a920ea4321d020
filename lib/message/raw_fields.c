/* SPDX-License-Identifier: MIT */
#include "message/raw_fields.h"

#include <string.h>

#include <mailroute/options.h>

int mr__field_kind(const mr__header_field *field) {
  static const char *const names[MR__FIELD_KINDS] = {"",
                                                     "Date",
                                                     "Message-ID",
                                                     "DKIM-Signature",
                                                     "From",
                                                     "Sender",
                                                     "To",
                                                     "Cc",
                                                     "Bcc",
                                                     "Resent-From",
                                                     "Resent-Sender",
                                                     "Resent-To",
                                                     "Resent-Cc",
                                                     "Resent-Bcc",
                                                     "Resent-Date",
                                                     "Resent-Message-ID"};
  for (int kind = 1; kind < MR__FIELD_KINDS; kind++)
    if (mr__strlen(names[kind]) == field->name_len &&
        mr__memcaseeq(names[kind], field->name, field->name_len))
      return kind;
  return MR__FIELD_OTHER;
}

int mr__field_is_hidden(int kind) {
  return kind == MR__FIELD_BCC || kind == MR__FIELD_RESENT_BCC;
}

/* The octet that mr__header_next stopped at: a NUL, or a CR without LF. */
static size_t bad_octet(const mr__cur *cur) {
  const uint8_t *p = cur->p;
  while (p < cur->end && *p != 0 && !(*p == '\r' && (p + 1 == cur->end || p[1] != '\n')))
    p++;
  return (size_t)(p - cur->start);
}

static int is_mbox(const mr__cur *cur) {
  return mr__cur_left(cur) >= 5 && memcmp(cur->p, "From ", 5) == 0;
}

static int fail(mr_message *m, int err, const mr__cur *cur) {
  if (err == MR_ERR_HDR_CHAR)
    return mr__message_fail(m, err, bad_octet(cur),
                            "NUL or a CR without LF in the header section");
  if (mr__cur_offset(cur) == 0 && is_mbox(cur))
    return mr__message_fail(m, err, 0,
                            "the input starts with the \"From \" line of an mbox file: "
                            "leave that line out");
  return mr__message_fail(m, err, mr__cur_offset(cur),
                          "a line that is no header field; a blank line has to stand "
                          "between header and body");
}

/* A resent field that comes again belongs to an older block. */
static void note_resent(mr__raw_fields *f, int kind, const mr__header_field *field) {
  if (f->resent_end != SIZE_MAX)
    return;
  if (f->first[kind].name != NULL) {
    f->resent_end = field->start;
    return;
  }
  f->first[kind] = *field;
  f->resent |= kind >= MR__FIELD_RESENT_TO && kind <= MR__FIELD_RESENT_BCC;
}

static void note(mr__raw_fields *f, const mr__header_field *field) {
  int kind = mr__field_kind(field);
  if (kind >= MR__FIELD_RESENT_FROM)
    note_resent(f, kind, field);
  else if (f->first[kind].name == NULL)
    f->first[kind] = *field;
}

int mr__raw_fields_read(mr_message *m, mr__raw_fields *f, const mr__buf *section) {
  size_t max = mr__message_limit(m, MR_OPT_HEADERS_MAX);
  mr__cur cur = mr__cur_of(section->data, section->len);
  mr__header_field field;
  memset(f, 0, sizeof *f);
  f->section = section;
  f->resent_end = SIZE_MAX;
  int more = mr__header_next(&cur, &field);
  while (more == 1) {
    if (++f->count > max)
      return mr__message_fail(m, MR_ERR_LIMIT, field.start,
                              "more header fields than allowed");
    note(f, &field);
    more = mr__header_next(&cur, &field);
  }
  if (more < 0)
    return fail(m, more, &cur);
  if (f->count == 0)
    return mr__message_fail(m, MR_ERR_HDR_NAME, 0,
                            "the message does not start with a header field");
  return MR_OK;
}

/* SPDX-License-Identifier: MIT */
/* Sender and recipients that the header of raw input names. */
#include "message/envelope.h"
#include "message/raw_fields.h"
#include "text/address_list.h"

static size_t value_offset(const mr__raw_fields *f, const mr__header_field *field) {
  return (size_t)(field->value - (const char *)f->section->data);
}

static int parse_found(mr_message *m, const mr__header_field *field, size_t base,
                       const char *found, size_t len, mr_address **out) {
  size_t at = (size_t)(found - field->value);
  return mr__envelope_parse(m, out, found, len, 0, base + at);
}

/* Calls use for the addresses of a field, or for the first one. */
static int each(mr_message *m, const mr__raw_fields *f, const mr__header_field *field,
                int only_first, int (*use)(mr_message *, const mr_address *)) {
  mr__cur cur = mr__cur_of(field->value, field->value_len);
  size_t base = value_offset(f, field);
  const char *found = NULL;
  size_t len = 0;
  int more = mr__address_list_next(&cur, &found, &len);
  while (more == 1) {
    mr_address *address = NULL;
    int err = parse_found(m, field, base, found, len, &address);
    if (err == MR_OK)
      err = use(m, address);
    mr_address_free(address);
    if (err != MR_OK || only_first)
      return err;
    more = mr__address_list_next(&cur, &found, &len);
  }
  if (more < 0)
    return mr__message_fail(m, more, base + mr__cur_offset(&cur),
                            "no address list in a header field");
  return MR_OK;
}

static int names_recipient(const mr__raw_fields *f, const mr__header_field *field) {
  int kind = mr__field_kind(field);
  if (f->resent)
    return kind >= MR__FIELD_RESENT_TO && kind <= MR__FIELD_RESENT_BCC &&
           field->start < f->resent_end;
  return kind >= MR__FIELD_TO && kind <= MR__FIELD_BCC;
}

static int add_recipients(mr_message *m, const mr__raw_fields *f) {
  mr__cur cur = mr__cur_of(f->section->data, f->section->len);
  mr__header_field field;
  while (mr__header_next(&cur, &field) == 1) {
    if (!names_recipient(f, &field))
      continue;
    int err = each(m, f, &field, 0, mr__envelope_add);
    if (err != MR_OK)
      return err;
  }
  return MR_OK;
}

int mr__raw_envelope(mr_message *m, const mr__raw_fields *f) {
  static const int plain[] = {MR__FIELD_SENDER, MR__FIELD_FROM};
  static const int resent[] = {MR__FIELD_RESENT_SENDER, MR__FIELD_RESENT_FROM};
  const int *kinds = f->resent ? resent : plain;
  for (size_t i = 0; i < 2 && m->sender == NULL; i++) {
    const mr__header_field *field = &f->first[kinds[i]];
    if (field->name == NULL)
      continue;
    int err = each(m, f, field, 1, mr__envelope_sender);
    if (err != MR_OK)
      return err;
  }
  return add_recipients(m, f);
}

int mr__raw_first(mr_message *m, const mr__header_field *field, char **out) {
  mr_address *address = NULL;
  const char *found = NULL;
  size_t len = 0;
  *out = NULL;
  mr__cur cur = mr__cur_of(field->value, field->value_len);
  int err = MR_ERR_ADDR;
  if (field->name != NULL && mr__address_list_next(&cur, &found, &len) == 1)
    err = mr_address_parse(&address, &m->env, found, len, 0, NULL);
  if (err == MR_ERR_NOMEM)
    return err;
  *out = mr__strdup(&m->env, err == MR_OK ? mr_address_text(address) : "");
  mr_address_free(address);
  return *out != NULL ? MR_OK : MR_ERR_NOMEM;
}

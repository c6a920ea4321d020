/* SPDX-License-Identifier: MIT */
/* message/delivery-status (RFC 3464 2), also as servers really write it. */
#include <string.h>

#include "message/dsn_find.h"
#include "message/dsn_read.h"
#include "text/dsn.h"
#include "text/escape.h"

/* Fields of a group; the first of each name counts. */
enum field {
  FIELD_ENVELOPE_ID,
  FIELD_REPORTING_MTA,
  FIELD_RECEIVED_FROM,
  FIELD_ARRIVAL,
  FIELD_ORIGINAL,
  FIELD_FINAL,
  FIELD_ACTION,
  FIELD_STATUS,
  FIELD_REMOTE_MTA,
  FIELD_DIAGNOSTIC,
  FIELD_LAST_ATTEMPT,
  FIELD_RETRY_UNTIL,
  FIELD_COUNT
};

static const char *const names[FIELD_COUNT] = {"original-envelope-id",
                                               "reporting-mta",
                                               "received-from-mta",
                                               "arrival-date",
                                               "original-recipient",
                                               "final-recipient",
                                               "action",
                                               "status",
                                               "remote-mta",
                                               "diagnostic-code",
                                               "last-attempt-date",
                                               "will-retry-until"};

typedef struct group {
  mr__slice fields[FIELD_COUNT]; /* p == NULL: not there */
} group;

/* "type; value", where the type is one word. */
static mr__slice typed(mr__slice s, mr__slice *type) {
  const char *semicolon = s.p != NULL ? memchr(s.p, ';', s.len) : NULL;
  size_t len = semicolon != NULL ? (size_t)(semicolon - s.p) : 0;
  *type = mr__slice_trim(mr__slice_of(s.p, len));
  for (size_t i = 0; i < type->len; i++)
    if (mr__slice_is_space(type->p[i]))
      *type = mr__slice_of("", 0);
  return mr__slice_trim(mr__slice_from(s, type->len > 0 ? len + 1 : 0));
}

/* \x{HH} at s: its octets and the character; 0 = it is none. */
static size_t point_at(mr__slice s, uint32_t *point) {
  size_t n = 3;
  *point = 0;
  if (s.len < 6 || memcmp(s.p, "\\x{", 3) != 0)
    return 0;
  while (n < s.len && n < 9 && mr__hex_value((uint8_t)s.p[n]) >= 0)
    *point = *point * 16 + (uint32_t)mr__hex_value((uint8_t)s.p[n++]);
  return n > 3 && n < s.len && s.p[n] == '}' ? n + 1 : 0;
}

static size_t utf8_write(char dst[4], uint32_t c) {
  if (c < 0x80) {
    dst[0] = (char)c;
    return 1;
  }
  size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
  dst[0] = (char)(lead[more] | c >> (6 * more));
  for (size_t i = 1; i <= more; i++)
    dst[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3F));
  return more + 1;
}

/* utf-8-addr-xtext and -unitext (RFC 6533 3) as UTF-8. */
static const char *keep_utf8(mr_dsn *dsn, mr__slice s) {
  mr__buf out;
  mr__buf_init(&out, &dsn->env, MR__DSN_VALUE);
  while (s.len > 0 && out.err == MR_OK) {
    char octets[4];
    uint32_t point;
    size_t n = point_at(s, &point);
    n = point <= 0x10FFFF ? n : 0;
    if (n > 0)
      mr__buf_put(&out, octets, utf8_write(octets, point));
    else
      mr__buf_putc(&out, s.p[0]);
    s = mr__slice_from(s, n > 0 ? n : 1);
  }
  if (out.err == MR_ERR_NOMEM && dsn->arena.err == MR_OK)
    dsn->arena.err = MR_ERR_NOMEM;
  const char *kept = mr__dsn_keep(dsn, mr__slice_of((const char *)out.data, out.len));
  mr__buf_free(&out);
  return kept;
}

static void keep_address(mr_dsn *dsn, mr__slice field, const char **type,
                         const char **address) {
  mr__slice kind;
  if (field.p == NULL)
    return;
  mr__slice value = typed(field, &kind);
  if (value.len > 1 && value.p[0] == '<' && value.p[value.len - 1] == '>')
    value = mr__slice_of(value.p + 1, value.len - 2);
  *type = kind.len > 0 ? mr__dsn_keep(dsn, kind) : "rfc822";
  *address =
      mr__slice_is(kind, "utf-8") ? keep_utf8(dsn, value) : mr__dsn_keep(dsn, value);
}

/* A host without its type and what is said about it. */
static const char *keep_host(mr_dsn *dsn, mr__slice field) {
  mr__slice type;
  mr__slice value = typed(field, &type);
  size_t n = 0;
  while (n < value.len && !mr__slice_is_space(value.p[n]))
    n++;
  return field.p != NULL ? mr__dsn_keep(dsn, mr__slice_of(value.p, n)) : "";
}

static const char *keep_plain(mr_dsn *dsn, mr__slice field) {
  return field.p != NULL ? mr__dsn_keep(dsn, field) : "";
}

static int action_of(mr__slice s) {
  s = s.p != NULL ? mr__slice_trim(s) : mr__slice_of("", 0);
  for (int action = MR_DSN_FAILED; action <= MR_DSN_EXPANDED; action++)
    if (mr__slice_starts(s, mr_dsn_action_name(action)))
      return action;
  return MR_DSN_NONE;
}

/* The class of a status tells what a missing action does not. */
static int action_by_class(char class_digit) {
  return class_digit == '5'   ? MR_DSN_FAILED
         : class_digit == '4' ? MR_DSN_DELAYED
         : class_digit == '2' ? MR_DSN_DELIVERED
                              : MR_DSN_NONE;
}

static void read_status(mr_dsn *dsn, mr_dsn_record *r, const group *g) {
  char status[MR__DSN_STATUS] = "";
  if (g->fields[FIELD_STATUS].p != NULL)
    mr__find_status(g->fields[FIELD_STATUS], status);
  mr__slice type = {"", 0};
  mr__slice text = typed(g->fields[FIELD_DIAGNOSTIC], &type);
  if (g->fields[FIELD_DIAGNOSTIC].p != NULL) {
    r->diagnostic_type = mr__dsn_keep(dsn, type);
    r->diagnostic = mr__dsn_keep(dsn, text);
    r->code = mr__find_code(text);
    if (status[0] == '\0')
      mr__find_status(text, status);
  }
  r->status = mr__dsn_keep(dsn, mr__slice_of(status, strlen(status)));
}

/* How well the parts of a record go together. */
static int confidence_of(const mr_dsn_record *r, int told) {
  char c = r->status[0];
  int fits = r->action == MR_DSN_FAILED    ? c == '5' || c == '4'
             : r->action == MR_DSN_DELAYED ? c == '4'
                                           : c == '2';
  if (r->final_recipient[0] == '\0' && r->original_recipient[0] == '\0')
    return 50;
  if (!told)
    return r->action == MR_DSN_NONE ? 0 : 75;
  return fits ? 100 : 90;
}

static int is_recipient(const group *g) {
  return g->fields[FIELD_FINAL].p != NULL || g->fields[FIELD_ORIGINAL].p != NULL ||
         g->fields[FIELD_ACTION].p != NULL;
}

static void take_recipient(mr_dsn *dsn, const group *g) {
  mr_dsn_record *r = mr__dsn_add(dsn, MR__DSN_RECORDS);
  if (r == NULL)
    return;
  keep_address(dsn, g->fields[FIELD_FINAL], &r->final_type, &r->final_recipient);
  keep_address(dsn, g->fields[FIELD_ORIGINAL], &r->original_type, &r->original_recipient);
  r->remote_mta = keep_host(dsn, g->fields[FIELD_REMOTE_MTA]);
  r->last_attempt_date = keep_plain(dsn, g->fields[FIELD_LAST_ATTEMPT]);
  r->retry_until_date = keep_plain(dsn, g->fields[FIELD_RETRY_UNTIL]);
  read_status(dsn, r, g);
  int told = action_of(g->fields[FIELD_ACTION]);
  r->action = told != MR_DSN_NONE ? told : action_by_class(r->status[0]);
  r->confidence = confidence_of(r, told != MR_DSN_NONE);
}

static void take_message(mr_dsn *dsn, const group *g) {
  mr_dsn_info *info = &dsn->info;
  if (info->envelope_id[0] == '\0')
    info->envelope_id = keep_plain(dsn, g->fields[FIELD_ENVELOPE_ID]);
  if (info->reporting_mta[0] == '\0')
    info->reporting_mta = keep_host(dsn, g->fields[FIELD_REPORTING_MTA]);
  if (info->received_from[0] == '\0')
    info->received_from = keep_host(dsn, g->fields[FIELD_RECEIVED_FROM]);
  if (info->arrival_date[0] == '\0')
    info->arrival_date = keep_plain(dsn, g->fields[FIELD_ARRIVAL]);
}

static void flush(mr_dsn *dsn, group *g) {
  take_message(dsn, g);
  if (is_recipient(g))
    take_recipient(dsn, g);
  memset(g, 0, sizeof *g);
}

/* A recipient that comes again starts another group, blank line or not. */
static void take_field(mr_dsn *dsn, group *g, mr__slice name, mr__slice value) {
  int field = 0;
  while (field < FIELD_COUNT && !mr__slice_is(name, names[field]))
    field++;
  if (field == FIELD_COUNT)
    return;
  if (g->fields[field].p != NULL && (field == FIELD_FINAL || field == FIELD_ORIGINAL))
    flush(dsn, g);
  if (g->fields[field].p == NULL)
    g->fields[field] = value;
}

void mr__dsn_status_read(mr_dsn *dsn, mr__slice text) {
  mr__cur cur = mr__cur_of(text.p, text.len);
  group g = {{{NULL, 0}}};
  mr__slice name, value;
  while (mr__cur_left(&cur) > 0 && dsn->arena.err == MR_OK) {
    if (mr__dsn_field_next(&cur, &name, &value))
      take_field(dsn, &g, name, value);
    else
      flush(dsn, &g);
  }
  flush(dsn, &g);
}

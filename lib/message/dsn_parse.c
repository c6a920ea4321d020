/* SPDX-License-Identifier: MIT */
/* What came back: which kind of message it is, and who reads it. */
#include <string.h>

#include "message/dsn_find.h"
#include "message/dsn_read.h"

enum {
  ARENA_MAX = 32 * 1024 * 1024,
  RECORDS_FIRST = 4,
  TEXTS_MAX = 4 /* parts in which free text is looked for */
};

static const mr_dsn_record no_record = {0, 0, 0, "", "", "", "", "", "", "", "", "", ""};

/* ---- what is kept ---- */

/* Lines that are folded become one. */
static void unfold(mr__buf *out) {
  size_t kept = 0;
  char *p = (char *)out->data;
  for (size_t i = 0; i < out->len; i++) {
    int space = mr__slice_is_space(p[i]);
    if (space && kept > 0 && p[kept - 1] == ' ')
      continue;
    p[kept++] = space ? ' ' : p[i];
  }
  out->len = kept;
}

static const char *keep(mr_dsn *dsn, mr__slice text,
                        int (*clean)(mr__buf *out, mr__slice text)) {
  mr__buf out;
  const char *kept = "";
  mr__buf_init(&out, &dsn->env, MR__DSN_VALUE);
  int err = clean(&out, mr__slice_trim(text));
  if (err == MR_OK && out.len > 0) {
    unfold(&out);
    kept = mr__arena_text(&dsn->arena, mr__buf_text(&out));
  } else if (err == MR_ERR_NOMEM && dsn->arena.err == MR_OK) {
    dsn->arena.err = MR_ERR_NOMEM;
  }
  mr__buf_free(&out);
  return kept;
}

static int clean_plain(mr__buf *out, mr__slice text) {
  return mr__dsn_clean(out, text, "");
}

const char *mr__dsn_keep(mr_dsn *dsn, mr__slice text) {
  return keep(dsn, text, clean_plain);
}

const char *mr__dsn_keep_words(mr_dsn *dsn, mr__slice text) {
  return keep(dsn, text, mr__dsn_words);
}

const char *mr__dsn_keep_field(mr_dsn *dsn, mr__slice header, const char *name) {
  mr__slice value;
  return mr__dsn_field(header, name, &value) ? mr__dsn_keep_words(dsn, value) : "";
}

mr_dsn_record *mr__dsn_add(mr_dsn *dsn, size_t max) {
  if (dsn->count >= max || dsn->arena.err != MR_OK)
    return NULL;
  if (dsn->count == dsn->cap) {
    size_t cap = dsn->cap > 0 ? dsn->cap * 2 : RECORDS_FIRST;
    mr_dsn_record *records = mr__realloc(&dsn->env, dsn->records, cap * sizeof *records);
    if (records == NULL) {
      dsn->arena.err = MR_ERR_NOMEM;
      return NULL;
    }
    dsn->records = records;
    dsn->cap = cap;
  }
  dsn->records[dsn->count] = no_record;
  return &dsn->records[dsn->count++];
}

void mr__dsn_original(mr_dsn *dsn, mr__slice header) {
  if (dsn->info.message_id[0] == '\0')
    dsn->info.message_id = mr__dsn_keep_field(dsn, header, "Message-ID");
  if (dsn->info.subject[0] == '\0')
    dsn->info.subject = mr__dsn_keep_field(dsn, header, "Subject");
}

/* ---- what it says ---- */

/* Highest confidence among the records of an action, -1 = there are none. */
static int best_of(const mr_dsn *dsn, int action) {
  int best = -1;
  for (size_t i = 0; i < dsn->count; i++)
    if (dsn->records[i].action == action && dsn->records[i].confidence > best)
      best = dsn->records[i].confidence;
  return best;
}

void mr__dsn_conclude(mr_dsn *dsn) {
  static const int order[][2] = {{MR_DSN_FAILED, MR_VERDICT_FAILED},
                                 {MR_DSN_DELAYED, MR_VERDICT_DELAYED},
                                 {MR_DSN_DELIVERED, MR_VERDICT_DELIVERED},
                                 {MR_DSN_RELAYED, MR_VERDICT_RELAYED},
                                 {MR_DSN_EXPANDED, MR_VERDICT_EXPANDED}};
  dsn->info.verdict = MR_VERDICT_UNCLEAR;
  dsn->info.confidence = 50;
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    int best = best_of(dsn, order[i][0]);
    if (best < 0)
      continue;
    dsn->info.verdict = order[i][1];
    dsn->info.confidence = best;
    return;
  }
}

static void verdict(mr_dsn *dsn, int what, int confidence, const char *style) {
  dsn->info.verdict = what;
  dsn->info.confidence = confidence;
  dsn->info.style = style;
}

typedef void (*reader)(mr_dsn *dsn, mr__slice text);

static int read_part(mr_dsn *dsn, const mr__dsn_part *part, reader read) {
  mr__buf text;
  mr__buf_init(&text, &dsn->env, MR__DSN_TEXT_MAX);
  int err = mr__dsn_part_text(&text, part);
  if (err == MR_OK)
    read(dsn, mr__slice_of((const char *)text.data, text.len));
  mr__buf_free(&text);
  return err;
}

static void read_original(mr_dsn *dsn, mr__slice text) {
  mr__dsn_original(dsn, mr__dsn_header(text));
}

static const mr__dsn_part *either(const mr__dsn_mime *mime, const char *a,
                                  const char *b) {
  const mr__dsn_part *part = mr__dsn_part_of(mime, a);
  return part != NULL ? part : mr__dsn_part_of(mime, b);
}

static int take_original(mr_dsn *dsn, const mr__dsn_mime *mime) {
  const mr__dsn_part *part = either(mime, "message/rfc822", "text/rfc822-headers");
  if (part == NULL)
    part = either(mime, "message/global", "message/global-headers");
  return part != NULL ? read_part(dsn, part, read_original) : MR_OK;
}

/* A part that says what the message is: 1 = it was there, and is read; or an error. */
static int read_report(mr_dsn *dsn, const mr__dsn_mime *mime) {
  const mr__dsn_part *part = mr__dsn_part_of(mime, "message/feedback-report");
  int err = MR_OK;
  if (part != NULL) {
    err = read_part(dsn, part, mr__dsn_abuse_read);
    return err == MR_OK ? 1 : err;
  }
  if (either(mime, "message/disposition-notification",
             "message/global-disposition-notification") != NULL) {
    verdict(dsn, MR_VERDICT_RECEIPT, 100, "rfc8098");
    return 1;
  }
  part = either(mime, "message/delivery-status", "message/global-delivery-status");
  if (part == NULL)
    return 0;
  err = read_part(dsn, part, mr__dsn_status_read);
  if (err != MR_OK)
    return err;
  mr__dsn_conclude(dsn);
  dsn->info.style = "rfc3464";
  return dsn->count > 0 && dsn->info.verdict != MR_VERDICT_UNCLEAR;
}

/* ’ as programs of today write it, so that phrases are found. */
static void straighten(mr__buf *text) {
  size_t kept = 0;
  for (size_t i = 0; i < text->len; i++) {
    int curly = i + 2 < text->len && memcmp(text->data + i, "\xe2\x80\x99", 3) == 0;
    text->data[kept++] = curly ? (uint8_t)'\'' : text->data[i];
    i += curly ? 2 : 0;
  }
  text->len = kept;
}

/* 1 = it told of recipients; or an error. */
static int scan_part(mr_dsn *dsn, const mr__dsn_part *part, int generic) {
  mr__buf text;
  mr__buf_init(&text, &dsn->env, MR__DSN_TEXT_MAX);
  int err = mr__dsn_part_text(&text, part);
  int told = 0;
  straighten(&text);
  if (err == MR_OK)
    told = mr__dsn_scan(dsn, mr__slice_of((const char *)text.data, text.len), generic);
  mr__buf_free(&text);
  return err == MR_OK ? told : err;
}

/* Plain text first: HTML says the same with more words. */
static int scan_texts(mr_dsn *dsn, const mr__dsn_mime *mime, int generic) {
  static const char *const types[] = {"text/plain", "text/html"};
  for (size_t t = 0; t < 2; t++) {
    int looked = 0;
    for (size_t i = 0; i < mime->count && looked < TEXTS_MAX; i++) {
      if (!mr__streq(mime->parts[i].type, types[t]))
        continue;
      looked++;
      int told = scan_part(dsn, &mime->parts[i], generic);
      if (told != 0)
        return told;
    }
  }
  return 0;
}

/* What is not said in the text the Subject may say; a delay always counts. */
static void apply_subject(mr_dsn *dsn, unsigned kind) {
  for (size_t i = 0; i < dsn->count; i++) {
    mr_dsn_record *r = &dsn->records[i];
    if ((kind & MR__DSN_SAYS_DELAY) != 0 &&
        (r->action == MR_DSN_FAILED || r->action == MR_DSN_NONE))
      r->action = MR_DSN_DELAYED;
    else if (r->action == MR_DSN_NONE && (kind & MR__DSN_SAYS_FAIL) != 0)
      r->action = MR_DSN_FAILED;
  }
}

static int read_text(mr_dsn *dsn, const mr__dsn_mime *mime, unsigned kind) {
  int told = scan_texts(dsn, mime, 0);
  if (told == 0 && (kind & MR__DSN_DAEMON) != 0)
    told = scan_texts(dsn, mime, 1);
  if (told < 0)
    return told;
  mr__dsn_failed_field(dsn, kind);
  if (dsn->count == 0)
    return 0;
  if (dsn->info.style[0] == '\0')
    dsn->info.style = "generic";
  apply_subject(dsn, kind);
  mr__dsn_conclude(dsn);
  return 1;
}

/* Nothing in it told of a recipient. */
static void conclude_rest(mr_dsn *dsn, const mr__dsn_mime *mime, unsigned kind) {
  int report = mr__dsn_part_of(mime, "multipart/report") == &mime->parts[0];
  int says = (kind & (MR__DSN_SAYS_FAIL | MR__DSN_SAYS_DELAY)) != 0;
  if ((kind & (MR__DSN_SUBMITTED | MR__DSN_REPLY)) != 0 && !says)
    verdict(dsn, MR_VERDICT_AUTO_REPLY, 80, "");
  else if (report || ((kind & MR__DSN_DAEMON) != 0 && says))
    verdict(dsn, MR_VERDICT_UNCLEAR, 50, dsn->info.style);
  else
    verdict(dsn, MR_VERDICT_NOT_BOUNCE, 90, "");
}

static int read_message(mr_dsn *dsn, const mr__dsn_mime *mime) {
  unsigned kind = 0;
  int done = mr__dsn_kind(dsn, &kind);
  if (done == MR_OK)
    done = read_report(dsn, mime);
  if (done != 0)
    return done;
  if ((kind & MR__DSN_REPLY) != 0 && (kind & MR__DSN_DAEMON) == 0) {
    verdict(dsn, MR_VERDICT_AUTO_REPLY, 95, "");
    return MR_OK;
  }
  int report = mime->count > 0 && mr__streq(mime->parts[0].type, "multipart/report");
  dsn->count = 0; /* what a broken report told without an action */
  if (report || (kind & (MR__DSN_DAEMON | MR__DSN_NULL_PATH)) != 0)
    done = read_text(dsn, mime, kind);
  if (done == 0)
    conclude_rest(dsn, mime, kind);
  return done < 0 ? done : MR_OK;
}

static void keep_sent_to(mr_dsn *dsn) {
  static const char *const fields[] = {"X-Original-To", "Delivered-To", "Envelope-To",
                                       "To"};
  mr__slice value, address;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    if (mr__dsn_field(dsn->header, fields[i], &value) &&
        mr__find_address(value, &address)) {
      dsn->info.sent_to = mr__dsn_keep(dsn, address);
      return;
    }
}

static int read_all(mr_dsn *dsn, const void *data, size_t len) {
  mr__dsn_mime mime;
  int err = mr__dsn_mime_read(&mime, &dsn->env, data, len);
  if (err == MR_OK) {
    dsn->header = mime.parts[0].header;
    err = read_message(dsn, &mime);
  }
  if (err >= MR_OK && dsn->info.style[0] != '\0')
    err = take_original(dsn, &mime);
  if (err >= MR_OK)
    keep_sent_to(dsn);
  mr__dsn_mime_free(&mime);
  dsn->header = mr__slice_of("", 0);
  return err < MR_OK ? err : dsn->arena.err;
}

int mr_dsn_parse(mr_dsn **out, const mr_env *env, const void *data, size_t len) {
  static const mr_dsn_info no_info = {0, 0, "", "", "", "", "", "", "", ""};
  static const mr_dsn_complaint no_complaint = {"", "", "", "", "", "", "", "", "", 1};
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (data == NULL && len > 0)
    return MR_ERR_MISUSE;
  mr_env own;
  mr__env_copy(&own, env);
  mr_dsn *dsn = mr__calloc(&own, 1, sizeof *dsn);
  if (dsn == NULL)
    return MR_ERR_NOMEM;
  dsn->env = own;
  mr__arena_init(&dsn->arena, &dsn->env, ARENA_MAX);
  dsn->info = no_info;
  dsn->complaint = no_complaint;
  int err = read_all(dsn, data != NULL ? data : "", len);
  if (err != MR_OK) {
    mr_dsn_free(dsn);
    return err;
  }
  *out = dsn;
  return MR_OK;
}

void mr_dsn_free(mr_dsn *dsn) {
  if (dsn == NULL)
    return;
  mr_env env = dsn->env;
  mr__arena_free(&dsn->arena);
  mr__free(&env, dsn->records);
  mr__free(&env, dsn);
}

const mr_dsn_info *mr_dsn_get(const mr_dsn *dsn) {
  static const mr_dsn_info none = {0, 0, "", "", "", "", "", "", "", ""};
  return dsn != NULL ? &dsn->info : &none;
}

size_t mr_dsn_count(const mr_dsn *dsn) { return dsn != NULL ? dsn->count : 0; }

const mr_dsn_record *mr_dsn_at(const mr_dsn *dsn, size_t index) {
  return dsn != NULL && index < dsn->count ? &dsn->records[index] : NULL;
}

const mr_dsn_complaint *mr_dsn_abuse(const mr_dsn *dsn) {
  return dsn != NULL && dsn->info.verdict == MR_VERDICT_ABUSE ? &dsn->complaint : NULL;
}

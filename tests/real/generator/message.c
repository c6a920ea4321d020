/* SPDX-License-Identifier: MIT */
/* Messages by the short calls: text, HTML, attachments, pictures. */
#include <stdlib.h>
#include <string.h>

#include "generator.h"

void expect_part(maker *m, const leaf *l) {
  fprintf(m->expect, "part%c%d%c%s%c%s%c%s%c%s%c%d%c%d%c%llu%c%zu\n", UNIT, l->depth,
          UNIT, l->type, UNIT, l->disposition, UNIT, l->filename, UNIT, l->id, UNIT,
          l->data != NULL, UNIT, l->text, UNIT, m->at, UNIT, l->len);
  if (l->data != NULL && l->len > 0)
    fwrite(l->data, 1, l->len, m->content);
  m->at += l->data != NULL ? l->len : 0;
}

static void expect_holder(maker *m, int depth, const char *type) {
  expect_part(m, &(leaf){depth, 0, type, "", "", "", NULL, 0});
}

static void person(maker *m, const char *kind, blob *name, char address[64]) {
  static const char *const hosts[] = {"a.example", "b.example", "mail.c.example"};
  make_name(m, name);
  snprintf(address, 64, "user%zu@%s", draw(m, 1000), hosts[draw(m, 3)]);
  if (m->expect != NULL)
    fprintf(m->expect, "%s%c%s%c%s\n", kind, UNIT, name->data, UNIT, address);
}

static void people_make(maker *m, mr_message *message, int top) {
  FILE *expect = m->expect;
  m->expect = top ? expect : NULL;
  for (size_t i = 0, count = 2 + draw(m, 5); i < count; i++) {
    blob name = {0};
    char address[64];
    person(m, i == 0 ? "from" : i % 2 ? "to" : "cc", &name, address);
    if (i == 0)
      must(mr_message_set_from(message, name.data, address), "from");
    else if (i % 2)
      must(mr_message_add_to(message, name.data, address), "to");
    else
      must(mr_message_add_cc(message, name.data, address), "cc");
    blob_free(&name);
  }
  m->expect = expect;
}

static void subject_make(maker *m, mr_message *message, int top) {
  blob subject = {0};
  make_line(m, &subject, 600);
  must(mr_message_set_subject(message, subject.data), "subject");
  if (top)
    fprintf(m->expect, "subject%c%s\n", UNIT, subject.data);
  blob_free(&subject);
}

/* What the parts hold, decided before any is made: the structure follows from it. */
typedef struct plan {
  int text, html;
  size_t pictures, files;
} plan;

static void body_make(maker *m, mr_message *message, int html, int depth) {
  blob text = {0}, arrives = {0};
  blob_put(&text, "", 0);
  make_body(m, &text);
  canonical(&text, &arrives);
  blob_put(&arrives, "", 0);
  must(html ? mr_message_set_html(message, text.data, text.len)
            : mr_message_set_text(message, text.data, text.len),
       "body");
  expect_part(m, &(leaf){depth, 1, html ? "text/html" : "text/plain", "", "", "",
                         arrives.data, arrives.len});
  blob_free(&text);
  blob_free(&arrives);
}

static void picture_make(maker *m, mr_message *message, int depth, size_t number) {
  blob data = {0}, filename = {0};
  char id[40];
  blob_put(&data, "", 0);
  make_octets(m, &data);
  make_filename(m, &filename);
  snprintf(id, sizeof id, "picture%zu.%zu@a.example", number, draw(m, 1000000));
  must(mr_message_embed(message, id, filename.data, "image/png", data.data, data.len),
       "picture");
  expect_part(m, &(leaf){depth, 0, "image/png", "inline", filename.data, id, data.data,
                         data.len});
  blob_free(&data);
  blob_free(&filename);
}

static void file_make(maker *m, mr_message *message, int depth) {
  static const char *const types[] = {"application/pdf", "application/octet-stream",
                                      "image/jpeg", "text/csv"};
  const char *type = types[draw(m, 4)];
  blob data = {0}, filename = {0};
  blob_put(&data, "", 0);
  if (strcmp(type, "text/csv") == 0)
    make_body(m, &data);
  else
    make_octets(m, &data);
  make_filename(m, &filename);
  must(mr_message_attach(message, filename.data, type, data.data, data.len), "file");
  expect_part(
      m, &(leaf){depth, 0, type, "attachment", filename.data, "", data.data, data.len});
  blob_free(&data);
  blob_free(&filename);
}

static void attached_make(maker *m, mr_message *message, int depth) {
  expect_part(m, &(leaf){depth, 0, "message/rfc822", "attachment", "", "", NULL, 0});
  m->attached++;
  mr_message *inner = make_message(m, depth + 1);
  m->attached--;
  must(mr_message_seal(inner), "attached");
  must(mr_message_attach_message(message, inner), "attach");
  mr_message_free(inner);
}

static void parts_make(maker *m, mr_message *message, int depth) {
  plan p = {draw(m, 6) != 0, draw(m, 2) == 0, 0, draw(m, 3) == 0 ? draw(m, 4) : 0};
  p.text |= !p.html;
  p.pictures = p.html && draw(m, 2) == 0 ? 1 + draw(m, 2) : 0;
  int inner = m->attached < 3 && draw(m, 8) == 0;
  if (p.files > 0 || inner)
    expect_holder(m, depth++, "multipart/mixed");
  int below = depth;
  if (p.text && p.html)
    expect_holder(m, below++, "multipart/alternative");
  if (p.text)
    body_make(m, message, 0, below);
  if (p.pictures > 0)
    expect_holder(m, below++, "multipart/related");
  if (p.html)
    body_make(m, message, 1, below);
  for (size_t i = 0; i < p.pictures; i++)
    picture_make(m, message, below, i);
  for (size_t i = 0; i < p.files; i++)
    file_make(m, message, depth);
  if (inner)
    attached_make(m, message, depth);
}

mr_message *make_message(maker *m, int depth) {
  mr_message *message = NULL;
  must(mr_message_new(&message, &m->env, NULL), "new");
  people_make(m, message, depth == 0);
  subject_make(m, message, depth == 0);
  if (draw(m, 2) == 0)
    make_tree(m, message, depth);
  else
    parts_make(m, message, depth);
  return message;
}

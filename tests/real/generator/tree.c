/* SPDX-License-Identifier: MIT */
/* Messages by trees of parts. */
#include <string.h>

#include "generator.h"

enum { DEEPEST = 8 };

static mr_part *part_make(maker *m, int depth, int level);

static mr_part *holder_make(maker *m, int depth, int level) {
  static const char *const types[] = {"multipart/mixed", "multipart/alternative",
                                      "multipart/related", "multipart/x-odd"};
  const char *type = types[draw(m, 4)];
  mr_part *part = NULL;
  must(mr_part_new(&part, &m->env, type), "holder");
  expect_part(m, &(leaf){depth, 0, type, "", "", "", NULL, 0});
  for (size_t left = 1 + draw(m, level > 3 ? 2 : 4); left > 0; left--) {
    mr_part *child = part_make(m, depth + 1, level + 1);
    must(mr_part_add(part, child), "add");
    mr_part_free(child);
  }
  return part;
}

static mr_part *message_make(maker *m, int depth) {
  mr_part *part = NULL;
  must(mr_part_new(&part, &m->env, "message/rfc822"), "message part");
  expect_part(m, &(leaf){depth, 0, "message/rfc822", "", "", "", NULL, 0});
  m->attached++;
  mr_message *inner = make_message(m, depth + 1);
  m->attached--;
  must(mr_message_seal(inner), "inner");
  must(mr_part_set_message(part, inner), "set message");
  mr_message_free(inner);
  return part;
}

/* Names, ids and fields that readers must find again. */
static void dress(maker *m, mr_part *part, leaf *l, blob *filename, char id[40]) {
  static const char *const dispositions[] = {"", "inline", "attachment"};
  int disposition = (int)draw(m, 3);
  if (disposition != MR_DISPOSITION_NONE) {
    make_filename(m, filename);
    must(mr_part_set_disposition(part, disposition, filename->data), "disposition");
    l->disposition = dispositions[disposition];
    l->filename = filename->data;
  }
  if (draw(m, 3) == 0) {
    snprintf(id, 40, "<part.%zu@a.example>", draw(m, 1000000));
    must(mr_part_set_id(part, id), "id");
    id[strlen(id) - 1] = 0;
    l->id = id + 1;
  }
  if (draw(m, 3) == 0)
    must(mr_part_add_header(part, "Content-Description", "\xc3\xa4 description"),
         "field");
  if (draw(m, 3) == 0)
    must(mr_part_set_param(part, "x-note", "a \"note\" \xe2\x82\xac"), "parameter");
}

static mr_part *leaf_make(maker *m, int depth) {
  static const char *const types[] = {"text/plain",  "text/html",
                                      "text/x-odd",  "application/octet-stream",
                                      "audio/x-odd", "application/vnd.odd+json"};
  leaf l = {depth, 0, types[draw(m, 6)], "", "", "", "", 0};
  blob data = {0}, arrives = {0}, filename = {0};
  char id[40];
  mr_part *part = NULL;
  int text = strncmp(l.type, "text/", 5) == 0;
  must(mr_part_new(&part, &m->env, l.type), "leaf");
  dress(m, part, &l, &filename, id);
  blob_put(&data, "", 0);
  blob_put(&arrives, "", 0);
  if (text)
    make_body(m, &data);
  else
    make_octets(m, &data);
  l.text = text && strcmp(l.disposition, "attachment") != 0;
  if (l.text)
    canonical(&data, &arrives);
  else
    blob_put(&arrives, data.data, data.len);
  must(mr_part_set_data(part, data.data, data.len), "data");
  l.data = arrives.data;
  l.len = arrives.len;
  expect_part(m, &l);
  blob_free(&data);
  blob_free(&arrives);
  blob_free(&filename);
  return part;
}

static mr_part *part_make(maker *m, int depth, int level) {
  if (level < DEEPEST && draw(m, 10) < (level == 0 ? 8u : 3u))
    return holder_make(m, depth, level);
  if (m->attached < 3 && draw(m, 10) == 0)
    return message_make(m, depth);
  return leaf_make(m, depth);
}

void make_tree(maker *m, mr_message *message, int depth) {
  mr_part *root = part_make(m, depth, 0);
  must(mr_message_set_root(message, root), "root");
  mr_part_free(root);
}

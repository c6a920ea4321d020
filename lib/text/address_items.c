/* SPDX-License-Identifier: MIT */
/* The parsed list: items, their names in one pool of text, the canonical form. */
#include <string.h>

#include "text/address_list.h"
#include "text/header.h"
#include "text/phrase.h"
#include "text/utf8.h"

enum {
  MR__ITEMS_FIRST = 8,
  MR__NAMES_MAX = MR_ADDRESS_LIST_OCTETS * 3,    /* raw and decoded, with their NULs */
  MR__LIST_TEXT_MAX = MR_ADDRESS_LIST_OCTETS + 1 /* it can be parsed again */
};

typedef struct item {
  int kind;
  size_t raw; /* offsets into names */
  size_t name;
  mr_address *address;
} item;

struct mr_address_list {
  mr_env env;
  item *items;
  size_t count, cap;
  mr__buf names; /* begins with a NUL: offset 0 is "" */
  mr__buf text;
};

/* Controls but for TAB and folds, and octets that are not UTF-8: nowhere. */
static size_t find_control(const uint8_t *p, size_t len) {
  size_t at = 0;
  for (;;) {
    at += mr__utf8_clean(p + at, len - at, 1);
    size_t fold = at;
    fold += fold < len && p[fold] == '\r';
    fold += fold < len && p[fold] == '\n';
    if (fold == at || p[fold - 1] != '\n' || fold == len ||
        (p[fold] != ' ' && p[fold] != '\t'))
      return at;
    at = fold;
  }
}

static int room_make(mr_address_list *list) {
  if (list->count >= MR_ADDRESS_LIST_ITEMS)
    return MR_ERR_LIMIT;
  if (list->count < list->cap)
    return MR_OK;
  size_t cap = list->cap > 0 ? list->cap * 2 : MR__ITEMS_FIRST;
  item *items = mr__realloc(&list->env, list->items, cap * sizeof *items);
  if (items == NULL)
    return MR_ERR_NOMEM;
  list->items = items;
  list->cap = cap;
  return MR_OK;
}

static int name_put(mr_address_list *list, item *to, const mr__list_item *from) {
  mr__buf *names = &list->names;
  const mr__span *name = from->name.len > 0 ? &from->name : &from->comment;
  if (name->len == 0)
    return MR_OK;
  to->raw = names->len;
  mr__buf_put(names, name->data, name->len);
  mr__buf_putc(names, 0);
  to->name = names->len;
  if (name == &from->name)
    mr__phrase_decode(names, name->data, name->len);
  else
    mr__comment_decode(names, name->data, name->len);
  return mr__buf_putc(names, 0);
}

static int item_add(mr_address_list *list, const mr__list_item *from,
                    const char **place) {
  item made = {.kind = from->kind};
  int err = room_make(list);
  if (err == MR_OK)
    err = name_put(list, &made, from);
  if (err == MR_OK && from->kind == MR_ITEM_MAILBOX)
    err = mr__list_address(&made.address, &list->env, from, place);
  if (err == MR_OK)
    list->items[list->count++] = made;
  return err;
}

static int mailbox_print(const mr_address_list *list, const item *one, mr__buf *out) {
  const char *name = (const char *)list->names.data + one->name;
  const char *address = mr_address_text(one->address);
  if (name[0] == 0)
    return mr__buf_puts(out, address);
  int err = mr__header_phrase(out, name);
  mr__buf_put(out, " <", 2);
  mr__buf_puts(out, address);
  mr__buf_putc(out, '>');
  return err;
}

/* Nothing or white space, a comma unless a group has just begun. */
static const char *before(const mr_address_list *list, size_t index) {
  if (index == 0 || list->items[index].kind == MR_ITEM_GROUP_END)
    return "";
  return list->items[index - 1].kind == MR_ITEM_GROUP ? " " : ", ";
}

static int item_print(mr_address_list *list, size_t index) {
  mr__buf *out = &list->text;
  const item *one = &list->items[index];
  int err = MR_OK;
  mr__buf_puts(out, before(list, index));
  if (one->kind == MR_ITEM_MAILBOX)
    err = mailbox_print(list, one, out);
  else if (one->kind == MR_ITEM_GROUP)
    err = mr__header_phrase(out, (const char *)list->names.data + one->name);
  if (one->kind != MR_ITEM_MAILBOX)
    mr__buf_putc(out, one->kind == MR_ITEM_GROUP ? ':' : ';');
  return err != MR_OK ? err : out->err;
}

static int list_fill(mr_address_list *list, const char *text, size_t len,
                     const char **place) {
  mr__list walk = {mr__cur_of(text, len), 0};
  mr__list_item found;
  int err = mr__buf_putc(&list->names, 0);
  while (err == MR_OK) {
    err = mr__list_next(&walk, &found);
    *place = (const char *)walk.cur.p;
    if (err != MR_OK)
      return err;
    if (found.kind == MR_ITEM_NONE)
      return mr__buf_putc(&list->text, 0);
    err = item_add(list, &found, place);
    if (err == MR_OK)
      err = item_print(list, list->count - 1);
  }
  return err;
}

static int list_new(mr_address_list **out, const mr_env *env) {
  mr_env full;
  mr__env_copy(&full, env);
  mr_address_list *list = mr__calloc(&full, 1, sizeof *list);
  if (list == NULL)
    return MR_ERR_NOMEM;
  list->env = full;
  mr__buf_init(&list->names, &list->env, MR__NAMES_MAX);
  mr__buf_init(&list->text, &list->env, MR__LIST_TEXT_MAX);
  *out = list;
  return MR_OK;
}

int mr_address_list_parse(mr_address_list **out, const mr_env *env, const char *text,
                          size_t len, size_t *offset) {
  mr_address_list *list = NULL;
  const char *start = text != NULL ? text : "";
  const char *place = start;
  if (out == NULL)
    return MR_ERR_MISUSE;
  *out = NULL;
  if (text == NULL && len > 0)
    return MR_ERR_MISUSE;
  int err = len <= MR_ADDRESS_LIST_OCTETS ? list_new(&list, env) : MR_ERR_LIMIT;
  if (err == MR_OK) {
    size_t clean = find_control((const uint8_t *)start, len);
    place = start + clean;
    err = clean < len ? MR_ERR_ADDR_CHAR : list_fill(list, start, len, &place);
  }
  if (err == MR_OK)
    *out = list;
  else
    mr_address_list_free(list);
  if (err != MR_OK && offset != NULL)
    *offset = (size_t)(place - start);
  return err;
}

void mr_address_list_free(mr_address_list *list) {
  if (list == NULL)
    return;
  mr_env env = list->env;
  for (size_t i = 0; i < list->count; i++)
    mr_address_free(list->items[i].address);
  mr__free(&env, list->items);
  mr__buf_free(&list->names);
  mr__buf_free(&list->text);
  mr__free(&env, list);
}

size_t mr_address_list_count(const mr_address_list *list) {
  return list != NULL ? list->count : 0;
}

static const item *item_at(const mr_address_list *list, size_t index) {
  return list != NULL && index < list->count ? &list->items[index] : NULL;
}

int mr_address_list_kind(const mr_address_list *list, size_t index) {
  const item *one = item_at(list, index);
  return one != NULL ? one->kind : MR_ITEM_NONE;
}

const char *mr_address_list_name(const mr_address_list *list, size_t index) {
  const item *one = item_at(list, index);
  return one != NULL ? (const char *)list->names.data + one->name : "";
}

const char *mr_address_list_raw_name(const mr_address_list *list, size_t index) {
  const item *one = item_at(list, index);
  return one != NULL ? (const char *)list->names.data + one->raw : "";
}

const mr_address *mr_address_list_address(const mr_address_list *list, size_t index) {
  const item *one = item_at(list, index);
  return one != NULL ? one->address : NULL;
}

const char *mr_address_list_text(const mr_address_list *list) {
  return list != NULL ? (const char *)list->text.data : "";
}

/* SPDX-License-Identifier: MIT */
#include "text/address_list.h"

#include <string.h>

#include "text/atext.h"

int mr__list_space(mr__cur *cur) {
  size_t before = mr__cur_left(cur);
  for (;;) {
    mr__cur at = *cur;
    int folded = mr__cur_skip_if(cur, '\r');
    int line_end = mr__cur_skip_if(cur, '\n');
    int space = mr__cur_skip_if(cur, ' ') || mr__cur_skip_if(cur, '\t');
    if (!space || (folded && !line_end)) {
      *cur = at;
      return mr__cur_left(cur) < before;
    }
  }
}

/* A comment may nest; iterative (bug 15). */
int mr__list_comment(mr__cur *cur) {
  int depth = 0;
  if (mr__cur_peek(cur) != '(')
    return 0;
  do {
    int c = mr__cur_peek(cur);
    if (c <= 0)
      return MR_ERR_ADDR;
    if (c == '(' && ++depth > MR_ADDRESS_LIST_DEPTH)
      return MR_ERR_DEPTH;
    depth -= c == ')';
    mr__cur_next(cur);
    if (c == '\\' && mr__cur_next(cur) < 0)
      return MR_ERR_ADDR;
  } while (depth > 0);
  return 1;
}

/* White space and comments, of which the first is told. 1 = there was some. */
static int cfws_skip(mr__cur *cur, mr__span *comment) {
  int found = 0;
  for (;;) {
    const char *start = (const char *)cur->p;
    int more = mr__list_space(cur);
    if (!more) {
      more = mr__list_comment(cur);
      if (more > 0 && comment != NULL && comment->data == NULL)
        *comment = (mr__span){start, (size_t)((const char *)cur->p - start)};
    }
    if (more <= 0)
      return more < 0 ? more : found;
    found = 1;
  }
}

/* From an opening octet to its closing one, `\` quoting. */
static int span_skip(mr__cur *cur, int close) {
  mr__cur_next(cur);
  for (;;) {
    int c = mr__cur_peek(cur);
    if (c <= 0)
      return MR_ERR_ADDR;
    mr__cur_next(cur);
    if (c == close)
      return MR_OK;
    if (c == '\\' && mr__cur_next(cur) < 0)
      return MR_ERR_ADDR;
  }
}

/* One piece of a phrase or of an address without white space around it. */
static int piece_skip(mr__cur *cur) {
  int c = mr__cur_peek(cur);
  if (c == '"')
    return span_skip(cur, '"');
  if (c == '[')
    return span_skip(cur, ']');
  if (!mr__is_atext(c) && c != '.' && c != '@')
    return MR_ERR_ADDR;
  mr__cur_next(cur);
  return MR_OK;
}

/* What stands before a delimiter: words of a display name, or an address. */
typedef struct words {
  mr__span all;     /* without space around them */
  mr__span comment; /* behind the last one */
  size_t count;     /* stretches without white space */
  int at;           /* an '@' outside quotes is in it */
} words;

static int words_skip(mr__cur *cur, words *w) {
  static const char delimiters[] = "<,;:";
  int gap = 1;
  memset(w, 0, sizeof *w);
  for (;;) {
    int found = cfws_skip(cur, &w->comment);
    if (found < 0)
      return found;
    gap |= found;
    int c = mr__cur_peek(cur);
    if (c < 0 || (c > 0 && memchr(delimiters, c, 4) != NULL))
      return MR_OK;
    if (w->count == 0)
      w->all.data = (const char *)cur->p;
    w->count += (size_t)gap;
    w->at |= c == '@';
    int err = piece_skip(cur);
    if (err != MR_OK)
      return err;
    w->all.len = (size_t)((const char *)cur->p - w->all.data);
    w->comment = (mr__span){NULL, 0};
    gap = 0;
  }
}

/* What may follow a mailbox or a group. */
static int item_end(mr__cur *cur) {
  int space = cfws_skip(cur, NULL);
  int c = mr__cur_peek(cur);
  if (space < 0)
    return space;
  return c == ',' || c == ';' || c < 0 ? MR_OK : MR_ERR_ADDR;
}

/* An address in angle brackets: the brackets are part of what is found. */
static int angle_take(mr__cur *cur, const words *w, mr__list_item *item) {
  int c = '<';
  item->kind = MR_ITEM_MAILBOX;
  item->name = w->all;
  item->address.data = (const char *)cur->p;
  mr__cur_next(cur);
  while (c != '>') {
    int space = cfws_skip(cur, NULL);
    item->spaced |= space;
    c = mr__cur_peek(cur);
    int one = c == ',' || c == ':' || c == '>';
    int err = space < 0 ? space : one ? MR_OK : piece_skip(cur);
    if (err != MR_OK)
      return err;
    if (one)
      mr__cur_next(cur);
  }
  item->address.len = (size_t)((const char *)cur->p - item->address.data);
  return item_end(cur);
}

/* "a@b" with nothing around but comments. */
static int bare_take(const words *w, mr__list_item *item) {
  item->kind = MR_ITEM_MAILBOX;
  item->address = w->all;
  item->comment = w->comment;
  item->spaced = w->count > 1;
  return MR_OK;
}

static int group_take(mr__list *list, const words *w, mr__list_item *item) {
  if (w->count == 0 || w->at)
    return MR_ERR_ADDR;
  if (list->depth >= MR_ADDRESS_LIST_DEPTH)
    return MR_ERR_DEPTH;
  list->depth++;
  item->kind = MR_ITEM_GROUP;
  item->name = w->all;
  mr__cur_next(&list->cur);
  return MR_OK;
}

/* A ';', or the end of the text, in a group. */
static int group_end(mr__list *list, mr__list_item *item) {
  list->depth--;
  item->kind = MR_ITEM_GROUP_END;
  mr__cur_next(&list->cur);
  return item_end(&list->cur);
}

int mr__list_next(mr__list *list, mr__list_item *item) {
  mr__cur *cur = &list->cur;
  memset(item, 0, sizeof *item);
  for (;;) {
    words w;
    int err = words_skip(cur, &w);
    if (err != MR_OK)
      return err;
    int c = mr__cur_peek(cur);
    if (c == '<')
      return w.at ? MR_ERR_ADDR : angle_take(cur, &w, item);
    if (c == ':')
      return group_take(list, &w, item);
    if (w.count > 0)
      return bare_take(&w, item);
    if (c != ',' && list->depth > 0)
      return group_end(list, item);
    if (c < 0)
      return MR_OK;
    mr__cur_next(cur);
  }
}

/* Whether white space may stand beside this octet inside an address. */
static int joins(int c) {
  static const char joints[] = ".@,:<>";
  return c > 0 && memchr(joints, c, sizeof joints - 1) != NULL;
}

/* Copies an address without the space in it, until it has `max` octets. At space that
 * may not be there it ends with one, for the parser of addresses to refuse. */
static size_t squeeze(mr__cur *cur, char *dst, size_t max) {
  size_t n = 0;
  while (n < max && mr__cur_left(cur) > 0) {
    int space = cfws_skip(cur, NULL) > 0;
    if (space && n > 0 && !joins(dst[n - 1]) && !joins(mr__cur_peek(cur))) {
      dst[n++] = ' ';
      break;
    }
    const uint8_t *start = cur->p;
    if (joins(mr__cur_peek(cur)))
      mr__cur_next(cur);
    else if (piece_skip(cur) != MR_OK)
      break;
    for (; start < cur->p && n < max; start++)
      dst[n++] = (char)*start;
    if (start < cur->p)
      cur->p = start;
  }
  return n;
}

int mr__list_address(mr_address **out, const mr_env *env, const mr__list_item *item,
                     const char **place) {
  enum { ROOM = 1025 }; /* one octet more than mr_address_parse takes */
  char text[ROOM];
  size_t offset = 0;
  mr__span in = item->address;
  mr__cur cur = mr__cur_of(in.data, in.len);
  if (!item->spaced) {
    int err = mr_address_parse(out, env, in.data, in.len, 0, &offset);
    *place = in.data + offset;
    return err;
  }
  int err = mr_address_parse(out, env, text, squeeze(&cur, text, ROOM), 0, &offset);
  if (err != MR_OK) {
    cur = mr__cur_of(in.data, in.len);
    squeeze(&cur, text, offset);
    cfws_skip(&cur, NULL);
  }
  *place = (const char *)cur.p;
  return err;
}

int mr__address_list_next(mr__cur *cur, const char **found, size_t *len) {
  mr__list list = {*cur, 0};
  mr__list_item item;
  int err;
  do {
    err = mr__list_next(&list, &item);
  } while (err == MR_OK && item.kind > MR_ITEM_MAILBOX);
  *cur = list.cur;
  *found = item.address.data != NULL ? item.address.data : "";
  *len = item.address.len;
  if (err == MR_OK && item.spaced)
    err = MR_ERR_ADDR;
  return err != MR_OK ? err : item.kind == MR_ITEM_MAILBOX;
}

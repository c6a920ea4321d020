/* SPDX-License-Identifier: MIT */
#include "text/command.h"

#include <string.h>

#include "base/fmt.h"

enum {
  MR__COMMAND_LINE = 512, /* RFC 5321 4.5.3.1.4, CRLF included */
  MR__COMMAND_SIZE = 26,  /* RFC 1870 3 */
  MR__COMMAND_BODY = 17,  /* RFC 6152 2 */
  MR__COMMAND_NAME = 255
};

/* A line is put together here, so that an error leaves nothing in the output. */
typedef struct line {
  char text[MR__COMMAND_LINE + MR__COMMAND_SIZE + MR__COMMAND_BODY];
  size_t len;
  size_t max; /* CRLF included */
  int err;
} line;

static void line_start(line *l, size_t max) {
  l->len = 0;
  l->max = max;
  l->err = MR_OK;
}

/* low: the lowest octet that may stand here, ' ' or '!'. */
static void add_checked(line *l, const char *text, int low) {
  size_t len = strlen(text);
  if (l->err != MR_OK)
    return;
  if (len > l->max - 2 - l->len) {
    l->err = MR_ERR_ADDR_LONG;
    return;
  }
  for (size_t i = 0; i < len && l->err == MR_OK; i++)
    if ((uint8_t)text[i] < low || (uint8_t)text[i] > 0x7E)
      l->err = MR_ERR_ADDR_CHAR;
  memcpy(l->text + l->len, text, len);
  l->len += len;
}

static void add(line *l, const char *text) { add_checked(l, text, ' '); }

static void add_word(line *l, const char *text) {
  if (text[0] == 0 && l->err == MR_OK)
    l->err = MR_ERR_ADDR_CHAR;
  add_checked(l, text, '!');
}

static int line_finish(line *l, mr__buf *out) {
  if (l->err != MR_OK)
    return l->err;
  memcpy(l->text + l->len, "\r\n", 2);
  return mr__buf_put(out, l->text, l->len + 2);
}

int mr__command_hello(mr__buf *out, const char *word, const char *name) {
  line l;
  line_start(&l, MR__COMMAND_LINE);
  add_word(&l, word);
  add(&l, " ");
  add_word(&l, name);
  if (l.err == MR_OK && strlen(name) > MR__COMMAND_NAME)
    l.err = MR_ERR_ADDR_LONG;
  return line_finish(&l, out);
}

int mr__command_word(mr__buf *out, const char *word) {
  line l;
  line_start(&l, MR__COMMAND_LINE);
  add_word(&l, word);
  return line_finish(&l, out);
}

/* The path comes from the parsed form, so its quotes are where the grammar wants them. */
static void add_path(line *l, const mr_address *address) {
  add(l, "<");
  add(l, mr_address_text(address));
  add(l, ">");
}

int mr__command_mail(mr__buf *out, const mr_address *from, uint64_t size, int body_8bit) {
  line l;
  char number[MR__COMMAND_SIZE + 1];
  line_start(&l, MR__COMMAND_LINE + MR__COMMAND_SIZE + MR__COMMAND_BODY);
  add(&l, "MAIL FROM:");
  add_path(&l, from);
  if (size != MR_LENGTH_UNKNOWN) {
    mr__fmt_to(number, sizeof number, " SIZE=%llu", (unsigned long long)size);
    add(&l, number);
  }
  if (body_8bit)
    add(&l, " BODY=8BITMIME");
  return line_finish(&l, out);
}

int mr__command_rcpt(mr__buf *out, const mr_address *to) {
  line l;
  line_start(&l, MR__COMMAND_LINE);
  add(&l, "RCPT TO:");
  add_path(&l, to);
  return line_finish(&l, out);
}

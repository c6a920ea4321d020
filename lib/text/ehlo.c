/* SPDX-License-Identifier: MIT */
#include "text/ehlo.h"

#include <string.h>

#include "base/fmt.h"

static const struct {
  const char *name;
  unsigned bit;
} keywords[] = {
    {"PIPELINING", MR__EHLO_PIPELINING},
    {"SIZE", MR__EHLO_SIZE},
    {"8BITMIME", MR__EHLO_8BITMIME},
    {"STARTTLS", MR__EHLO_STARTTLS},
    {"SMTPUTF8", MR__EHLO_SMTPUTF8},
    {"ENHANCEDSTATUSCODES", MR__EHLO_ENHANCEDSTATUSCODES},
};

static unsigned keyword_bit(const char *word, size_t len) {
  for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
    if (strlen(keywords[i].name) == len && mr__memcaseeq(keywords[i].name, word, len))
      return keywords[i].bit;
  return 0;
}

/* A word of the line: skips spaces in front, moves *at behind it. */
static size_t word_next(const char *line, size_t len, size_t *at, const char **word) {
  while (*at < len && (line[*at] == ' ' || line[*at] == '\t'))
    (*at)++;
  size_t start = *at;
  while (*at < len && line[*at] != ' ' && line[*at] != '\t')
    (*at)++;
  *word = line + start;
  return *at - start;
}

static void line_parse(mr__ehlo *out, const char *line, size_t len) {
  const char *word;
  size_t at = 0;
  size_t n = word_next(line, len, &at, &word);
  unsigned bit = keyword_bit(word, n);
  out->keywords |= bit;
  if (bit != MR__EHLO_SIZE)
    return;
  n = word_next(line, len, &at, &word);
  if (mr__parse_u64(word, n, &out->size) != MR_OK)
    out->size = 0;
}

static void greeting_parse(mr__ehlo *out, const char *line, size_t len) {
  const char *word;
  size_t at = 0;
  size_t n = word_next(line, len, &at, &word);
  if (n >= sizeof out->name)
    n = sizeof out->name - 1;
  memcpy(out->name, word, n);
}

void mr__ehlo_parse(mr__ehlo *out, const char *text) {
  size_t left = strlen(text);
  memset(out, 0, sizeof *out);
  for (int first = 1;; first = 0) {
    const char *lf = memchr(text, '\n', left);
    size_t len = lf != NULL ? (size_t)(lf - text) : left;
    if (first)
      greeting_parse(out, text, len);
    else
      line_parse(out, text, len);
    if (lf == NULL)
      return;
    text = lf + 1;
    left -= len + 1;
  }
}

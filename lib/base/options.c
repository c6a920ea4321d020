/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "base/fmt.h"

typedef union value {
  int64_t number;
  char *text; /* NULL = default */
} value;

struct mr_options {
  mr_env env;
  atomic_uint refs;
  atomic_int frozen;
  value values[]; /* by row of the table */
};

int mr_options_new(mr_options **out, const mr_env *env) {
  mr_env own;
  size_t count;
  if (out == NULL)
    return MR_ERR_MISUSE;
  const mr_option *rows = mr__option_rows(&count);
  mr__env_copy(&own, env);
  mr_options *o = mr__realloc(&own, NULL, sizeof *o + count * sizeof(value));
  *out = o;
  if (o == NULL)
    return MR_ERR_NOMEM;
  o->env = own;
  atomic_init(&o->refs, 1);
  atomic_init(&o->frozen, 0);
  for (size_t i = 0; i < count; i++) {
    if (rows[i].type == MR_OPTION_TEXT)
      o->values[i].text = NULL;
    else
      o->values[i].number = rows[i].value;
  }
  return MR_OK;
}

void mr_options_free(mr_options *options) { mr__options_drop(options); }

const mr_options *mr__options_ref(const mr_options *options) {
  mr_options *o = (mr_options *)(uintptr_t)options;
  if (o != NULL) {
    atomic_store(&o->frozen, 1);
    atomic_fetch_add(&o->refs, 1);
  }
  return options;
}

void mr__options_drop(const mr_options *options) {
  mr_options *o = (mr_options *)(uintptr_t)options;
  if (o == NULL || atomic_fetch_sub(&o->refs, 1) > 1)
    return;
  size_t count;
  const mr_option *rows = mr__option_rows(&count);
  mr_env env = o->env;
  for (size_t i = 0; i < count; i++)
    if (rows[i].type == MR_OPTION_TEXT)
      mr__free(&env, o->values[i].text);
  mr__free(&env, o);
}

/* Row of an id, or the number of rows. */
static size_t find_id(int id) {
  size_t count, low = 0;
  const mr_option *rows = mr__option_rows(&count);
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (rows[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && rows[low].id == id ? low : count;
}

static const mr_option *row_of(int id, int text, size_t *index) {
  *index = find_id(id);
  const mr_option *row = mr_option_at(*index);
  return row != NULL && (row->type == MR_OPTION_TEXT) == text ? row : NULL;
}

int mr_options_set(mr_options *options, int id, int64_t number) {
  size_t i;
  const mr_option *row = row_of(id, 0, &i);
  if (options == NULL || row == NULL)
    return MR_ERR_MISUSE;
  if (atomic_load(&options->frozen))
    return MR_ERR_STATE;
  if (number < row->minimum || number > row->maximum)
    return MR_ERR_RANGE;
  options->values[i].number = number;
  return MR_OK;
}

static int text_ok(const mr_option *row, const char *text, size_t len) {
  if (len < (size_t)row->minimum || len > (size_t)row->maximum)
    return 0;
  for (size_t i = 0; i < len; i++)
    if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
      return 0;
  return 1;
}

int mr_options_set_text(mr_options *options, int id, const char *text) {
  size_t i;
  const mr_option *row = row_of(id, 1, &i);
  if (options == NULL || row == NULL || text == NULL)
    return MR_ERR_MISUSE;
  if (atomic_load(&options->frozen))
    return MR_ERR_STATE;
  if (!text_ok(row, text, strlen(text)))
    return MR_ERR_RANGE;
  char *copy = mr__strdup(&options->env, text);
  if (copy == NULL)
    return MR_ERR_NOMEM;
  mr__free(&options->env, options->values[i].text);
  options->values[i].text = copy;
  return MR_OK;
}

static int parse_number(const char *text, size_t len, int64_t *out) {
  uint64_t number;
  int rc = mr__parse_u64(text, len, &number);
  if (rc != MR_OK || number > INT64_MAX)
    return MR_ERR_RANGE;
  *out = (int64_t)number;
  return MR_OK;
}

static int parse_duration(const char *text, int64_t *out) {
  static const struct {
    const char *suffix;
    int64_t factor;
  } units[] = {{"", 1},      {"ms", 1},      {"s", 1000},
               {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
  size_t digits = 0;
  while (mr__is_digit((uint8_t)text[digits]))
    digits++;
  if (parse_number(text, digits, out) != MR_OK)
    return MR_ERR_RANGE;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    if (!mr__streq(text + digits, units[i].suffix))
      continue;
    if (*out > INT64_MAX / units[i].factor)
      return MR_ERR_RANGE;
    *out *= units[i].factor;
    return MR_OK;
  }
  return MR_ERR_RANGE;
}

static int parse_choice(const mr_option *row, const char *text, int64_t *out) {
  const char *name = row->choices;
  size_t len = strlen(text);
  for (int64_t choice = row->minimum; choice <= row->maximum; choice++) {
    const char *end = name;
    while (*end != '\0' && *end != '|')
      end++;
    if ((size_t)(end - name) == len && memcmp(name, text, len) == 0) {
      *out = choice;
      return MR_OK;
    }
    name = *end == '|' ? end + 1 : end;
  }
  return parse_number(text, len, out);
}

static int parse_value(const mr_option *row, const char *text, int64_t *out) {
  if (row->type == MR_OPTION_DURATION)
    return parse_duration(text, out);
  if (row->type == MR_OPTION_CHOICE)
    return parse_choice(row, text, out);
  return parse_number(text, strlen(text), out);
}

int mr_options_set_name(mr_options *options, const char *name, const char *text) {
  if (options == NULL || name == NULL || text == NULL)
    return MR_ERR_MISUSE;
  const mr_option *row = NULL;
  for (size_t i = 0; (row = mr_option_at(i)) != NULL; i++)
    if (mr__streq(row->name, name))
      break;
  if (row == NULL)
    return MR_ERR_NOT_FOUND;
  if (row->type == MR_OPTION_TEXT)
    return mr_options_set_text(options, row->id, text);
  if (atomic_load(&options->frozen))
    return MR_ERR_STATE;
  int64_t number;
  int rc = parse_value(row, text, &number);
  return rc != MR_OK ? rc : mr_options_set(options, row->id, number);
}

int64_t mr_options_get(const mr_options *options, int id) {
  size_t i;
  const mr_option *row = row_of(id, 0, &i);
  if (row == NULL)
    return 0;
  return options != NULL ? options->values[i].number : row->value;
}

const char *mr_options_get_text(const mr_options *options, int id) {
  size_t i;
  const mr_option *row = row_of(id, 1, &i);
  if (row == NULL)
    return "";
  if (options == NULL || options->values[i].text == NULL)
    return row->text;
  return options->values[i].text;
}

/* SPDX-License-Identifier: MIT */
#include "text/check.h"
#include "text/header.h"

typedef struct row {
  const char *text;
  size_t len; /* 0 = strlen */
  int result;
  const char *fields; /* name=value| for each field; a line end inside as it is */
  size_t at;          /* offset of the cursor at the end */
} row;

static const row rows[] = {
    {"", 0, 0, "", 0},
    {"\r\nbody", 0, 0, "", 2},
    {"\nbody", 0, 0, "", 1},
    {"A: b\r\n\r\nbody", 0, 0, "A= b|", 8},
    {"A: b\nC:d\n\nbody", 0, 0, "A= b|C=d|", 10},
    {"A: b", 0, 0, "A= b|", 4},
    {"A: b\r\n", 0, 0, "A= b|", 6},
    {"A:\r\n", 0, 0, "A=|", 4},
    {"A: b\r\n c\r\n\td\r\nE: f\r\n\r\n", 0, 0, "A= b\r\n c\r\n\td|E= f|", 22},
    {"A: b\n c\nE: f\n\n", 0, 0, "A= b\n c|E= f|", 14},
    {"A:\r\n b\r\n", 0, 0, "A=\r\n b|", 8},
    {"A: b: c\r\n", 0, 0, "A= b: c|", 9},
    {"A: b\r\n \r\nB: c\r\n", 0, 0, "A= b\r\n |B= c|", 15},
    /* bug 18: a line of white space is no end of the header; neither is a bare CR */
    {"A: b\r\n\rX: y\r\n", 0, MR_ERR_HDR_CHAR, "A= b|", 6},
    {"A: b\rC: d\r\n", 0, MR_ERR_HDR_CHAR, "", 0},
    {"A: b\r", 0, MR_ERR_HDR_CHAR, "", 0},
    {"A: b\0\r\n", 7, MR_ERR_HDR_CHAR, "", 0},
    {"A: b\r\n c\rd\r\n", 0, MR_ERR_HDR_CHAR, "", 6},
    {"A: b\r\r\n", 0, MR_ERR_HDR_CHAR, "", 0},
    /* fault 14 */
    {" A: b\r\n", 0, MR_ERR_HDR_NAME, "", 0},
    {"A: b\r\nno colon\r\n", 0, MR_ERR_HDR_NAME, "A= b|", 6},
    {"A : b\r\n", 0, MR_ERR_HDR_NAME, "", 0},
    {": b\r\n", 0, MR_ERR_HDR_NAME, "", 0},
    {"\xc3\xbc: b\r\n", 0, MR_ERR_HDR_NAME, "", 0},
    {"From a@b Mon\r\n", 0, MR_ERR_HDR_NAME, "", 0},
};

static void add_field(char *got, const mr__header_field *f) {
  strncat(got, f->name, f->name_len);
  strcat(got, "=");
  strncat(got, f->value, f->value_len);
  strcat(got, "|");
}

static void walk(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);
    char *exact = kit_exact(rows[i].text, len);
    mr__cur cur = mr__cur_of(exact, len);
    mr__header_field f;
    char got[100] = "";
    size_t end = 0;
    int result;
    while ((result = mr__header_next(&cur, &f)) == 1) {
      ROW_EQUAL(i, f.start, end);
      end = f.end;
      ROW_EQUAL(i, mr__cur_offset(&cur), end);
      add_field(got, &f);
    }
    ROW_EQUAL(i, result, rows[i].result);
    ROW_TEXT(i, got, rows[i].fields);
    ROW_EQUAL(i, mr__cur_offset(&cur), rows[i].at);
    free(exact);
  }
}

/* fault 15: a hundred thousand fields, and one of ten thousand folds, in linear time. */
static void many(void **state) {
  (void)state;
  static const char *const units[] = {"A: b\r\n", " b\r\n", "A:\n"};
  enum { MIB = 1 << 20 };
  char *text = malloc(MIB + 8);
  double start = cpu_ms();
  for (size_t u = 0; u < COUNT(units); u++) {
    size_t unit = strlen(units[u]);
    size_t size = 4;
    size_t count = 0;
    memcpy(text, "X:y\n", 4);
    for (; size + unit <= MIB; size += unit)
      memcpy(text + size, units[u], unit);
    mr__cur cur = mr__cur_of(text, size);
    mr__header_field f;
    while (mr__header_next(&cur, &f) == 1)
      count++;
    assert_int_equal(count, u == 1 ? 1 : 1 + (size - 4) / unit);
  }
  assert_true(cpu_ms() - start < CPU_BOUND_MS);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(walk), cmocka_unit_test(many)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

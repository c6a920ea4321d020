/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"
#include "text/header.h"

#define DAY_MS INT64_C(86400000)
/* 0001-01-01 and 9999-12-31T23:59:59 UTC: a year has four digits (RFC 5322 3.3). */
#define DATE_FIRST INT64_C(-62135596800000)
#define DATE_LAST INT64_C(253402300799000)

typedef struct date {
  int year, month, day, weekday;
} date;

/* The Gregorian calendar, counted from a first of March, where leap days come last. */
static date date_of(int64_t days) {
  date d;
  int64_t z = days + 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t of_era = z - era * 146097;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153;
  d.day = (int)(of_year - (153 * month + 2) / 5 + 1);
  d.month = (int)(month < 10 ? month + 3 : month - 9);
  d.year = (int)(year + era * 400 + (d.month <= 2));
  d.weekday = (int)(((days % 7) + 11) % 7);
  return d;
}

void mr__date_print(int64_t milliseconds, char dst[40]) {
  static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (milliseconds < DATE_FIRST)
    milliseconds = DATE_FIRST;
  if (milliseconds > DATE_LAST)
    milliseconds = DATE_LAST;
  int64_t days = milliseconds / DAY_MS - (milliseconds % DAY_MS < 0);
  int second = (int)((milliseconds - days * DAY_MS) / 1000);
  date d = date_of(days);
  mr__fmt_to(dst, 40, "%s, %02d %s %04d %02d:%02d:%02d +0000", weekdays[d.weekday], d.day,
             months[d.month - 1], d.year, second / 3600, second / 60 % 60, second % 60);
}

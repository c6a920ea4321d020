/* SPDX-License-Identifier: MIT */
#ifndef MR_BASE_OPTIONS_H
#define MR_BASE_OPTIONS_H

#include <mailroute/base.h>

/* The table, in order of ids. */
const mr_option *mr__option_rows(size_t *count);

/* A reference that freezes the object; NULL stays NULL (defaults). Counts are atomic. */
const mr_options *mr__options_ref(const mr_options *options);
void mr__options_drop(const mr_options *options);

#endif

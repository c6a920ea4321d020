/* SPDX-License-Identifier: MIT */
#ifndef MR_BASE_OPTIONS_H
#define MR_BASE_OPTIONS_H

#include <mailroute/base.h>


/* A reference that freezes the object; NULL stays NULL (all defaults). Counts are atomic. */
const mr_options *mr__options_ref(const mr_options *options);
void mr__options_drop(const mr_options *options);

#endif

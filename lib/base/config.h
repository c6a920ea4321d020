/* SPDX-License-Identifier: MIT */
/* Feature switches when the build system names none: everything is on. */
#ifndef MR_BASE_CONFIG_H
#define MR_BASE_CONFIG_H

#ifndef MR_WITH_TLS
#define MR_WITH_TLS 1
#endif
#ifndef MR_WITH_DNS
#define MR_WITH_DNS 1
#endif
#ifndef MR_WITH_IDN
#define MR_WITH_IDN 1
#endif
#ifndef MR_WITH_DRIVER
#define MR_WITH_DRIVER 1
#endif

#endif

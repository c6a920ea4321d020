/* SPDX-License-Identifier: MIT */
/* Addresses put together of a local part and a domain. */
#ifndef MR_MESSAGE_RETURN_PATH_H
#define MR_MESSAGE_RETURN_PATH_H

#include <mailroute/address.h>

#include "base/buf.h"

enum { MR__LOCAL_ROOM = 512 }; /* of an unquoted local part in the making */

/* Writes local@domain in canonical form, the local part quoted if it must be; local is
 * not quoted. MR_ERR_LIMIT: dst is too small; the rest as mr_address_parse(). */
int mr__return_path_put(char *dst, size_t cap, const mr_env *env, const char *local,
                        size_t len, const char *domain, size_t domain_len);
/* Parses an address that has a domain. */
int mr__return_path_get(mr_address **out, const mr_env *env, const char *text);

#endif

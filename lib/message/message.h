/* SPDX-License-Identifier: MIT */
/* What other floors need of messages beyond <mailroute/message.h>. */
#ifndef MR_MESSAGE_MESSAGE_H
#define MR_MESSAGE_MESSAGE_H

#include <mailroute/event.h>
#include <mailroute/message.h>

#include "base/env.h"

/* A sealed message over octets that a store keeps in canonical form: size and 8-bit flag
 * are known, nothing is added. The reader checks length only; the wire encoder checks the
 * form. mr_message_header is NULL, mr_message_id "". Takes the source over on success. */
int mr__message_stored(mr_message **out, const mr_env *env, const mr_source *source,
                       uint64_t size, int is_8bit);

/* A bounce (RFC 3464 in multipart/report, RFC 6522): text for people, delivery-status,
 * header of the original as text/rfc822-headers. All in 7 bits, sealed, null
 * sender, one recipient. MR_ERR_ADDR…: `to` is no address, or our name is bad. */
typedef struct mr__bounce {
  const char *reporting_mta;         /* our HELO name */
  const char *to;                    /* sender of the original */
  const mr_outcome *const *outcomes; /* failed recipients: recipient, text, status, … */
  size_t outcome_count;
  int64_t arrival;    /* ms since 1970, < 0 = unknown */
  const char *header; /* of the original, canonical; cut if longer than 64 KiB */
  size_t header_len;
} mr__bounce;
int mr__message_bounce(mr_message **out, const mr_env *env, const mr_options *options,
                       const mr__bounce *bounce);

/* A pass for a server without SMTPUTF8: in ASCII if its header section is not, or if the
 * server has no 8BITMIME; as it is otherwise. What it will be stands after
 * mr_reader_size. */
int mr__reader_for_server(mr_reader **out, mr_message *message, int has_8bitmime);
/* Whether it gives octets above 0x7F. */
int mr__reader_is_8bit(const mr_reader *reader);
/* The pass from its start once more; what was found out about a rendering stands. */
void mr__reader_again(mr_reader *reader);

#endif

/* SPDX-License-Identifier: MIT */
/**
 * @file message.h
 * @brief The message object: built or raw, sealed once, then shared and unchanging.
 *
 * A message is filled in, sealed, and from then on immutable and counted: handles that
 * send it hold references, on any thread. Errors before the seal stick: make all the
 * calls, look at the result of mr_message_seal() once. The message carries its envelope
 * too: sender and recipients.
 */
#ifndef MAILROUTE_MESSAGE_H
#define MAILROUTE_MESSAGE_H

#include <mailroute/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A message. */
typedef struct mr_message mr_message;

/** One pass over the canonical octets of a sealed message. */
typedef struct mr_reader mr_reader;

/**
 * Octets by offset, restartable: every retry reads the same again. Copied when given;
 * size first. A source is used by one reader at a time unless it is thread-safe.
 */
typedef struct mr_source {
  size_t size; /**< sizeof(mr_source) of the program that fills it */
  void *user;  /**< passed to each function */
  /** Up to cap octets from offset into buf, *len tells how many. MR_OK with *len = 0 is
   * the end. MR_ERR_PENDING: not yet; the completion call of whoever reads asks again.
   * Any other error: the pass fails, nothing is delivered, a later attempt starts anew.
   */
  int (*read)(void *user, uint64_t offset, void *buf, size_t cap, size_t *len);
  /** the last user of the source is gone; NULL = not wanted */
  void (*release)(void *user);
  uint64_t length; /**< octets in all, MR_LENGTH_UNKNOWN = whatever comes */
} mr_source;

/** Flags of raw input. */
enum mr_raw_flag {
  MR_RAW_STRICT = 1, /**< bare CR or LF is an error instead of being repaired */
  MR_RAW_KEEP = 2    /**< add no Date and no Message-ID where they are missing */
};

/**
 * An empty message.
 * @param out the new message @param env services, NULL = defaults
 * @param options limits (MR_OPT_HEADER_MAX, …), NULL = defaults
 * @return MR_OK; MR_ERR_MISUSE: out is NULL; MR_ERR_NOMEM
 */
MR_API int mr_message_new(mr_message **out, const mr_env *env, const mr_options *options);

/** One more reference to a sealed message. @param message sealed @return the same, NULL
 * if it is not sealed */
MR_API mr_message *mr_message_ref(mr_message *message);

/** Gives a reference back. @param message or NULL */
MR_API void mr_message_free(mr_message *message);

/** What went wrong first. @param message one @return owned by the message, never NULL */
MR_API const mr_error *mr_message_error(const mr_message *message);

/**
 * From field (RFC 5322 3.6.2), and the envelope sender unless one is set.
 * @param message not sealed @param name display name in UTF-8, NULL = none
 * @param address as for mr_address_parse()
 * @return MR_OK; MR_ERR_ADDR…: see mr_address_parse(); MR_ERR_HDR_CHAR: control
 *   character or invalid UTF-8 in name; MR_ERR_LINE_LONG: name is over a line of 998;
 *   MR_ERR_STATE: sealed or being sealed, called from inside a service (not sticky), or
 *   raw input was given; MR_ERR_EXISTS: set before; MR_ERR_LIMIT: MR_OPT_HEADER_MAX;
 *   MR_ERR_RANDOM: no key for the set of recipients; MR_ERR_MISUSE; MR_ERR_NOMEM. Sticky,
 *   as all below: every later call answers the first error.
 */
MR_API int mr_message_set_from(mr_message *message, const char *name,
                               const char *address);

/** To field and recipient. @param message not sealed @param name or NULL @param address
 * one
 * @return as mr_message_set_from() */
MR_API int mr_message_add_to(mr_message *message, const char *name, const char *address);
/** Cc field and recipient. @param message not sealed @param name or NULL @param address
 * one
 * @return as mr_message_set_from() */
MR_API int mr_message_add_cc(mr_message *message, const char *name, const char *address);
/** Recipient that no header shows. @param message not sealed @param name ignored, or NULL
 * @param address one @return as mr_message_set_from() */
MR_API int mr_message_add_bcc(mr_message *message, const char *name, const char *address);

/**
 * Subject field; text that is not ASCII becomes RFC 2047 words.
 * @param message not sealed @param subject UTF-8, one line
 * @return MR_OK; MR_ERR_HDR_CHAR; MR_ERR_LINE_LONG: a word without a place to fold;
 *   MR_ERR_STATE; MR_ERR_EXISTS; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_LIMIT
 */
MR_API int mr_message_set_subject(mr_message *message, const char *subject);

/**
 * Any other header field. Fields that the builder writes itself (From, To, Cc, Bcc,
 * Subject, MIME-Version, Content-*, and Resent-Bcc) are refused; Date and Message-ID may
 * be given.
 * @param message not sealed @param name field name @param value UTF-8, one line, unfolded
 * @return MR_OK; MR_ERR_HDR_NAME: no field name, or one of those above; MR_ERR_HDR_CHAR:
 *   also a Message-ID not in ASCII and angle brackets; MR_ERR_EXISTS: Date or Message-ID
 *   given before; MR_ERR_LINE_LONG; MR_ERR_STATE; MR_ERR_LIMIT: MR_OPT_HEADERS_MAX or
 *   MR_OPT_HEADER_MAX; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_message_add_header(mr_message *message, const char *name,
                                 const char *value);

/**
 * Plain text body. Emitted in 7 bits: as it is if it is ASCII without controls in lines
 * within 78 octets, else quoted-printable, UTF-8 (RFC 2045). A bare CR becomes a space.
 * @param message not sealed @param text UTF-8, lines end with LF or CRLF @param len
 * octets
 * @return MR_OK; MR_ERR_BODY_CHAR: NUL or invalid UTF-8; MR_ERR_STATE; MR_ERR_EXISTS;
 *   MR_ERR_LIMIT; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_message_set_text(mr_message *message, const char *text, size_t len);

/**
 * A finished message (RFC 5322) instead of the builder's parts. Line ends are made
 * canonical (a bare CR of the body becomes a space), Bcc and Resent-Bcc fields leave the
 * header, a missing Date or Message-ID is added above the rest; nothing else changes.
 * Its envelope is what mr_message_set_sender() and mr_message_add_recipient() say, or
 * mr_message_use_header_recipients().
 * @param message empty @param data copied @param len octets @param flags #mr_raw_flag
 * bits
 * @return MR_OK; MR_ERR_STATE: sealed, or the builder was used; MR_ERR_LIMIT;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM. What is wrong inside, the seal tells.
 */
MR_API int mr_message_set_raw(mr_message *message, const void *data, size_t len,
                              unsigned flags);

/**
 * The same from a source; the body is never held in memory as a whole. The seal reads it
 * once; every later pass must give the same octets or it is broken off before the end.
 * On success the message owns the source: its release is called with the last reference.
 * @param message empty @param source copied @param flags #mr_raw_flag bits
 * @return as mr_message_set_raw()
 */
MR_API int mr_message_set_raw_source(mr_message *message, const mr_source *source,
                                     unsigned flags);

/** Envelope sender (reverse-path). @param message not sealed @param address one; "" or
 * "<>" = null path @return as mr_message_set_from() */
MR_API int mr_message_set_sender(mr_message *message, const char *address);

/** Envelope recipient; one that is there already (same local part, same domain) counts
 * once.
 * @param message not sealed @param address one @return as mr_message_set_from();
 * MR_ERR_LIMIT: over MR_OPT_SUBMIT_RECIPIENTS */
MR_API int mr_message_add_recipient(mr_message *message, const char *address);

/** At the seal, takes recipients from To, Cc and Bcc of raw input (sendmail -t), and the
 * sender from Sender or From unless set; if the newest block of Resent-* fields names
 * recipients, from that block instead (RFC 5322 3.6.6).
 * @param message not sealed @return MR_OK; MR_ERR_STATE: sealed; MR_ERR_MISUSE */
MR_API int mr_message_use_header_recipients(mr_message *message);

/**
 * Finishes a message: adds Date (env.wall, +0000) and Message-ID once, fixes the
 * canonical form, size, and whether it has 8-bit octets.
 * @param message one
 * @return MR_OK; the first error of the calls before; MR_ERR_PENDING: the source needs
 *   time, call again, and nothing but this meanwhile; MR_ERR_HDR_NAME, MR_ERR_HDR_CHAR,
 *   MR_ERR_BODY_CHAR, MR_ERR_LINE_LONG: raw input broken at the offset in
 *   mr_message_error(); MR_ERR_ADDR…: in a header address or no From in a built
 *   message; MR_ERR_SOURCE: the source failed, or is longer or shorter than it says;
 *   MR_ERR_TIME_UNKNOWN: no Date can be made; MR_ERR_RANDOM; MR_ERR_LIMIT; MR_ERR_STATE:
 *   sealed; MR_ERR_NOMEM. All but MR_ERR_PENDING stick.
 */
MR_API int mr_message_seal(mr_message *message);

/** Octets of the canonical form: header, blank line, body; no dots doubled. @param
 * message sealed @return octets, 0 before the seal */
MR_API uint64_t mr_message_size(const mr_message *message);
/** Whether it has octets above 0x7F, so that a server needs 8BITMIME. @param message
 * sealed
 * @return 1 or 0 */
MR_API int mr_message_is_8bit(const mr_message *message);
/** Whether repairing line ends changed a message that carries DKIM-Signature: the
 * signature will not verify. @param message sealed @return 1 or 0 */
MR_API int mr_message_is_altered(const mr_message *message);
/** Message-ID with angle brackets. @param message sealed @return text, "" = none */
MR_API const char *mr_message_id(const mr_message *message);
/** Envelope sender. @param message one @return canonical address, "" = null path */
MR_API const char *mr_message_sender(const mr_message *message);
/** Number of envelope recipients. @param message one @return count */
MR_API size_t mr_message_recipient_count(const mr_message *message);
/** One envelope recipient. @param message one @param index from 0 @return canonical
 * address, "" past the end */
MR_API const char *mr_message_recipient(const mr_message *message, size_t index);
/** The header section in canonical form with its blank line. @param message sealed
 * @param len receives the octets @return octets, owned by the message, NULL before the
 * seal */
MR_API const char *mr_message_header(const mr_message *message, size_t *len);

/**
 * Starts a pass over the canonical octets: what goes over the wire, dots not doubled.
 * @param out the reader @param message sealed; the reader holds a reference
 * @return MR_OK; MR_ERR_STATE: not sealed; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_reader_new(mr_reader **out, mr_message *message);

/**
 * The next octets.
 * @param reader one @param buf at least 2 octets @param cap octets of buf
 * @param len receives how many came; MR_OK with 0 = the end, and all was the same as at
 * the seal
 * @return MR_OK; MR_ERR_PENDING: ask again later; MR_ERR_SOURCE: the source failed, ended
 *   early, ran over or differs from the first pass (sticky); MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_reader_read(mr_reader *reader, void *buf, size_t cap, size_t *len);

/** Ends a pass. @param reader or NULL */
MR_API void mr_reader_free(mr_reader *reader);

#ifdef __cplusplus
}
#endif
#endif

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

/** Address fields of a built message (RFC 5322 3.6.2, 3.6.3). */
enum mr_field {
  MR_FIELD_FROM = 1,     /**< authors; more than one need a Sender */
  MR_FIELD_SENDER = 2,   /**< who sent it; one */
  MR_FIELD_REPLY_TO = 3, /**< where replies go */
  MR_FIELD_TO = 4,       /**< recipients */
  MR_FIELD_CC = 5,       /**< recipients */
  MR_FIELD_BCC = 6       /**< recipients that no header shows */
};

/** Fields of mailing lists (RFC 2369). */
enum mr_list {
  MR_LIST_HELP = 1,        /**< List-Help */
  MR_LIST_UNSUBSCRIBE = 2, /**< List-Unsubscribe */
  MR_LIST_SUBSCRIBE = 3,   /**< List-Subscribe */
  MR_LIST_POST = 4,        /**< List-Post; the URI "NO" = closed for posting */
  MR_LIST_OWNER = 5,       /**< List-Owner */
  MR_LIST_ARCHIVE = 6      /**< List-Archive */
};

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
 * One more address in an address field; To, Cc and Bcc make it a recipient too.
 * @param message not sealed @param field #mr_field
 * @param name display name in UTF-8, NULL = none @param address one
 * @return as mr_message_set_from(); MR_ERR_EXISTS: a second Sender
 */
MR_API int mr_message_add_address(mr_message *message, int field, const char *name,
                                  const char *address);

/**
 * A group (RFC 5322 3.4) in To, Cc, Bcc or Reply-To: "name: one, two;". Its members are
 * recipients as in mr_message_add_address().
 * @param message not sealed @param field #mr_field @param name of the group, UTF-8
 * @param names display names, each or all NULL = none
 * @param addresses count of them @param count 0 = an empty group
 * @return as mr_message_add_address(); MR_ERR_MISUSE: also another field
 */
MR_API int mr_message_add_group(mr_message *message, int field, const char *name,
                                const char *const *names, const char *const *addresses,
                                size_t count);

/**
 * Subject field; text that is not ASCII becomes RFC 2047 words.
 * @param message not sealed @param subject UTF-8, one line
 * @return MR_OK; MR_ERR_HDR_CHAR; MR_ERR_LINE_LONG: a word without a place to fold;
 *   MR_ERR_STATE; MR_ERR_EXISTS; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_LIMIT
 */
MR_API int mr_message_set_subject(mr_message *message, const char *subject);

/** Message that this one answers: In-Reply-To (RFC 5322 3.6.4), and References unless
 * mr_message_add_reference() is used. @param message not sealed @param id "<…@…>"
 * @return MR_OK; MR_ERR_HDR_CHAR: no message id; MR_ERR_STATE; MR_ERR_LIMIT;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_message_add_in_reply_to(mr_message *message, const char *id);
/** One more id at the end of References. @param message not sealed @param id "<…@…>"
 * @return as above */
MR_API int mr_message_add_reference(mr_message *message, const char *id);

/** One more URI in a field of a mailing list (RFC 2369). @param message not sealed
 * @param list #mr_list @param uri ASCII, without angle brackets, at most 900 octets
 * @return MR_OK; MR_ERR_HDR_CHAR: no URI; MR_ERR_STATE; MR_ERR_LIMIT; MR_ERR_MISUSE;
 *   MR_ERR_NOMEM */
MR_API int mr_message_add_list_uri(mr_message *message, int list, const char *uri);
/** List-Id (RFC 2919). @param message not sealed @param name UTF-8, NULL = none @param id
 * "news.example.org", without angle brackets @return as above; MR_ERR_EXISTS */
MR_API int mr_message_set_list_id(mr_message *message, const char *name, const char *id);
/** List-Unsubscribe-Post (RFC 8058): one click is enough. The seal answers
 * MR_ERR_HDR_CHAR unless List-Unsubscribe has an https URI. @param message not sealed
 * @return MR_OK; MR_ERR_STATE; MR_ERR_MISUSE */
MR_API int mr_message_set_one_click(mr_message *message);

/**
 * Any other header field, as Auto-Submitted. Fields that have a call of their own or that
 * the builder writes itself (those of #mr_field, Subject, In-Reply-To, References, the
 * fields of #mr_list, List-Id, List-Unsubscribe-Post, MIME-Version, Content-*, and
 * Resent-Bcc) are refused; Date and Message-ID may be given.
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
 * within 78 octets, else quoted-printable or base64, UTF-8 (RFC 2045). A bare CR becomes
 * a space. HTML, attachments and parts: mime.h.
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

/**
 * Reads the header section of raw input, so that its fields can be looked at and changed
 * before the seal.
 * @param message with raw input, not sealed
 * @return MR_OK, also the second time; MR_ERR_PENDING: the source needs time, call again,
 *   and nothing but this meanwhile; MR_ERR_STATE: no raw input; otherwise as the seal
 */
MR_API int mr_message_open(mr_message *message);
/** Number of header fields. @param message open @return count, 0 if it is not open */
MR_API size_t mr_message_field_count(const mr_message *message);
/** Name of a field as it is written. @param message open @param index from 0, topmost
 * first @return valid until the next call of it, "" past the end */
MR_API const char *mr_message_field_name(mr_message *message, size_t index);
/** Value of a field, unfolded, not decoded. @param message open @param index from 0
 * @return valid until the next call of it, "" past the end */
MR_API const char *mr_message_field_value(mr_message *message, size_t index);
/** The next field of a name. @param message open @param name any case @param from first
 * index to look at @param index receives where it is @return MR_OK; MR_ERR_NOT_FOUND;
 * MR_ERR_STATE: not open; MR_ERR_MISUSE */
MR_API int mr_message_field_find(const mr_message *message, const char *name, size_t from,
                                 size_t *index);
/**
 * A field above all others, encoded and folded as by mr_message_add_header().
 * @param message open @param name field name @param value UTF-8, unfolded
 * @return MR_OK; MR_ERR_HDR_NAME; MR_ERR_HDR_CHAR; MR_ERR_LINE_LONG; MR_ERR_LIMIT;
 *   MR_ERR_STATE: not open, sealed; MR_ERR_MISUSE; MR_ERR_NOMEM. Sticky.
 */
MR_API int mr_message_field_add(mr_message *message, const char *name, const char *value);
/** Another value for a field; a signature over it breaks (mr_message_is_altered()).
 * @param message open @param index from 0 @param value UTF-8, unfolded @return as
 * mr_message_field_add(); MR_ERR_MISUSE: also past the end */
MR_API int mr_message_field_replace(mr_message *message, size_t index, const char *value);
/** Takes a field out; those below move up by one. @param message open @param index from 0
 * @return as mr_message_field_replace() */
MR_API int mr_message_field_remove(mr_message *message, size_t index);

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
/** Whether repairing line ends, or replacing or removing a field, changed a message that
 * carries DKIM-Signature: the signature will not verify. @param message sealed @return 1
 * or 0 */
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

/** Forms in which a sealed message can go out. Each is a pure function of the sealed
 * form: every pass gives the same octets. */
enum mr_rendering {
  MR_RENDERING_AS_IS = 0, /**< as it was sealed */
  /** In 7 bits, but for the message's own header section if that has octets above 0x7F:
   * parts that need it in quoted-printable (text) or base64 (RFC 6152 3, RFC 2045) */
  MR_RENDERING_7BIT = 1,
  /** In 7 bits, the header section too: RFC 2047 words, A-labels in addresses */
  MR_RENDERING_ASCII = 2
};

/**
 * Starts a pass over a rendering: what a server without 8BITMIME or SMTPUTF8 can take.
 * The session does this by itself where a server needs it.
 * @param out the reader @param message sealed; the reader holds a reference
 * @param rendering #mr_rendering
 * @return as mr_reader_new(); whether it can be made, mr_reader_size() tells
 */
MR_API int mr_reader_new_rendering(mr_reader **out, mr_message *message, int rendering);

/**
 * Octets that a whole pass gives. For a rendering the first call, or the first read, goes
 * through the message once.
 * @param reader one @param size receives the octets
 * @return MR_OK; MR_ERR_PENDING: ask again later; MR_ERR_NOTSUP: it may not be changed,
 *   for it is inside multipart/signed, or the message has a DKIM-Signature or
 *   ARC-Message-Signature, or a type or encoding that allows no other (RFC 2046 5.2.2.1,
 *   5.2.3); MR_ERR_ADDR: an address or message id of the header is not ASCII, which only
 *   SMTPUTF8 can carry; MR_ERR_DEPTH: parts deeper than 100; MR_ERR_LIMIT: more than
 *   10000 parts, or a header field over 256 KiB; MR_ERR_SOURCE; MR_ERR_STATE: called
 *   from inside the source; MR_ERR_MISUSE; MR_ERR_NOMEM. mr_reader_read() answers the
 *   same.
 */
MR_API int mr_reader_size(mr_reader *reader, uint64_t *size);

/** Ends a pass. @param reader or NULL */
MR_API void mr_reader_free(mr_reader *reader);

#ifdef __cplusplus
}
#endif
#endif

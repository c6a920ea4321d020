/* SPDX-License-Identifier: MIT */
/**
 * @file mime.h
 * @brief Parts of a built message: alternatives, attachments, nested multiparts.
 *
 * Most programs need only the short calls: text, HTML, attachments and pictures are put
 * together at the seal as multipart/alternative in multipart/related in multipart/mixed,
 * as far as there is need. Who wants another structure builds it of parts and gives the
 * topmost one to mr_message_set_root().
 *
 * The encoding of a part is chosen by looking at its octets, at the seal. Text (text/…,
 * but no attachment) goes out with canonical line ends: as it is if it is ASCII without
 * controls in lines within 78 octets, else in quoted-printable, or in base64 if that is
 * shorter. Everything else arrives octet for octet: base64, except for attached text
 * that can travel as it is. Boundaries are drawn from env.random and occur in no part.
 */
#ifndef MAILROUTE_MIME_H
#define MAILROUTE_MIME_H

#include <mailroute/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A part. */
typedef struct mr_part mr_part;

/** Content-Disposition (RFC 2183). */
enum mr_disposition {
  MR_DISPOSITION_NONE = 0,      /**< no such field */
  MR_DISPOSITION_INLINE = 1,    /**< shown where it stands */
  MR_DISPOSITION_ATTACHMENT = 2 /**< a file: kept octet for octet */
};

/**
 * HTML body; with a text set too, both as alternatives.
 * @param message not sealed @param html UTF-8 @param len octets
 * @return as mr_message_set_text(); MR_ERR_STATE: also with mr_message_set_root()
 */
MR_API int mr_message_set_html(mr_message *message, const char *html, size_t len);

/**
 * Attaches a file from memory.
 * @param message not sealed @param filename UTF-8 without a path, NULL = none
 * @param type "type/subtype", NULL = application/octet-stream
 * @param data copied @param len octets
 * @return MR_OK; MR_ERR_HDR_CHAR: control character or invalid UTF-8 in a text, or no
 *   type; MR_ERR_STATE: sealed, raw input or a root was given; MR_ERR_LIMIT: more than
 *   10000 parts, over 1024 octets of name, MR_OPT_MESSAGE_MAX; MR_ERR_MISUSE: also a
 *   type multipart/… or message/rfc822; MR_ERR_NOMEM. Sticky.
 */
MR_API int mr_message_attach(mr_message *message, const char *filename, const char *type,
                             const void *data, size_t len);

/**
 * Attaches a file from a source, of known length or not: the seal reads it once, every
 * pass again, and it is never in memory as a whole. On success the message owns the
 * source: its release is called with the last reference.
 * @param message not sealed @param filename as above @param type as above
 * @param source copied @return as mr_message_attach()
 */
MR_API int mr_message_attach_source(mr_message *message, const char *filename,
                                    const char *type, const mr_source *source);

/** Attaches a message as message/rfc822, or message/global if its header is not ASCII
 * (RFC 6532 3.7). @param message not sealed @param attached sealed; a reference is kept
 * @return as mr_message_attach(); MR_ERR_STATE: attached is not sealed; MR_ERR_DEPTH */
MR_API int mr_message_attach_message(mr_message *message, mr_message *attached);

/**
 * A part that the HTML shows as "cid:ID", in multipart/related (RFC 2387, RFC 2392).
 * @param message not sealed @param id visible ASCII, with or without angle brackets
 * @param filename as above @param type as above @param data copied @param len octets
 * @return as mr_message_attach(); MR_ERR_HDR_CHAR: also for the id
 */
MR_API int mr_message_embed(mr_message *message, const char *id, const char *filename,
                            const char *type, const void *data, size_t len);

/** The same from a source. @param message not sealed @param id as above @param filename
 * as above @param type as above @param source copied, as for mr_message_attach_source()
 * @return as mr_message_embed() */
MR_API int mr_message_embed_source(mr_message *message, const char *id,
                                   const char *filename, const char *type,
                                   const mr_source *source);

/**
 * The body as a tree of parts, instead of text, HTML, attachments and embedded parts.
 * @param message not sealed @param part in no other part or message; a reference is kept,
 *   and it may be changed until the seal
 * @return MR_OK; the part's error; MR_ERR_STATE: sealed, raw input, or one of those was
 *   given; MR_ERR_EXISTS: there is a root, or the part is in use; MR_ERR_MISUSE
 */
MR_API int mr_message_set_root(mr_message *message, mr_part *part);

/**
 * An empty part.
 * @param out the new part @param env services, NULL = defaults
 * @param type "type/subtype": multipart/… takes parts, message/rfc822 a message, any
 *   other content
 * @return MR_OK; MR_ERR_HDR_CHAR: no type; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_part_new(mr_part **out, const mr_env *env, const char *type);

/** Gives a reference back. @param part or NULL */
MR_API void mr_part_free(mr_part *part);

/** What went wrong first. @param part one @return owned by it, never NULL */
MR_API const mr_error *mr_part_error(const mr_part *part);

/**
 * Content from memory. Text is taken as UTF-8 unless a parameter charset says otherwise.
 * @param part neither multipart nor message/rfc822 @param data copied @param len octets
 * @return MR_OK; MR_ERR_EXISTS: has content; MR_ERR_STATE: a message with it is sealed
 *   or being sealed, called from inside a service (not sticky); MR_ERR_MISUSE: also the
 *   wrong kind of part; MR_ERR_NOMEM. Sticky, as all below; the seal answers it too.
 */
MR_API int mr_part_set_data(mr_part *part, const void *data, size_t len);

/** Content from a source, as for mr_message_attach_source(). @param part as above @param
 * source copied, on success owned by the part @return as mr_part_set_data() */
MR_API int mr_part_set_source(mr_part *part, const mr_source *source);

/** The message of a message/rfc822 part. @param part of that type @param message sealed;
 * a reference is kept @return as mr_part_set_data(); MR_ERR_STATE: also not sealed;
 * MR_ERR_DEPTH: 100 levels */
MR_API int mr_part_set_message(mr_part *part, mr_message *message);

/**
 * A parameter of Content-Type (RFC 2231 if it is long or not ASCII).
 * @param part one @param name token; boundary is ours @param value UTF-8
 * @return MR_OK; MR_ERR_HDR_NAME: no token, or boundary; MR_ERR_HDR_CHAR; MR_ERR_EXISTS;
 *   MR_ERR_LIMIT: over 256 of them, 32 octets of name, 1024 of value; MR_ERR_STATE;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_part_set_param(mr_part *part, const char *name, const char *value);

/** Content-Disposition. @param part one @param disposition #mr_disposition @param
 * filename UTF-8, NULL = none @return as mr_part_set_param() */
MR_API int mr_part_set_disposition(mr_part *part, int disposition, const char *filename);

/** Content-ID (RFC 2045 7). @param part one @param id visible ASCII, with or without
 * angle brackets @return as mr_part_set_param() */
MR_API int mr_part_set_id(mr_part *part, const char *id);

/** Another field of the part: Content-Description, Content-Language, … @param part one
 * @param name "Content-…", but not one that has a call of its own @param value UTF-8
 * @return as mr_message_add_header(); MR_ERR_LIMIT: over 64 KiB of fields */
MR_API int mr_part_add_header(mr_part *part, const char *name, const char *value);

/**
 * Puts a part at the end of a multipart.
 * @param part multipart/… @param child in no other part or message; a reference is kept
 * @return MR_OK; the child's error; MR_ERR_CYCLE: it would contain itself; MR_ERR_DEPTH:
 *   over 100 levels; MR_ERR_LIMIT: over 10000 parts; MR_ERR_EXISTS: child is in use;
 *   MR_ERR_STATE; MR_ERR_MISUSE: also no multipart
 */
MR_API int mr_part_add(mr_part *part, mr_part *child);

#ifdef __cplusplus
}
#endif
#endif

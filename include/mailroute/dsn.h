/* SPDX-License-Identifier: MIT */
/**
 * @file dsn.h
 * @brief Delivery reports made and read, abuse reports read, and return paths with which
 *   a report finds its recipient (VERP, signed tags).
 *
 * Made: mr_dsn_make() turns the fate of recipients into one message for the sender
 * (RFC 3464 in multipart/report, RFC 6522; RFC 6533 for addresses that are not ASCII).
 * Read: mr_dsn_parse() takes whatever came back and tells what it is, and what became of
 * each recipient. Everything in a report comes from strangers: it is escaped, bounded,
 * and never acted upon.
 */
#ifndef MAILROUTE_DSN_H
#define MAILROUTE_DSN_H

#include <mailroute/event.h>
#include <mailroute/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a report says about a recipient (RFC 3464 2.3.3). */
enum mr_dsn_action {
  MR_DSN_NONE = 0,      /**< nothing that could be understood */
  MR_DSN_FAILED = 1,    /**< not delivered, and given up */
  MR_DSN_DELAYED = 2,   /**< not delivered yet; attempts go on */
  MR_DSN_DELIVERED = 3, /**< in the mailbox */
  MR_DSN_RELAYED = 4,   /**< passed on to a server that makes no such reports */
  MR_DSN_EXPANDED = 5   /**< passed on to several addresses */
};

/** When a recipient's sender wants a report (RFC 3461 4.1). */
enum mr_dsn_notify {
  MR_NOTIFY_DEFAULT = 0, /**< nothing was asked for: failures and delays */
  MR_NOTIFY_SUCCESS = 1, /**< when delivered, relayed or expanded */
  MR_NOTIFY_FAILURE = 2, /**< when it failed */
  MR_NOTIFY_DELAY = 4,   /**< when it is delayed */
  MR_NOTIFY_NEVER = 8    /**< never, whatever else is set */
};

/** How much of the message goes back with a failure (RFC 3461 4.3). */
enum mr_dsn_ret {
  MR_RET_DEFAULT = 0, /**< the header */
  MR_RET_HDRS = 1,    /**< the header */
  MR_RET_FULL = 2     /**< all of it, unless it is larger than mr_dsn_facts::full_max */
};

/** One recipient of a report to be made. Borrowed for the call. */
typedef struct mr_dsn_recipient {
  size_t size; /**< sizeof(mr_dsn_recipient) of the program that fills it */
  int action;  /**< #mr_dsn_action */
  int notify;  /**< #mr_dsn_notify bits, as RCPT had them */
  /** ORCPT as RCPT had it: "rfc822;bob+2Bx@example.net"; NULL = none. One that is not in
   * that form is left out. */
  const char *orcpt;
  /** recipient, status, code, text, reason, host, address, attempts, stage are used */
  const mr_outcome *outcome;
  int64_t last_attempt; /**< ms since 1970, < 0 = the time of the report */
  int64_t retry_until;  /**< of a delay: ms since 1970, < 0 = not told */
} mr_dsn_recipient;

/** The text part of a report while a host writes it. */
typedef struct mr_dsn_text mr_dsn_text;

/** All that a report is made of. Borrowed for the call. */
typedef struct mr_dsn_facts {
  size_t size;               /**< sizeof(mr_dsn_facts) of the program that fills it */
  const char *to;            /**< reverse path of the original: who gets the report */
  const char *reporting_mta; /**< our name; NULL or "" = "localhost.invalid" */
  const char *received_from; /**< host that gave us the original, NULL = not told */
  const char *envid;         /**< ENVID as MAIL had it (xtext), NULL = none */
  int ret;                   /**< #mr_dsn_ret, as MAIL had it */
  int utf8; /**< 1: the original came with SMTPUTF8, so may the report (RFC 6533) */
  int64_t arrival; /**< of the original: ms since 1970, < 0 = unknown */
  const mr_dsn_recipient *const *recipients; /**< the recipients */
  size_t recipient_count;                    /**< how many of them */
  const char *original; /**< the original in canonical form: its header, or all of it */
  size_t original_len;  /**< its octets; only 64 KiB of a header are returned */
  size_t full_max;      /**< octets up to which all of it goes back, 0 = 1 MiB */
  /** Writes the part that people read instead of our own text: append to `text` by the
   * mr_dsn_text_ functions. `facts` are those given, with the recipients that the report
   * is about. MR_OK, or an error that mr_dsn_make() answers. NULL = our text. */
  int (*write)(void *user, const struct mr_dsn_facts *facts, mr_dsn_text *text);
  void *user; /**< passed to write */
} mr_dsn_facts;

/**
 * Whether a sender wants to hear this (RFC 3461 4.1, 6.2).
 * @param notify #mr_dsn_notify bits @param action #mr_dsn_action @return 1 or 0
 */
MR_API int mr_dsn_wanted(int notify, int action);

/**
 * Makes a report: sealed, with the null reverse-path and one recipient. It has three
 * parts: text for people, the facts for programs, and the header of the original, or, if
 * a recipient failed and RET=FULL, all of it. Recipients whose NOTIFY does not want it
 * are left out. An address that is not ASCII is written in ASCII (utf-8-addr-xtext),
 * unless mr_dsn_facts::utf8 is set or `to` itself needs SMTPUTF8: then the report has the
 * types of RFC 6533. Text of a server is escaped; nothing in it is expanded.
 * @param out the message @param env services, NULL = defaults
 * @param options limits, MR_OPT_MESSAGE_ID_DOMAIN; NULL = defaults
 * @param facts what to report
 * @return MR_OK; MR_ERR_NOT_FOUND: nobody wants it (NOTIFY); MR_ERR_ADDR…: `to` is null
 *   or no address, or our name cannot stand in one; MR_ERR_TIME_UNKNOWN: no Date can be
 *   made; MR_ERR_RANDOM; MR_ERR_LIMIT: over MR_OPT_MESSAGE_MAX; MR_ERR_MISUSE: NULL, no
 *   recipient, or one without outcome or with an unknown action; MR_ERR_NOMEM; what
 *   `write` answered
 */
MR_API int mr_dsn_make(mr_message **out, const mr_env *env, const mr_options *options,
                       const mr_dsn_facts *facts);

/** Sets the Subject. @param text given to mr_dsn_facts::write @param subject UTF-8, one
 * line @return MR_OK; MR_ERR_HDR_CHAR; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_LIMIT */
MR_API int mr_dsn_text_subject(mr_dsn_text *text, const char *subject);
/** Appends the host's own text. @param text given to mr_dsn_facts::write @param data
 * UTF-8, lines end with LF @param len octets @return MR_OK; MR_ERR_BODY_CHAR: NUL or
 * invalid UTF-8; MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_LIMIT */
MR_API int mr_dsn_text_add(mr_dsn_text *text, const char *data, size_t len);
/** Appends text of a stranger (a reply, an address) on one line: controls, line ends and
 * what is not UTF-8 as \\xHH. @param text given to mr_dsn_facts::write @param data octets
 * @param len how many @return as mr_dsn_text_add() */
MR_API int mr_dsn_text_quote(mr_dsn_text *text, const char *data, size_t len);
/** Appends our own paragraph about a recipient. @param text given to mr_dsn_facts::write
 * @param recipient one of the facts @return as mr_dsn_text_add() */
MR_API int mr_dsn_text_recipient(mr_dsn_text *text, const mr_dsn_recipient *recipient);

/** What a message that came back is. */
enum mr_dsn_verdict {
  MR_VERDICT_NOT_BOUNCE = 0, /**< ordinary mail, list mail, newsletters */
  MR_VERDICT_FAILED = 1,     /**< a bounce: at least one recipient failed */
  MR_VERDICT_DELAYED = 2,    /**< a warning: not delivered yet, and nobody failed */
  MR_VERDICT_DELIVERED = 3,  /**< success: at least one was delivered, none failed */
  MR_VERDICT_RELAYED = 4,    /**< all were passed on */
  MR_VERDICT_EXPANDED = 5,   /**< all were passed on to several addresses */
  MR_VERDICT_ABUSE = 6,      /**< somebody complains (RFC 5965); see mr_dsn_abuse() */
  MR_VERDICT_AUTO_REPLY = 7, /**< not a bounce: out of office and the like (RFC 3834) */
  MR_VERDICT_RECEIPT = 8,    /**< not a bounce: it was read, or deleted (RFC 8098) */
  MR_VERDICT_UNCLEAR = 9     /**< a mail system wrote it, but what it says is not clear */
};

/** A report that was read. Immutable, owns all that it gives out. */
typedef struct mr_dsn mr_dsn;

/** What a report says about the message as a whole. Text is "" where nothing is told. */
typedef struct mr_dsn_info {
  int verdict;    /**< #mr_dsn_verdict */
  int confidence; /**< 0 to 100, how sure the verdict is: 100 = by the standards */
  /** how it was read: "rfc3464", "qmail", "postfix", "exim", "sendmail", "exchange",
   * "gmail", "yahoo", "generic", "rfc5965", "rfc8098", "" = not a report */
  const char *style;
  const char *envelope_id;   /**< Original-Envelope-Id */
  const char *reporting_mta; /**< name of the host that reports */
  const char *received_from; /**< host that had given it the original */
  const char *arrival_date;  /**< of the original there, as it is written */
  const char *message_id;    /**< of the original, with angle brackets */
  const char *subject;       /**< of the original, decoded */
  const char *sent_to;       /**< first address the report itself went to: VERP, tags */
} mr_dsn_info;

/** What a report says about one recipient. Text is "" where nothing is told. */
typedef struct mr_dsn_record {
  int action;                     /**< #mr_dsn_action */
  int confidence;                 /**< 0 to 100; act on a failure from, say, 70 on */
  int code;                       /**< SMTP reply code in the diagnostic, 0 = none */
  const char *status;             /**< "5.1.1" (RFC 3463) */
  const char *final_recipient;    /**< address at which it ended */
  const char *final_type;         /**< "rfc822", "utf-8", "x400", … */
  const char *original_recipient; /**< address the sender gave */
  const char *original_type;      /**< its type */
  const char *diagnostic;         /**< text of the server that refused */
  const char *diagnostic_type;    /**< "smtp", "x-unix", …; "" in free text */
  const char *remote_mta;         /**< host that refused */
  const char *last_attempt_date;  /**< as it is written */
  const char *retry_until_date;   /**< Will-Retry-Until, as it is written */
} mr_dsn_record;

/** An abuse report (RFC 5965 3). Its Original-Rcpt-To are the records. */
typedef struct mr_dsn_complaint {
  const char *feedback_type;      /**< "abuse", "fraud", "opt-out", … in lower case */
  const char *user_agent;         /**< program that made it */
  const char *version;            /**< "1" */
  const char *original_mail_from; /**< reverse path of the original */
  const char *arrival_date;       /**< Arrival-Date or Received-Date */
  const char *source_ip;          /**< address from which the original came */
  const char *reported_domain;    /**< first Reported-Domain */
  const char *reported_uri;       /**< first Reported-URI */
  const char *authentication_results; /**< first Authentication-Results */
  uint64_t incidents;                 /**< 1 unless the report says more */
} mr_dsn_complaint;

/**
 * Reads a message that came to a return path or a bounce mailbox: standard reports, and
 * the texts of qmail, Postfix, Exim, sendmail, Exchange, Gmail and Yahoo without them;
 * whatever else a mail system wrote with less confidence. A delay is never taken for a
 * failure, a person's answer or automatic mail never for a bounce. A report that
 * is attached to a message is not read. Takes linear time; at most 256 KiB of a text part
 * and 1000 recipients are looked at.
 * @param out the report @param env allocator, NULL = defaults
 * @param data the message, any line ends @param len octets
 * @return MR_OK, whatever it is; MR_ERR_DEPTH: parts nested deeper than 16; MR_ERR_LIMIT:
 *   more than 1000 parts; MR_ERR_MISUSE: NULL; MR_ERR_NOMEM
 */
MR_API int mr_dsn_parse(mr_dsn **out, const mr_env *env, const void *data, size_t len);

/** Frees a report. @param dsn or NULL */
MR_API void mr_dsn_free(mr_dsn *dsn);
/** The message as a whole. @param dsn one @return owned by dsn, never NULL */
MR_API const mr_dsn_info *mr_dsn_get(const mr_dsn *dsn);
/** Number of recipients it tells of. @param dsn one @return count */
MR_API size_t mr_dsn_count(const mr_dsn *dsn);
/** One recipient. @param dsn one @param index from 0 @return owned by dsn, NULL past the
 * end */
MR_API const mr_dsn_record *mr_dsn_at(const mr_dsn *dsn, size_t index);
/** The complaint. @param dsn one @return owned by dsn, NULL unless MR_VERDICT_ABUSE */
MR_API const mr_dsn_complaint *mr_dsn_abuse(const mr_dsn *dsn);
/** Name of an action ("failed"). @param action #mr_dsn_action @return static text */
MR_API const char *mr_dsn_action_name(int action);
/** Name of a verdict ("auto-reply"). @param verdict #mr_dsn_verdict @return static text
 */
MR_API const char *mr_dsn_verdict_name(int verdict);

/** Octets that hold every address these functions make, with its NUL. */
enum { MR_RETURN_PATH_MAX = 255 };

/**
 * Return path for one recipient (VERP): bounces@example.org and bob@example.net make
 * bounces+bob=example.net@example.org. The result is quoted if it must be, so that every
 * legal local part comes back from mr_verp_parse().
 * @param dst receives the address and a NUL @param cap octets of dst
 * @param env allocator, NULL = defaults
 * @param sender address that takes the bounces; no domain but its own is changed
 * @param recipient address of a name or literal
 * @param delimiters two characters, NULL = "+=": between sender and recipient, and for
 *   its '@'. The second may not be one that domains have.
 * @return MR_OK; MR_ERR_ADDR…: one of them is no address; MR_ERR_ADDR_LONG: the local
 *   part would be over 64 octets; MR_ERR_RANGE: no such delimiters; MR_ERR_LIMIT: dst is
 *   too small; MR_ERR_MISUSE: NULL; MR_ERR_NOMEM; MR_ERR_NOTSUP: U-label without IDN
 */
MR_API int mr_verp_make(char *dst, size_t cap, const mr_env *env, const char *sender,
                        const char *recipient, const char *delimiters);

/**
 * Recipient to which such a return path belongs.
 * @param dst receives the recipient and a NUL @param cap octets of dst
 * @param env allocator, NULL = defaults
 * @param sender the same as for mr_verp_make(); NULL = not known: what stands in front of
 *   the first delimiter counts as its local part
 * @param address where the bounce went @param delimiters as for mr_verp_make()
 * @return MR_OK; MR_ERR_NOT_FOUND: no such return path of that sender; the rest as
 *   mr_verp_make()
 */
MR_API int mr_verp_parse(char *dst, size_t cap, const mr_env *env, const char *sender,
                         const char *address, const char *delimiters);

/** Days for which a signed return path may be good at most. */
enum { MR_PRVS_DAYS_MAX = 99 };

/**
 * Signed return path (BATV, draft-levine-smtp-batv: prvs): ann@example.org becomes
 * prvs=kDDDssssss=ann@example.org with the number of the key, the last day on which it
 * is good, and 24 bits of HMAC-SHA1. A bounce to an address without such a tag is forged.
 * @param dst receives the address and a NUL @param cap octets of dst
 * @param env allocator and calendar, NULL = defaults
 * @param address to be signed; one with a VERP recipient too
 * @param key secret octets @param key_len at least 1 @param key_number 0 to 9
 * @param days for which it is good, 0 to MR_PRVS_DAYS_MAX; 7 is usual
 * @param wall ms since 1970, now; < 0 = env.wall
 * @return MR_OK; MR_ERR_ADDR…: no address; MR_ERR_ADDR_LONG: the local part would be over
 *   64 octets; MR_ERR_RANGE: days or key_number; MR_ERR_LIMIT: dst is too small;
 *   MR_ERR_MISUSE: NULL or no key; MR_ERR_NOTSUP: built without TLS, or SHA-1 is switched
 *   off; MR_ERR_TIME_UNKNOWN; MR_ERR_NOMEM
 */
MR_API int mr_prvs_make(char *dst, size_t cap, const mr_env *env, const char *address,
                        const void *key, size_t key_len, int key_number, int days,
                        int64_t wall);

/**
 * Number of the key with which an address was signed.
 * @param address where a bounce went @return 0 to 9, or MR_ERR_NOT_FOUND: it has no tag
 */
MR_API int mr_prvs_key(const char *address);

/**
 * Checks a signed return path and takes the tag off. The time it takes does not tell how
 * much of a signature is right.
 * @param dst receives the address without tag and a NUL @param cap octets of dst
 * @param env allocator and calendar, NULL = defaults
 * @param address where the bounce went @param key the key that mr_prvs_key() names
 * @param key_len at least 1 @param wall ms since 1970, now; < 0 = env.wall
 * @return MR_OK: we signed it, and it is good today; MR_ERR_NOT_FOUND: it has no tag, or
 *   one that was not made with this key; MR_ERR_TIMEOUT: ours, but too old; the rest as
 *   mr_prvs_make()
 */
MR_API int mr_prvs_check(char *dst, size_t cap, const mr_env *env, const char *address,
                         const void *key, size_t key_len, int64_t wall);

#ifdef __cplusplus
}
#endif
#endif

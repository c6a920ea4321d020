/* SPDX-License-Identifier: MIT */
/**
 * @file dkim.h
 * @brief Signing messages with DKIM (RFC 6376, RFC 8463) and sealing forwarded ones with
 * ARC (RFC 8617).
 *
 * A signer is a domain, a selector and a key. Make it once, give it to as many messages
 * as you like: mr_message_sign() before mr_message_seal(), which reads the finished
 * octets once more, hashes them and puts the DKIM-Signature field on top. What is signed
 * is exactly what goes over the wire: 7-bit octets that no server needs to change.
 *
 * There is no length tag (l=), ever: text could be added behind it. Fields that must not
 * be added later are named in h= once more than they are there ("oversigned", RFC 6376
 * 5.4.2). The same message, key and time give the same octets.
 *
 * A signer is filled in, then used by messages, from when on it does not change; it may
 * then be shared between threads (a callback must be thread-safe for that).
 *
 * RSA with GnuTLS takes 1.6 ms for 2048 bits: a host with faster hardware or another
 * library can sign by callback. Ed25519 takes 30 microseconds; as not every receiver
 * checks it yet, sign with both: two calls of mr_message_sign().
 */
#ifndef MAILROUTE_DKIM_H
#define MAILROUTE_DKIM_H

#include <mailroute/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A signer. Counted. */
typedef struct mr_dkim mr_dkim;

/** Signature algorithms (RFC 6376 3.3, RFC 8463 3). */
enum mr_dkim_algorithm {
  MR_DKIM_RSA_SHA256 = 1,    /**< RSA, PKCS #1 v1.5, 1024 to 4096 bits */
  MR_DKIM_ED25519_SHA256 = 2 /**< Ed25519 over the SHA-256 hash */
};

/** Canonical forms (RFC 6376 3.4): what may change on the way without harm. */
enum mr_dkim_canon {
  MR_DKIM_SIMPLE = 0, /**< nothing, but empty lines at the end of the body */
  MR_DKIM_RELAXED = 1 /**< amount of white space, folding, case of field names */
};

/** Settings of a signer. */
enum mr_dkim_setting {
  MR_DKIM_HEADER_CANON = 1, /**< #mr_dkim_canon of the header; default RELAXED */
  MR_DKIM_BODY_CANON = 2,   /**< #mr_dkim_canon of the body; default RELAXED */
  /** seconds from signing to expiry (x=), up to ten years; default 0 = does not expire.
   * Mail may be under way for days: less than a week loses some */
  MR_DKIM_LIFETIME = 3,
  MR_DKIM_TIMESTAMP = 4 /**< 1 = tell the time of signing (t=), the default; 0 = do not */
};

/**
 * A key that lives elsewhere (HSM, other library). Copied when given; size first.
 * The answer is synchronous; it comes inside mr_message_seal(), in which calls for the
 * same message answer MR_ERR_STATE.
 */
typedef struct mr_dkim_key {
  size_t size; /**< sizeof(mr_dkim_key) of the program that fills it */
  void *user;  /**< passed to each function */
  /** Signs a hash: SHA-256, 32 octets. RSA: PKCS #1 v1.5 with the DigestInfo of SHA-256;
   * Ed25519: PureEdDSA with the hash as its message (RFC 8463 3). The signature goes into
   * signature (cap octets, 512), its octets into len: 128 to 512 for RSA, 64 for Ed25519.
   * MR_OK; MR_ERR_NOMEM; any other value: the seal answers MR_ERR_KEY. */
  int (*sign)(void *user, int algorithm, const void *hash, size_t hash_len,
              void *signature, size_t cap, size_t *len);
  /** the last user of the signer is gone; NULL = not wanted */
  void (*release)(void *user);
} mr_dkim_key;

/**
 * A signer without a key.
 * @param out the new signer
 * @param env services, NULL = defaults
 * @param domain whose mail it is (d=); U-labels become A-labels
 * @param selector name of the key below "_domainkey" of the domain (s=)
 * @return MR_OK; MR_ERR_ADDR_DOMAIN, MR_ERR_ADDR_CHAR: domain or selector is no domain
 *   name, or they are too long together; MR_ERR_NOTSUP: built without TLS; MR_ERR_MISUSE;
 *   MR_ERR_NOMEM
 */
MR_API int mr_dkim_new(mr_dkim **out, const mr_env *env, const char *domain,
                       const char *selector);

/** One more reference. @param dkim or NULL @return the same */
MR_API mr_dkim *mr_dkim_ref(mr_dkim *dkim);

/** Gives a reference back. @param dkim or NULL */
MR_API void mr_dkim_free(mr_dkim *dkim);

/**
 * What went wrong last with this signer.
 * @param dkim one @return owned by the signer, valid until its next call, never NULL
 */
MR_API const mr_error *mr_dkim_error(const mr_dkim *dkim);

/**
 * Sets a private key from PEM: RSA or Ed25519, PKCS #1 or PKCS #8 (RFC 8017, RFC 8410).
 * @param dkim without a key, not in use
 * @param pem text of one key, unencrypted; not kept
 * @param len octets, at most 64 KiB
 * @return MR_OK; MR_ERR_KEY: no such key, or encrypted; MR_ERR_RANGE: RSA below 1024 or
 *   above 4096 bits (RFC 8301 3.2); MR_ERR_LIMIT: too long; MR_ERR_EXISTS: it has a key;
 *   MR_ERR_STATE: in use by a message; MR_ERR_NOTSUP; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_dkim_set_key_pem(mr_dkim *dkim, const void *pem, size_t len);

/**
 * Sets an Ed25519 private key from its seed (RFC 8032 5.1.5, RFC 8463 A.1).
 * @param dkim without a key, not in use
 * @param seed the octets; not kept
 * @param len 32
 * @return MR_OK; MR_ERR_RANGE: len is not 32; others as mr_dkim_set_key_pem()
 */
MR_API int mr_dkim_set_key_ed25519(mr_dkim *dkim, const void *seed, size_t len);

/**
 * Lets the host sign.
 * @param dkim without a key, not in use
 * @param algorithm #mr_dkim_algorithm of the key
 * @param key the functions; taken over on success
 * @return MR_OK; MR_ERR_MISUSE: also an unknown algorithm, no sign function or a wrong
 *   size; others as mr_dkim_set_key_pem()
 */
MR_API int mr_dkim_set_callback(mr_dkim *dkim, int algorithm, const mr_dkim_key *key);

/**
 * Changes a setting.
 * @param dkim not in use
 * @param setting #mr_dkim_setting
 * @param value as told there
 * @return MR_OK; MR_ERR_RANGE: no such value; MR_ERR_STATE: in use by a message;
 *   MR_ERR_NOTSUP; MR_ERR_MISUSE: also an unknown setting
 */
MR_API int mr_dkim_set(mr_dkim *dkim, int setting, int64_t value);

/**
 * Which fields are signed. By default oversigned: From, To, Cc, Subject, Date,
 * Message-ID, Reply-To, MIME-Version, Content-Type, Content-Transfer-Encoding; and signed
 * where they are there: Sender, In-Reply-To, References, Content-ID,
 * Content-Description, Content-Disposition, Auto-Submitted, Resent-*, List-* with
 * List-Unsubscribe-Post (RFC 8058 4). From is always oversigned.
 * @param dkim not in use
 * @param oversigned names as in "From:Subject"; each is signed as often as it is there,
 *   and once more; "" = From alone, NULL = the default
 * @param present names that are signed as often as they are there; "" = none, NULL = the
 *   default
 * @return MR_OK; MR_ERR_HDR_NAME: no list of names, a name over 76 octets, or one that
 *   has to stay out: Bcc, Resent-Bcc, Received, Return-Path, DKIM-Signature,
 *   Authentication-Results, ARC-…; MR_ERR_LIMIT: more than 100 names or 8 KiB of text;
 *   MR_ERR_STATE: in use by a message; MR_ERR_NOTSUP; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_dkim_set_headers(mr_dkim *dkim, const char *oversigned,
                               const char *present);

/**
 * Where the public key is looked for: "selector._domainkey.domain".
 * @param dkim one @return owned by the signer, "" without one
 */
MR_API const char *mr_dkim_name(const mr_dkim *dkim);

/**
 * The TXT record to publish under mr_dkim_name() (RFC 6376 3.6.1). A DNS character-string
 * holds 255 octets: cut longer text into several strings of one record.
 * @param dkim with a key of its own
 * @param dst receives the text and a NUL; may be NULL if cap is 0
 * @param cap octets of dst
 * @param needed receives the octets that the text and its NUL take; NULL = not wanted
 * @return MR_OK; MR_ERR_RANGE: cap is too small, dst is untouched; MR_ERR_STATE: no key;
 *   MR_ERR_NOT_FOUND: the key is the host's; MR_ERR_KEY: the crypto library failed;
 *   MR_ERR_NOTSUP; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_dkim_txt(const mr_dkim *dkim, char *dst, size_t cap, size_t *needed);

/**
 * Has the message signed when it is sealed. Up to 8 signers; the field of the last one
 * stands on top. mr_message_seal() then may also answer: MR_ERR_NOTSUP: raw input with
 * 8-bit octets, which a later server may have to change; MR_ERR_NOT_FOUND: no From field;
 * MR_ERR_KEY: the key did not sign; MR_ERR_TIME_UNKNOWN: a lifetime is set, and there is
 * no time; MR_ERR_LIMIT: MR_OPT_HEADER_MAX or MR_OPT_MESSAGE_MAX with the signature. A
 * source of raw input is read once more.
 * @param message not sealed
 * @param dkim with a key; the message holds a reference, and it counts as in use
 * @return MR_OK; MR_ERR_STATE: sealed or being sealed, or the signer has no key;
 *   MR_ERR_LIMIT: too many signers; MR_ERR_NOTSUP: built without TLS; MR_ERR_MISUSE;
 *   MR_ERR_NOMEM; or the first error of the calls before
 */
MR_API int mr_message_sign(mr_message *message, mr_dkim *dkim);

/**
 * Has a forwarded message sealed: adds an ARC set (RFC 8617 5.1) above everything else,
 * also above signatures of mr_message_sign(). Its octets stay as they came, 8-bit ones
 * too. A chain that ended with cv=fail, or has 50 sets, takes no more: then nothing is
 * added, and mr_message_arc_instance() tells 0. A chain that is not well-formed is never
 * called passed.
 * @param message raw input, not sealed
 * @param dkim with an RSA key, the only kind that ARC knows; held and in use as above
 * @param chain_passed 1 = the ARC sets that the message already carries are valid, as
 *   found by whoever checked them; does not matter if there are none
 * @param results what was found out about the message on arrival: value of an
 *   Authentication-Results field (RFC 8601 2.2), "authserv-id; spf=pass …", UTF-8, one
 *   line, words within 900 octets, at most 16 KiB
 * @return MR_OK; MR_ERR_HDR_CHAR: a control character in results; MR_ERR_LINE_LONG: a
 *   word in it is too long; MR_ERR_LIMIT: results are too long; MR_ERR_EXISTS: called
 *   before; MR_ERR_STATE: sealed, being sealed or built, or the signer has no key;
 *   MR_ERR_NOTSUP: the key is not RSA, or built without TLS; MR_ERR_MISUSE: also empty
 *   results; MR_ERR_NOMEM; or the first error of the calls before. mr_message_seal() may
 *   answer as told for mr_message_sign(), and MR_ERR_STATE if there is no raw input.
 */
MR_API int mr_message_arc_seal(mr_message *message, mr_dkim *dkim, int chain_passed,
                               const char *results);

/** Number of the ARC set that the seal added (i=). @param message sealed @return 1 to 50,
 * 0 = none */
MR_API int mr_message_arc_instance(const mr_message *message);

#ifdef __cplusplus
}
#endif
#endif

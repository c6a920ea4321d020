/* SPDX-License-Identifier: MIT */
/**
 * @file base.h
 * @brief Environment, error codes, options, version and features.
 *
 * Rules that hold for the whole interface:
 * - An `int` result is MR_OK (0) or one of the negative #mr_error_code values. A value at
 *   or below MR_ERR_FATAL means that the handle is dead; it then answers the same always.
 * - `T **out` comes first and is yours: free it with `mr_T_free`, which takes NULL and
 *   may be called in any order (children hold references). All other pointers are
 *   borrowed.
 * - What you pass in is copied unless the text says otherwise.
 * - `now` is your monotonic clock in milliseconds, any origin. A value below one that was
 *   given before counts as that one.
 * - Every call that takes `now`, and every call that may allocate, answers MR_ERR_STATE
 *   from inside a service of the same family (#mr_env, a source, a store), but for the
 *   completions that say otherwise.
 * - Distinct handles may be used on distinct threads; one handle on one thread at a time.
 *   Sealed messages, trust stores and options may be shared between threads, if the
 *   allocator and the sources they were made with are thread-safe.
 * - Text that comes out is NUL-terminated UTF-8 and never NULL.
 */
#ifndef MAILROUTE_BASE_H
#define MAILROUTE_BASE_H

#ifndef MR_CDEF
#include <stddef.h>
#include <stdint.h>
#endif

#include <mailroute/options.h>

#ifndef MR_API
#if defined(__GNUC__)
#define MR_API __attribute__((visibility("default")))
#else
#define MR_API
#endif
#endif

/** No deadline: the value that every `deadline` function gives when nothing is due. */
#define MR_NEVER UINT64_MAX
/** A length that is not known before the end is reached. */
#define MR_LENGTH_UNKNOWN UINT64_MAX

#ifdef __cplusplus
extern "C" {
#endif

/** Results. An API error is never the fate of a recipient: fates are events. */
enum mr_error_code {
  MR_OK = 0,               /**< done */
  MR_ERR_NOMEM = -1,       /**< the allocator gave nothing; the call had no effect */
  MR_ERR_MISUSE = -2,      /**< an argument that no caller may pass (NULL, unknown id) */
  MR_ERR_STATE = -3,       /**< not now: wrong order, or called from inside a service */
  MR_ERR_CLOSED = -4,      /**< the engine let go of this handle; nothing was done */
  MR_ERR_LIMIT = -5,       /**< a named limit was reached */
  MR_ERR_NOT_FOUND = -6,   /**< no such thing, or already completed */
  MR_ERR_TIMEOUT = -7,     /**< no completion in time: the result is unknown */
  MR_ERR_PENDING = -8,     /**< not an error: the answer comes later */
  MR_ERR_NOTSUP = -9,      /**< this build has no such feature */
  MR_ERR_RANGE = -10,      /**< a number outside its documented range */
  MR_ERR_EXISTS = -11,     /**< it is there already */
  MR_ERR_LEASE_LOST = -12, /**< another worker owns the delivery by now */
  MR_ERR_STORE = -13,      /**< the store failed; what it should keep is not kept */
  MR_ERR_TIME_UNKNOWN = -14, /**< the environment knows no calendar time */
  MR_ERR_RANDOM = -15,       /**< the environment's random source failed */
  MR_ERR_IO = -16,        /**< an operating system call failed (driver, default stores) */
  MR_ERR_SOURCE = -17,    /**< a body source failed, ended early or changed */
  MR_ERR_ADDR = -30,      /**< not an address: the offset tells where it broke */
  MR_ERR_ADDR_LONG = -31, /**< local part > 64, domain > 255 or path > 254 octets */
  MR_ERR_ADDR_CHAR = -32, /**< control character in an address */
  MR_ERR_ADDR_DOMAIN = -33, /**< domain impossible or not convertible to A-labels */
  MR_ERR_DEPTH = -34,       /**< nested deeper than the limit */
  MR_ERR_CYCLE = -35,       /**< a part would contain itself */
  MR_ERR_HDR_CHAR = -40,    /**< CR, LF, NUL or another control in a header */
  MR_ERR_HDR_NAME = -41,    /**< not a header field name */
  MR_ERR_LINE_LONG = -42,   /**< a line over 998 octets that may not be re-encoded */
  MR_ERR_BODY_CHAR = -43,   /**< NUL in a raw body, or a bare CR or LF in strict mode */
  MR_ERR_PROTO = -50,       /**< the peer broke the protocol */
  MR_ERR_TLS = -51,         /**< TLS failed; the text tells how */
  MR_ERR_CERT = -52,        /**< a certificate or a trust anchor is not acceptable */
  MR_ERR_KEY = -53,         /**< a private key is not usable, or did not sign */
  MR_ERR_FATAL = -900,      /**< at or below: the handle is dead */
  MR_ERR_INTERNAL = -901    /**< a check of our own failed; please report it */
};

/** What went wrong last on a handle. Owned by the handle, valid until its next call. */
typedef struct mr_error {
  int code;         /**< #mr_error_code, MR_OK when nothing failed yet */
  int stage;        /**< #mr_stage of event.h, 0 = none */
  size_t offset;    /**< octet offset in the input, where that makes sense, else 0 */
  const char *host; /**< host concerned, "" = none */
  const char *text; /**< what happened, where, and what to do */
} mr_error;

/** Levels of #mr_env log lines. */
enum mr_log_level {
  MR_LOG_ERROR = 1,   /**< something was refused or given up */
  MR_LOG_WARNING = 2, /**< odd, but handled */
  MR_LOG_INFO = 3,    /**< what happens */
  MR_LOG_DEBUG = 4    /**< how it happens */
};

/**
 * The services that an engine needs. Copied by every `new`; NULL members (and a NULL
 * table) stand for the C library's allocator, getrandom(2), the system's calendar clock
 * and no log. They are called inside an engine: a call from them into the same family of
 * handles answers MR_ERR_STATE. They must return (no longjmp, no exception), and they and
 * `user` must outlive the last handle, channels that the host still holds included.
 */
typedef struct mr_env {
  size_t size; /**< sizeof(mr_env) of the program that fills it */
  void *user;  /**< passed to each function */
  /** realloc-shaped: ptr NULL = allocate, size 0 = free (result ignored), NULL = no
   * memory */
  void *(*alloc)(void *user, void *ptr, size_t size);
  /** fills buf with len unpredictable octets; MR_OK or MR_ERR_RANDOM */
  int (*random)(void *user, void *buf, size_t len);
  /** milliseconds since 1970-01-01 UTC; MR_OK or MR_ERR_TIME_UNKNOWN */
  int (*wall)(void *user, int64_t *milliseconds);
  /** one finished line of len octets without line end, level as in #mr_log_level */
  void (*log)(void *user, int level, const char *text, size_t len);
} mr_env;

/** Static text of an error code. @param code #mr_error_code @return text, never NULL */
MR_API const char *mr_strerror(int code);

/** Version as text, "major.minor.patch". @return static text */
MR_API const char *mr_version(void);

/** Version as a number, major * 10000 + minor * 100 + patch. @return the number */
MR_API int mr_version_number(void);

/**
 * Names of the features of this build, one after the other: "tls", "dns", "idn",
 * "driver".
 * @param index 0, 1, … @return static text, NULL past the last one
 */
MR_API const char *mr_feature_at(size_t index);

/** Whether a feature is built in. @param name "tls", "dns", "idn" or "driver" @return 1
 * or 0 */
MR_API int mr_feature(const char *name);

/** Settings, as keys of one table: see #mr_option_id and mr_option_at(). */
typedef struct mr_options mr_options;

/** Kinds of option values. */
enum mr_option_type {
  MR_OPTION_NUMBER = 1,   /**< a count */
  MR_OPTION_OCTETS = 2,   /**< a size in octets */
  MR_OPTION_DURATION = 3, /**< milliseconds */
  MR_OPTION_PERCENT = 4,  /**< hundredths */
  MR_OPTION_FLAG = 5,     /**< 0 or 1 */
  MR_OPTION_CHOICE = 6,   /**< a number with a named enum */
  MR_OPTION_TEXT = 7      /**< text; minimum and maximum bound its length in octets */
};

/** One row of the option table. Static. */
typedef struct mr_option {
  int id;              /**< #mr_option_id */
  int type;            /**< #mr_option_type */
  int64_t minimum;     /**< least value, or least length of text */
  int64_t maximum;     /**< greatest value, or greatest length of text */
  int64_t value;       /**< default of the numeric types */
  const char *name;    /**< name for mr_options_set_name() */
  const char *text;    /**< default of MR_OPTION_TEXT, else "" */
  const char *help;    /**< one line for people */
  const char *choices; /**< names of a choice's values from minimum on, by '|', else "" */
} mr_option;

/**
 * A set of options with every value at its default.
 * @param out the new object @param env allocator, NULL = defaults
 * @return MR_OK; MR_ERR_MISUSE: out is NULL; MR_ERR_NOMEM
 */
MR_API int mr_options_new(mr_options **out, const mr_env *env);

/** Lets go of an options object; engines made with it keep it. @param options or NULL */
MR_API void mr_options_free(mr_options *options);

/**
 * Sets a numeric option.
 * @param options not yet given to an engine @param id #mr_option_id
 * @param value in the option's unit
 * @return MR_OK; MR_ERR_MISUSE: NULL or no such numeric option; MR_ERR_RANGE: outside
 *   minimum..maximum; MR_ERR_STATE: an engine uses the object already
 */
MR_API int mr_options_set(mr_options *options, int id, int64_t value);

/**
 * Sets a text option.
 * @param options not yet given to an engine @param id #mr_option_id @param value copied
 * @return MR_OK; MR_ERR_MISUSE: NULL or no such text option; MR_ERR_RANGE: too long or a
 *   control character in it; MR_ERR_STATE: in use; MR_ERR_NOMEM
 */
MR_API int mr_options_set_text(mr_options *options, int id, const char *value);

/**
 * Sets any option from text, as a configuration file has it: a number, a choice's name,
 * or a duration with the suffix ms, s, m, h or d.
 * @param options not yet given to an engine @param name as in the table @param value text
 * @return as the two above; MR_ERR_RANGE: also for text that is no such value;
 *   MR_ERR_NOT_FOUND: no option of that name
 */
MR_API int mr_options_set_name(mr_options *options, const char *name, const char *value);

/** A numeric value. @param options NULL = defaults @param id #mr_option_id @return the
 * value, 0 for a text or unknown option */
MR_API int64_t mr_options_get(const mr_options *options, int id);

/** A text value, owned by the object. @param options NULL = defaults @param id
 * #mr_option_id @return the text, "" for a numeric or unknown option */
MR_API const char *mr_options_get_text(const mr_options *options, int id);

/** The option table, row by row. @param index 0, 1, … @return row, NULL past the end */
MR_API const mr_option *mr_option_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif

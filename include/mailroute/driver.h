/* SPDX-License-Identifier: MIT */
/**
 * @file driver.h
 * @brief Sockets, clock and configuration of a POSIX system around a router.
 *
 * One loop (epoll on Linux, poll elsewhere or on demand), the servers of resolv.conf, the
 * system's CA bundle. It uses the public interface only, so it is also the example of how
 * to write your own.
 */
#ifndef MAILROUTE_DRIVER_H
#define MAILROUTE_DRIVER_H

#include <mailroute/router.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A router with its loop. */
typedef struct mr_driver mr_driver;

/** Flags of mr_driver_new(). */
enum mr_driver_flag {
  MR_DRIVER_NO_RESOLV_CONF = 1, /**< do not read /etc/resolv.conf */
  MR_DRIVER_NO_SYSTEM_CA = 2,   /**< do not load the system's CA bundle */
  MR_DRIVER_POLL = 4            /**< poll(2) although there is epoll */
};

/**
 * A driver. The CA bundle is read only if MR_OPT_TLS_LEVEL checks certificates.
 * @param out the driver @param env services, NULL = defaults
 * @param options NULL = defaults
 * @param store NULL = memory, everything is volatile @param flags #mr_driver_flag bits
 * @return MR_OK; MR_ERR_IO: no loop can be had, or no CA bundle is found;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM; MR_ERR_RANDOM
 */
MR_API int mr_driver_new(mr_driver **out, const mr_env *env, const mr_options *options,
                         const mr_store *store, unsigned flags);

/** Closes the sockets and frees the router. @param driver or NULL */
MR_API void mr_driver_free(mr_driver *driver);

/** Last error. @param driver one @return owned by it */
MR_API const mr_error *mr_driver_error(const mr_driver *driver);

/** Its router. @param driver one @return borrowed */
MR_API mr_router *mr_driver_router(mr_driver *driver);

/** Its clock: CLOCK_BOOTTIME or CLOCK_MONOTONIC in milliseconds. @param driver one
 * @return now */
MR_API uint64_t mr_driver_now(const mr_driver *driver);

/** Adds a DNS server. @param driver one @param server "ADDR", "ADDR:PORT", "[V6]:PORT"
 * @return MR_OK; MR_ERR_ADDR; MR_ERR_RANGE; MR_ERR_LIMIT; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_driver_add_server(mr_driver *driver, const char *server);

/** Loads CA certificates from a file instead of the system's. @param driver one @param
 * path PEM file @return MR_OK; MR_ERR_IO: cannot be read; MR_ERR_CERT: no certificate in
 * it; MR_ERR_NOTSUP; MR_ERR_MISUSE; MR_ERR_NOMEM */
MR_API int mr_driver_load_ca(mr_driver *driver, const char *path);

/** Seals a message if it is not, and submits it with its own envelope. @param driver one
 * @param message yours still @return MR_OK: its events follow; as mr_message_seal() and
 * mr_router_submit() */
MR_API int mr_driver_send(mr_driver *driver, mr_message *message);

/**
 * Runs the loop until there is an event for the program: every type but OPEN, UPDATE and
 * CLOSE, which the driver handles.
 * @param driver one @param timeout ms to wait at most, MR_NEVER = as long as something is
 *   left to do
 * @return event, valid until the next call; NULL: the time is over, mr_driver_wake() was
 *   called, or nothing is left to do (mr_router_busy() is 0)
 */
MR_API const mr_event *mr_driver_next(mr_driver *driver, uint64_t timeout);

/**
 * A file as a source, for mr_message_attach_source() and its like. It stays open until
 * its release is called: by the message that took it, or by you if none did. Readers on
 * several threads may share it. A file that changes is noticed by whoever reads it again.
 * @param source filled in @param env allocator, NULL = defaults
 * @param path of a regular file @return MR_OK; MR_ERR_IO: cannot be opened, or is no
 *   regular file; MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_file_source(mr_source *source, const mr_env *env, const char *path);

/** Ends a waiting mr_driver_next(); the one call that is allowed on any thread and in a
 * signal handler. @param driver one */
MR_API void mr_driver_wake(mr_driver *driver);

#ifdef __cplusplus
}
#endif
#endif

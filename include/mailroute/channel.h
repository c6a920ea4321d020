/* SPDX-License-Identifier: MIT */
/**
 * @file channel.h
 * @brief The one way in which bytes move between an engine and the network.
 *
 * An engine that needs the network raises MR_EVENT_OPEN with a channel. You connect it
 * (or bind it, for UDP), and from then on move octets in both directions until the engine
 * or the network ends it. The open event hands you one reference; mr_channel_free()
 * returns it. A call on a channel that the engine let go of, even after the engine was
 * freed, answers MR_ERR_CLOSED and does nothing, so late completions are harmless.
 *
 * mr_router_free() and the like raise no CLOSE events: keep a list of your channels.
 *
 * Life of a channel: OPEN event → mr_channel_opened() or mr_channel_closed() → recv,
 * pending and sent as `wants` advises → mr_channel_closed() by you, or a CLOSE event →
 * close your socket, mr_channel_free().
 */
#ifndef MAILROUTE_CHANNEL_H
#define MAILROUTE_CHANNEL_H

#include <mailroute/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A stream or datagram path that the host opens for an engine. */
typedef struct mr_channel mr_channel;

/** Transports. */
enum mr_channel_kind {
  MR_CHANNEL_TCP = 1, /**< stream to an IP address and port */
  MR_CHANNEL_UDP = 2  /**< datagrams to an IP address and port */
};

/** What mr_channel_wants() asks for; 0 = close it. */
enum mr_channel_want {
  MR_WANT_READ = 1,  /**< deliver what arrives */
  MR_WANT_WRITE = 2, /**< mr_channel_pending() has octets; before opened: connect */
  MR_WANT_WAIT = 4   /**< neither for the moment; keep it open */
};

/** Why a channel ended, said by the host. */
enum mr_close_cause {
  MR_CLOSE_EOF = 1,              /**< the peer ended the stream in order */
  MR_CLOSE_RESET = 2,            /**< the peer or the network broke it */
  MR_CLOSE_WRITE = 3,            /**< writing failed (say so after reading until EOF) */
  MR_CLOSE_REFUSED = 4,          /**< nobody listens there */
  MR_CLOSE_UNREACHABLE = 5,      /**< no way to that address */
  MR_CLOSE_TIMEOUT = 6,          /**< the network gave up */
  MR_CLOSE_NO_LOCAL_ADDRESS = 7, /**< the local address or port cannot be had */
  MR_CLOSE_NO_RESOURCES = 8,     /**< out of descriptors, buffers or the like */
  MR_CLOSE_CANCELLED = 9         /**< the host wants no more of it */
};

/** Identity of a channel, never used twice in an engine. @param channel one @return id */
MR_API uint64_t mr_channel_id(const mr_channel *channel);
/** Transport. @param channel one @return #mr_channel_kind */
MR_API int mr_channel_kind(const mr_channel *channel);
/** Address to connect or send to, as text without brackets. @param channel one @return
 * text */
MR_API const char *mr_channel_remote_address(const mr_channel *channel);
/** Port to connect or send to. @param channel one @return 1 to 65535 */
MR_API int mr_channel_remote_port(const mr_channel *channel);
/** Address to bind. @param channel one @return text, "" = any */
MR_API const char *mr_channel_local_address(const mr_channel *channel);
/** Port to bind. @param channel one @return 0 = any, else the port; if it is taken, close
 * with MR_CLOSE_NO_LOCAL_ADDRESS and the engine draws another */
MR_API int mr_channel_local_port(const mr_channel *channel);

/**
 * The connection stands (TCP), or the socket is bound (UDP).
 * @param channel one @param local_address text of the local address, NULL = not known
 * @param now milliseconds
 * @return MR_OK; MR_ERR_CLOSED; MR_ERR_STATE: opened before; MR_ERR_MISUSE: NULL
 */
MR_API int mr_channel_opened(mr_channel *channel, const char *local_address,
                             uint64_t now);

/**
 * Octets that arrived: all are taken, at any time. For UDP use mr_channel_recv_from().
 * @param channel one @param data not kept @param len octets; 0 does nothing
 * @param now milliseconds
 * @return MR_OK; MR_ERR_CLOSED; MR_ERR_STATE: not opened; MR_ERR_MISUSE: NULL data or a
 *   UDP channel; MR_ERR_LIMIT: more than the engine holds, the channel has failed;
 *   MR_ERR_NOMEM: the channel has failed as a local fault
 */
MR_API int mr_channel_recv(mr_channel *channel, const void *data, size_t len,
                           uint64_t now);

/**
 * One datagram that arrived, with its sender; the engine checks the sender itself.
 * @param channel a UDP channel @param data not kept @param len octets
 * @param address sender's address as text @param port sender's port @param now
 * milliseconds
 * @return MR_OK; MR_ERR_CLOSED; MR_ERR_STATE: not opened; MR_ERR_MISUSE: NULL, or TCP
 */
MR_API int mr_channel_recv_from(mr_channel *channel, const void *data, size_t len,
                                const char *address, int port, uint64_t now);

/**
 * What the channel wants now. READ is advice (flow control), WRITE means that
 * mr_channel_pending() has octets (also while all of them are in your hands: then pending
 * with skip gives none), 0 that you should close it. An UPDATE event tells when the
 * answer changed; ask again after every mr_channel_sent().
 * @param channel one @return bits of #mr_channel_want; 0 for a closed channel
 */
MR_API unsigned mr_channel_wants(const mr_channel *channel);

/**
 * Output that starts skip octets behind what mr_channel_sent() has covered. The octets
 * stay where they are, unchanged, until `sent` covers them or you free the channel; so
 * several calls with growing skip fill an iovec. For UDP, one datagram (skip counts whole
 * datagrams' octets).
 * @param channel one @param skip octets already in your hands
 * @param data start of the octets @param len how many, 0 = no more
 * @return MR_OK; MR_ERR_CLOSED; MR_ERR_STATE: not opened; MR_ERR_MISUSE: NULL
 */
MR_API int mr_channel_pending(mr_channel *channel, size_t skip, const void **data,
                              size_t *len);

/**
 * The first n octets of what was pending are done with: their memory is no longer needed.
 * @param channel one @param n octets @param now milliseconds
 * @return MR_OK; MR_ERR_CLOSED; MR_ERR_STATE: not opened; MR_ERR_MISUSE: NULL, or more
 *   than was exposed
 */
MR_API int mr_channel_sent(mr_channel *channel, size_t n, uint64_t now);

/**
 * The channel is over for the host. After a write error read until EOF first, then call
 * this. There is no half-close.
 * @param channel one @param cause #mr_close_cause @param in_flight octets beyond `sent`
 *   that may have left (0 for a host that calls send() and then `sent`)
 * @param text reason in words, NULL = none @param now milliseconds
 * @return MR_OK; MR_ERR_CLOSED: it was over already; MR_ERR_MISUSE: NULL or no such cause
 */
MR_API int mr_channel_closed(mr_channel *channel, int cause, size_t in_flight,
                             const char *text, uint64_t now);

/** Returns the host's reference; without mr_channel_closed() before, it counts as
 * MR_CLOSE_CANCELLED. @param channel or NULL */
MR_API void mr_channel_free(mr_channel *channel);

#ifdef __cplusplus
}
#endif
#endif

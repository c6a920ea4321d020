/* SPDX-License-Identifier: MIT */
/*
 * kit_smtp and kit_dns on real sockets, served by one thread. Make and configure hosts
 * first, start them, and touch host, dns or ledger only between kit_net_lock and _unlock
 * (or after kit_net_free, which stops the thread and closes the sockets).
 */
#ifndef KIT_NET_H
#define KIT_NET_H

#include "kit/kit_dns.h"
#include "kit/kit_smtp.h"

typedef struct kit_net kit_net;

kit_net *kit_net_new(void); /* NULL = no thread or pipe */
void kit_net_free(kit_net *net);
/* addr: "127.0.0.x" or "::1"; port 0 = a free one. Return the port, or -1 (errno). */
int kit_net_start_smtp(kit_net *net, kit_smtp_host *host, const char *addr,
                       uint16_t port);
int kit_net_start_dns(kit_net *net, kit_dns *dns, const char *addr, uint16_t port);
/* Stops serving one; its connections are reset. */
void kit_net_stop_smtp(kit_net *net, kit_smtp_host *host);
void kit_net_stop_dns(kit_net *net, kit_dns *dns);
void kit_net_lock(kit_net *net);
void kit_net_unlock(kit_net *net);
/* Waits until the ledger holds n mails or ms have passed. 1 = it does. Takes the lock. */
int kit_net_wait_mails(kit_net *net, kit_smtp_host *host, size_t n, unsigned ms);

/*
 * Writes every mail that the host stores to dir/new/NNN.eml (dir is made) with
 * Return-Path, Delivered-To and a line about TLS in front, and calls told (may be NULL,
 * in the thread) with its path. Returns 0 or -1 (errno).
 */
int kit_net_maildir(kit_net *net, kit_smtp_host *host, const char *dir,
                    void (*told)(void *user, const char *path, const kit_mail *mail),
                    void *user);

#endif

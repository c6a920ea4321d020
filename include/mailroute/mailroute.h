/* SPDX-License-Identifier: MIT */
/**
 * @file mailroute.h
 * @brief All of libmailroute.
 */
#ifndef MAILROUTE_MAILROUTE_H
#define MAILROUTE_MAILROUTE_H

#include <mailroute/address.h>
#include <mailroute/address_list.h>
#include <mailroute/base.h>
#include <mailroute/channel.h>
#include <mailroute/dkim.h>
#include <mailroute/driver.h>
#include <mailroute/dsn.h>
#include <mailroute/event.h>
#include <mailroute/message.h>
#include <mailroute/mime.h>
#include <mailroute/options.h>
#include <mailroute/queue.h>
#include <mailroute/resolver.h>
#include <mailroute/route.h>
#include <mailroute/router.h>
#include <mailroute/session.h>
#include <mailroute/store.h>
#include <mailroute/tls.h>

#endif

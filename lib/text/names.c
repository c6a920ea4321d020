/* SPDX-License-Identifier: MIT */
#include "text/names.h"

#include <mailroute/event.h>

typedef struct name {
  int code;
  const char *text;
} name;

#define NAME_OF(table, code) name_of(table, sizeof table / sizeof table[0], code)

static const char *name_of(const name *names, size_t count, int code) {
  for (size_t i = 0; i < count; i++)
    if (names[i].code == code)
      return names[i].text;
  return "unknown";
}

const char *mr_stage_name(int stage) {
  static const name names[] = {
      {MR_STAGE_NONE, "none"},       {MR_STAGE_SUBMIT, "submit"},
      {MR_STAGE_QUEUE, "queue"},     {MR_STAGE_ROUTE, "route"},
      {MR_STAGE_CONNECT, "connect"}, {MR_STAGE_GREETING, "greeting"},
      {MR_STAGE_EHLO, "ehlo"},       {MR_STAGE_STARTTLS, "starttls"},
      {MR_STAGE_TLS, "tls"},         {MR_STAGE_MAIL, "mail"},
      {MR_STAGE_RCPT, "rcpt"},       {MR_STAGE_DATA, "data"},
      {MR_STAGE_BODY, "body"},       {MR_STAGE_DOT, "dot"},
      {MR_STAGE_IDLE, "idle"},
  };
  return NAME_OF(names, stage);
}

const char *mr_fate_name(int fate) {
  static const name names[] = {
      {0, "none"},
      {MR_FATE_DELIVERED, "delivered"},
      {MR_FATE_DEFERRED, "deferred"},
      {MR_FATE_FAILED, "failed"},
      {MR_FATE_EXPIRED, "expired"},
      {MR_FATE_CANCELLED, "cancelled"},
      {MR_FATE_DISCARDED, "discarded"},
      {MR_FATE_HELD, "held"},
  };
  return NAME_OF(names, fate);
}

const char *mr_event_name(int type) {
  static const name names[] = {
      {MR_EVENT_OPEN, "open"},
      {MR_EVENT_UPDATE, "update"},
      {MR_EVENT_CLOSE, "close"},
      {MR_EVENT_ACCEPTED, "accepted"},
      {MR_EVENT_REFUSED, "refused"},
      {MR_EVENT_OUTCOME, "outcome"},
      {MR_EVENT_MESSAGE_DONE, "message-done"},
      {MR_EVENT_ANSWER, "answer"},
      {MR_EVENT_PLAN, "plan"},
      {MR_EVENT_READY, "ready"},
      {MR_EVENT_BEFORE_DOT, "before-dot"},
      {MR_EVENT_TRANSACTION, "transaction"},
      {MR_EVENT_SESSION_END, "session-end"},
      {MR_EVENT_DELIVERY, "delivery"},
      {MR_EVENT_LEASE_LOST, "lease-lost"},
      {MR_EVENT_STEP, "step"},
      {MR_EVENT_DRAINED, "drained"},
      {MR_EVENT_ASK, "ask"},
      {MR_EVENT_TRACE, "trace"},
  };
  return NAME_OF(names, type);
}

const char *mr__action_name(int action) {
  static const name names[] = {
      {MR_ACTION_NONE, "none"},   {MR_ACTION_NEXT, "next"},
      {MR_ACTION_CLEAR, "clear"}, {MR_ACTION_NEXT_HOST, "next-host"},
      {MR_ACTION_HELO, "helo"},   {MR_ACTION_AGAIN, "again"},
      {MR_ACTION_DEFER, "defer"}, {MR_ACTION_BOUNCE, "bounce"},
      {MR_ACTION_LOCAL, "local"},
  };
  return NAME_OF(names, action);
}

const char *mr__direction_name(int direction) {
  static const name names[] = {
      {MR_DIRECTION_NOTE, "note"},
      {MR_DIRECTION_SENT, "sent"},
      {MR_DIRECTION_RECEIVED, "received"},
  };
  return NAME_OF(names, direction);
}

const char *mr__durability_name(int durability) {
  static const name names[] = {
      {MR_DURABILITY_VOLATILE, "volatile"},
      {MR_DURABILITY_LOCAL, "local"},
      {MR_DURABILITY_SHARED, "shared"},
  };
  return NAME_OF(names, durability);
}

const char *mr__ask_name(int ask) {
  static const name names[] = {{MR_ASK_ROUTE, "route"}};
  return NAME_OF(names, ask);
}

/* The values of mr_tls_level, which lives a floor up. */
const char *mr__level_name(int level) {
  static const name names[] = {{0, "none"}, {1, "may"}, {2, "encrypt"}, {3, "verify"}};
  return NAME_OF(names, level);
}

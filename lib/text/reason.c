/* SPDX-License-Identifier: MIT */
#include <mailroute/event.h>

/*
 * One row for each reason: name in JSON, a sentence for people, the enhanced status (RFC
 * 3463) when no server gave one, and the rule of the decision table behind it.
 */
typedef struct row {
  int code;
  const char *name, *text, *status, *rule;
} row;

/* clang-format off */
static const row rows[] = {
#define R(code, name, status, rule, text) {MR_REASON_##code, name, text, status, rule},
R(NONE, "none", "2.0.0", "", "Nothing happened yet.")
R(DELIVERED, "delivered", "2.0.0", "R84", "The server took the message.")

R(ADDRESS_SYNTAX, "address-syntax", "5.1.3", "R3", "The address is not a mail address.")
R(DOMAIN_SYNTAX, "domain-syntax", "5.1.2", "R4", "The domain cannot exist in DNS.")
R(IDN_INVALID, "idn-invalid", "5.1.2", "R2",
  "The domain has a label that cannot be written in ASCII.")
R(LITERAL_SYNTAX, "literal-syntax", "5.1.3", "R3",
  "The address literal is no IP address.")
R(ROUTE_REJECTED, "route-rejected", "5.7.1", "R1",
  "The routing table refuses the recipient.")
R(ROUTE_DISCARDED, "route-discarded", "2.0.0", "R1",
  "The routing table says to throw mail for the recipient away.")
R(ROUTE_HELD, "route-held", "4.7.0", "R1",
  "The routing table says to keep mail for the recipient.")

R(DNS_NXDOMAIN, "dns-nxdomain", "5.1.2", "R7", "The domain does not exist.")
R(DNS_SERVFAIL, "dns-servfail", "4.4.3", "R8", "The name server failed.")
R(DNS_REFUSED, "dns-refused", "4.4.3", "R8", "The name server refused the question.")
R(DNS_FORMERR, "dns-formerr", "4.4.3", "R8",
  "The name server did not understand the question.")
R(DNS_TIMEOUT, "dns-timeout", "4.4.3", "R8", "No name server answered in time.")
R(DNS_NO_SERVER, "dns-no-server", "4.4.3", "R8", "There is no name server to ask.")
R(DNS_MALFORMED, "dns-malformed", "4.4.3", "R8",
  "The answer of the name server is damaged.")
R(DNS_CNAME_LOOP, "dns-cname-loop", "4.4.3", "R10",
  "The aliases of the name lead in a circle, or there are too many.")
R(DNS_LIMIT, "dns-limit", "4.4.3", "R12",
  "The lookup took more queries than are allowed.")
R(DNS_LOCAL, "dns-local", "4.3.0", "R26", "The lookup failed on this side.")
R(NULL_MX, "null-mx", "5.1.10", "R9", "The domain says that it takes no mail.")
R(NO_ADDRESS, "no-address", "5.4.4", "R14",
  "No mail server of the domain has an address.")
R(NO_ADDRESS_NOW, "no-address-now", "4.4.4", "R14",
  "No address of a mail server of the domain could be found now.")
R(RELAY_UNRESOLVED, "relay-unresolved", "4.3.5", "R16",
  "The configured relay has no address that could be found.")

R(DROP_NULL_MX, "drop-null-mx", "5.1.10", "R9",
  "A \"no mail\" exchanger beside real ones is ignored.")
R(DROP_SPECIAL, "drop-special", "5.4.4", "R13",
  "The address is unspecified, loopback, multicast or link-local.")
R(DROP_OWN_HOST, "drop-own-host", "5.4.6", "R18", "The exchanger is this host.")
R(DROP_NOT_BETTER, "drop-not-better", "5.4.6", "R18",
  "The exchanger is no better than this host.")
R(DROP_MX_LIMIT, "drop-mx-limit", "4.4.4", "R12",
  "The domain has more exchangers than are used.")
R(DROP_ADDRESS_LIMIT, "drop-address-limit", "4.4.4", "R12",
  "The exchanger has more addresses than are used.")
R(DROP_QUERY_LIMIT, "drop-query-limit", "4.4.4", "R12",
  "The queries of the plan were used up before this exchanger.")
R(DROP_NAME, "drop-name", "5.4.4", "R11", "The name of the exchanger is no host name.")
R(DROP_LOCALHOST, "drop-localhost", "5.4.4", "R11", "The exchanger is \"localhost\".")
R(DROP_NUMERIC, "drop-numeric", "5.4.4", "R11",
  "The exchanger is an IP address where a name belongs.")
R(DROP_DUPLICATE, "drop-duplicate", "4.4.4", "R12", "The address is in the plan already.")
R(DROP_FAMILY, "drop-family", "4.4.4", "R21", "Addresses of this family are not used.")
R(DROP_MALFORMED, "drop-malformed", "4.4.4", "R8", "The record is damaged.")
R(ALL_SPECIAL, "all-special", "5.4.4", "R13",
  "All mail servers of the domain have addresses that no mail may go to.")
R(LOOP_BEST, "loop-best", "5.4.6", "R19",
  "This host is the best mail server of the domain, but does not take mail for it.")
R(LOOP_BACKUP, "loop-backup", "4.4.4", "R19",
  "No mail server better than this host is left.")
R(HOST_DEAD, "host-dead", "4.4.1", "R23",
  "All mail servers failed lately; not tried again yet.")
R(BUDGET, "budget", "4.4.1", "R22", "The attempt used up its connections or its time.")

R(CONNECT_REFUSED, "connect-refused", "4.4.1", "R25", "The host refused the connection.")
R(CONNECT_TIMEOUT, "connect-timeout", "4.4.1", "R25", "The host did not answer in time.")
R(CONNECT_UNREACHABLE, "connect-unreachable", "4.4.1", "R25",
  "The host cannot be reached.")
R(CONNECT_FAILED, "connect-failed", "4.4.1", "R25", "The connection could not be made.")
R(LOCAL_RESOURCES, "local-resources", "4.3.0", "R26",
  "This side is out of descriptors, buffers or the like.")
R(LOCAL_ADDRESS, "local-address", "4.3.0", "R26",
  "The local address to send from cannot be used.")
R(NO_MEMORY, "no-memory", "4.3.0", "R26", "This side is out of memory.")
R(CONNECTION_LOST, "connection-lost", "4.4.2", "R32, R35, R82",
  "The connection was lost.")
R(REPLY_TIMEOUT, "reply-timeout", "4.4.2", "R27, R32, R79",
  "The server did not reply in time.")
R(SESSION_TIMEOUT, "session-timeout", "4.4.2", "R22",
  "The session took longer than is allowed.")
R(REPLY_MALFORMED, "reply-malformed", "4.5.0", "R90",
  "The server sent what is no SMTP reply.")
R(REPLY_UNEXPECTED, "reply-unexpected", "4.5.0", "R80",
  "The server sent a reply that has no place here.")
R(REPLY_LIMIT, "reply-limit", "4.5.0", "R31", "The server sent too long a reply.")
R(OUT_OF_STEP, "out-of-step", "4.5.0", "R33",
  "The server replied to what it was not told.")
R(SERVICE_CLOSING, "service-closing", "4.3.2", "R68",
  "The server closes the session (421).")

R(GREETING_SOFT, "greeting-soft", "4.3.2", "R28", "The server takes no mail now.")
R(GREETING_HARD, "greeting-hard", "5.3.2", "R29",
  "The server refuses to talk to this host.")
R(GREETING_NO_MAIL, "greeting-no-mail", "5.3.2", "R30",
  "The host takes no mail at all (521).")
R(EHLO_REFUSED, "ehlo-refused", "4.5.0", "R36", "The server refused EHLO.")
R(HELO_REFUSED, "helo-refused", "4.5.0", "R38", "The server refused HELO.")
R(LOOP_GREETING, "loop-greeting", "5.4.6", "R39", "The server has the name of this host.")

R(TLS_NOT_OFFERED, "tls-not-offered", "4.7.4", "R45",
  "The server does not offer STARTTLS, and TLS is required.")
R(TLS_REFUSED, "tls-refused", "4.7.4", "R47",
  "The server refused STARTTLS, and TLS is required.")
R(TLS_INJECTION, "tls-injection", "4.7.5", "R48",
  "Clear octets came behind the reply to STARTTLS.")
R(TLS_HANDSHAKE, "tls-handshake", "4.7.5", "R51", "The TLS handshake failed.")
R(TLS_CERTIFICATE, "tls-certificate", "4.7.5", "R53",
  "The certificate of the server is not acceptable.")
R(TLS_CLOCK, "tls-clock", "4.7.5", "R52",
  "Certificates cannot be checked: this side's clock is not set, or wrong.")
R(TLS_TRUNCATED, "tls-truncated", "4.4.2", "R56", "The TLS session was cut off.")
R(TLS_UNAVAILABLE, "tls-unavailable", "4.7.4", "R45", "This build or host has no TLS.")
R(TLS_NO_TRUST, "tls-no-trust", "4.7.5", "R52",
  "There are no trust anchors to check with.")

R(SIZE_EXCEEDED, "size-exceeded", "5.3.4", "R62",
  "The message is larger than the server takes.")
R(NEEDS_SMTPUTF8, "needs-smtputf8", "5.6.7", "R63",
  "An address is not ASCII, and the server has no SMTPUTF8.")
R(NEEDS_8BITMIME, "needs-8bitmime", "5.6.3", "R64",
  "The message is 8-bit and may not be converted, and the server has no 8BITMIME.")
R(MAIL_SOFT, "mail-soft", "4.0.0", "R67", "The server does not take the sender now.")
R(MAIL_HARD, "mail-hard", "5.0.0", "R69", "The server refuses the sender.")
R(RCPT_SOFT, "rcpt-soft", "4.0.0", "R72", "The server does not take the recipient now.")
R(RCPT_HARD, "rcpt-hard", "5.0.0", "R73", "The server refuses the recipient.")
R(RCPT_LIMIT, "rcpt-limit", "4.5.3", "R74",
  "The server takes fewer recipients at a time.")
R(DATA_SOFT, "data-soft", "4.0.0", "R80", "The server does not take the message now.")
R(DATA_HARD, "data-hard", "5.0.0", "R80", "The server refuses to take a message.")
R(DOT_SOFT, "dot-soft", "4.0.0", "R85", "The server did not accept the message now.")
R(DOT_HARD, "dot-hard", "5.0.0", "R86", "The server refused the message.")
R(UNCERTAIN, "uncertain", "4.4.2", "R88",
  "The connection was lost after the message was sent; it may be sent more than once.")
R(SOURCE_FAILED, "source-failed", "4.3.0", "R83", "The message could not be read.")
R(MESSAGE_INVALID, "message-invalid", "5.6.0", "R81",
  "The message has a line that is too long, or a forbidden octet.")
R(GATE_REFUSED, "gate-refused", "4.3.0", "R104", "The host kept the final dot back.")

R(EXPIRED, "expired", "5.4.7", "R99",
  "The message could not be delivered in its lifetime.")
R(CANCELLED, "cancelled", "5.7.0", "", "The host cancelled the message.")
R(STORE_FAILED, "store-failed", "4.3.0", "R104", "The store failed.")
R(LEASE_LOST, "lease-lost", "4.3.0", "R104", "Another worker has the delivery.")
R(DRAINING, "draining", "4.3.2", "", "This side is shutting down.")
R(NOT_ATTEMPTED, "not-attempted", "4.4.1", "R95",
  "The attempt did not come to this recipient.")
R(RECORD_DAMAGED, "record-damaged", "4.3.0", "R106",
  "The record of the message is damaged.")
R(BOUNCE_FAILED, "bounce-failed", "4.3.0", "R102", "The bounce could not be queued.")
R(STORE_UNKNOWN, "store-unknown", "4.3.0", "R103",
  "The store did not say whether it took the message.")
R(KNOWN_KEY, "known-key", "2.0.0", "", "This was submitted before.")
#undef R
};
/* clang-format on */

static const row *row_of(int reason) {
  static const row unknown = {-1, "unknown", "Unknown reason.", "4.0.0", ""};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].code == reason)
      return &rows[i];
  return &unknown;
}

const char *mr_reason_name(int reason) { return row_of(reason)->name; }

const char *mr_reason_text(int reason) { return row_of(reason)->text; }

const char *mr_reason_status(int reason) { return row_of(reason)->status; }

const char *mr_reason_rule(int reason) { return row_of(reason)->rule; }

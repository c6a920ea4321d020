/* SPDX-License-Identifier: MIT */
#include <mailroute/base.h>

static const struct {
  int code;
  const char *text;
} errors[] = {
    {MR_OK, "done"},
    {MR_ERR_NOMEM, "out of memory"},
    {MR_ERR_MISUSE, "an argument that no caller may pass"},
    {MR_ERR_STATE, "not possible now: wrong order, or called from inside a service"},
    {MR_ERR_CLOSED, "the handle is closed"},
    {MR_ERR_LIMIT, "a limit was reached"},
    {MR_ERR_NOT_FOUND, "no such thing, or already completed"},
    {MR_ERR_TIMEOUT, "not completed in time: the result is unknown"},
    {MR_ERR_PENDING, "the answer comes later"},
    {MR_ERR_NOTSUP, "this build has no such feature"},
    {MR_ERR_RANGE, "a value outside its range"},
    {MR_ERR_EXISTS, "it is there already"},
    {MR_ERR_LEASE_LOST, "another worker owns the delivery by now"},
    {MR_ERR_STORE, "the store failed"},
    {MR_ERR_TIME_UNKNOWN, "the calendar time is not known"},
    {MR_ERR_RANDOM, "the random source failed"},
    {MR_ERR_IO, "an operating system call failed"},
    {MR_ERR_SOURCE, "a body source failed, ended early or changed"},
    {MR_ERR_ADDR, "not a mail address"},
    {MR_ERR_ADDR_LONG, "a mail address that is too long"},
    {MR_ERR_ADDR_CHAR, "a control character in a mail address"},
    {MR_ERR_ADDR_DOMAIN, "a domain that is impossible or cannot be converted"},
    {MR_ERR_DEPTH, "nested too deep"},
    {MR_ERR_CYCLE, "a part would contain itself"},
    {MR_ERR_HDR_CHAR, "a control character in a header"},
    {MR_ERR_HDR_NAME, "not the name of a header field"},
    {MR_ERR_LINE_LONG, "a line over 998 octets that may not be re-encoded"},
    {MR_ERR_BODY_CHAR, "NUL, or a bare CR or LF, in a body"},
    {MR_ERR_PROTO, "the peer broke the protocol"},
    {MR_ERR_TLS, "TLS failed"},
    {MR_ERR_CERT, "a certificate or a trust anchor is not acceptable"},
    {MR_ERR_KEY, "a private key is not usable, or did not sign"},
    {MR_ERR_FATAL, "the handle is dead"},
    {MR_ERR_INTERNAL, "internal check failed; please report it"},
};

const char *mr_strerror(int code) {
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
    if (errors[i].code == code)
      return errors[i].text;
  return "unknown error";
}

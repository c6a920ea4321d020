/* SPDX-License-Identifier: MIT */
/* What is offered: TLS 1.2 and 1.3, spelled out so that no system default gets in. */
#ifndef MR_TLS_PRIORITY_H
#define MR_TLS_PRIORITY_H

#define MR__PRIORITY_COMMON                                                              \
  "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+AEAD:"   \
  "+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"    \
  "+GROUP-SECP521R1:+GROUP-FFDHE2048:+GROUP-FFDHE3072:+SIGN-ALL:-SIGN-RSA-SHA1:"         \
  "-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:+CTYPE-SRV-X509:+COMP-NULL"

/* VERIFY: forward secrecy and authenticated ciphers only. */
#define MR__PRIORITY_VERIFY MR__PRIORITY_COMMON

/* MAY and ENCRYPT: the other choice is often clear text, so old TLS 1.2 servers count. */
#define MR__PRIORITY_ANY                                                                 \
  MR__PRIORITY_COMMON ":+AES-256-CBC:+AES-128-CBC:+SHA256:+SHA1:+RSA"

#endif

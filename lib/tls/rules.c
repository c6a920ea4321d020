/* SPDX-License-Identifier: MIT */
#include "base/config.h"
#include "tls/tls.h"

#if MR_WITH_TLS
#include <string.h>

#include "tls/der.h"
#include "tls/rules.h"

enum {
  MR__RSA_BITS_MIN = 2048,
  MR__RSA_BITS_MAX = 8192, /* each check costs the cube of it */
  MR__EC_BITS_MIN = 256,
  MR__EXTENSIONS_MAX = 32,
  MR__EXTENSION_OCTETS_MAX = 32 * 1024,
  MR__CONSTRAINTS_OCTETS_MAX = 4 * 1024, /* the library compares each with each name */
  MR__OID_TEXT = 64
};

#define OID_KEY_USAGE "2.5.29.15"
#define OID_SAN "2.5.29.17"
#define OID_BASIC "2.5.29.19"
#define OID_NAME_CONSTRAINTS "2.5.29.30"
#define OID_POLICIES "2.5.29.32"
#define OID_PURPOSE "2.5.29.37"

const char *mr__rule_key(gnutls_x509_crt_t crt) {
  unsigned bits = 0;
  switch (gnutls_x509_crt_get_pk_algorithm(crt, &bits)) {
  case GNUTLS_PK_RSA:
  case GNUTLS_PK_RSA_PSS:
    if (bits < MR__RSA_BITS_MIN)
      return "has an RSA key of less than 2048 bits";
    return bits > MR__RSA_BITS_MAX ? "has an RSA key of more than 8192 bits" : NULL;
  case GNUTLS_PK_ECDSA:
    return bits < MR__EC_BITS_MIN ? "has an ECDSA key of less than 256 bits" : NULL;
  case GNUTLS_PK_EDDSA_ED25519:
  case GNUTLS_PK_EDDSA_ED448:
    return NULL;
  default:
    return "has a key of a kind that is not accepted";
  }
}

const char *mr__rule_signature(gnutls_x509_crt_t crt) {
  static const char weak[] =
      "has a signature of a kind that is not accepted (MD5, SHA-1)";
  int sign = gnutls_x509_crt_get_signature_algorithm(crt);
  if (sign < 0)
    return weak;
  if (sign == GNUTLS_SIGN_EDDSA_ED25519 || sign == GNUTLS_SIGN_EDDSA_ED448)
    return NULL;
  gnutls_sign_algorithm_t id = (gnutls_sign_algorithm_t)sign;
  gnutls_pk_algorithm_t pk = gnutls_sign_get_pk_algorithm(id);
  if (pk != GNUTLS_PK_RSA && pk != GNUTLS_PK_RSA_PSS && pk != GNUTLS_PK_ECDSA)
    return weak;
  switch (gnutls_sign_get_hash_algorithm(id)) {
  case GNUTLS_DIG_SHA256:
  case GNUTLS_DIG_SHA384:
  case GNUTLS_DIG_SHA512:
    return NULL;
  default:
    return weak;
  }
}

static int understood(const char *oid) {
  static const char *const known[] = {OID_KEY_USAGE,        OID_SAN,      OID_BASIC,
                                      OID_NAME_CONSTRAINTS, OID_POLICIES, OID_PURPOSE};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (mr__streq(oid, known[i]))
      return 1;
  return 0;
}

static const char *extension_rule(gnutls_x509_crt_t crt, unsigned at, const char *oid,
                                  unsigned critical) {
  size_t size = 0;
  size_t max = mr__streq(oid, OID_NAME_CONSTRAINTS) ? (size_t)MR__CONSTRAINTS_OCTETS_MAX
                                                    : (size_t)MR__EXTENSION_OCTETS_MAX;
  if (critical && !understood(oid))
    return "has a critical extension that is not understood";
  int rc = gnutls_x509_crt_get_extension_data(crt, at, NULL, &size);
  if (rc < 0 && rc != GNUTLS_E_SHORT_MEMORY_BUFFER)
    return "has an extension that cannot be read";
  return size > max ? "has an extension of excessive size" : NULL;
}

const char *mr__rule_extensions(gnutls_x509_crt_t crt) {
  for (unsigned i = 0; i <= MR__EXTENSIONS_MAX; i++) {
    char oid[MR__OID_TEXT];
    size_t size = sizeof oid;
    unsigned critical = 0;
    int rc = gnutls_x509_crt_get_extension_info(crt, i, oid, &size, &critical);
    if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
      return NULL;
    if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
      memcpy(oid, "?", 2);
    else if (rc < 0)
      return "has an extension that cannot be read";
    const char *wrong = extension_rule(crt, i, oid, critical);
    if (wrong)
      return wrong;
  }
  return "has too many extensions";
}

/* 0: not there. The value is the caller's to gnutls_free. */
static int extension(gnutls_x509_crt_t crt, const char *oid, gnutls_datum_t *value) {
  unsigned critical;
  value->data = NULL;
  value->size = 0;
  int rc = gnutls_x509_crt_get_extension_by_oid2(crt, oid, 0, value, &critical);
  return rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? 0 : rc < 0 ? -1 : 1;
}

static int serves(const gnutls_datum_t *value) {
  static const uint8_t server_auth[] = {0x2B, 6, 1, 5, 5, 7, 3, 1};
  static const uint8_t any[] = {0x55, 0x1D, 0x25, 0};
  mr__cur cur = mr__cur_of(value->data, value->size), list, oid;
  unsigned tag;
  int found = 0;
  if (!mr__der_next(&cur, &tag, &list) || tag != MR__DER_SEQUENCE)
    return 0;
  while (mr__der_next(&list, &tag, &oid)) {
    size_t len = mr__cur_left(&oid);
    if (tag != MR__DER_OID)
      return 0;
    found |= (len == sizeof server_auth && memcmp(oid.p, server_auth, len) == 0) ||
             (len == sizeof any && memcmp(oid.p, any, len) == 0);
  }
  return found && !list.err;
}

const char *mr__rule_purpose(gnutls_x509_crt_t crt) {
  gnutls_datum_t value;
  int there = extension(crt, OID_PURPOSE, &value);
  int good = there == 0 || (there > 0 && serves(&value));
  gnutls_free(value.data);
  return good ? NULL : "is not meant for TLS servers (extended key usage)";
}

const char *mr__rule_names(gnutls_x509_crt_t crt, const mr__name *names, size_t count) {
  gnutls_datum_t value;
  int there = extension(crt, OID_SAN, &value);
  int good = there > 0 && mr__names_match(names, count, value.data, value.size);
  gnutls_free(value.data);
  if (good)
    return NULL;
  return there ? "is for other names" : "has no subject alternative name";
}

#endif

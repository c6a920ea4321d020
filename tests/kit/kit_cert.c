/* SPDX-License-Identifier: MIT */
#include "kit/kit_cert.h"

#if MR_WITH_TLS
#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/kit_alloc.h"
#include "kit/kit_buf.h"

struct kit_cert {
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_t key;
  char *pem, *chain, *full, *key_pem;
  void *der, *spki;
  size_t der_len, spki_len;
};

static const int64_t NOT_BEFORE = 1735689600; /* 2025-01-01 */
static const int64_t NOT_AFTER = 2051222400;  /* 2035-01-01 */

static void must(int rc, const char *what) {
  if (rc < 0)
    kit_die(what);
}

enum { KIT_SAN_DNS = 0x82, KIT_SAN_IP = 0x87, KIT_DER_SEQUENCE = 0x30 };

static void put_der(kit_buf *out, int tag, const void *data, size_t len) {
  unsigned char head[4] = {(unsigned char)tag, (unsigned char)len};
  size_t n = 2;
  if (len > 127) {
    head[1] = 0x82;
    head[2] = (unsigned char)(len >> 8);
    head[3] = (unsigned char)len;
    n = 4;
  }
  kit_buf_add(out, head, n);
  kit_buf_add(out, data, len);
}

static void put_ip(kit_buf *out, const char *text) {
  unsigned char raw[16];
  size_t len = 4;
  if (inet_pton(AF_INET, text, raw) != 1) {
    if (inet_pton(AF_INET6, text, raw) != 1)
      kit_die("certificate: not an IP address");
    len = 16;
  }
  put_der(out, KIT_SAN_IP, raw, len);
}

/* By hand (RFC 5280 4.2.1.6), because the library cuts a name at a NUL. */
static void set_san(gnutls_x509_crt_t crt, const kit_cert_spec *spec) {
  kit_buf names = {0}, san = {0};
  for (size_t i = 0; spec->dns && spec->dns[i]; i++)
    put_der(&names, KIT_SAN_DNS, spec->dns[i], strlen(spec->dns[i]));
  if (spec->dns_raw)
    put_der(&names, KIT_SAN_DNS, spec->dns_raw, spec->dns_raw_len);
  for (size_t i = 0; spec->ip && spec->ip[i]; i++)
    put_ip(&names, spec->ip[i]);
  if (names.len) {
    put_der(&san, KIT_DER_SEQUENCE, names.data, names.len);
    must(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", san.data, san.len, 0),
         "certificate: alternative names");
  }
  kit_buf_free(&names);
  kit_buf_free(&san);
}

static void set_names(gnutls_x509_crt_t crt, const kit_cert_spec *spec) {
  const char *cn = spec->cn ? spec->cn : "kit";
  must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn,
                                     (unsigned)strlen(cn)),
       "certificate: name");
  set_san(crt, spec);
}

static void set_use(gnutls_x509_crt_t crt, const kit_cert_spec *spec) {
  unsigned usage = spec->ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
                            : GNUTLS_KEY_DIGITAL_SIGNATURE;
  must(gnutls_x509_crt_set_basic_constraints(crt, spec->ca ? 1U : 0U, -1),
       "certificate: constraints");
  must(gnutls_x509_crt_set_key_usage(crt, usage), "certificate: usage");
  const char *purpose = spec->purpose;
  if (!purpose && !spec->ca)
    purpose = GNUTLS_KP_TLS_WWW_SERVER;
  if (purpose)
    must(gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0), "certificate: purpose");
}

static void set_limits(gnutls_x509_crt_t crt, const kit_cert_spec *spec) {
  gnutls_x509_name_constraints_t limits;
  if (spec->critical)
    must(gnutls_x509_crt_set_extension_by_oid(crt, spec->critical, "\5", 2, 1),
         "certificate: extension");
  if (!spec->permit_dns)
    return;
  gnutls_datum_t name = {(unsigned char *)spec->permit_dns,
                         (unsigned)strlen(spec->permit_dns)};
  must(gnutls_x509_name_constraints_init(&limits), "certificate: limits");
  must(gnutls_x509_name_constraints_add_permitted(limits, GNUTLS_SAN_DNSNAME, &name),
       "certificate: limits");
  must(gnutls_x509_crt_set_name_constraints(crt, limits, 1), "certificate: limits");
  gnutls_x509_name_constraints_deinit(limits);
}

static void make_key(kit_cert *cert, const kit_cert_spec *spec) {
  gnutls_pk_algorithm_t kind = spec->rsa_bits ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA;
  unsigned bits =
      spec->rsa_bits ? spec->rsa_bits : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
  must(gnutls_x509_privkey_init(&cert->key), "key");
  if (spec->key_of)
    must(gnutls_x509_privkey_cpy(cert->key, spec->key_of->key), "key");
  else
    must(gnutls_x509_privkey_generate(cert->key, kind, bits, 0), "key");
}

static void set_ids(gnutls_x509_crt_t crt, const kit_cert *issuer) {
  unsigned char id[64];
  size_t len = sizeof id;
  must(gnutls_x509_crt_get_key_id(crt, 0, id, &len), "certificate: key id");
  must(gnutls_x509_crt_set_subject_key_id(crt, id, len), "certificate: key id");
  must(gnutls_x509_crt_set_serial(crt, id, 8), "certificate: serial");
  len = sizeof id;
  must(gnutls_x509_crt_get_key_id(issuer->crt, 0, id, &len), "certificate: issuer id");
  must(gnutls_x509_crt_set_authority_key_id(crt, id, len), "certificate: issuer id");
}

static void build(kit_cert *cert, const kit_cert *issuer, const kit_cert_spec *spec) {
  make_key(cert, spec);
  must(gnutls_x509_crt_init(&cert->crt), "certificate");
  must(gnutls_x509_crt_set_version(cert->crt, 3), "certificate");
  must(gnutls_x509_crt_set_key(cert->crt, cert->key), "certificate: key");
  int64_t from = spec->not_before ? spec->not_before : NOT_BEFORE;
  int64_t to = spec->not_after ? spec->not_after : NOT_AFTER;
  must(gnutls_x509_crt_set_activation_time(cert->crt, (time_t)from), "certificate: date");
  must(gnutls_x509_crt_set_expiration_time(cert->crt, (time_t)to), "certificate: date");
  set_names(cert->crt, spec);
  set_use(cert->crt, spec);
  set_limits(cert->crt, spec);
  set_ids(cert->crt, issuer ? issuer : cert);
  must(gnutls_x509_crt_sign2(cert->crt, issuer ? issuer->crt : cert->crt,
                             issuer ? issuer->key : cert->key,
                             spec->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0),
       "certificate: signature");
}

static void *take(gnutls_datum_t *datum, size_t *len) {
  void *copy = kit_xdup_n(datum->data, datum->size);
  if (len)
    *len = datum->size;
  gnutls_free(datum->data);
  return copy;
}

static void *spki_of(gnutls_x509_crt_t crt, size_t *len) {
  gnutls_pubkey_t key;
  gnutls_datum_t datum;
  must(gnutls_pubkey_init(&key), "public key");
  must(gnutls_pubkey_import_x509(key, crt, 0), "public key");
  must(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &datum), "public key");
  gnutls_pubkey_deinit(key);
  return take(&datum, len);
}

static char *join(const char *a, const char *b) {
  kit_buf buf = {0};
  kit_buf_str(&buf, a);
  kit_buf_str(&buf, b);
  return buf.data;
}

static void export(kit_cert *cert, const kit_cert *issuer) {
  gnutls_datum_t datum;
  must(gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_PEM, &datum), "export");
  cert->pem = take(&datum, NULL);
  must(gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_DER, &datum), "export");
  cert->der = take(&datum, &cert->der_len);
  must(gnutls_x509_privkey_export2_pkcs8(cert->key, GNUTLS_X509_FMT_PEM, NULL,
                                         GNUTLS_PKCS_PLAIN, &datum),
       "export");
  cert->key_pem = take(&datum, NULL);
  cert->spki = spki_of(cert->crt, &cert->spki_len);
  cert->full = join(cert->pem, issuer ? issuer->full : "");
  /* A root (self-signed) adds nothing to the chain of what it issued. */
  int root = issuer && !strcmp(issuer->full, issuer->pem);
  cert->chain = join(cert->pem, issuer && !root ? issuer->chain : "");
}

kit_cert *kit_cert_new(const kit_cert *issuer, const kit_cert_spec *spec) {
  kit_cert *cert = kit_xalloc(NULL, sizeof *cert);
  build(cert, issuer, spec);
  export(cert, issuer);
  return cert;
}

void kit_cert_free(kit_cert *cert) {
  if (!cert)
    return;
  gnutls_x509_crt_deinit(cert->crt);
  gnutls_x509_privkey_deinit(cert->key);
  free(cert->pem);
  free(cert->chain);
  free(cert->full);
  free(cert->key_pem);
  free(cert->der);
  free(cert->spki);
  free(cert);
}

kit_cert *kit_cert_root(const char *cn) {
  kit_cert_spec spec = {.cn = cn, .ca = 1};
  return kit_cert_new(NULL, &spec);
}

kit_cert *kit_cert_leaf(const kit_cert *issuer, const char *dns) {
  const char *names[] = {dns, NULL};
  kit_cert_spec spec = {.cn = "leaf", .dns = names};
  return kit_cert_new(issuer, &spec);
}

const char *kit_cert_pem(const kit_cert *cert) { return cert->pem; }
const char *kit_cert_chain(const kit_cert *cert) { return cert->chain; }
const char *kit_cert_full(const kit_cert *cert) { return cert->full; }
const char *kit_cert_key(const kit_cert *cert) { return cert->key_pem; }

const void *kit_cert_der(const kit_cert *cert, size_t *len) {
  *len = cert->der_len;
  return cert->der;
}

const void *kit_cert_spki(const kit_cert *cert, size_t *len) {
  *len = cert->spki_len;
  return cert->spki;
}
#endif

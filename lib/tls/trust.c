/* SPDX-License-Identifier: MIT */
#include "base/config.h"
#include "tls/tls.h"

#if MR_WITH_TLS
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <string.h>

#include "base/map.h"
#include "tls/pem.h"
#include "tls/priority.h"
#include "tls/trust.h"

enum { MR__TRUST_MAX = 16 * 1024 * 1024 }; /* octets of PEM in a call, of DER in all */

struct mr_trust {
  mr_env env;
  atomic_uint refs;
  atomic_int used;
  mr__map by_subject; /* DER of the subject -> first mr__anchor */
  mr__anchor *last;
  size_t count, octets;
  gnutls_priority_t priority;
};

static void destroy(mr_trust *trust) {
  mr_env env = trust->env;
  while (trust->last) {
    mr__anchor *before = trust->last->before;
    mr__free(&env, trust->last);
    trust->last = before;
  }
  mr__map_free(&trust->by_subject);
  if (trust->priority)
    gnutls_priority_deinit(trust->priority);
  mr__free(&env, trust);
}

static int init_priority(mr_trust *trust) {
  int rc = gnutls_priority_init(&trust->priority, MR__PRIORITY_VERIFY, NULL);
  if (rc >= 0)
    return MR_OK;
  trust->priority = NULL;
  return rc == GNUTLS_E_MEMORY_ERROR ? MR_ERR_NOMEM : MR_ERR_NOTSUP;
}

int mr_trust_new(mr_trust **out, const mr_env *host) {
  mr_env env;
  if (!out)
    return MR_ERR_MISUSE;
  *out = NULL;
  mr__env_copy(&env, host);
  mr_trust *trust = mr__calloc(&env, 1, sizeof *trust);
  if (!trust)
    return MR_ERR_NOMEM;
  trust->env = env;
  atomic_init(&trust->refs, 1);
  atomic_init(&trust->used, 0);
  int rc = mr__map_init(&trust->by_subject, &trust->env);
  if (!rc)
    rc = init_priority(trust);
  if (rc) {
    destroy(trust);
    return rc;
  }
  *out = trust;
  return MR_OK;
}

gnutls_datum_t mr__anchor_der(const mr__anchor *anchor) {
  gnutls_datum_t der = {
      (unsigned char *)(uintptr_t)(anchor->octets + anchor->subject_len),
      (unsigned)anchor->der_len};
  return der;
}

static int known(const mr__anchor *first, const gnutls_datum_t *der) {
  for (const mr__anchor *a = first; a; a = a->next) {
    gnutls_datum_t have = mr__anchor_der(a);
    if (have.size == der->size && memcmp(have.data, der->data, der->size) == 0)
      return 1;
  }
  return 0;
}

/* Newest first in both lists, so that undo takes from the front. */
static int insert(mr_trust *trust, const gnutls_datum_t *subject,
                  const gnutls_datum_t *der) {
  mr__anchor *first = mr__map_get(&trust->by_subject, subject->data, subject->size);
  if (known(first, der))
    return MR_OK;
  if (der->size > MR__TRUST_MAX - trust->octets)
    return MR_ERR_LIMIT;
  mr__anchor *a = mr__realloc(&trust->env, NULL, sizeof *a + subject->size + der->size);
  if (!a)
    return MR_ERR_NOMEM;
  a->next = first;
  a->before = trust->last;
  a->subject_len = subject->size;
  a->der_len = der->size;
  memcpy(a->octets, subject->data, subject->size);
  memcpy(a->octets + subject->size, der->data, der->size);
  if (mr__map_put(&trust->by_subject, subject->data, subject->size, a, NULL)) {
    mr__free(&trust->env, a);
    return MR_ERR_NOMEM;
  }
  trust->last = a;
  trust->count++;
  trust->octets += der->size;
  return 1;
}

static void undo(mr_trust *trust, mr__anchor *mark) {
  while (trust->last != mark) {
    mr__anchor *a = trust->last;
    if (a->next) /* replaces: takes no memory */
      mr__map_put(&trust->by_subject, a->octets, a->subject_len, a->next, NULL);
    else
      mr__map_remove(&trust->by_subject, a->octets, a->subject_len);
    trust->last = a->before;
    trust->count--;
    trust->octets -= a->der_len;
    mr__free(&trust->env, a);
  }
}

/* MR_ERR_CERT: no certificate, or one without a subject: it is passed over. */
static int parse(gnutls_x509_crt_t crt, const gnutls_datum_t *pem,
                 gnutls_datum_t *subject, gnutls_datum_t *der) {
  int rc = gnutls_x509_crt_import(crt, pem, GNUTLS_X509_FMT_PEM);
  if (rc >= 0)
    rc = gnutls_x509_crt_get_raw_dn(crt, subject);
  if (rc >= 0)
    rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, der);
  if (rc == GNUTLS_E_MEMORY_ERROR)
    return MR_ERR_NOMEM;
  return rc < 0 || !subject->size || !der->size ? MR_ERR_CERT : MR_OK;
}

static int add_one(mr_trust *trust, const gnutls_datum_t *pem) {
  gnutls_datum_t subject = {NULL, 0}, der = {NULL, 0};
  gnutls_x509_crt_t crt;
  if (gnutls_x509_crt_init(&crt) < 0)
    return MR_ERR_NOMEM;
  int rc = parse(crt, pem, &subject, &der);
  if (!rc)
    rc = insert(trust, &subject, &der);
  gnutls_free(subject.data);
  gnutls_free(der.data);
  gnutls_x509_crt_deinit(crt);
  return rc;
}

int mr_trust_add_pem(mr_trust *trust, const void *data, size_t len) {
  if (!trust || (!data && len))
    return MR_ERR_MISUSE;
  if (atomic_load(&trust->used))
    return MR_ERR_STATE;
  if (len > MR__TRUST_MAX)
    return MR_ERR_LIMIT;
  mr__cur cur = mr__cur_of(data, len);
  mr__anchor *mark = trust->last;
  gnutls_datum_t pem;
  int added = 0;
  while (mr__pem_next(&cur, &pem)) {
    int rc = add_one(trust, &pem);
    if (rc == MR_ERR_NOMEM || rc == MR_ERR_LIMIT) {
      undo(trust, mark);
      return rc;
    }
    if (rc >= 0)
      added++;
  }
  return added ? MR_OK : MR_ERR_CERT;
}

size_t mr_trust_count(const mr_trust *trust) { return trust ? trust->count : 0; }

mr_trust *mr_trust_ref(mr_trust *trust) {
  if (trust)
    atomic_fetch_add(&trust->refs, 1U);
  return trust;
}

void mr_trust_free(mr_trust *trust) {
  if (trust && atomic_fetch_sub(&trust->refs, 1U) == 1)
    destroy(trust);
}

mr_trust *mr__trust_use(mr_trust *trust) {
  if (trust)
    atomic_store(&trust->used, 1);
  return mr_trust_ref(trust);
}

const mr__anchor *mr__trust_find(const mr_trust *trust, const void *subject, size_t len) {
  return mr__map_get(&trust->by_subject, subject, len);
}

gnutls_priority_t mr__trust_priority(const mr_trust *trust) { return trust->priority; }

#endif

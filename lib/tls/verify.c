/* SPDX-License-Identifier: MIT */
#include "base/config.h"
#include "tls/tls.h"

#if MR_WITH_TLS
#include <gnutls/x509.h>
#include <string.h>

#include "base/fmt.h"
#include "text/header.h"
#include "tls/rules.h"
#include "tls/verify.h"

enum {
  MR__PATH_STEPS_MAX = 64, /* issuers looked at, over all branches */
  MR__PATH_CHECKS_MAX = 8  /* complete paths whose signatures are checked */
};

/* The search for a path from the server's certificate to an anchor. */
typedef struct path {
  const mr__verify_job *job;
  mr__verdict *verdict;
  gnutls_x509_crt_t sent[MR__CHAIN_MAX];
  unsigned sent_count;
  unsigned chain[MR__CHAIN_MAX]; /* indexes of sent, the server's own first */
  unsigned depth;
  uint32_t used; /* bit set over sent */
  unsigned steps, checks;
} path;

enum { LEAF, ISSUER, ANCHOR };

/* The first complete path is the one that people want to hear about. */
static int refuse(path *p, int failure, unsigned place, const char *what) {
  static const char *const names[] = {"the server's certificate",
                                      "an issuer's certificate",
                                      "the trust anchor's certificate"};
  if (p->verdict->text[0] == '\0') {
    p->verdict->failure = failure;
    mr__fmt_to(p->verdict->text, sizeof p->verdict->text, "%s %s", names[place], what);
  }
  return 0;
}

static int check_date(path *p, gnutls_x509_crt_t crt, unsigned place) {
  char from[40], to[40], now_text[40], text[256];
  int64_t now = 0, start = gnutls_x509_crt_get_activation_time(crt);
  int64_t end = gnutls_x509_crt_get_expiration_time(crt);
  int rc = mr__wall(p->job->env, &now);
  if (rc == MR_OK && start != -1 && end != -1 && now >= start * 1000 &&
      now < (end + 1) * 1000)
    return 1;
  mr__date_print(start * 1000, from);
  mr__date_print(end * 1000, to);
  mr__date_print(now, now_text);
  mr__fmt_to(text, sizeof text, "is valid from %s to %s, but the clock says %s", from, to,
             rc == MR_OK ? now_text : "nothing (no calendar time)");
  return refuse(p, MR__TLS_FAIL_CLOCK, place, text);
}

/* The anchor's own signature says nothing, and it is trusted for what it is. */
static int check_rules(path *p, gnutls_x509_crt_t crt, unsigned place) {
  const char *wrong = mr__rule_key(crt);
  if (!wrong && place != ANCHOR)
    wrong = mr__rule_signature(crt);
  if (!wrong)
    wrong = mr__rule_extensions(crt);
  if (!wrong && place != ANCHOR)
    wrong = mr__rule_purpose(crt);
  if (wrong)
    return refuse(p, MR__TLS_FAIL_CERTIFICATE, place, wrong);
  return 1;
}

static const char *status_text(unsigned status) {
  if (status & GNUTLS_CERT_SIGNATURE_FAILURE)
    return "has a signature that its issuer did not make";
  if (status & GNUTLS_CERT_SIGNER_NOT_CA)
    return "was issued with a certificate that may not issue";
  if (status & GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE)
    return "breaks a constraint of an issuer";
  if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
    return "relies on an insecure algorithm";
  if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
    return "was not issued by a trusted authority";
  return "is not acceptable";
}

/* Signatures, CA flags, path lengths, key usage and name constraints; no dates. */
static int check_signatures(path *p, gnutls_x509_crt_t *chain, gnutls_x509_crt_t anchor) {
  const unsigned flags =
      GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
      GNUTLS_VERIFY_DISABLE_CRL_CHECKS | GNUTLS_VERIFY_DO_NOT_ALLOW_X509_V1_CA_CRT;
  unsigned status = GNUTLS_CERT_INVALID;
  int rc =
      gnutls_x509_crt_list_verify(chain, p->depth, &anchor, 1, NULL, 0, flags, &status);
  if (rc == GNUTLS_E_MEMORY_ERROR)
    return refuse(p, MR__TLS_FAIL_MEMORY, LEAF, "could not be checked: no memory");
  if (rc < 0)
    return refuse(p, MR__TLS_FAIL_CERTIFICATE, LEAF, "could not be checked");
  if (status)
    return refuse(p, MR__TLS_FAIL_CERTIFICATE, LEAF, status_text(status));
  return 1;
}

/* `anchor` has issued the last certificate of the path, or is that certificate. */
static int check_path(path *p, gnutls_x509_crt_t anchor) {
  gnutls_x509_crt_t chain[MR__CHAIN_MAX];
  if (p->checks++ >= MR__PATH_CHECKS_MAX)
    return 0;
  for (unsigned i = 0; i < p->depth; i++) {
    chain[i] = p->sent[p->chain[i]];
    if (!check_rules(p, chain[i], i == 0 ? LEAF : ISSUER))
      return 0;
  }
  if (!check_rules(p, anchor, ANCHOR) || !check_signatures(p, chain, anchor))
    return 0;
  for (unsigned i = 0; i < p->depth; i++)
    if (!check_date(p, chain[i], i == 0 ? LEAF : ISSUER))
      return 0;
  return check_date(p, anchor, ANCHOR);
}

static int try_anchor(path *p, const mr__anchor *a, gnutls_x509_crt_t last, int itself) {
  gnutls_datum_t der = mr__anchor_der(a);
  gnutls_x509_crt_t anchor;
  int good = 0;
  if (gnutls_x509_crt_init(&anchor) < 0)
    return refuse(p, MR__TLS_FAIL_MEMORY, ANCHOR, "could not be read: no memory");
  if (gnutls_x509_crt_import(anchor, &der, GNUTLS_X509_FMT_DER) >= 0)
    good = itself ? gnutls_x509_crt_equals(anchor, last) != 0
                  : gnutls_x509_crt_check_issuer(last, anchor) == 1;
  if (good)
    good = check_path(p, anchor);
  gnutls_x509_crt_deinit(anchor);
  return good;
}

/* An anchor that is the last certificate of the path, or has issued it. */
static int try_anchors(path *p, gnutls_x509_crt_t last, int itself) {
  gnutls_datum_t name = {NULL, 0};
  int good = 0;
  int rc = itself ? gnutls_x509_crt_get_raw_dn(last, &name)
                  : gnutls_x509_crt_get_raw_issuer_dn(last, &name);
  const mr__anchor *a =
      rc < 0 ? NULL : mr__trust_find(p->job->trust, name.data, name.size);
  for (; a && !good && p->steps < MR__PATH_STEPS_MAX; a = a->next) {
    p->steps++;
    good = try_anchor(p, a, last, itself);
  }
  gnutls_free(name.data);
  return good;
}

/* Depth first over the issuers that the server sent; each stands in a path once. */
static int extend(path *p, unsigned at) {
  gnutls_x509_crt_t last = p->sent[at];
  int good;
  p->chain[p->depth++] = at;
  p->used |= (uint32_t)1 << at;
  good = try_anchors(p, last, 1) || try_anchors(p, last, 0);
  for (unsigned i = 0; i < p->sent_count && !good; i++) {
    if (p->used >> i & 1 || p->steps >= MR__PATH_STEPS_MAX)
      continue;
    if (gnutls_x509_crt_check_issuer(last, p->sent[i]) != 1)
      continue;
    p->steps++;
    good = extend(p, i);
  }
  p->depth--;
  p->used &= ~((uint32_t)1 << at);
  return good;
}

static int import_sent(path *p) {
  for (unsigned i = 0; i < p->job->count; i++) {
    if (gnutls_x509_crt_init(&p->sent[i]) < 0)
      return refuse(p, MR__TLS_FAIL_MEMORY, LEAF, "could not be read: no memory");
    p->sent_count++;
    int rc = gnutls_x509_crt_import(p->sent[i], &p->job->chain[i], GNUTLS_X509_FMT_DER);
    if (rc < 0)
      return refuse(p, MR__TLS_FAIL_CERTIFICATE, i ? ISSUER : LEAF, "cannot be read");
  }
  return 1;
}

static int check_names(path *p) {
  const mr__verify_job *job = p->job;
  char ip[MR__IP_TEXT], text[MR__DOMAIN_TEXT + 64];
  const char *wrong = mr__rule_names(p->sent[0], job->names, job->name_count);
  if (!wrong)
    return 1;
  const char *name = job->name_count ? job->names[0].text : "";
  if (job->name_count && job->names[0].ip.family) {
    mr__ip_print(&job->names[0].ip, ip);
    name = ip;
  }
  mr__fmt_to(text, sizeof text, "%s (wanted: %s)", wrong,
             *name ? name : "no usable name");
  return refuse(p, MR__TLS_FAIL_CERTIFICATE, LEAF, text);
}

static int judge(path *p) {
  if (p->job->count == 0)
    return refuse(p, MR__TLS_FAIL_CERTIFICATE, LEAF, "was not sent");
  if (p->job->count > MR__CHAIN_MAX)
    return refuse(p, MR__TLS_FAIL_CERTIFICATE, LEAF, "came with more than 15 others");
  if (!import_sent(p) || !check_names(p))
    return 0;
  if (extend(p, 0))
    return 1;
  return refuse(p, MR__TLS_FAIL_CERTIFICATE, LEAF,
                "was not issued by a trusted authority");
}

int mr__verify(const mr__verify_job *job, mr__verdict *verdict) {
  path p = {.job = job, .verdict = verdict};
  verdict->failure = MR__TLS_FAIL_CERTIFICATE;
  verdict->text[0] = '\0';
  int good = 0;
  if (!job->trust || mr_trust_count(job->trust) == 0) {
    verdict->failure = MR__TLS_FAIL_NO_TRUST;
    mr__fmt_to(verdict->text, sizeof verdict->text,
               "there are no trust anchors to check the server's certificate against");
  } else {
    good = judge(&p);
  }
  for (unsigned i = 0; i < p.sent_count; i++)
    gnutls_x509_crt_deinit(p.sent[i]);
  if (good) {
    verdict->failure = MR__TLS_FAIL_NONE;
    verdict->text[0] = '\0';
  }
  return good;
}

#endif

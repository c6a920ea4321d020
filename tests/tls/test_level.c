/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>

#include "base/config.h"
#include "mailroute/tls.h"

static void test_names(void **state) {
  (void)state;
  assert_string_equal(mr_tls_level_name(MR_TLS_NONE), "none");
  assert_string_equal(mr_tls_level_name(MR_TLS_MAY), "may");
  assert_string_equal(mr_tls_level_name(MR_TLS_ENCRYPT), "encrypt");
  assert_string_equal(mr_tls_level_name(MR_TLS_VERIFY), "verify");
  assert_string_equal(mr_tls_level_name(MR_TLS_VERIFY + 1), "unknown");
  assert_string_equal(mr_tls_level_name(-1), "unknown");
}

/* fault 100: what every build answers; without TLS the rest is MR_ERR_NOTSUP. */
static void test_null(void **state) {
  (void)state;
  assert_int_equal(mr_trust_new(NULL, NULL), MR_ERR_MISUSE);
  assert_int_equal(mr_trust_count(NULL), 0);
  assert_null(mr_trust_ref(NULL));
  mr_trust_free(NULL);
  int rc = mr_trust_add_pem(NULL, "x", 1);
#if MR_WITH_TLS
  assert_int_equal(rc, MR_ERR_MISUSE);
#else
  mr_trust *trust = (mr_trust *)(uintptr_t)&rc;
  assert_int_equal(rc, MR_ERR_NOTSUP);
  assert_int_equal(mr_trust_new(&trust, NULL), MR_ERR_NOTSUP);
  assert_null(trust);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_names),
                                     cmocka_unit_test(test_null)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

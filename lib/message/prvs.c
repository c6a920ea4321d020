/* SPDX-License-Identifier: MIT */
/* Signed return paths: prvs of BATV (draft-levine-smtp-batv section 5). */
#include <mailroute/dsn.h>

#include <string.h>

#include "base/config.h"
#include "message/return_path.h"
#include "text/escape.h"
#if MR_WITH_TLS
#include "crypto/digest.h"
#endif

#define DAY_MS INT64_C(86400000)

enum {
  TAG_NAME = 5, /* "prvs=" */
  TAG_DATE = 4, /* number of the key and three digits of a day */
  TAG_HASH = 3, /* octets, in hexadecimal */
  TAG_LEN = TAG_NAME + TAG_DATE + 2 * TAG_HASH + 1,
  DAYS_WRAP = 1000
};

/* Whether a local part, unquoted or what stands behind its quote, has a tag. */
static int has_tag(const char *local) {
  if (strlen(local) <= TAG_LEN || !mr__memcaseeq(local, "prvs=", TAG_NAME))
    return 0;
  for (int i = 0; i < TAG_DATE; i++)
    if (!mr__is_digit(local[TAG_NAME + i]))
      return 0;
  for (int i = 0; i < 2 * TAG_HASH; i++)
    if (mr__hex_value(local[TAG_NAME + TAG_DATE + i]) < 0)
      return 0;
  return local[TAG_LEN - 1] == '=';
}

int mr_prvs_key(const char *address) {
  if (address == NULL)
    return MR_ERR_NOT_FOUND;
  address += *address == '<';
  address += *address == '"';
  return has_tag(address) ? address[TAG_NAME] - '0' : MR_ERR_NOT_FOUND;
}

#if MR_WITH_TLS

/* First octets of HMAC-SHA1 over key number, day and address. */
static int sign(const char *date, const char *address, const void *key, size_t key_len,
                uint8_t out[TAG_HASH]) {
  uint8_t digest[MR__DIGEST_MAX];
  char text[TAG_DATE + MR_RETURN_PATH_MAX];
  size_t len = strlen(address);
  if (len > MR_RETURN_PATH_MAX)
    return MR_ERR_ADDR_LONG;
  memcpy(text, date, TAG_DATE);
  memcpy(text + TAG_DATE, address, len);
  int err = mr__hmac_of(MR__SHA1, key, key_len, text, TAG_DATE + len, digest);
  memcpy(out, digest, err == MR_OK ? TAG_HASH : 0);
  return err;
}

static int today(const mr_env *env, int64_t wall, int64_t *day) {
  mr_env own;
  mr__env_copy(&own, env);
  if (wall < 0 && (mr__wall(&own, &wall) != MR_OK || wall < 0))
    return MR_ERR_TIME_UNKNOWN;
  *day = wall / DAY_MS;
  return MR_OK;
}

static void date_put(char date[TAG_DATE], int key_number, int64_t day) {
  int of = (int)(day % DAYS_WRAP);
  date[0] = (char)('0' + key_number);
  date[1] = (char)('0' + of / 100);
  date[2] = (char)('0' + of / 10 % 10);
  date[3] = (char)('0' + of % 10);
}

static int tag_put(char *dst, size_t cap, const mr_env *env, const mr_address *address,
                   const char *date, const uint8_t *hash) {
  static const char digits[] = "0123456789abcdef";
  char local[MR__LOCAL_ROOM];
  const char *plain = mr_address_local(address), *domain = mr_address_domain(address);
  size_t len = strlen(plain);
  memcpy(local, "prvs=", TAG_NAME);
  memcpy(local + TAG_NAME, date, TAG_DATE);
  for (size_t i = 0; i < TAG_HASH; i++) {
    local[TAG_NAME + TAG_DATE + 2 * i] = digits[hash[i] >> 4];
    local[TAG_NAME + TAG_DATE + 2 * i + 1] = digits[hash[i] & 15];
  }
  local[TAG_LEN - 1] = '=';
  memcpy(local + TAG_LEN, plain, len);
  return mr__return_path_put(dst, cap, env, local, TAG_LEN + len, domain, strlen(domain));
}

static int make(char *dst, size_t cap, const mr_env *env, const char *text,
                const void *key, size_t key_len, const char *date) {
  uint8_t hash[TAG_HASH];
  mr_address *address = NULL;
  int err = mr__return_path_get(&address, env, text);
  if (err == MR_OK)
    err = sign(date, mr_address_text(address), key, key_len, hash);
  if (err == MR_OK)
    err = tag_put(dst, cap, env, address, date, hash);
  mr_address_free(address);
  return err;
}

int mr_prvs_make(char *dst, size_t cap, const mr_env *env, const char *address,
                 const void *key, size_t key_len, int key_number, int days,
                 int64_t wall) {
  char date[TAG_DATE];
  int64_t day = 0;
  if (dst == NULL || cap == 0 || address == NULL || key == NULL || key_len == 0)
    return MR_ERR_MISUSE;
  dst[0] = '\0';
  if (key_number < 0 || key_number > 9 || days < 0 || days > MR_PRVS_DAYS_MAX)
    return MR_ERR_RANGE;
  int err = today(env, wall, &day);
  if (err != MR_OK)
    return err;
  date_put(date, key_number, day + days);
  return make(dst, cap, env, address, key, key_len, date);
}

static int is_old(const char *date, int64_t day) {
  int last = (date[1] - '0') * 100 + (date[2] - '0') * 10 + (date[3] - '0');
  int left = (last + DAYS_WRAP - (int)(day % DAYS_WRAP)) % DAYS_WRAP;
  return left > MR_PRVS_DAYS_MAX;
}

/* plain: the address without the tag. */
static int verify(const char *tag, const char *plain, const void *key, size_t key_len) {
  uint8_t want[TAG_HASH], got[TAG_HASH];
  int err = sign(tag + TAG_NAME, plain, key, key_len, want);
  const char *hex = tag + TAG_NAME + TAG_DATE;
  for (size_t i = 0; i < TAG_HASH; i++)
    got[i] = (uint8_t)(mr__hex_value(hex[2 * i]) * 16 + mr__hex_value(hex[2 * i + 1]));
  if (err == MR_OK && !mr__secret_equal(want, got, TAG_HASH))
    err = MR_ERR_NOT_FOUND;
  return err;
}

static int check(char *dst, size_t cap, const mr_env *env, const mr_address *address,
                 const void *key, size_t key_len, int64_t day) {
  char plain[MR_RETURN_PATH_MAX];
  const char *local = mr_address_local(address), *domain = mr_address_domain(address);
  if (!has_tag(local))
    return MR_ERR_NOT_FOUND;
  int err = mr__return_path_put(plain, sizeof plain, env, local + TAG_LEN,
                                strlen(local + TAG_LEN), domain, strlen(domain));
  if (err == MR_OK)
    err = verify(local, plain, key, key_len);
  if (err == MR_OK && is_old(local + TAG_NAME, day))
    err = MR_ERR_TIMEOUT;
  if (err == MR_OK && strlen(plain) >= cap)
    err = MR_ERR_LIMIT;
  if (err == MR_OK)
    memcpy(dst, plain, strlen(plain) + 1);
  return err;
}

int mr_prvs_check(char *dst, size_t cap, const mr_env *env, const char *address,
                  const void *key, size_t key_len, int64_t wall) {
  mr_address *parsed = NULL;
  int64_t day = 0;
  if (dst == NULL || cap == 0 || address == NULL || key == NULL || key_len == 0)
    return MR_ERR_MISUSE;
  dst[0] = '\0';
  int err = today(env, wall, &day);
  if (err == MR_OK)
    err = mr__return_path_get(&parsed, env, address);
  if (err == MR_OK)
    err = check(dst, cap, env, parsed, key, key_len, day);
  mr_address_free(parsed);
  return err;
}

#else

int mr_prvs_make(char *dst, size_t cap, const mr_env *env, const char *address,
                 const void *key, size_t key_len, int key_number, int days,
                 int64_t wall) {
  (void)env;
  (void)key_number;
  (void)days;
  (void)wall;
  if (dst == NULL || cap == 0 || address == NULL || key == NULL || key_len == 0)
    return MR_ERR_MISUSE;
  dst[0] = '\0';
  return MR_ERR_NOTSUP;
}

int mr_prvs_check(char *dst, size_t cap, const mr_env *env, const char *address,
                  const void *key, size_t key_len, int64_t wall) {
  (void)env;
  (void)wall;
  if (dst == NULL || cap == 0 || address == NULL || key == NULL || key_len == 0)
    return MR_ERR_MISUSE;
  dst[0] = '\0';
  return MR_ERR_NOTSUP;
}

#endif

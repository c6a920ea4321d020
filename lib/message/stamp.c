/* SPDX-License-Identifier: MIT */
#include "message/stamp.h"

#include <mailroute/options.h>

#include "base/fmt.h"
#include "text/domain.h"
#include "text/header.h"

int mr__stamp_random(const mr_env *env, char hex[MR__STAMP_HEX]) {
  static const char digits[] = "0123456789abcdef";
  uint8_t drawn[(MR__STAMP_HEX - 1) / 2];
  int err = mr__random(env, drawn, sizeof drawn);
  if (err != MR_OK)
    return err;
  for (size_t i = 0; i < sizeof drawn; i++) {
    hex[2 * i] = digits[drawn[i] >> 4];
    hex[2 * i + 1] = digits[drawn[i] & 15];
  }
  hex[MR__STAMP_HEX - 1] = '\0';
  return MR_OK;
}

int mr__stamp_date(mr_message *m) {
  int64_t now = 0;
  char date[40];
  if (mr__wall(&m->env, &now) != MR_OK)
    return mr__message_fail(m, MR_ERR_TIME_UNKNOWN, 0,
                            "the environment's clock gives no time for the Date field");
  mr__date_print(now, date);
  return mr__fmt(&m->header, "Date: %s\r\n", date);
}

const char *mr__stamp_domain(const char *address) {
  const char *domain = "";
  for (const char *p = address; *p != '\0'; p++)
    if (*p == '@')
      domain = p + 1;
  return domain;
}

static int id_domain(const mr_env *env, const mr_options *options, const char *from,
                     char dst[MR__DOMAIN_TEXT], const char **domain) {
  const char *own = mr_options_get_text(options, MR_OPT_MESSAGE_ID_DOMAIN);
  *domain = dst;
  if (own[0] != '\0')
    return mr__domain_ascii(env, own, mr__strlen(own), dst, NULL);
  *domain = mr__stamp_domain(from);
  if (**domain == '\0')
    *domain = MR__FALLBACK_DOMAIN;
  return MR_OK;
}

int mr__stamp_id_text(const mr_env *env, const mr_options *options, const char *from,
                      char dst[MR__STAMP_ID]) {
  char own[MR__DOMAIN_TEXT];
  char hex[MR__STAMP_HEX];
  const char *domain = "";
  int64_t now = 0;
  int err = id_domain(env, options, from, own, &domain);
  if (err == MR_OK)
    err = mr__stamp_random(env, hex);
  if (err != MR_OK)
    return err;
  /* without a clock the random part alone has to do */
  (void)mr__wall(env, &now);
  (void)mr__fmt_to(dst, MR__STAMP_ID, "<%llx.%s@%s>", (unsigned long long)now, hex,
                   domain);
  return MR_OK;
}

int mr__stamp_id(mr_message *m, const char *from) {
  char id[MR__STAMP_ID];
  int err = mr__stamp_id_text(&m->env, m->options, from, id);
  if (err == MR_ERR_RANDOM || err == MR_ERR_NOMEM)
    return err;
  if (err != MR_OK)
    return mr__message_fail(m, err, 0, "the option for the Message-ID is no domain");
  m->id = mr__strdup(&m->env, id);
  return m->id != NULL ? MR_OK : MR_ERR_NOMEM;
}

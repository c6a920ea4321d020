/* SPDX-License-Identifier: MIT */
/*
 * What came back: reads a message and says which recipients to take off the list.
 *
 *   bounce_reader [BOUNCES-ADDRESS] <mail
 *
 * With the address that newsletter has as BOUNCES, the recipient is found in the return
 * path even if the bounce does not name it. Exit code: 0 = somebody failed for good, 1 =
 * nobody did.
 */
#include <mailroute/mailroute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32 << 20, SURE = 70 };

static char *load(size_t *len) {
  char *data = malloc(MOST);
  *len = data != NULL ? fread(data, 1, MOST, stdin) : 0;
  return data;
}

/* Failed for good: a permanent status, and the reader is sure of it. */
static int is_dead(const mr_dsn_record *one) {
  return one->action == MR_DSN_FAILED && one->confidence >= SURE &&
         (one->status[0] == '5' || one->code >= 500);
}

static void record_print(const mr_dsn_record *one) {
  const char *who =
      one->original_recipient[0] != 0 ? one->original_recipient : one->final_recipient;
  printf("%s %s status=%s code=%d sure=%d%%%s\n", mr_dsn_action_name(one->action),
         who[0] != 0 ? who : "-", one->status[0] != 0 ? one->status : "-", one->code,
         one->confidence, is_dead(one) ? " REMOVE" : "");
  if (one->diagnostic[0] != 0)
    printf("  %s\n", one->diagnostic);
}

/* The recipient for whom the return path was made. */
static void verp_print(const mr_dsn_info *info, const char *bounces) {
  char recipient[MR_RETURN_PATH_MAX];
  if (bounces != NULL && mr_verp_parse(recipient, sizeof recipient, NULL, bounces,
                                       info->sent_to, NULL) == MR_OK)
    printf("sent to %s\n", recipient);
}

int main(int argc, char **argv) {
  size_t len = 0;
  int dead = 0;
  mr_dsn *dsn = NULL;
  char *mail = load(&len);
  int err = mail != NULL ? mr_dsn_parse(&dsn, NULL, mail, len) : MR_ERR_NOMEM;
  free(mail);
  if (err != MR_OK) {
    fprintf(stderr, "%s\n", mr_strerror(err));
    return 65;
  }
  const mr_dsn_info *info = mr_dsn_get(dsn);
  printf("%s sure=%d%%%s%s\n", mr_dsn_verdict_name(info->verdict), info->confidence,
         info->style[0] != 0 ? " style=" : "", info->style);
  verp_print(info, argc > 1 ? argv[1] : NULL);
  for (size_t i = 0; i < mr_dsn_count(dsn); i++) {
    record_print(mr_dsn_at(dsn, i));
    dead |= is_dead(mr_dsn_at(dsn, i));
  }
  mr_dsn_free(dsn);
  return !dead;
}

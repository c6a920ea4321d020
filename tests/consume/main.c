/* SPDX-License-Identifier: MIT */
/* The smallest user of an installed library: header, link, call. */
#include <mailroute/mailroute.h>
#include <stdio.h>

int main(void) {
  mr_message *message = NULL;
  int code = mr_message_new(&message, NULL, NULL);
  if (code == MR_OK)
    code = mr_message_set_subject(message, "hello");
  mr_message_free(message);
  printf("libmailroute %s: %s\n", mr_version(), mr_strerror(code));
  return code != MR_OK;
}

/* SPDX-License-Identifier: MIT */
/* The first mail: by MX of the recipient's domain, tried again while the program runs. */
#include <mailroute/mailroute.h>
#include <stdio.h>

int main(int argc, char **argv) {
  mr_driver *d = NULL;
  mr_message *m = NULL;
  const mr_event *e;
  if (argc != 3 || mr_driver_new(&d, NULL, NULL, NULL, 0))
    return 64;
  if (mr_message_new(&m, NULL, NULL))
    return 71;
  mr_message_set_from(m, NULL, argv[1]);
  mr_message_add_to(m, NULL, argv[2]);
  mr_message_set_subject(m, "Hello");
  mr_message_set_text(m, "The first mail.\n", 16);
  if (mr_driver_send(d, m))
    puts(mr_driver_error(d)->text);
  while ((e = mr_driver_next(d, MR_NEVER)) != NULL)
    if (e->type == MR_EVENT_OUTCOME)
      printf("%s: %s\n", e->outcome->recipient, e->outcome->text);
  mr_message_free(m);
  mr_driver_free(d);
}

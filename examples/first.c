/* SPDX-License-Identifier: MIT */
/* The first mail: by MX of the recipient's domain, tried again while the program runs. */
#include <mailroute/mailroute.h>
#include <stdio.h>

int main(int argc, char **argv) {
  mr_driver *driver = NULL;
  mr_message *message = NULL;
  const mr_event *e;
  if (argc != 3 || mr_driver_new(&driver, NULL, NULL, NULL, 0) != MR_OK ||
      mr_message_new(&message, NULL, NULL) != MR_OK)
    return 64;
  mr_message_set_from(message, NULL, argv[1]);
  mr_message_add_to(message, NULL, argv[2]);
  mr_message_set_subject(message, "Hello");
  mr_message_set_text(message, "The first mail.\n", 16);
  if (mr_driver_send(driver, message) != MR_OK)
    puts(mr_driver_error(driver)->text);
  while ((e = mr_driver_next(driver, MR_NEVER)) != NULL)
    if (e->type == MR_EVENT_OUTCOME)
      printf("%s: %s: %s\n", e->outcome->recipient, mr_fate_name(e->outcome->fate),
             e->outcome->text);
  mr_message_free(message);
  mr_driver_free(driver);
}

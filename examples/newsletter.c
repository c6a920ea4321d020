/* SPDX-License-Identifier: MIT */
/*
 * A newsletter: one message for each recipient, with a return path of its own (VERP), so
 * that bounce_reader can tell who is gone, and with unsubscribing by one click.
 *
 *   newsletter FROM BOUNCES UNSUBSCRIBE-URL <recipients
 *
 * recipients: an address list as in a header ("Bob <bob@b.example>, …"), on any number of
 * lines; folds begin with white space.
 */
#include <mailroute/mailroute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };

static const char text[] = "Hello,\n\nthis month: a mail library.\n";

/* URL?who=address, with everything but letters and digits as %XX (RFC 3986 2.1). */
static void unsubscribe_uri(char *uri, size_t cap, const char *url, const char *address) {
  size_t at = (size_t)snprintf(uri, cap, "%s?who=", url);
  for (; *address != 0 && at + 4 < cap; address++) {
    unsigned c = (unsigned char)*address;
    int plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    at += (size_t)snprintf(uri + at, cap - at, plain ? "%c" : "%%%02X", c);
  }
}

static mr_message *letter_make(char **argv, const char *name, const mr_address *to) {
  char path[MR_RETURN_PATH_MAX];
  char uri[900];
  mr_message *letter = NULL;
  const char *address = mr_address_text(to);
  if (mr_verp_make(path, sizeof path, NULL, argv[2], address, NULL) != MR_OK ||
      mr_message_new(&letter, NULL, NULL) != MR_OK) {
    fprintf(stderr, "%s: no return path for it\n", address);
    return NULL;
  }
  unsubscribe_uri(uri, sizeof uri, argv[3], address);
  mr_message_set_sender(letter, path);
  mr_message_set_from(letter, "The Newsletter", argv[1]);
  mr_message_add_to(letter, name[0] != 0 ? name : NULL, address);
  mr_message_set_subject(letter, "News of this month");
  mr_message_set_list_id(letter, "News", "news.newsletter.example");
  mr_message_add_list_uri(letter, MR_LIST_UNSUBSCRIBE, uri);
  mr_message_set_one_click(letter);
  mr_message_add_header(letter, "Auto-Submitted", "auto-generated");
  mr_message_set_text(letter, text, sizeof text - 1);
  return letter;
}

static void send_all(mr_driver *driver, char **argv, const mr_address_list *list) {
  for (size_t i = 0; i < mr_address_list_count(list); i++) {
    const mr_address *to = mr_address_list_address(list, i);
    mr_message *letter = NULL;
    if (to == NULL) /* begin or end of a group */
      continue;
    letter = letter_make(argv, mr_address_list_name(list, i), to);
    if (letter != NULL && mr_driver_send(driver, letter) != MR_OK)
      fprintf(stderr, "%s: %s\n", mr_address_text(to), mr_driver_error(driver)->text);
    mr_message_free(letter);
  }
}

static mr_address_list *recipients_read(void) {
  mr_address_list *list = NULL;
  size_t offset = 0;
  char *data = malloc(MOST);
  size_t len = data != NULL ? fread(data, 1, MOST, stdin) : 0;
  while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
    len--;
  int err = mr_address_list_parse(&list, NULL, data, len, &offset);
  if (err != MR_OK)
    fprintf(stderr, "recipients: %s, at octet %zu\n", mr_strerror(err), offset);
  free(data);
  return list;
}

int main(int argc, char **argv) {
  mr_driver *driver = NULL;
  const mr_event *e;
  mr_address_list *list = argc == 4 ? recipients_read() : NULL;
  if (list == NULL || mr_driver_new(&driver, NULL, NULL, NULL, 0) != MR_OK) {
    fputs("usage: newsletter FROM BOUNCES UNSUBSCRIBE-URL <recipients\n", stderr);
    mr_address_list_free(list);
    return 64;
  }
  send_all(driver, argv, list);
  while ((e = mr_driver_next(driver, MR_NEVER)) != NULL)
    if (e->type == MR_EVENT_OUTCOME)
      printf("%s: %s: %s\n", e->outcome->recipient, mr_fate_name(e->outcome->fate),
             e->outcome->text);
  mr_address_list_free(list);
  mr_driver_free(driver);
  return 0;
}

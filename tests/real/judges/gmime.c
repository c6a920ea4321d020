/* SPDX-License-Identifier: MIT */
/*
 * GMime as a judge, in the words of the generator:
 *   gmime lists             address lists from standard input, as tests/real/lists.c
 *   gmime messages IN OUT N reads IN/1.eml to IN/N.eml, writes OUT/1.expect and so on
 */
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT = 0x1F, INPUT_MAX = 1 << 24 };

typedef struct output {
  FILE *expect, *content;
  unsigned long long at;
} output;

static void mailboxes(InternetAddressList *list, FILE *out, const char *kind) {
  for (int i = 0; list != NULL && i < internet_address_list_length(list); i++) {
    InternetAddress *one = internet_address_list_get_address(list, i);
    const char *name = internet_address_get_name(one);
    if (INTERNET_ADDRESS_IS_GROUP(one)) {
      mailboxes(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)), out,
                kind);
      continue;
    }
    const char *address =
        internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(one));
    fprintf(out, "%s%c%s%c%s\n", kind, UNIT, name != NULL ? name : "", UNIT, address);
  }
}

static int lists(void) {
  char *data = malloc(INPUT_MAX);
  size_t len = data != NULL ? fread(data, 1, INPUT_MAX, stdin) : 0;
  for (char *at = data, *end; len > 0 && (end = memchr(at, 0, len)) != NULL;) {
    char *line = g_mime_utils_header_unfold(at);
    InternetAddressList *list = internet_address_list_parse(NULL, line);
    mailboxes(list, stdout, "1");
    putchar(0);
    g_free(line);
    if (list != NULL)
      g_object_unref(list);
    len -= (size_t)(end - at) + 1;
    at = end + 1;
  }
  free(data);
  return 0;
}

static const char *or_empty(const char *text) { return text != NULL ? text : ""; }

static GByteArray *decoded(GMimeObject *part) {
  GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
  GMimeStream *memory = g_mime_stream_mem_new();
  GByteArray *octets = g_byte_array_new();
  g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(memory), FALSE);
  g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(memory), octets);
  if (content != NULL)
    g_mime_data_wrapper_write_to_stream(content, memory);
  g_object_unref(memory);
  return octets;
}

static void part_write(output *out, GMimeObject *part, int depth) {
  const char *disposition = or_empty(g_mime_object_get_disposition(part));
  char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(part));
  const char *filename =
      g_mime_object_get_content_disposition_parameter(part, "filename");
  int leaf = GMIME_IS_PART(part);
  int text = strncmp(type, "text/", 5) == 0 && strcmp(disposition, "attachment") != 0;
  GByteArray *octets = leaf ? decoded(part) : g_byte_array_new();
  fprintf(out->expect, "part%c%d%c%s%c%s%c%s%c%s%c%d%c%d%c%llu%c%u\n", UNIT, depth, UNIT,
          type, UNIT, disposition, UNIT, or_empty(filename), UNIT,
          or_empty(g_mime_object_get_content_id(part)), UNIT, leaf, UNIT, text, UNIT,
          out->at, UNIT, octets->len);
  fwrite(octets->data, 1, octets->len, out->content);
  out->at += octets->len;
  g_byte_array_unref(octets);
  g_free(type);
}

static void walk(output *out, GMimeObject *part, int depth) {
  part_write(out, part, depth);
  if (GMIME_IS_MULTIPART(part)) {
    GMimeMultipart *holder = GMIME_MULTIPART(part);
    for (int i = 0; i < g_mime_multipart_get_count(holder); i++)
      walk(out, g_mime_multipart_get_part(holder, i), depth + 1);
  } else if (GMIME_IS_MESSAGE_PART(part)) {
    GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
    walk(out, g_mime_message_get_mime_part(inner), depth + 1);
  }
}

static FILE *open_or_die(const char *folder, int number, const char *suffix,
                         const char *mode) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%d.%s", folder, number, suffix);
  FILE *file = fopen(path, mode);
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  return file;
}

static void message_read(const char *in, const char *folder, int number) {
  output out = {open_or_die(folder, number, "expect", "wb"),
                open_or_die(folder, number, "bin", "wb"), 0};
  GMimeStream *stream = g_mime_stream_file_new(open_or_die(in, number, "eml", "rb"));
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
  fprintf(out.expect, "subject%c%s\n", UNIT,
          or_empty(g_mime_message_get_subject(message)));
  mailboxes(g_mime_message_get_from(message), out.expect, "from");
  mailboxes(g_mime_message_get_to(message), out.expect, "to");
  mailboxes(g_mime_message_get_cc(message), out.expect, "cc");
  walk(&out, g_mime_message_get_mime_part(message), 0);
  g_object_unref(message);
  g_object_unref(parser);
  g_object_unref(stream);
  fclose(out.expect);
  fclose(out.content);
}

int main(int argc, char **argv) {
  int result = 64;
  g_mime_init();
  if (argc == 2 && strcmp(argv[1], "lists") == 0)
    result = lists();
  if (argc == 5 && strcmp(argv[1], "messages") == 0) {
    for (int number = 1; number <= atoi(argv[4]); number++)
      message_read(argv[2], argv[3], number);
    result = 0;
  }
  g_mime_shutdown();
  return result;
}

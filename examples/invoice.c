/* SPDX-License-Identifier: MIT */
/*
 * An invoice: text and HTML with the logo in it, a PDF read from its file while the mail
 * goes out, signed if there is a key. The finished message goes to standard output.
 *
 *   invoice FROM TO LOGO.png INVOICE.pdf [KEY.pem DOMAIN SELECTOR] >mail.eml
 */
#include <mailroute/mailroute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "Dear customer,\n\nplease find our invoice attached.\n";
static const char html[] = "<p><img src=\"cid:logo@invoice.example\" alt=\"Logo\"></p>\n"
                           "<p>Dear customer,</p>\n"
                           "<p>please find our invoice attached.</p>\n";

/* The seal and each pass over the message read the file again, piece by piece. */
static int attach_file(mr_message *message, const char *path) {
  const char *slash = strrchr(path, '/');
  mr_source source;
  int err = mr_file_source(&source, NULL, path);
  if (err != MR_OK) {
    fprintf(stderr, "%s: %s\n", path, mr_strerror(err));
    return err;
  }
  err = mr_message_attach_source(message, slash != NULL ? slash + 1 : path,
                                 "application/pdf", &source);
  if (err != MR_OK) /* else the message closes it */
    source.release(source.user);
  return err;
}

/* A small file as a whole; NULL = it cannot be read. */
static char *load(const char *path, size_t *len) {
  enum { MOST = 1 << 20 };
  FILE *file = fopen(path, "rb");
  char *data = malloc(MOST);
  if (file == NULL || data == NULL) {
    perror(path);
    free(data);
    data = NULL;
  } else {
    *len = fread(data, 1, MOST, file);
  }
  if (file != NULL)
    fclose(file);
  return data;
}

static int embed_logo(mr_message *message, const char *path) {
  size_t len = 0;
  char *logo = load(path, &len);
  int err = MR_ERR_SOURCE;
  if (logo != NULL)
    err = mr_message_embed(message, "logo@invoice.example", "logo.png", "image/png", logo,
                           len);
  free(logo);
  return err;
}

static int sign(mr_message *message, char **key) {
  size_t len = 0;
  mr_dkim *signer = NULL;
  char *pem = load(key[0], &len);
  int err = pem == NULL ? MR_ERR_SOURCE : mr_dkim_new(&signer, NULL, key[1], key[2]);
  if (err == MR_OK)
    err = mr_dkim_set_key_pem(signer, pem, len);
  if (err == MR_OK)
    err = mr_message_sign(message, signer);
  if (err == MR_OK)
    fprintf(stderr, "the key is looked for at %s\n", mr_dkim_name(signer));
  mr_dkim_free(signer); /* the message holds a reference */
  free(pem);
  return err;
}

static int message_write(mr_message *message) {
  char buf[16384];
  size_t len = 0;
  mr_reader *reader = NULL;
  int err = mr_reader_new(&reader, message);
  do {
    if (err == MR_OK)
      err = mr_reader_read(reader, buf, sizeof buf, &len);
    if (err == MR_OK && fwrite(buf, 1, len, stdout) != len)
      err = MR_ERR_SOURCE;
  } while (err == MR_OK && len > 0);
  mr_reader_free(reader);
  return err;
}

int main(int argc, char **argv) {
  mr_message *message = NULL;
  if ((argc != 5 && argc != 8) || mr_message_new(&message, NULL, NULL) != MR_OK) {
    fputs("usage: invoice FROM TO LOGO.png INVOICE.pdf [KEY.pem DOMAIN SELECTOR]\n",
          stderr);
    return 64;
  }
  mr_message_set_from(message, "Accounts \xe2\x82\xac", argv[1]);
  mr_message_add_to(message, NULL, argv[2]);
  mr_message_set_subject(message, "Your invoice");
  mr_message_set_text(message, text, sizeof text - 1);
  mr_message_set_html(message, html, sizeof html - 1);
  int err = embed_logo(message, argv[3]);
  if (err == MR_OK)
    err = attach_file(message, argv[4]);
  if (err == MR_OK && argc == 8)
    err = sign(message, argv + 5);
  if (err == MR_OK) /* also tells the first error of the calls above */
    err = mr_message_seal(message);
  if (err == MR_OK)
    err = message_write(message);
  if (err != MR_OK)
    fprintf(stderr, "%s: %s\n", mr_strerror(err), mr_message_error(message)->text);
  mr_message_free(message);
  return err != MR_OK;
}

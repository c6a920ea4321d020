/* SPDX-License-Identifier: MIT */
/* Where a POSIX system keeps its DNS servers and its CA certificates. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/driver.h"

enum { LINE_OCTETS = 512 };

/* 1: a server was added; 0: the line names none; < 0: error. A link-local address with a
 * scope behind % cannot be told to a channel, so it is passed over. */
static int add_line(mr_driver *driver, char *line) {
  static const char blanks[] = " \t\r\n";
  char *word = line + strspn(line, blanks);
  size_t len = strcspn(word, blanks);
  if (len != strlen("nameserver") || memcmp(word, "nameserver", len) != 0) {
    return 0;
  }
  char *address = word + len + strspn(word + len, blanks);
  address[strcspn(address, blanks)] = '\0';
  int err = mr_route_add_server(mr_router_route(driver->router), address, 0);
  return err == MR_ERR_NOMEM ? err : err == MR_OK;
}

/* What does not fit is no line of its own. 0 = end of the file. */
static int read_line(FILE *file, char line[LINE_OCTETS]) {
  if (!fgets(line, LINE_OCTETS, file)) {
    return 0;
  }
  for (int c = strchr(line, '\n') ? '\n' : 0; c != '\n' && c != EOF;) {
    c = fgetc(file);
  }
  return 1;
}

/* resolv.conf(5): without a server the one on this host is meant. */
int mr__driver_resolv_conf(mr_driver *driver, const char *path) {
  char line[LINE_OCTETS];
  int added = 0, err = 0;
  FILE *file = fopen(path, "re");
  while (file && err >= 0 && read_line(file, line)) {
    err = add_line(driver, line);
    added |= err > 0;
  }
  if (file) {
    fclose(file);
  }
  if (err < 0 || added) {
    return err < 0 ? err : MR_OK;
  }
  return mr_route_add_server(mr_router_route(driver->router), "127.0.0.1", 0);
}

static int grow(mr_driver *driver, const char *path, char **data, size_t *cap) {
  if (*cap >= MR__DRIVER_FILE_MAX) {
    return mr__driver_fail(driver, MR_ERR_IO, "%s: too large for CA certificates", path);
  }
  *cap = *cap ? *cap * 2 : 65536;
  char *more = mr__driver_alloc(driver, *data, *cap);
  *data = more ? more : *data;
  return more ? MR_OK : MR_ERR_NOMEM;
}

static int read_file(mr_driver *driver, const char *path, char **data, size_t *len) {
  FILE *file = fopen(path, "re");
  size_t cap = 0;
  int err = MR_OK;
  if (!file) {
    return mr__driver_fail(driver, MR_ERR_IO, "%s: %s", path, strerror(errno));
  }
  while (err == MR_OK && !feof(file) && !ferror(file)) {
    if (*len == cap) {
      err = grow(driver, path, data, &cap);
    }
    if (err == MR_OK) {
      *len += fread(*data + *len, 1, cap - *len, file);
    }
  }
  if (err == MR_OK && ferror(file)) {
    err = mr__driver_fail(driver, MR_ERR_IO, "%s: %s", path, strerror(errno));
  }
  fclose(file);
  return err;
}

int mr_driver_load_ca(mr_driver *driver, const char *path) {
  mr_trust *trust = NULL;
  char *data = NULL;
  size_t len = 0;
  if (!driver || !path) {
    return MR_ERR_MISUSE;
  }
  driver->error.code = MR_OK;
  int err = mr_trust_new(&trust, &driver->env);
  if (err == MR_OK) {
    err = read_file(driver, path, &data, &len);
  }
  if (err == MR_OK) {
    int added = mr_trust_add_pem(trust, data, len);
    err = added > 0 ? MR_OK : added;
    if (err == MR_ERR_CERT) {
      mr__driver_fail(driver, err, "%s: no CA certificate (PEM) in it", path);
    }
  }
  if (err == MR_OK) {
    err = mr_route_set_trust(mr_router_route(driver->router), trust);
  }
  mr__driver_alloc(driver, data, 0);
  mr_trust_free(trust);
  return err;
}

int mr__driver_system_ca(mr_driver *driver) {
  static const char *const paths[] = {
      "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
      "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
      "/etc/ssl/ca-bundle.pem",             /* openSUSE */
      "/etc/ssl/cert.pem",                  /* the BSDs, macOS */
  };
  int err = MR_ERR_IO;
  for (size_t i = 0; i < sizeof paths / sizeof *paths && err == MR_ERR_IO; i++) {
    err = mr_driver_load_ca(driver, paths[i]);
  }
  return err;
}

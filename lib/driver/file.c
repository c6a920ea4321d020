/* SPDX-License-Identifier: MIT */
/* A file as the source of a message or of an attachment. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mailroute/driver.h>

typedef struct file {
  mr_env env;
  int fd;
} file;

static void *file_alloc(const mr_env *env, void *ptr, size_t size) {
  if (env->alloc) {
    return env->alloc(env->user, ptr, size);
  }
  if (size == 0) {
    free(ptr);
    return NULL;
  }
  return realloc(ptr, size);
}

static int file_read(void *user, uint64_t offset, void *buf, size_t cap, size_t *len) {
  const file *f = user;
  ssize_t n;
  do {
    n = pread(f->fd, buf, cap, (off_t)offset);
  } while (n < 0 && errno == EINTR);
  *len = n > 0 ? (size_t)n : 0;
  return n >= 0 ? MR_OK : MR_ERR_IO;
}

static void file_release(void *user) {
  file *f = user;
  mr_env env = f->env;
  close(f->fd);
  file_alloc(&env, f, 0);
}

/* A pipe cannot be read twice, and a device has no end: -1. Opening must not wait. */
static int open_regular(const char *path, uint64_t *length) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
    close(fd);
    fd = -1;
  }
  *length = fd >= 0 ? (uint64_t)st.st_size : 0;
  return fd;
}

int mr_file_source(mr_source *source, const mr_env *env, const char *path) {
  mr_env own = {0};
  uint64_t length = 0;
  if (!source || !path) {
    return MR_ERR_MISUSE;
  }
  memset(source, 0, sizeof *source);
  if (env) {
    memcpy(&own, env, env->size < sizeof own ? env->size : sizeof own);
  }
  file *f = file_alloc(&own, NULL, sizeof *f);
  if (!f) {
    return MR_ERR_NOMEM;
  }
  f->env = own;
  f->fd = open_regular(path, &length);
  if (f->fd < 0) {
    file_alloc(&own, f, 0);
    return MR_ERR_IO;
  }
  *source = (mr_source){sizeof *source, f, file_read, file_release, length};
  return MR_OK;
}

/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <string.h>

#include "base/fmt.h"

enum { CHUNK_MIN = 4096, ALIGN = 16, TEXT_MAX = 4096, LIST_FIRST = 8 };

struct mr__arena_chunk {
  mr__arena_chunk *next;
  size_t size; /* of what follows the header */
};

void mr__arena_init(mr__arena *arena, const mr_env *env, size_t max) {
  memset(arena, 0, sizeof *arena);
  arena->env = env;
  arena->max = max;
}

void mr__arena_free(mr__arena *arena) {
  while (arena->chunks) {
    mr__arena_chunk *next = arena->chunks->next;
    mr__free(arena->env, arena->chunks);
    arena->chunks = next;
  }
  arena->left = 0;
}

static size_t header_size(void) {
  return (sizeof(mr__arena_chunk) + ALIGN - 1) / ALIGN * ALIGN;
}

static int add_chunk(mr__arena *arena, size_t size) {
  size_t wanted = size > CHUNK_MIN ? size : CHUNK_MIN;
  if (wanted > arena->max - arena->total) {
    arena->err = MR_ERR_LIMIT;
    return arena->err;
  }
  mr__arena_chunk *chunk = mr__realloc(arena->env, NULL, header_size() + wanted);
  if (!chunk) {
    arena->err = MR_ERR_NOMEM;
    return arena->err;
  }
  chunk->next = arena->chunks;
  chunk->size = wanted;
  arena->chunks = chunk;
  arena->left = wanted;
  arena->total += wanted;
  return MR_OK;
}

void *mr__arena_get(mr__arena *arena, size_t size) {
  if (arena->err) {
    return NULL;
  }
  if (size > arena->max) {
    arena->err = MR_ERR_LIMIT;
    return NULL;
  }
  size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
  if (rounded > arena->left && add_chunk(arena, rounded)) {
    return NULL;
  }
  mr__arena_chunk *chunk = arena->chunks;
  void *place = (uint8_t *)chunk + header_size() + (chunk->size - arena->left);
  arena->left -= rounded;
  return memset(place, 0, rounded);
}

const char *mr__arena_text(mr__arena *arena, const char *text) {
  size_t len = strlen(text);
  char *copy = mr__arena_get(arena, len + 1);
  if (!copy) {
    return "";
  }
  memcpy(copy, text, len + 1);
  return copy;
}

const char *mr__arena_fmt(mr__arena *arena, const char *format, ...) {
  mr__buf buf;
  va_list args;
  mr__buf_init(&buf, arena->env, TEXT_MAX);
  va_start(args, format);
  mr__vfmt(&buf, format, args);
  va_end(args);
  if (buf.err == MR_ERR_NOMEM) {
    arena->err = arena->err ? arena->err : MR_ERR_NOMEM;
  }
  const char *text = mr__arena_text(arena, mr__buf_text(&buf));
  mr__buf_free(&buf);
  return text;
}

int mr__arena_push(mr__arena *arena, mr__arena_list *list, const void *item) {
  if (list->count == list->cap) {
    size_t cap = list->cap ? list->cap * 2 : LIST_FIRST;
    const void **items = mr__arena_get(arena, cap * sizeof *items);
    if (!items) {
      return arena->err;
    }
    if (list->count) {
      memcpy(items, list->items, list->count * sizeof *items);
    }
    list->items = items;
    list->cap = cap;
  }
  list->items[list->count++] = item;
  return MR_OK;
}

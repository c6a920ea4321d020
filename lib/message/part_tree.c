/* SPDX-License-Identifier: MIT */
/* Parts inside parts: a tree of bounded height and size (bug 45, bug 46, fault 16). */
#include "message/part_object.h"

int mr__part_grow(mr_part *part, size_t height, size_t count) {
  size_t level = 0;
  const mr_part *top = part;
  for (const mr_part *p = part; p != NULL; p = p->parent) {
    level++;
    top = p;
  }
  if (height > MR__PART_DEPTH || level + height > MR__PART_DEPTH)
    return mr__part_fail(part, MR_ERR_DEPTH, 0, "parts nested deeper than 100 levels");
  if (count > MR__PART_COUNT || top->count + count > MR__PART_COUNT)
    return mr__part_fail(part, MR_ERR_LIMIT, 0, "more than 10000 parts");
  for (mr_part *p = part; p != NULL; p = p->parent) {
    p->count += count;
    height++;
    if (p->height < height)
      p->height = height;
  }
  return MR_OK;
}

static int contains(const mr_part *child, const mr_part *part) {
  for (; part != NULL; part = part->parent)
    if (part == child)
      return 1;
  return 0;
}

static int check(mr_part *part, const mr_part *child) {
  if (part->kind != MR__PART_MULTI)
    return mr__part_fail(part, MR_ERR_MISUSE, 0, "only a multipart takes parts");
  if (contains(child, part))
    return mr__part_fail(part, MR_ERR_CYCLE, 0, "a part would contain itself");
  if (child->busy || child->frozen)
    return MR_ERR_STATE;
  if (child->parent != NULL || child->used)
    return mr__part_fail(part, MR_ERR_EXISTS, 0, "the part is in use already");
  if (child->error.code != MR_OK)
    return mr__part_fail(part, child->error.code, child->error.offset, child->error.text);
  return MR_OK;
}

int mr__part_insert(mr_part *part, mr_part *child, int in_front) {
  int err = check(part, child);
  if (err == MR_OK)
    err = mr__part_grow(part, child->height, child->count);
  if (err != MR_OK)
    return err;
  child->parent = part;
  child->next = in_front ? part->first : NULL;
  if (part->first == NULL || in_front)
    part->first = mr__part_ref(child);
  else
    part->last->next = mr__part_ref(child);
  if (child->next == NULL)
    part->last = child;
  return MR_OK;
}

int mr_part_add(mr_part *part, mr_part *child) {
  int err = mr__part_enter(part);
  if (err != MR_OK)
    return err;
  err = child != NULL ? mr__part_insert(part, child, 0) : MR_ERR_MISUSE;
  return mr__part_leave(part, err);
}

mr_part *mr__part_next(const mr_part *part) {
  if (part->first != NULL)
    return part->first;
  while (part != NULL && part->next == NULL)
    part = part->parent;
  return part != NULL ? part->next : NULL;
}

/* SPDX-License-Identifier: MIT */
/* Names with their records, in a hash table that also holds every parent. */
#include <stdlib.h>
#include <string.h>

#include "kit/kit_alloc.h"
#include "kit/kit_dns_impl.h"

static size_t bucket_of(const kit_name *name) {
  uint32_t hash = 2166136261U; /* FNV-1a over lower case */
  for (size_t i = 0; i < name->len; i++) {
    uint8_t c = name->octets[i];
    c = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    hash = (hash ^ c) * 16777619U;
  }
  return hash % KIT_DNS_BUCKETS;
}

kit_node *kit__node_find(const kit_dns *dns, const kit_name *name) {
  kit_node *node = dns->buckets[bucket_of(name)];
  while (node && !kit__name_equal(&node->name, name))
    node = node->next;
  return node;
}

static kit_node *obtain(kit_dns *dns, const kit_name *name) {
  kit_node *node = kit__node_find(dns, name);
  if (node)
    return node;
  kit_node **bucket = &dns->buckets[bucket_of(name)];
  node = kit_xalloc(NULL, sizeof *node);
  node->name = *name;
  node->next = *bucket;
  *bucket = node;
  return node;
}

void kit__node_add(kit_dns *dns, const kit_name *name, const kit_record *record) {
  kit_node *node = obtain(dns, name);
  node->records = kit_xalloc(node->records, (node->count + 1) * sizeof *node->records);
  node->records[node->count++] = *record;
  kit_name up = *name;
  do
    obtain(dns, &up)->below++;
  while (kit__name_parent(&up));
}

static void uncount(kit_dns *dns, const kit_name *name) {
  kit_name up = *name;
  do
    kit__node_find(dns, &up)->below--;
  while (kit__name_parent(&up));
}

void kit__node_remove(kit_dns *dns, const kit_name *name, int type) {
  kit_node *node = kit__node_find(dns, name);
  size_t kept = 0;
  for (size_t i = 0; node && i < node->count; i++) {
    if (type && node->records[i].type != type) {
      node->records[kept++] = node->records[i];
      continue;
    }
    free(node->records[i].rdata);
    uncount(dns, name);
  }
  if (node)
    node->count = kept;
}

static void free_node(kit_node *node) {
  for (size_t i = 0; i < node->count; i++)
    free(node->records[i].rdata);
  free(node->records);
  free(node);
}

void kit__tree_free(kit_dns *dns) {
  for (size_t i = 0; i < KIT_DNS_BUCKETS; i++)
    while (dns->buckets[i]) {
      kit_node *node = dns->buckets[i];
      dns->buckets[i] = node->next;
      free_node(node);
    }
}

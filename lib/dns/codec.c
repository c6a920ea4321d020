/* SPDX-License-Identifier: MIT */
#include "dns/codec.h"

#include <string.h>

#include <ldns/rbtree.h>

#include <ldns/buffer.h>
#include <ldns/host2wire.h>
#include <ldns/packet.h>
#include <ldns/rr.h>
#include <ldns/wire2host.h>

#include <mailroute/resolver.h>

/* Takes the name in any case. */
static ldns_pkt *query_new(const mr__dname *name, int type) {
  ldns_rdf *rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name->len, name->octets);
  if (!rdf)
    return NULL;
  ldns_pkt *packet =
      ldns_pkt_query_new(rdf, (ldns_rr_type)type, LDNS_RR_CLASS_IN, LDNS_RD);
  if (!packet)
    ldns_rdf_deep_free(rdf);
  return packet;
}

int mr__dns_encode(uint8_t out[MR__DNS_QUERY_MAX], size_t *len, const mr__dname *name,
                   int type) {
  int err = MR_ERR_NOMEM;
  ldns_pkt *packet = query_new(name, type);
  ldns_buffer *buffer = ldns_buffer_new(MR__DNS_QUERY_MAX);
  if (!packet || !buffer)
    goto done;
  ldns_pkt_set_id(packet, 0);
  if (ldns_pkt2buffer_wire(buffer, packet) != LDNS_STATUS_OK)
    goto done;
  *len = ldns_buffer_position(buffer);
  if (*len != MR__DNS_HEADER + name->len + 4)
    goto done;
  memcpy(out, ldns_buffer_begin(buffer), *len);
  err = MR_OK;
done:
  ldns_buffer_free(buffer);
  ldns_pkt_free(packet);
  return err;
}

static size_t field_size(const ldns_rr *rr, unsigned i) {
  const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
  return rdf && ldns_rdf_data(rdf) ? ldns_rdf_size(rdf) : 0;
}

/* Every field that the type has, none of them empty, addresses of their one length. */
static int is_whole(const ldns_rr *rr) {
  int type = (int)ldns_rr_get_type(rr);
  const ldns_rdf *owner = ldns_rr_owner(rr);
  unsigned fields = mr__dns_field_count(type);
  if (!owner || !ldns_rdf_data(owner) || !fields || ldns_rr_rd_count(rr) != fields)
    return 0;
  for (unsigned i = 0; i < fields; i++)
    if (field_size(rr, i) == 0)
      return 0;
  return (type != MR_DNS_A || field_size(rr, 0) == 4) &&
         (type != MR_DNS_AAAA || field_size(rr, 0) == 16) &&
         (type != MR_DNS_MX || field_size(rr, 0) == 2) &&
         (type != MR__DNS_SOA || field_size(rr, 6) == 4);
}

static int all_whole(const ldns_rr_list *list, size_t count) {
  if (ldns_rr_list_rr_count(list) != count)
    return 0;
  for (size_t i = 0; i < count; i++) {
    const ldns_rr *rr = ldns_rr_list_rr(list, i);
    if (!rr || !is_whole(rr))
      return 0;
  }
  return 1;
}

int mr__dns_decode(mr__dns_reply *out, const mr__dns_scan *scan) {
  ldns_pkt *packet = NULL;
  out->packet = NULL;
  if (ldns_wire2pkt(&packet, scan->clean.data, scan->clean.len) != LDNS_STATUS_OK)
    return MR_ERR_NOMEM; /* the scan left nothing else that could be wrong */
  if (!all_whole(ldns_pkt_answer(packet), scan->answers) ||
      !all_whole(ldns_pkt_authority(packet), scan->soas)) {
    ldns_pkt_free(packet);
    return MR_ERR_NOMEM;
  }
  out->packet = packet;
  out->answers = scan->answers;
  out->soas = scan->soas;
  return MR_OK;
}

void mr__dns_reply_free(mr__dns_reply *reply) {
  ldns_pkt_free(reply->packet);
  reply->packet = NULL;
}

static const uint8_t *field(const ldns_rr *rr, unsigned i, size_t *len) {
  const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
  *len = ldns_rdf_size(rdf);
  return ldns_rdf_data(rdf);
}

static void get_rdata(const ldns_rr *rr, mr__dns_rr *out) {
  size_t len;
  mr__cur cur;
  switch (out->type) {
  case MR_DNS_A:
  case MR_DNS_AAAA:
    out->address = field(rr, 0, &len);
    break;
  case MR_DNS_CNAME:
    out->name = field(rr, 0, &out->name_len);
    break;
  case MR_DNS_MX:
    cur = mr__cur_of(field(rr, 0, &len), 2);
    out->preference = mr__cur_get16(&cur);
    out->name = field(rr, 1, &out->name_len);
    break;
  default:
    cur = mr__cur_of(field(rr, 6, &len), 4);
    out->minimum = mr__cur_get32(&cur);
    break;
  }
}

void mr__dns_reply_get(const mr__dns_reply *reply, unsigned i, mr__dns_rr *out) {
  const ldns_pkt *packet = reply->packet;
  const ldns_rr *rr = i < reply->answers ? ldns_rr_list_rr(ldns_pkt_answer(packet), i)
                                         : ldns_rr_list_rr(ldns_pkt_authority(packet),
                                                           i - reply->answers);
  const ldns_rdf *owner = ldns_rr_owner(rr);
  memset(out, 0, sizeof *out);
  out->type = (int)ldns_rr_get_type(rr);
  out->ttl = ldns_rr_ttl(rr);
  out->owner = ldns_rdf_data(owner);
  out->owner_len = ldns_rdf_size(owner);
  get_rdata(rr, out);
}

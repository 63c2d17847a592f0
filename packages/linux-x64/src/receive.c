/*
 * From the system to JavaScript: one recvmmsg for each time that the loop says there is something to read, so that a busy
 * socket takes turns with the others and with timers, and one call for what it brought.
 *
 * The bytes lie in the slab, which the next batch uses again; short ones are copied on into JavaScript's block, where
 * they stay, and JavaScript copies the long ones before it returns.
 */
#include "plait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* The rest is read when the loop says again that there are some. */
#define ERRORS_AT_ONCE 64

/* Whoever has got a datagram can take the block's memory away (ArrayBuffer.prototype.transfer): it is not ours then. */
static void check_block(plait_env *env) {
  napi_handle_scope scope;
  size_t length = 0;
  if (env->block == NULL || napi_open_handle_scope(env->napi, &scope) != napi_ok) return;
  napi_value block;
  void *memory;
  if (napi_get_reference_value(env->napi, env->block_ref, &block) != napi_ok ||
      napi_get_arraybuffer_info(env->napi, block, &memory, &length) != napi_ok || length == 0) {
    env->block = NULL;
    env->block_size = env->shared->block_used = 0;
  }
  napi_close_handle_scope(env->napi, scope);
}

/* Where the next datagram can be put in JavaScript's block; NULL where it has no room. */
static uint8_t *room_in_block(plait_env *env, uint32_t length) {
  uint32_t used = env->shared->block_used;
  if (env->block == NULL || length > BLOCK_LONGEST) return NULL;
  return used <= env->block_size && length <= env->block_size - used ? env->block + used : NULL;
}

static void prepare(plait_socket *s, int count) {
  plait_env *env = s->env;
  for (int i = 0; i < count; i++) {
    struct msghdr *m = &env->in_messages[i].msg_hdr;
    env->in_iovecs[i].iov_base = env->slab + (size_t)i * SLOT_STRIDE;
    env->in_iovecs[i].iov_len = s->longest;
    m->msg_name = &env->in_names[i];
    m->msg_namelen = sizeof env->in_names[i];
    m->msg_iov = &env->in_iovecs[i];
    m->msg_iovlen = 1;
    m->msg_control = s->gro || s->pktinfo ? &env->in_controls[i] : NULL;
    m->msg_controllen = s->gro || s->pktinfo ? sizeof env->in_controls[i] : 0;
    m->msg_flags = 0;
  }
}

/* What came with a message: the length of the datagrams it was joined from, and where it was sent to. */
static uint32_t read_control(const plait_socket *s, struct msghdr *m, plait_in *entry) {
  uint32_t piece = 0;
  bool foreign = false;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      int size;
      memcpy(&size, CMSG_DATA(c), sizeof size);
      if (size > 0) piece = (uint32_t)size;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      /* Of a broadcast or a group the two differ: one can't answer from there. */
      foreign = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr;
      /* A socket of both families has the address from the other message, as ::ffff:… */
      if (s->family == AF_INET) entry->destination[0] = ntohl(info.ipi_addr.s_addr);
      entry->flags |= IN_DESTINATION | IN_OWN_ADDRESS;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      for (int i = 0; i < 4; i++) entry->destination[i] = ntohl(info.ipi6_addr.s6_addr32[i]);
      entry->interface_index = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
      entry->flags |= IN_DESTINATION | (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr) ? 0 : IN_OWN_ADDRESS);
    }
  }
  if (foreign) entry->flags &= ~(uint32_t)IN_OWN_ADDRESS;
  return piece;
}

static void deliver(plait_socket *s) {
  plait_env *env = s->env;
  uint32_t count = env->in_count;
  env->in_count = 0;
  if (count > 0 && !s->closing) plait_call(env, env->on_batch, s->context, s->id, count, 2);
}

/* One datagram of a message, at `offset` of the slab. */
static void add(plait_socket *s, const plait_in *common, uint32_t offset, uint32_t length) {
  plait_env *env = s->env;
  if (env->in_count == IN_MAX) {
    deliver(s);
    check_block(env);
  }
  plait_in *entry = &env->in[env->in_count++];
  *entry = *common;
  entry->length = length;
  uint8_t *room = room_in_block(env, length);
  if (room != NULL) {
    memcpy(room, env->slab + offset, length);
    entry->offset = env->shared->block_used;
    env->shared->block_used += length;
  } else {
    entry->offset = offset;
    entry->flags |= IN_SLAB;
  }
}

static void add_message(plait_socket *s, int index) {
  plait_env *env = s->env;
  struct mmsghdr *message = &env->in_messages[index];
  uint32_t offset = (uint32_t)index * SLOT_STRIDE;
  uint32_t length = message->msg_len;
  plait_in common;
  memset(&common, 0, sizeof common);
  plait_from_sockaddr(&env->in_names[index], &common.from);
  uint32_t piece = message->msg_hdr.msg_controllen > 0 ? read_control(s, &message->msg_hdr, &common) : 0;
  if (message->msg_hdr.msg_flags & MSG_TRUNC) {
    common.flags |= IN_TRUNCATED;
    length = 0;
    piece = 0;
  }
  if (piece == 0 || piece >= length) {
    add(s, &common, offset, length);
    return;
  }
  s->gro_seen = true;
  for (uint32_t at = 0; at < length && !s->closing; at += piece) {
    add(s, &common, offset + at, length - at < piece ? length - at : piece);
  }
}

void plait_receive(plait_socket *s) {
  plait_env *env = s->env;
  /* A loop that is run inside a callback must not overwrite the batch that is being told. */
  if (env->receiving) return;
  unsigned want = s->gro_seen ? GRO_BATCH : BATCH;
  prepare(s, (int)want);
  int n;
  do n = recvmmsg(s->fd, env->in_messages, want, MSG_DONTWAIT, NULL);
  while (n < 0 && errno == EINTR);
  if (n < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (s->recverr) plait_drain_errors(s);
    else plait_tell(s, TROUBLE_ICMP, errno, 1, NULL);
    return;
  }
  env->receiving = true;
  check_block(env);
  for (int i = 0; i < n && !s->closing; i++) add_message(s, i);
  deliver(s);
  env->in_count = 0;
  env->receiving = false;
}

void plait_drain_errors(plait_socket *s) {
  struct sockaddr_in6 to;
  uint8_t byte;
  union {
    struct cmsghdr header;
    uint8_t bytes[512];
  } control;
  for (int i = 0; i < ERRORS_AT_ONCE; i++) {
    struct iovec iov = {.iov_base = &byte, .iov_len = 1};
    struct msghdr m = {.msg_name = &to,
                       .msg_namelen = sizeof to,
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    memset(&to, 0, sizeof to);
    ssize_t n = recvmsg(s->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    s->baffled = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
      bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
      bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
      if (!v4 && !v6) continue;
      struct sock_extended_err error;
      memcpy(&error, CMSG_DATA(c), sizeof error);
      plait_address peer;
      bool named = m.msg_namelen > 0;
      if (named) plait_from_sockaddr(&to, &peer);
      /* What the own system refused has been told as the error of that send. */
      if (error.ee_origin == SO_EE_ORIGIN_LOCAL) continue;
      plait_tell(s, TROUBLE_ICMP, (int)error.ee_errno, 1, named ? &peer : NULL);
    }
  }
}

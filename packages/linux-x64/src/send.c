/*
 * From JavaScript to the system: what a turn has written leaves in one sendmmsg for each run of one socket. Datagrams of
 * equal length to one peer go as one message that the system cuts (UDP_SEGMENT), where it can.
 *
 * What the system does not take now waits, up to a bound, until the loop says that it does; order is kept.
 */
#include "plait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* The most that the system cuts from one message: datagrams, and bytes. */
#define GSO_PIECES 64
#define GSO_BYTES 65000

static bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

/* Whether a send may have failed with word of an earlier one, which the error queue keeps as well. */
static bool of_an_earlier_one(int error) {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
         error == ENOPROTOOPT || error == EPROTO || error == EACCES || error == EOPNOTSUPP || error == ENONET ||
         error == EMSGSIZE;
}

/* Whether the system can't cut this message, though it may take the pieces. */
static bool of_cutting(int error) {
  return error == EINVAL || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT || error == EOPNOTSUPP;
}

static bool same_destination(const plait_out *a, const plait_out *b) {
  return a->flags == b->flags && memcmp(&a->to, &b->to, sizeof a->to) == 0 &&
         ((a->flags & OUT_SOURCE) == 0 ||
          (memcmp(a->source, b->source, sizeof a->source) == 0 && a->interface_index == b->interface_index));
}

/* How many entries from `first` on, up to `end`, can go as one message. */
static uint32_t pieces_from(const plait_socket *s, const plait_out *out, uint32_t first, uint32_t end) {
  const plait_out *a = &out[first];
  if (!s->gso || a->length == 0 || a->length > s->gso_longest) return 1;
  uint32_t count = 1, bytes = a->length;
  while (first + count < end && count < GSO_PIECES) {
    const plait_out *b = &out[first + count];
    if (b->length == 0 || b->length > a->length || bytes + b->length > GSO_BYTES) break;
    if (b->offset != a->offset + bytes || !same_destination(a, b)) break;
    count++;
    bytes += b->length;
    if (b->length < a->length) break; /* only the last may be shorter */
  }
  return count;
}

/* Room for the control messages of one datagram. */
static struct cmsghdr *next_control(struct msghdr *m, struct cmsghdr *last, int level, int type, size_t length) {
  m->msg_controllen += CMSG_SPACE(length);
  struct cmsghdr *c = last == NULL ? CMSG_FIRSTHDR(m) : CMSG_NXTHDR(m, last);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(length);
  return c;
}

static void fill(plait_socket *s, const plait_out *entry, uint8_t *data, uint32_t pieces, uint32_t bytes, uint32_t at) {
  plait_env *env = s->env;
  struct msghdr *m = &env->out_messages[at].msg_hdr;
  env->out_iovecs[at].iov_base = data;
  env->out_iovecs[at].iov_len = bytes;
  m->msg_iov = &env->out_iovecs[at];
  m->msg_iovlen = 1;
  m->msg_flags = 0;
  if (entry->flags & OUT_NAMED) {
    m->msg_name = &env->out_names[at];
    m->msg_namelen = plait_to_sockaddr(s->family, &entry->to, &env->out_names[at]);
  } else {
    m->msg_name = NULL;
    m->msg_namelen = 0;
  }
  m->msg_control = NULL;
  m->msg_controllen = 0;
  if (pieces == 1 && (entry->flags & OUT_SOURCE) == 0) return;
  m->msg_control = &env->out_controls[at];
  memset(&env->out_controls[at], 0, sizeof env->out_controls[at]);
  struct cmsghdr *c = NULL;
  if (pieces > 1) {
    uint16_t length = (uint16_t)entry->length;
    c = next_control(m, c, IPPROTO_UDP, UDP_SEGMENT, sizeof length);
    memcpy(CMSG_DATA(c), &length, sizeof length);
  }
  if (entry->flags & OUT_SOURCE) {
    if (s->family == AF_INET) {
      struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(entry->source[0])};
      c = next_control(m, c, IPPROTO_IP, IP_PKTINFO, sizeof info);
      memcpy(CMSG_DATA(c), &info, sizeof info);
    } else {
      struct in6_pktinfo info = {.ipi6_ifindex = entry->interface_index};
      for (int i = 0; i < 4; i++) info.ipi6_addr.s6_addr32[i] = htonl(entry->source[i]);
      c = next_control(m, c, IPPROTO_IPV6, IPV6_PKTINFO, sizeof info);
      memcpy(CMSG_DATA(c), &info, sizeof info);
    }
  }
}

static void keep(plait_socket *s, const plait_out *entry, const uint8_t *data) {
  plait_message *m = NULL;
  if (s->backlog_messages < BACKLOG_MESSAGES && s->backlog_bytes + entry->length <= BACKLOG_BYTES) {
    m = malloc(sizeof *m + entry->length);
  }
  if (m == NULL) {
    plait_tell(s, TROUBLE_LOST, ENOBUFS, 1, NULL);
    return;
  }
  m->next = NULL;
  m->entry = *entry;
  memcpy(m->data, data, entry->length);
  bool first = s->backlog == NULL;
  *s->backlog_end = m;
  s->backlog_end = &m->next;
  s->backlog_messages++;
  s->backlog_bytes += entry->length;
  if (first) plait_poll(s);
}

/* Sends one datagram, in the last place of the messages. Answers whether the system took it or it is lost. */
static bool send_one(plait_socket *s, const plait_out *entry, uint8_t *data) {
  plait_env *env = s->env;
  fill(s, entry, data, 1, entry->length, OUT_MAX - 1);
  bool again = s->recverr;
  for (;;) {
    if (sendmsg(s->fd, &env->out_messages[OUT_MAX - 1].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    int error = errno;
    if (error == EINTR) continue;
    if (would_block(error)) return false;
    if (again && of_an_earlier_one(error)) {
      again = false;
      continue;
    }
    plait_tell(s, TROUBLE_LOST, error, 1, NULL);
    return true;
  }
}

/* Sends the pieces of a message that the system would not cut one by one. Answers how many it took or are lost. */
static uint32_t send_pieces(plait_socket *s, uint32_t first, uint32_t count) {
  plait_env *env = s->env;
  for (uint32_t i = 0; i < count; i++) {
    if (!send_one(s, &env->out[first + i], env->out_slab + env->out[first + i].offset)) return i;
  }
  return count;
}

/* Sends the entries from `first` up to `end`, all of one socket. */
static void send_run(plait_socket *s, uint32_t first, uint32_t end) {
  plait_env *env = s->env;
  uint32_t count = 0, i = first;
  if (s->backlog == NULL) {
    /* The last place is send_one's. */
    for (; i < end && count < OUT_MAX - 1; count++) {
      uint32_t pieces = pieces_from(s, env->out, i, end), bytes = 0;
      for (uint32_t k = 0; k < pieces; k++) bytes += env->out[i + k].length;
      fill(s, &env->out[i], env->out_slab + env->out[i].offset, pieces, bytes, count);
      env->out_first[count] = i;
      env->out_pieces[count] = pieces;
      i += pieces;
    }
  }
  uint32_t done = 0;
  bool again = s->recverr;
  uint32_t next = first;
  while (done < count) {
    int n = sendmmsg(s->fd, env->out_messages + done, count - done, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      done += (uint32_t)n;
      next = env->out_first[done - 1] + env->out_pieces[done - 1];
      again = s->recverr;
      continue;
    }
    int error = n == 0 ? EAGAIN : errno;
    uint32_t pieces = env->out_pieces[done];
    if (error == EINTR) continue;
    if (would_block(error)) break;
    if (again && of_an_earlier_one(error)) {
      again = false;
      continue;
    }
    if (pieces > 1 && of_cutting(error)) {
      if (error == EINVAL || error == EMSGSIZE) s->gso_longest = env->out[env->out_first[done]].length - 1;
      else s->gso = false;
      uint32_t sent = send_pieces(s, env->out_first[done], pieces);
      next += sent;
      if (sent < pieces) break;
    } else {
      plait_tell(s, TROUBLE_LOST, error, pieces, NULL);
      next += pieces;
    }
    done++;
    again = s->recverr;
  }
  if (next < end && done == count && s->backlog == NULL) {
    send_run(s, next, end);
    return;
  }
  for (; next < end; next++) keep(s, &env->out[next], env->out_slab + env->out[next].offset);
}

/* The entry is JavaScript's: it must not lead outside of the memory. */
static bool is_sound(const plait_out *entry) {
  return entry->offset <= OUT_ROOM && entry->length <= OUT_ROOM - entry->offset && entry->length <= 65535;
}

void plait_flush(plait_env *env) {
  uint32_t count = env->shared->out_count;
  env->shared->out_count = 0;
  env->shared->out_end = 0;
  if (count > OUT_MAX) count = OUT_MAX;
  for (uint32_t i = 0; i < count;) {
    uint32_t id = env->out[i].socket, end = i;
    while (end < count && env->out[end].socket == id && is_sound(&env->out[end])) end++;
    plait_socket *s = plait_find(env, id);
    if (s != NULL && end > i) send_run(s, i, end);
    i = end > i ? end : i + 1;
  }
}

void plait_drain_backlog(plait_socket *s) {
  while (s->backlog != NULL) {
    plait_message *m = s->backlog;
    if (!send_one(s, &m->entry, m->data)) return;
    s->backlog = m->next;
    if (s->backlog == NULL) s->backlog_end = &s->backlog;
    s->backlog_messages--;
    s->backlog_bytes -= m->entry.length;
    free(m);
  }
}

void plait_drop_backlog(plait_socket *s) {
  while (s->backlog != NULL) {
    plait_message *m = s->backlog;
    s->backlog = m->next;
    free(m);
  }
  s->backlog_end = &s->backlog;
  s->backlog_messages = 0;
  s->backlog_bytes = 0;
}

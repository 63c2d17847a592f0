/*
 * The options of a socket, by numbers that JavaScript knows too, and membership of groups. All answer 0 (or a value) or
 * an errno as a negative number.
 */
#include "plait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

typedef struct {
  int level, name;
} place;

/* Where the system has an option; level -1 where it has it not. */
static place place_of(const plait_socket *s, uint32_t option) {
  bool v4 = s->family == AF_INET;
  switch (option) {
    case OPTION_BROADCAST: return (place){SOL_SOCKET, SO_BROADCAST};
    case OPTION_MULTICAST_TTL: return v4 ? (place){IPPROTO_IP, IP_MULTICAST_TTL} : (place){IPPROTO_IPV6, IPV6_MULTICAST_HOPS};
    case OPTION_MULTICAST_LOOPBACK:
      return v4 ? (place){IPPROTO_IP, IP_MULTICAST_LOOP} : (place){IPPROTO_IPV6, IPV6_MULTICAST_LOOP};
    case OPTION_MULTICAST_INTERFACE: return v4 ? (place){IPPROTO_IP, IP_MULTICAST_IF} : (place){IPPROTO_IPV6, IPV6_MULTICAST_IF};
    case OPTION_RECVERR: return v4 ? (place){IPPROTO_IP, IP_RECVERR} : (place){IPPROTO_IPV6, IPV6_RECVERR};
    case OPTION_PKTINFO: return v4 ? (place){IPPROTO_IP, IP_PKTINFO} : (place){IPPROTO_IPV6, IPV6_RECVPKTINFO};
    case OPTION_RECV_BUFFER: return (place){SOL_SOCKET, SO_RCVBUF};
    case OPTION_SEND_BUFFER: return (place){SOL_SOCKET, SO_SNDBUF};
    case OPTION_REUSE_ADDRESS: return (place){SOL_SOCKET, SO_REUSEADDR};
    case OPTION_REUSE_PORT: return (place){SOL_SOCKET, SO_REUSEPORT};
    case OPTION_TTL: return v4 ? (place){IPPROTO_IP, IP_TTL} : (place){IPPROTO_IPV6, IPV6_UNICAST_HOPS};
    default: return (place){-1, 0};
  }
}

static int set_int(plait_socket *s, place at, int value) {
  return setsockopt(s->fd, at.level, at.name, &value, sizeof value) == 0 ? 0 : -errno;
}

int plait_set(plait_socket *s, uint32_t option, int32_t value) {
  if (option == OPTION_LONGEST) {
    if (value < 1 || value > 65535) return -EINVAL;
    s->longest = (uint32_t)value;
    /*
     * Joined datagrams need the room of the longest; whoever wants less room sees what is cut off instead. And who else
     * reads from an adopted socket, now or later, may not know what to do with them.
     */
    int gro = value == 65535 && !s->adopted;
    s->gro = setsockopt(s->fd, IPPROTO_UDP, UDP_GRO, &gro, sizeof gro) == 0 && gro;
    return 0;
  }
  place at = place_of(s, option);
  if (at.level < 0) return -ENOPROTOOPT;
  if (option == OPTION_MULTICAST_INTERFACE && s->family == AF_INET) {
    /* Without the address the system would choose a source that is of another interface, where this is the loopback. */
    struct ip_mreqn by = {.imr_ifindex = value, .imr_address.s_addr = htonl(s->env->shared->source[0])};
    return setsockopt(s->fd, at.level, at.name, &by, sizeof by) == 0 ? 0 : -errno;
  }
  int failed = set_int(s, at, value);
  if (failed != 0) return failed;
  if (option == OPTION_RECVERR) s->recverr = value != 0;
  if (option == OPTION_PKTINFO) s->pktinfo = value != 0;
  /* A socket of both families keeps word about IPv4 under options of their own. */
  if (option == OPTION_RECVERR && s->family == AF_INET6) (void)set_int(s, (place){IPPROTO_IP, IP_RECVERR}, value);
  if (option == OPTION_PKTINFO && s->family == AF_INET6) (void)set_int(s, (place){IPPROTO_IP, IP_PKTINFO}, value);
  return 0;
}

int plait_get(plait_socket *s, uint32_t option) {
  if (option == OPTION_LONGEST) return (int)s->longest;
  place at = place_of(s, option);
  if (at.level < 0) return -ENOPROTOOPT;
  if (option == OPTION_MULTICAST_INTERFACE && s->family == AF_INET) return -ENOPROTOOPT;
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(s->fd, at.level, at.name, &value, &length) == 0 ? value : -errno;
}

int plait_membership(plait_socket *s, bool join, bool with_source, uint32_t interface_index) {
  const plait_shared *shared = s->env->shared;
  int level = s->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
  plait_address group = shared->address, source = {0};
  group.port = 0;
  memcpy(source.word, shared->source, sizeof source.word);
  struct sockaddr_in6 name;
  if (!with_source) {
    struct group_req request;
    memset(&request, 0, sizeof request);
    request.gr_interface = interface_index;
    socklen_t length = plait_to_sockaddr(s->family, &group, &name);
    memcpy(&request.gr_group, &name, length);
    int option = join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;
    return setsockopt(s->fd, level, option, &request, sizeof request) == 0 ? 0 : -errno;
  }
  struct group_source_req request;
  memset(&request, 0, sizeof request);
  request.gsr_interface = interface_index;
  socklen_t length = plait_to_sockaddr(s->family, &group, &name);
  memcpy(&request.gsr_group, &name, length);
  length = plait_to_sockaddr(s->family, &source, &name);
  memcpy(&request.gsr_source, &name, length);
  int option = join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP;
  return setsockopt(s->fd, level, option, &request, sizeof request) == 0 ? 0 : -errno;
}

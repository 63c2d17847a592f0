/*
 * Addresses: the system's, and the words that JavaScript sees.
 */
#include "plait.h"

#include <arpa/inet.h>
#include <string.h>

socklen_t plait_to_sockaddr(int family, const plait_address *from, struct sockaddr_in6 *to) {
  if (family == AF_INET) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    memset(v4, 0, sizeof *v4);
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)from->port);
    v4->sin_addr.s_addr = htonl(from->word[0]);
    return sizeof *v4;
  }
  memset(to, 0, sizeof *to);
  to->sin6_family = AF_INET6;
  to->sin6_port = htons((uint16_t)from->port);
  to->sin6_scope_id = from->scope;
  for (int i = 0; i < 4; i++) to->sin6_addr.s6_addr32[i] = htonl(from->word[i]);
  return sizeof *to;
}

void plait_from_sockaddr(const struct sockaddr_in6 *from, plait_address *to) {
  to->scope = 0;
  memset(to->word, 0, sizeof to->word);
  if (from->sin6_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    to->port = ntohs(v4->sin_port);
    to->word[0] = ntohl(v4->sin_addr.s_addr);
    return;
  }
  to->port = ntohs(from->sin6_port);
  to->scope = from->sin6_scope_id;
  for (int i = 0; i < 4; i++) to->word[i] = ntohl(from->sin6_addr.s6_addr32[i]);
}

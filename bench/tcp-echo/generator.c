/*
 * The load of the TCP echo measurement: CONNECTIONS to 127.0.0.1 port PORT, each with one message of SIZE bytes on its
 * way there and back, for some SECONDS. Prints how many messages came back whole, in what time, and the processor time
 * it took itself.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../clock.h"

#define MOST 1024

struct connection {
  int fd;
  size_t sent, received;
};

static char *data;
static size_t size;

static void send_more(struct connection *c, int epoll) {
  while (c->sent < size) {
    ssize_t n = send(c->fd, data, size - c->sent, MSG_NOSIGNAL);
    if (n < 0) break;
    c->sent += n;
  }
  struct epoll_event e = {.events = EPOLLIN | (c->sent < size ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e);
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: generator PORT SIZE CONNECTIONS SECONDS\n"), 2;
  int connections = atoi(argv[3]), epoll = epoll_create1(0);
  size = atol(argv[2]);
  if (connections < 1 || connections > MOST || size < 1) return fprintf(stderr, "out of range\n"), 2;
  data = calloc(1, size);
  char *space = malloc(1 << 20);
  static struct connection all[MOST];
  for (int i = 0; i < connections; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return perror("connect"), 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    all[i].fd = fd;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
  }
  long count = 0;
  double start = now(), end = start + atof(argv[4]), t = start, cpu0 = cpu();
  for (int i = 0; i < connections; i++) send_more(&all[i], epoll);
  struct epoll_event events[MOST];
  while ((t = now()) < end) {
    int n = epoll_wait(epoll, events, MOST, 100);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) send_more(c, epoll);
      if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      ssize_t got = recv(c->fd, space, 1 << 20, 0);
      if (got == 0) return fprintf(stderr, "the server has closed a connection\n"), 1;
      if (got < 0) continue;
      c->received += got;
      if (c->received < size) continue;
      count++;
      c->sent = c->received = 0;
      send_more(c, epoll);
    }
  }
  printf("{\"messages\":%ld,\"seconds\":%f,\"cpuSeconds\":%f}\n", count, t - start, cpu() - cpu0);
  return 0;
}

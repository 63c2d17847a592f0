/*
 * The echo server that one writes in C: with BATCH 1, recvfrom and sendto for each datagram; with more, as many at once
 * as there are (recvmmsg, sendmmsg). Prints its port. PORT 0 is any; given one, it may be shared (SO_REUSEPORT).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MOST 256
#define LONGEST 2048

static void one_by_one(int fd) {
  static char data[LONGEST];
  struct sockaddr_in from;
  for (;;) {
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &length);
    if (n >= 0) sendto(fd, data, n, 0, (struct sockaddr *)&from, length);
  }
}

static void batches(int fd, int batch) {
  static struct mmsghdr messages[MOST];
  static struct iovec parts[MOST];
  static struct sockaddr_in from[MOST];
  static char data[MOST][LONGEST];
  for (;;) {
    for (int i = 0; i < batch; i++) {
      parts[i] = (struct iovec){data[i], LONGEST};
      messages[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &parts[i], 1, NULL, 0, 0};
    }
    int n = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) parts[i].iov_len = messages[i].msg_len;
    for (int done = 0; done < n;) {
      int sent = sendmmsg(fd, messages + done, n - done, 0);
      done += sent > 0 ? sent : 1; /* one that can't be sent is dropped */
    }
  }
}

int main(int argc, char **argv) {
  int batch = argc > 1 ? atoi(argv[1]) : 0;
  if (batch < 1 || batch > MOST) return fprintf(stderr, "usage: c-server BATCH [PORT]\n"), 2;
  int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 1 << 20, on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  if (argc > 2) {
    at.sin_port = htons(atoi(argv[2]));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) return perror("bind"), 1;
  getsockname(fd, (struct sockaddr *)&at, &length);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  if (batch == 1) one_by_one(fd);
  else batches(fd, batch);
}

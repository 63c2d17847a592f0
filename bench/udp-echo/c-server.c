/*
 * The echo server that one writes in C, in one of three ways:
 *
 *   single      recvfrom and sendto for each datagram
 *   batched     as many with one call as there are (recvmmsg, sendmmsg)
 *   segmented   the same, and what goes to one peer in a row and is equally long leaves as one message that the system
 *               cuts (UDP_SEGMENT)
 *
 * Prints its port. Given a PORT, it has that one (0: any), which others may have too (SO_REUSEPORT).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define BATCH 64
#define LONGEST 2048
/* What one message may hold, that the system cuts. */
#define MOST_BYTES 65000

static struct mmsghdr in[BATCH], out[BATCH];
static struct iovec got[BATCH], sent[BATCH];
static struct sockaddr_in from[BATCH];
static char data[BATCH][LONGEST];
static union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(uint16_t))];
} controls[BATCH];

static void one_by_one(int fd) {
  for (;;) {
    socklen_t length = sizeof from[0];
    ssize_t n = recvfrom(fd, data[0], LONGEST, 0, (struct sockaddr *)&from[0], &length);
    if (n >= 0) sendto(fd, data[0], n, 0, (struct sockaddr *)&from[0], length);
  }
}

/* How many of the datagrams from `first` on, of `n`, may be one message. */
static int run(int first, int n) {
  int count = 1;
  size_t length = sent[first].iov_len;
  while (first + count < n && sent[first + count].iov_len == length && (count + 1) * length <= MOST_BYTES &&
         from[first + count].sin_port == from[first].sin_port &&
         from[first + count].sin_addr.s_addr == from[first].sin_addr.s_addr)
    count++;
  return count;
}

/* Makes messages of `n` datagrams, and answers how many. */
static int messages(int n, int segmented) {
  int count = 0;
  for (int i = 0; i < n; count++) {
    struct msghdr *m = &out[count].msg_hdr;
    int pieces = segmented ? run(i, n) : 1;
    *m = (struct msghdr){&from[i], sizeof from[i], &sent[i], pieces, NULL, 0, 0};
    if (pieces > 1) {
      uint16_t length = sent[i].iov_len;
      m->msg_control = &controls[count];
      m->msg_controllen = sizeof controls[count];
      controls[count].header = (struct cmsghdr){CMSG_LEN(sizeof length), IPPROTO_UDP, UDP_SEGMENT};
      memcpy(CMSG_DATA(&controls[count].header), &length, sizeof length);
    }
    i += pieces;
  }
  return count;
}

static void batches(int fd, int segmented) {
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      got[i] = (struct iovec){data[i], LONGEST};
      in[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &got[i], 1, NULL, 0, 0};
    }
    int n = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) sent[i] = (struct iovec){data[i], in[i].msg_len};
    int count = messages(n, segmented);
    for (int done = 0; done < count;) {
      int left = sendmmsg(fd, out + done, count - done, 0);
      done += left > 0 ? left : 1; /* one that can't be sent is dropped */
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: c-server single|batched|segmented [PORT]\n"), 2;
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
  if (strcmp(argv[1], "single") == 0) one_by_one(fd);
  else batches(fd, strcmp(argv[1], "segmented") == 0);
}

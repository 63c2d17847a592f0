/*
 * The one-way server in C, in one of three ways: `single`, a system call for each datagram; `batched`, as many with one as
 * there are; `segmented`, which sends them as messages that the system cuts (UDP_SEGMENT) and takes them as `batched`
 * does. Prints its port. What it does is said in one-way.ts.
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

static enum { SINGLE, BATCHED, SEGMENTED } way;
static int fd;
static long taken;

/* One message that becomes datagrams of that size, and how many. */
static int segmented(const char *data, long left, int size, struct sockaddr_in *to) {
  static union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
  } control;
  uint16_t length = size;
  int pieces = MOST_BYTES / size < BATCH ? MOST_BYTES / size : BATCH;
  if (left < pieces) pieces = left;
  struct iovec part = {(void *)data, (size_t)size * pieces};
  struct msghdr m = {to, sizeof *to, &part, 1, &control, sizeof control, 0};
  control.header = (struct cmsghdr){CMSG_LEN(sizeof length), IPPROTO_UDP, UDP_SEGMENT};
  memcpy(CMSG_DATA(&control.header), &length, sizeof length);
  sendmsg(fd, &m, 0);
  return pieces;
}

/* Sends that many datagrams of that size to whoever asked. */
static void send_all(long left, int size, struct sockaddr_in *to) {
  static struct mmsghdr messages[BATCH];
  static char data[BATCH * LONGEST];
  struct iovec part = {data, size};
  memset(data, 'x', (size_t)BATCH * size);
  for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){to, sizeof *to, &part, 1, NULL, 0, 0};
  while (left > 0) {
    int n = 1;
    if (way == SINGLE) sendto(fd, data, size, 0, (struct sockaddr *)to, sizeof *to);
    else if (way == BATCHED) n = sendmmsg(fd, messages, left < BATCH ? left : BATCH, 0);
    else n = segmented(data, left, size, to);
    left -= n > 0 ? n : 1;
  }
}

static void datagram(char *data, int length, struct sockaddr_in *from) {
  char answer[32];
  long count;
  int size;
  if (length > 0 && data[0] == 'x') {
    taken++;
  } else if (length > 0 && data[0] == '?') {
    sendto(fd, answer, sprintf(answer, "%ld", taken), 0, (struct sockaddr *)from, sizeof *from);
  } else {
    data[length] = 0;
    if (sscanf(data, "S %ld %d", &count, &size) == 2 && size > 0 && size <= LONGEST) send_all(count, size, from);
  }
}

static void one_by_one(void) {
  static char data[LONGEST + 1];
  struct sockaddr_in from;
  for (;;) {
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(fd, data, LONGEST, 0, (struct sockaddr *)&from, &length);
    if (n >= 0) datagram(data, n, &from);
  }
}

static void batches(void) {
  static struct mmsghdr messages[BATCH];
  static struct iovec parts[BATCH];
  static struct sockaddr_in from[BATCH];
  static char data[BATCH][LONGEST + 1];
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){data[i], LONGEST};
    messages[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &parts[i], 1, NULL, 0, 0};
  }
  for (;;) {
    int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) datagram(data[i], messages[i].msg_len, &from[i]);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: c-server single|batched|segmented\n"), 2;
  way = strcmp(argv[1], "single") == 0 ? SINGLE : strcmp(argv[1], "batched") == 0 ? BATCHED : SEGMENTED;
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  int buffer = 1 << 20;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) return perror("bind"), 1;
  getsockname(fd, (struct sockaddr *)&at, &length);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  if (way == SINGLE) one_by_one();
  else batches();
}

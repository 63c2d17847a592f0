/*
 * The one-way server in C: with BATCH 1, a system call for each datagram; with more, that many at most with one. Prints
 * its port. What it does is said in one-way.ts.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MOST 256
#define LONGEST 2048

static int fd, batch;
static long taken;

/* Sends that many datagrams of that size to whoever asked. */
static void send_all(long left, int size, struct sockaddr_in *to) {
  static struct mmsghdr messages[MOST];
  static char data[LONGEST];
  struct iovec part = {data, size};
  memset(data, 'x', size);
  for (int i = 0; i < batch; i++) messages[i].msg_hdr = (struct msghdr){to, sizeof *to, &part, 1, NULL, 0, 0};
  while (left > 0) {
    int n = batch == 1 ? (sendto(fd, data, size, 0, (struct sockaddr *)to, sizeof *to), 1)
                       : sendmmsg(fd, messages, left < batch ? left : batch, 0);
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
    if (sscanf(data, "S %ld %d", &count, &size) == 2 && size <= LONGEST) send_all(count, size, from);
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
  static struct mmsghdr messages[MOST];
  static struct iovec parts[MOST];
  static struct sockaddr_in from[MOST];
  static char data[MOST][LONGEST + 1];
  for (int i = 0; i < batch; i++) {
    parts[i] = (struct iovec){data[i], LONGEST};
    messages[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &parts[i], 1, NULL, 0, 0};
  }
  for (;;) {
    int n = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
    for (int i = 0; i < n; i++) datagram(data[i], messages[i].msg_len, &from[i]);
  }
}

int main(int argc, char **argv) {
  batch = argc == 2 ? atoi(argv[1]) : 0;
  if (batch < 1 || batch > MOST) return fprintf(stderr, "usage: c-server BATCH\n"), 2;
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  int buffer = 1 << 20;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) return perror("bind"), 1;
  getsockname(fd, (struct sockaddr *)&at, &length);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  if (batch == 1) one_by_one();
  else batches();
}

/*
 * The other end of the one-way measurement, towards 127.0.0.1 port PORT, for some SECONDS:
 *
 *   load PORT SIZE SECONDS sink     has the server send, and counts what comes. It asks for so many at a time that its
 *                                   socket would hold most of them, and asks again when they are there: so the server is
 *                                   not slowed down, and what gets lost all the same is counted.
 *   load PORT SIZE SECONDS source   sends as fast as it can, whatever the server takes; then asks how many it took.
 *
 * Prints as JSON: how many arrived, of how many, in what time, and the processor time it took itself. The time of a sink
 * ends with the last datagram of each lot.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../clock.h"

#define BATCH 64
#define LOT 20000
#define LONGEST 2048
#define PATIENCE 0.5

static struct mmsghdr messages[BATCH];
static struct iovec parts[BATCH];
static char data[BATCH][LONGEST];
static int fd;

/* How many datagrams the server has taken; asked again until it answers. */
static long taken(void) {
  char answer[32];
  for (int i = 0; i < 100; i++) {
    send(fd, "?", 1, 0);
    ssize_t n = recv(fd, answer, sizeof answer - 1, 0);
    if (n <= 0) continue;
    while (recv(fd, answer + n, 0, MSG_DONTWAIT | MSG_TRUNC) >= 0) {} /* answers to questions that were asked again */
    answer[n] = 0;
    return atol(answer);
  }
  fprintf(stderr, "the server does not answer\n");
  exit(1);
}

static void report(long arrived, long of, double seconds, double cpu_seconds) {
  printf("{\"arrived\":%ld,\"of\":%ld,\"seconds\":%f,\"cpuSeconds\":%f}\n", arrived, of, seconds, cpu_seconds);
}

static void sink(int size, double seconds) {
  char question[64];
  int length = sprintf(question, "S %d %d", LOT, size);
  long arrived = 0, of = 0;
  double spent = 0, cpu0 = cpu();
  while (spent < seconds) {
    double start = now(), last = start;
    of += LOT;
    send(fd, question, length, 0);
    for (long in_lot = 0; in_lot < LOT;) {
      int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
      if (n < 0) break; /* nothing for a while: the rest is lost */
      last = now();
      in_lot += n;
      arrived += n;
    }
    if (last == start) fprintf(stderr, "the server does not send\n"), exit(1);
    spent += last - start;
  }
  report(arrived, of, spent, cpu() - cpu0);
}

static void source(double seconds) {
  long before = taken(), of = 0;
  double start = now(), t = start, cpu0 = cpu();
  while (t < start + seconds) {
    int n = sendmmsg(fd, messages, BATCH, 0);
    if (n < 0) perror("sendmmsg"), exit(1);
    of += n;
    t = now();
  }
  double cpu_seconds = cpu() - cpu0;
  report(taken() - before, of, t - start, cpu_seconds);
}

int main(int argc, char **argv) {
  int size = argc == 5 ? atoi(argv[2]) : 0, buffer = 1 << 24;
  if (size < 1 || size > LONGEST) return fprintf(stderr, "usage: load PORT SIZE SECONDS sink|source\n"), 2;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_usec = PATIENCE * 1e6};
  to.sin_port = htons(atoi(argv[1]));
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return perror("connect"), 1;
  memset(data, 'x', sizeof data);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){data[i], size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  if (strcmp(argv[4], "sink") == 0) sink(size, atof(argv[3]));
  else source(atof(argv[3]));
  return 0;
}

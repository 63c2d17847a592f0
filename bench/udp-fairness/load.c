/*
 * The load of the fairness measurement: with BUSY 1, floods 127.0.0.1 port PORT and listens to no answer; meanwhile it
 * sends one datagram at a time to port QUIET, waits for it to come back, and measures how long that took. Between looks
 * at the quiet port it sends BURST datagrams to the busy one: so exactly does it measure then. Where the kernel can cut
 * them from one message (UDP_SEGMENT), a datagram costs it less than any server.
 *
 * Prints as JSON: how many came back and how many did not, microseconds that half of them and that 99 of 100 took at
 * most, how many were sent to the busy port in a second, and what the server answers when it is asked about its timers.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../clock.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define BURST 32
#define SIZE 64
#define PATIENCE 0.2
#define MOST 1000000

static int opened(const char *port, int buffer) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_usec = PATIENCE * 1e6};
  to.sin_port = htons(atoi(port));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) perror("connect"), exit(1);
  return fd;
}

static int by_size(const void *a, const void *b) {
  double d = *(const double *)a - *(const double *)b;
  return d < 0 ? -1 : d > 0;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: load PORT QUIET SECONDS BUSY\n"), 2;
  int flood = opened(argv[1], 1), quiet = opened(argv[2], 1 << 16), busy = atoi(argv[4]);
  double seconds = atof(argv[3]), start = now(), sent = start, t = start;
  static double times[MOST];
  static char data[SIZE * BURST], answer[256];
  static struct mmsghdr messages[BURST];
  int size = SIZE, cut = setsockopt(flood, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) == 0;
  int burst = cut ? 1 : BURST; /* messages */
  struct iovec part = {data, SIZE * BURST / burst};
  long count = 0, lost = 0, of = 0;
  unsigned turn = 0, echoed;
  for (int i = 0; i < BURST; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
  memset(data, 'x', sizeof data);
  send(quiet, &turn, sizeof turn, 0);
  while (t < start + seconds && count < MOST) {
    int n = busy ? sendmmsg(flood, messages, burst, 0) : 0;
    of += n > 0 ? n * (BURST / burst) : 0;
    n = recv(quiet, &echoed, sizeof echoed, busy ? MSG_DONTWAIT : 0);
    t = now();
    if (n == sizeof echoed && echoed == turn) times[count++] = t - sent;
    else if (t - sent > PATIENCE) lost++;
    else continue;
    turn++;
    sent = now();
    send(quiet, &turn, sizeof turn, 0);
  }
  double spent = t - start;
  qsort(times, count, sizeof *times, by_size);
  int length = 0;
  for (int i = 0; i < 100 && length <= (int)sizeof echoed; i++) {
    send(quiet, "?", 1, 0);
    length = recv(quiet, answer, sizeof answer - 1, 0); /* a last echo comes first */
  }
  if (length <= (int)sizeof echoed) return fprintf(stderr, "the server does not answer\n"), 1;
  printf("{\"count\":%ld,\"lost\":%ld,\"p50\":%.1f,\"p99\":%.1f,\"busy\":%.0f,\"timers\":%s}\n", count, lost,
         times[count / 2] * 1e6, times[count * 99 / 100] * 1e6, of / spent, answer);
  return 0;
}

/*
 * The load of the echo measurement: keeps WINDOW datagrams of SIZE bytes on their way to 127.0.0.1 port PORT and back
 * for some SECONDS, many per system call, so that it needs far less time for a datagram than any server.
 * Prints how many came back, in what time, how many were given up as lost, and the processor time it took itself.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define MOST 1024

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: generator PORT SIZE WINDOW SECONDS\n"), 2;
  int size = atoi(argv[2]), window = atoi(argv[3]);
  double seconds = atof(argv[4]);
  if (size < 0 || size > 65507 || window < 1 || window > MOST) return fprintf(stderr, "out of range\n"), 2;

  int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 1 << 22;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  struct timeval patience = {.tv_usec = 200000};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return perror("connect"), 1;

  static struct mmsghdr out[MOST], in[MOST];
  static struct iovec sent[MOST], got[MOST];
  char *data = calloc(1, size + 1), *space = malloc((size_t)window * (size + 1));
  memset(data, 'x', size);
  for (int i = 0; i < window; i++) {
    sent[i] = (struct iovec){data, size};
    got[i] = (struct iovec){space + (size_t)i * (size + 1), size + 1};
    out[i].msg_hdr = (struct msghdr){.msg_iov = &sent[i], .msg_iovlen = 1};
    in[i].msg_hdr = (struct msghdr){.msg_iov = &got[i], .msg_iovlen = 1};
  }

  long count = 0, lost = 0;
  double start = now(), end = start + seconds, t = start, cpu0 = cpu();
  int todo = window;
  while (t < end) {
    for (int done = 0; done < todo;) {
      int n = sendmmsg(fd, out, todo - done, 0);
      if (n < 0) return perror("sendmmsg"), 1;
      done += n;
    }
    int n = recvmmsg(fd, in, window, MSG_WAITFORONE, NULL);
    if (n < 0) {
      lost += window; /* nothing for a while: begin anew */
      n = window;
    } else {
      for (int i = 0; i < n; i++)
        if ((int)in[i].msg_len != size) return fprintf(stderr, "an echo of %u bytes\n", in[i].msg_len), 1;
      count += n;
    }
    todo = n;
    t = now();
  }
  printf("{\"roundTrips\":%ld,\"seconds\":%f,\"lost\":%ld,\"cpuSeconds\":%f}\n", count, t - start, lost, cpu() - cpu0);
  return 0;
}

/*
 * The load of the echo measurement: keeps WINDOW datagrams of SIZE bytes on their way to 127.0.0.1 port PORT and back
 * for some SECONDS, many per system call, so that it needs less time for a datagram than a server that takes them one
 * by one. They leave from as many ports as SOCKETS says (1), each with its share of the window.
 *
 * Each place of the window has a number, which its datagram carries, and the time it was sent. What has not come back
 * after a while is counted as lost and its place used again, so that a loss neither ends the load nor makes it less.
 *
 * Prints as JSON how many came back, in what time, how many were lost, microseconds that half of them and that 99 of
 * 100 took at most, and the processor time it took itself.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../clock.h"

#define MOST 1024
#define PATIENCE 0.2
/* Times are counted in steps of 0.1 microseconds, up to 20 milliseconds. */
#define STEP 1e-7
#define STEPS 200000

struct stamp {
  uint32_t place, turn;
};
struct place {
  uint32_t turn;
  double sent;
  char *data;
};
struct end {
  int fd, first, window;
};

static struct place places[MOST];
static struct mmsghdr out[MOST], in[MOST];
static struct iovec sent[MOST], got[MOST];
static long count, lost, times[STEPS];
static int size;

/* The greatest time of that part of all. */
static double quantile(double part) {
  long wanted = count * part, seen = 0;
  int step = 0;
  while (step < STEPS - 1 && (seen += times[step]) <= wanted) step++;
  return step * STEP * 1e6;
}

static int opened(int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 1 << 22;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_usec = PATIENCE * 1e6};
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) perror("connect"), exit(1);
  return fd;
}

/* Puts a datagram into a place, as the `n`th of those that are to leave. */
static void fill(int n, int place, double t) {
  struct stamp stamp = {place, ++places[place].turn};
  memcpy(places[place].data, &stamp, sizeof stamp);
  places[place].sent = t;
  sent[n].iov_base = places[place].data;
}

static void leave(const struct end *end, int todo) {
  for (int done = 0; done < todo;) {
    int n = sendmmsg(end->fd, out + done, todo - done, 0);
    if (n < 0) perror("sendmmsg"), exit(1);
    done += n;
  }
}

/* Takes what has come back and sends as many again. */
static int turn(const struct end *end, int flags) {
  int n = recvmmsg(end->fd, in, end->window, flags, NULL), todo = 0;
  double t = now();
  for (int i = 0; i < n; i++) {
    struct stamp stamp;
    memcpy(&stamp, got[i].iov_base, sizeof stamp);
    if ((int)in[i].msg_len != size || stamp.place >= MOST) fprintf(stderr, "an echo that is none\n"), exit(1);
    if (stamp.turn != places[stamp.place].turn) continue; /* it was given up */
    long step = (t - places[stamp.place].sent) / STEP;
    times[step < STEPS ? step : STEPS - 1]++;
    count++;
    fill(todo++, stamp.place, t);
  }
  leave(end, todo);
  return n;
}

static void give_up(const struct end *end, double t) {
  int todo = 0;
  for (int i = end->first; i < end->first + end->window; i++)
    if (t - places[i].sent > PATIENCE) fill(todo++, i, t);
  lost += todo;
  leave(end, todo);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 6) return fprintf(stderr, "usage: generator PORT SIZE WINDOW SECONDS [SOCKETS]\n"), 2;
  size = atoi(argv[2]);
  int window = atoi(argv[3]), sockets = argc > 5 ? atoi(argv[5]) : 1;
  double seconds = atof(argv[4]);
  if (size < (int)sizeof(struct stamp) || size > 65507 || sockets < 1 || window < sockets || window > MOST)
    return fprintf(stderr, "out of range\n"), 2;

  char *space = malloc((size_t)window * size);
  for (int i = 0; i < window; i++) {
    places[i].data = calloc(1, size);
    sent[i].iov_len = size;
    got[i] = (struct iovec){space + (size_t)i * size, size};
    out[i].msg_hdr = (struct msghdr){.msg_iov = &sent[i], .msg_iovlen = 1};
    in[i].msg_hdr = (struct msghdr){.msg_iov = &got[i], .msg_iovlen = 1};
  }
  static struct end ends[MOST];
  static struct pollfd polled[MOST];
  double start = now(), until = start + seconds, looked = start, t = start, cpu0 = cpu();
  for (int i = 0; i < sockets; i++) {
    int first = (long)window * i / sockets;
    ends[i] = (struct end){opened(atoi(argv[1])), first, (long)window * (i + 1) / sockets - first};
    polled[i] = (struct pollfd){ends[i].fd, POLLIN, 0};
    for (int j = 0; j < ends[i].window; j++) fill(j, first + j, start);
    leave(&ends[i], ends[i].window);
  }
  while (t < until) {
    if (sockets == 1) {
      turn(&ends[0], MSG_WAITFORONE);
    } else {
      poll(polled, sockets, PATIENCE * 1000);
      for (int i = 0; i < sockets; i++)
        if (polled[i].revents) turn(&ends[i], MSG_DONTWAIT);
    }
    t = now();
    if (t - looked > PATIENCE / 2) {
      looked = t;
      for (int i = 0; i < sockets; i++) give_up(&ends[i], t);
    }
  }
  printf("{\"roundTrips\":%ld,\"seconds\":%f,\"lost\":%ld,\"p50\":%.1f,\"p99\":%.1f,\"cpuSeconds\":%f}\n", count, t - start,
         lost, quantile(0.5), quantile(0.99), cpu() - cpu0);
  return 0;
}

/*
 * The memory that C and JavaScript share, and the parts of the addon as they know each other.
 *
 * One `plait_env` belongs to one JavaScript environment (a thread) and serves all its sockets. Datagrams, addresses and
 * errors pass through arrays that both sides see, so that a batch of them costs one call. Nothing here is locked: all of
 * it happens in the thread of its event loop.
 */
#ifndef PLAIT_H
#define PLAIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef NAPI_VERSION
#define NAPI_VERSION 8
#endif
#include <netinet/in.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

/* The build gives the number of the driver's interface (reactor/native/load-addon.ts). */
#ifndef PLAIT_VERSION
#error "scripts/build-native.mjs says which version this is"
#endif

/* Datagrams taken from the system in one call, at most. */
#define BATCH 64
/* ... and of a socket for which the system joins datagrams: each may hold dozens of them. */
#define GRO_BATCH 8
/* Room for the longest datagram. The odd rest keeps the slots from falling on the same lines of the processor's cache. */
#define SLOT_ROOM 65536
#define SLOT_STRIDE (SLOT_ROOM + 192)
/* Datagrams told to JavaScript in one call, at most. */
#define IN_MAX 512
/* Datagrams gathered until they are sent, and their bytes. */
#define OUT_MAX 512
#define OUT_ROOM (4 * 65536)
/* Kinds of trouble that wait to be told. */
#define TROUBLE_MAX 256
/* Up to this length a datagram is copied into JavaScript's block; a longer one gets memory of its own there. */
#define BLOCK_LONGEST 4096
/* What a socket that the system takes nothing from keeps back. */
#define BACKLOG_BYTES (4u << 20)
#define BACKLOG_MESSAGES 4096

/* An address: 32-bit words of the host's byte order; IPv4 has one. */
typedef struct {
  uint32_t port, scope, word[4];
} plait_address;

/* A datagram that arrived. */
typedef struct {
  uint32_t offset, length, flags;
  plait_address from;
  /* Where it was sent to. */
  uint32_t interface_index, destination[4];
  uint32_t unused[2];
} plait_in;
enum { IN_SLAB = 1, IN_TRUNCATED = 2, IN_DESTINATION = 4, IN_OWN_ADDRESS = 8 };

/* A datagram that was written. */
typedef struct {
  uint32_t socket, offset, length, flags;
  plait_address to;
  /* Where it is to leave from. */
  uint32_t interface_index, source[4];
  uint32_t unused;
} plait_out;
enum { OUT_NAMED = 1, OUT_SOURCE = 2 };

/* What JavaScript is to be told of a socket. */
typedef struct {
  uint32_t socket, kind, error, count;
  plait_address peer;
  uint32_t unused[6];
} plait_trouble;
enum { TROUBLE_LOST = 0, TROUBLE_ICMP = 1, TROUBLE_BROKEN = 2 };

_Static_assert(sizeof(plait_in) == 64 && sizeof(plait_out) == 64 && sizeof(plait_trouble) == 64, "16 words each");

/* The few numbers that both sides read and write. */
typedef struct {
  uint32_t out_count, out_end;
  /* How much of JavaScript's block is used. */
  uint32_t block_used;
  /* Arguments and results of the calls about addresses. */
  uint32_t family;
  plait_address address;
  uint32_t source[4];
  uint32_t unused[2];
} plait_shared;
_Static_assert(sizeof(plait_shared) == 64, "16 words");

/* A datagram that the system did not take yet. */
typedef struct plait_message {
  struct plait_message *next;
  plait_out entry;
  uint8_t data[];
} plait_message;

typedef struct plait_env plait_env;

typedef struct {
  uv_poll_t poll;
  plait_env *env;
  napi_async_context context;
  uint32_t id;
  int fd;
  int family;
  /* Others may have the same socket. */
  bool adopted;
  bool closing, closed, tell_closed, recverr, pktinfo, gro, gro_seen, gso;
  /* Longer runs of the system's own cutting have failed. */
  uint32_t gso_longest;
  uint32_t longest;
  /* Times in a row that the loop said there is an error, and there was none. */
  uint32_t baffled;
  plait_message *backlog, **backlog_end;
  uint32_t backlog_messages, backlog_bytes;
} plait_socket;

struct plait_env {
  napi_env napi;
  uv_loop_t *loop;
  napi_ref self, on_batch, on_trouble, on_closed, block_ref, memory[5];
  napi_async_cleanup_hook_handle cleanup;
  uv_prepare_t prepare;
  uv_check_t check;
  uint32_t handles;
  bool ending, receiving, reporting;

  plait_socket **sockets;
  uint32_t socket_room, lowest_free, open_count, generation;

  plait_shared *shared;
  plait_in *in;
  plait_out *out;
  plait_trouble *trouble;
  uint8_t *slab, *out_slab, *block;
  uint32_t block_size, in_count;
  /* Trouble up to `trouble_told` has been told, while a report is under way. */
  uint32_t trouble_count, trouble_told;

  struct mmsghdr in_messages[BATCH], out_messages[OUT_MAX];
  struct iovec in_iovecs[BATCH], out_iovecs[OUT_MAX];
  struct sockaddr_in6 in_names[BATCH], out_names[OUT_MAX];
  /* cmsghdr wants to be aligned. */
  union {
    struct cmsghdr header;
    uint8_t bytes[128];
  } in_controls[BATCH], out_controls[OUT_MAX];
  uint32_t out_first[OUT_MAX], out_pieces[OUT_MAX];
};

/* addon.c */
void plait_call(plait_env *env, napi_ref function, napi_async_context context, uint32_t first, uint32_t second, int argc);
plait_socket *plait_find(plait_env *env, uint32_t id);
void plait_finish_close(plait_socket *s);
int plait_poll(plait_socket *s);

/* address.c */
socklen_t plait_to_sockaddr(int family, const plait_address *from, struct sockaddr_in6 *to);
void plait_from_sockaddr(const struct sockaddr_in6 *from, plait_address *to);

/* receive.c */
void plait_receive(plait_socket *s);
void plait_drain_errors(plait_socket *s);

/* send.c */
void plait_flush(plait_env *env);
void plait_drain_backlog(plait_socket *s);
void plait_drop_backlog(plait_socket *s);

/* trouble.c */
void plait_tell(plait_socket *s, uint32_t kind, int error, uint32_t count, const plait_address *peer);
void plait_report(plait_env *env);

/* options.c: the numbers are those of OPTIONS in reactor/native/addon.ts. */
enum {
  OPTION_BROADCAST = 0,
  OPTION_MULTICAST_TTL = 1,
  OPTION_MULTICAST_LOOPBACK = 2,
  OPTION_MULTICAST_INTERFACE = 3,
  OPTION_RECVERR = 4,
  OPTION_PKTINFO = 5,
  OPTION_RECV_BUFFER = 6,
  OPTION_SEND_BUFFER = 7,
  OPTION_REUSE_ADDRESS = 8,
  OPTION_REUSE_PORT = 9,
  OPTION_TTL = 10,
  OPTION_LONGEST = 11,
};
int plait_set(plait_socket *s, uint32_t option, int32_t value);
int plait_get(plait_socket *s, uint32_t option);
int plait_membership(plait_socket *s, bool join, bool with_source, uint32_t interface_index);

#endif

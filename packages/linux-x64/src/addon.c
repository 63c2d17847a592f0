/*
 * The addon as JavaScript sees it, and the life of its sockets.
 *
 *     open --close--> closing (the backlog leaves) --> closed (its descriptor is free) --loop's later turn--> told
 *
 * JavaScript names a socket by a number, which holds a place and a count of how often the place was used: a number from
 * before finds nothing. Every argument is checked here; a wrong one throws a TypeError and changes nothing.
 */
#include "plait.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The place is in the lower bits of a socket's number. */
#define PLACE_BITS 20
#define PLACE_MASK ((1u << PLACE_BITS) - 1)

/* So often in a row may the loop tell of an error that is nowhere to be found. */
#define MOST_BAFFLED 8

void plait_call(plait_env *env, napi_ref function, napi_async_context context, uint32_t first, uint32_t second, int argc) {
  if (env->ending) return;
  napi_env napi = env->napi;
  napi_handle_scope scope;
  if (napi_open_handle_scope(napi, &scope) != napi_ok) return;
  napi_value f, self, args[2];
  bool ready = napi_get_reference_value(napi, function, &f) == napi_ok &&
               napi_get_reference_value(napi, env->self, &self) == napi_ok &&
               napi_create_uint32(napi, first, &args[0]) == napi_ok &&
               napi_create_uint32(napi, second, &args[1]) == napi_ok;
  if (ready) {
    napi_status status = napi_make_callback(napi, context, self, f, (size_t)argc, args, NULL);
    if (status == napi_pending_exception) {
      napi_value error;
      if (napi_get_and_clear_last_exception(napi, &error) == napi_ok) napi_fatal_exception(napi, error);
    }
  }
  napi_close_handle_scope(napi, scope);
}

plait_socket *plait_find(plait_env *env, uint32_t id) {
  uint32_t place = id & PLACE_MASK;
  if (place >= env->socket_room) return NULL;
  plait_socket *s = env->sockets[place];
  return s != NULL && s->id == id && !s->closed ? s : NULL;
}

/* ---- the loop ---- */

static void after_turn(plait_env *env) {
  /* What is told may write again. */
  for (int i = 0; i < 2; i++) {
    if (env->shared->out_count > 0) plait_flush(env);
    if (env->trouble_count == 0) return;
    plait_report(env);
  }
  if (env->shared->out_count > 0) plait_flush(env);
}

static void on_prepare(uv_prepare_t *handle) {
  after_turn(handle->data);
}

static void on_check(uv_check_t *handle) {
  after_turn(handle->data);
}

static void broken(plait_socket *s) {
  int error = 0;
  socklen_t length = sizeof error;
  s->baffled++;
  /* Of an adopted socket, somebody else may have asked for them. */
  plait_drain_errors(s);
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0) {
    s->baffled = 0;
    if (!s->recverr) plait_tell(s, TROUBLE_ICMP, error, 1, NULL);
  }
}

static void on_poll(uv_poll_t *handle, int status, int events) {
  plait_socket *s = handle->data;
  plait_env *env = s->env;
  if (status < 0) {
    /* An error is pending, for which the loop has stopped the handle. */
    broken(s);
    if (s->baffled <= MOST_BAFFLED) plait_poll(s);
    else if (s->closing) plait_finish_close(s);
    else plait_tell(s, TROUBLE_BROKEN, -status, 1, NULL);
  } else {
    s->baffled = 0;
  }
  if (events & UV_WRITABLE) {
    plait_drain_backlog(s);
    if (s->backlog == NULL) {
      if (s->closing) plait_finish_close(s);
      else plait_poll(s);
    }
  }
  if ((events & UV_READABLE) && !s->closing) plait_receive(s);
  after_turn(env);
}

int plait_poll(plait_socket *s) {
  if (s->closed) return 0;
  int events = (s->closing ? 0 : UV_READABLE) | (s->backlog == NULL ? 0 : UV_WRITABLE);
  return uv_poll_start(&s->poll, events, on_poll);
}

static void end_if_done(plait_env *env) {
  if (!env->ending || env->handles > 0) return;
  napi_async_cleanup_hook_handle cleanup = env->cleanup;
  free(env->sockets);
  free(env);
  napi_remove_async_cleanup_hook(cleanup);
}

static void on_handle_closed(uv_handle_t *handle) {
  plait_env *env = handle->data;
  env->handles--;
  end_if_done(env);
}

static void on_socket_closed(uv_handle_t *handle) {
  plait_socket *s = handle->data;
  plait_env *env = s->env;
  uint32_t id = s->id, place = id & PLACE_MASK;
  napi_async_context context = s->context;
  bool tell = s->tell_closed;
  if (--env->open_count == 0 && !env->ending) {
    uv_prepare_stop(&env->prepare);
    uv_check_stop(&env->check);
  }
  env->sockets[place] = NULL;
  if (place < env->lowest_free) env->lowest_free = place;
  free(s);
  if (!env->ending) {
    if (tell) plait_call(env, env->on_closed, context, id, 0, 1);
    napi_async_destroy(env->napi, context);
  }
  env->handles--;
  end_if_done(env);
}

void plait_finish_close(plait_socket *s) {
  if (s->closed) return;
  s->closed = true;
  plait_drop_backlog(s);
  uv_poll_stop(&s->poll);
  uv_close((uv_handle_t *)&s->poll, on_socket_closed);
  close(s->fd);
}

static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  plait_env *env = data;
  if (env->shared != NULL) plait_flush(env);
  env->ending = true;
  for (uint32_t i = 0; i < env->socket_room; i++) {
    plait_socket *s = env->sockets[i];
    if (s == NULL) continue;
    napi_async_destroy(env->napi, s->context);
    plait_finish_close(s);
  }
  uv_close((uv_handle_t *)&env->prepare, on_handle_closed);
  uv_close((uv_handle_t *)&env->check, on_handle_closed);
}

/* ---- arguments ---- */

static napi_value wrong(napi_env napi, const char *message) {
  napi_throw_type_error(napi, NULL, message);
  return NULL;
}

static napi_value number(napi_env napi, int64_t value) {
  napi_value result;
  return napi_create_int64(napi, value, &result) == napi_ok ? result : NULL;
}

/* Reads `count` integers. False, and an exception, when there are fewer or one of them is none. */
static bool integers(napi_env napi, napi_callback_info info, size_t count, int64_t *values, plait_env **env) {
  napi_value args[8];
  size_t given = 8;
  void *data;
  if (napi_get_cb_info(napi, info, &given, args, NULL, &data) != napi_ok) return false;
  *env = data;
  if ((*env)->shared == NULL) {
    napi_throw_type_error(napi, NULL, "it has not been started");
    return false;
  }
  bool sound = given >= count;
  for (size_t i = 0; sound && i < count; i++) {
    double value;
    sound = napi_get_value_double(napi, args[i], &value) == napi_ok && value >= -2147483648.0 && value <= 4294967295.0;
    if (sound) {
      values[i] = (int64_t)value;
      sound = (double)values[i] == value;
    }
  }
  if (!sound) napi_throw_type_error(napi, NULL, "integers of 32 bits are expected");
  return sound;
}

static plait_socket *socket_of(napi_env napi, plait_env *env, int64_t id) {
  plait_socket *s = id < 0 ? NULL : plait_find(env, (uint32_t)id);
  if (s == NULL || s->closing) {
    napi_throw_type_error(napi, NULL, "no open socket has this number");
    return NULL;
  }
  return s;
}

/* ---- sockets ---- */

static int local_address(plait_socket *s) {
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  memset(&name, 0, sizeof name);
  if (getsockname(s->fd, (struct sockaddr *)&name, &length) != 0) return -errno;
  plait_from_sockaddr(&name, &s->env->shared->address);
  s->env->shared->family = s->family == AF_INET ? 4 : 6;
  return 0;
}

static int free_place(plait_env *env) {
  while (env->lowest_free < env->socket_room && env->sockets[env->lowest_free] != NULL) env->lowest_free++;
  if (env->lowest_free < env->socket_room) return (int)env->lowest_free;
  uint32_t room = env->socket_room == 0 ? 16 : env->socket_room * 2;
  if (room > PLACE_MASK + 1) return -EMFILE;
  plait_socket **more = realloc(env->sockets, room * sizeof *more);
  if (more == NULL) return -ENOMEM;
  memset(more + env->socket_room, 0, (room - env->socket_room) * sizeof *more);
  int place = (int)env->socket_room;
  env->sockets = more;
  env->socket_room = room;
  return place;
}

/* Makes a socket of a bound descriptor, which is closed when that fails. Answers its number. */
static int64_t take(plait_env *env, int fd, int family, bool adopted) {
  int place = free_place(env);
  plait_socket *s = place < 0 ? NULL : calloc(1, sizeof *s);
  if (s == NULL) {
    close(fd);
    return place < 0 ? place : -ENOMEM;
  }
  s->env = env;
  s->fd = fd;
  s->family = family;
  s->adopted = adopted;
  s->longest = 65535;
  s->gso = true;
  s->gso_longest = 65535;
  s->backlog_end = &s->backlog;
  env->generation = (env->generation + 1) & (0xffffffffu >> (PLACE_BITS + 1));
  s->id = (env->generation << PLACE_BITS) | (uint32_t)place;
  int failed = uv_poll_init(env->loop, &s->poll, fd);
  if (failed != 0) {
    free(s);
    close(fd);
    return failed;
  }
  s->poll.data = s;
  env->handles++;
  env->sockets[place] = s;
  if (env->open_count++ == 0) {
    uv_prepare_start(&env->prepare, on_prepare);
    uv_check_start(&env->check, on_check);
  }
  /* Without a resource of ours: Node keeps its own as long as the context, and with it what AsyncLocalStorage holds. */
  napi_value name;
  if (napi_create_string_utf8(env->napi, "PLAITUDP", NAPI_AUTO_LENGTH, &name) == napi_ok) {
    napi_async_init(env->napi, NULL, name, &s->context);
  }
  (void)plait_set(s, OPTION_LONGEST, 65535);
  s->recverr = adopted && plait_get(s, OPTION_RECVERR) > 0;
  failed = plait_poll(s);
  if (failed == 0) failed = local_address(s);
  if (failed != 0) {
    s->closing = true;
    plait_finish_close(s);
    return failed;
  }
  return s->id;
}

/* open(flags, recvBufferSize, sendBufferSize): the address is in the shared memory. 0 leaves a buffer as it is. */
enum { REUSE_ADDRESS = 1, REUSE_PORT = 2 };

static napi_value open_socket(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[3];
  if (!integers(napi, info, 3, args, &env)) return NULL;
  if (env->ending) return wrong(napi, "the environment is ending");
  int family = env->shared->family == 4 ? AF_INET : AF_INET6;
  int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(napi, -errno);
  int one = 1, off = 0, recv_size = (int)args[1], send_size = (int)args[2];
  bool failed = false;
  if (args[0] & REUSE_ADDRESS) failed |= setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0;
  if (args[0] & REUSE_PORT) failed |= setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0;
  if (family == AF_INET6) failed |= setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0;
  if (recv_size > 0) failed |= setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &recv_size, sizeof recv_size) != 0;
  if (send_size > 0) failed |= setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_size, sizeof send_size) != 0;
  struct sockaddr_in6 name;
  socklen_t length = plait_to_sockaddr(family, &env->shared->address, &name);
  failed = failed || bind(fd, (struct sockaddr *)&name, length) != 0;
  if (failed) {
    int error = errno;
    close(fd);
    return number(napi, -error);
  }
  return number(napi, take(env, fd, family, false));
}

/* adopt(fd): a socket of a copy of the descriptor. */
static napi_value adopt(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[1];
  if (!integers(napi, info, 1, args, &env)) return NULL;
  if (env->ending) return wrong(napi, "the environment is ending");
  int type = 0, family = 0, protocol = 0;
  socklen_t length = sizeof type;
  int fd = (int)args[0];
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0) return number(napi, -errno);
  length = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0) return number(napi, -errno);
  length = sizeof protocol;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0) return number(napi, -errno);
  if (type != SOCK_DGRAM || protocol != IPPROTO_UDP) return number(napi, -EPROTOTYPE);
  if (family != AF_INET && family != AF_INET6) return number(napi, -EAFNOSUPPORT);
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return number(napi, -errno);
  return number(napi, take(env, copy, family, true));
}

/* connect(socket): to the address in the shared memory, where the peer is put as the system has it. */
static napi_value connect_socket(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[1];
  if (!integers(napi, info, 1, args, &env)) return NULL;
  plait_socket *s = socket_of(napi, env, args[0]);
  if (s == NULL) return NULL;
  struct sockaddr_in6 name;
  socklen_t length = plait_to_sockaddr(s->family, &env->shared->address, &name);
  /* What was written before goes where it was written to, with the state of then. */
  plait_flush(env);
  if (connect(s->fd, (struct sockaddr *)&name, length) != 0) return number(napi, -errno);
  length = sizeof name;
  memset(&name, 0, sizeof name);
  if (getpeername(s->fd, (struct sockaddr *)&name, &length) != 0) return number(napi, -errno);
  plait_from_sockaddr(&name, &env->shared->address);
  return number(napi, plait_set(s, OPTION_RECVERR, 1));
}

static napi_value set_option(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[3];
  if (!integers(napi, info, 3, args, &env)) return NULL;
  plait_socket *s = socket_of(napi, env, args[0]);
  if (s == NULL) return NULL;
  /* An option holds for what is written after it was set. */
  plait_flush(env);
  return number(napi, plait_set(s, (uint32_t)args[1], (int32_t)args[2]));
}

static napi_value get_option(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[2];
  if (!integers(napi, info, 2, args, &env)) return NULL;
  plait_socket *s = socket_of(napi, env, args[0]);
  return s == NULL ? NULL : number(napi, plait_get(s, (uint32_t)args[1]));
}

/* membership(socket, join, withSource, interfaceIndex): group and source are in the shared memory. */
static napi_value membership(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[4];
  if (!integers(napi, info, 4, args, &env)) return NULL;
  plait_socket *s = socket_of(napi, env, args[0]);
  if (s == NULL) return NULL;
  return number(napi, plait_membership(s, args[1] != 0, args[2] != 0, (uint32_t)args[3]));
}

static napi_value flush(napi_env napi, napi_callback_info info) {
  plait_env *env;
  if (!integers(napi, info, 0, NULL, &env)) return NULL;
  plait_flush(env);
  return NULL;
}

/* close(socket): answers 1 when it is closed; 0 when something has to leave first, and onClosed tells. */
static napi_value close_socket(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[1];
  if (!integers(napi, info, 1, args, &env)) return NULL;
  plait_socket *s = socket_of(napi, env, args[0]);
  if (s == NULL) return NULL;
  plait_flush(env);
  s->closing = true;
  s->tell_closed = s->backlog != NULL;
  if (s->backlog == NULL) plait_finish_close(s);
  else plait_poll(s);
  return number(napi, s->tell_closed ? 0 : 1);
}

static napi_value interface_index(napi_env napi, napi_callback_info info) {
  napi_value arg;
  size_t given = 1, length;
  char name[IF_NAMESIZE + 1];
  if (napi_get_cb_info(napi, info, &given, &arg, NULL, NULL) != napi_ok || given < 1 ||
      napi_get_value_string_utf8(napi, arg, name, sizeof name, &length) != napi_ok) {
    return wrong(napi, "the name of an interface is expected");
  }
  return number(napi, length >= IF_NAMESIZE ? 0 : if_nametoindex(name));
}

static napi_value interface_name(napi_env napi, napi_callback_info info) {
  plait_env *env;
  int64_t args[1];
  char name[IF_NAMESIZE];
  if (!integers(napi, info, 1, args, &env)) return NULL;
  if (args[0] < 0 || if_indextoname((unsigned)args[0], name) == NULL) name[0] = 0;
  napi_value result;
  return napi_create_string_utf8(napi, name, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

/* setBlock(arrayBuffer): what arrives is copied into it from its beginning on. */
static napi_value set_block(napi_env napi, napi_callback_info info) {
  napi_value arg;
  size_t given = 1, length;
  void *data, *memory;
  bool is_buffer = false;
  if (napi_get_cb_info(napi, info, &given, &arg, NULL, &data) != napi_ok || given < 1 ||
      napi_is_arraybuffer(napi, arg, &is_buffer) != napi_ok || !is_buffer ||
      napi_get_arraybuffer_info(napi, arg, &memory, &length) != napi_ok) {
    return wrong(napi, "an ArrayBuffer is expected");
  }
  plait_env *env = data;
  if (env->shared == NULL) return wrong(napi, "it has not been started");
  napi_ref reference;
  if (napi_create_reference(napi, arg, 1, &reference) != napi_ok) return NULL;
  if (env->block_ref != NULL) napi_delete_reference(napi, env->block_ref);
  env->block_ref = reference;
  env->block = memory;
  env->block_size = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
  env->shared->block_used = 0;
  return NULL;
}

/* ---- the module ---- */

static void *make_memory(plait_env *env, napi_value exports, const char *name, size_t size, int index) {
  void *memory;
  napi_value buffer;
  if (napi_create_arraybuffer(env->napi, size, &memory, &buffer) != napi_ok) return NULL;
  if (napi_create_reference(env->napi, buffer, 1, &env->memory[index]) != napi_ok) return NULL;
  return napi_set_named_property(env->napi, exports, name, buffer) == napi_ok ? memory : NULL;
}

/* start(onBatch, onTrouble, onClosed): once. Answers the shared memory. */
static napi_value start(napi_env napi, napi_callback_info info) {
  napi_value args[3], self, result;
  size_t given = 3;
  void *data;
  if (napi_get_cb_info(napi, info, &given, args, &self, &data) != napi_ok) return NULL;
  plait_env *env = data;
  if (env->shared != NULL) return wrong(napi, "it has been started already");
  for (size_t i = 0; i < 3; i++) {
    napi_valuetype type;
    if (i >= given || napi_typeof(napi, args[i], &type) != napi_ok || type != napi_function) {
      return wrong(napi, "three functions are expected");
    }
  }
  if (napi_create_object(napi, &result) != napi_ok || napi_create_reference(napi, result, 1, &env->self) != napi_ok ||
      napi_create_reference(napi, args[0], 1, &env->on_batch) != napi_ok ||
      napi_create_reference(napi, args[1], 1, &env->on_trouble) != napi_ok ||
      napi_create_reference(napi, args[2], 1, &env->on_closed) != napi_ok) {
    return NULL;
  }
  env->in = make_memory(env, result, "input", sizeof(plait_in) * IN_MAX, 0);
  env->out = make_memory(env, result, "output", sizeof(plait_out) * OUT_MAX, 1);
  env->trouble = make_memory(env, result, "trouble", sizeof(plait_trouble) * TROUBLE_MAX, 2);
  env->slab = make_memory(env, result, "inputBytes", (size_t)SLOT_STRIDE * BATCH, 3);
  env->out_slab = make_memory(env, result, "outputBytes", OUT_ROOM, 4);
  plait_shared *shared = NULL;
  napi_value buffer;
  napi_ref reference;
  if (napi_create_arraybuffer(napi, sizeof *shared, (void **)&shared, &buffer) != napi_ok ||
      napi_create_reference(napi, buffer, 1, &reference) != napi_ok ||
      napi_set_named_property(napi, result, "shared", buffer) != napi_ok) {
    return NULL;
  }
  if (!env->in || !env->out || !env->trouble || !env->slab || !env->out_slab) return NULL;
  memset(shared, 0, sizeof *shared);
  env->shared = shared;
  return result;
}

static bool export_function(plait_env *env, napi_value exports, const char *name, napi_callback callback) {
  napi_value f;
  return napi_create_function(env->napi, name, NAPI_AUTO_LENGTH, callback, env, &f) == napi_ok &&
         napi_set_named_property(env->napi, exports, name, f) == napi_ok;
}

NAPI_MODULE_INIT() {
  plait_env *data = calloc(1, sizeof *data);
  if (data == NULL) return NULL;
  data->napi = env;
  napi_value version;
  if (napi_get_uv_event_loop(env, &data->loop) != napi_ok || napi_create_uint32(env, PLAIT_VERSION, &version) != napi_ok ||
      napi_set_named_property(env, exports, "version", version) != napi_ok ||
      !export_function(data, exports, "start", start) || !export_function(data, exports, "open", open_socket) ||
      !export_function(data, exports, "adopt", adopt) || !export_function(data, exports, "connect", connect_socket) ||
      !export_function(data, exports, "setOption", set_option) ||
      !export_function(data, exports, "getOption", get_option) ||
      !export_function(data, exports, "membership", membership) || !export_function(data, exports, "flush", flush) ||
      !export_function(data, exports, "close", close_socket) ||
      !export_function(data, exports, "interfaceIndex", interface_index) ||
      !export_function(data, exports, "interfaceName", interface_name) ||
      !export_function(data, exports, "setBlock", set_block) ||
      napi_add_async_cleanup_hook(env, on_cleanup, data, &data->cleanup) != napi_ok) {
    free(data);
    return NULL;
  }
  uv_prepare_init(data->loop, &data->prepare);
  uv_check_init(data->loop, &data->check);
  data->prepare.data = data;
  data->check.data = data;
  data->handles = 2;
  /* They run with the loop, and do not keep it running. */
  uv_unref((uv_handle_t *)&data->prepare);
  uv_unref((uv_handle_t *)&data->check);
  return exports;
}

/*
 * Trouble waits here until JavaScript can be told of it, which is never inside a call from there. Losses of one socket
 * for one reason are counted together. When there is no room left, word of the network is left out (it may be lost on
 * its way as well), and losses are counted with the last that have room.
 */
#include "plait.h"

#include <string.h>

void plait_tell(plait_socket *s, uint32_t kind, int error, uint32_t count, const plait_address *peer) {
  plait_env *env = s->env;
  if (kind == TROUBLE_LOST) {
    for (uint32_t i = env->trouble_count; i-- > env->trouble_told;) {
      plait_trouble *t = &env->trouble[i];
      if (t->socket == s->id && t->kind == kind && (t->error == (uint32_t)error || env->trouble_count == TROUBLE_MAX)) {
        t->count += count;
        return;
      }
    }
  }
  if (env->trouble_count == TROUBLE_MAX) return;
  plait_trouble *t = &env->trouble[env->trouble_count++];
  memset(t, 0, sizeof *t);
  t->socket = s->id;
  t->kind = kind;
  t->error = (uint32_t)error;
  t->count = count;
  if (peer != NULL) t->peer = *peer;
}

void plait_report(plait_env *env) {
  if (env->reporting) return;
  env->reporting = true;
  /* Each socket hears in the context that it was opened in. What happens meanwhile waits behind. */
  uint32_t end = env->trouble_count;
  while (env->trouble_told < end && !env->ending) {
    uint32_t first = env->trouble_told, count = 1;
    while (first + count < end && env->trouble[first + count].socket == env->trouble[first].socket) count++;
    env->trouble_told += count;
    plait_socket *s = plait_find(env, env->trouble[first].socket);
    if (s != NULL) plait_call(env, env->on_trouble, s->context, first, count, 2);
  }
  env->trouble_count -= end;
  memmove(env->trouble, env->trouble + end, env->trouble_count * sizeof *env->trouble);
  env->trouble_told = 0;
  env->reporting = false;
}

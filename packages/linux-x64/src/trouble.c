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
    for (uint32_t i = env->trouble_count; i-- > 0;) {
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
  if (env->trouble_count == 0 || env->ending) return;
  uint32_t count = env->trouble_count;
  /* JavaScript has copied them when it calls back into here; what happens meanwhile begins a new list. */
  env->trouble_count = 0;
  plait_call(env, env->on_trouble, NULL, count, 0, 1);
}

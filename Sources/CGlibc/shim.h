// What Swift's own module of the C library leaves out.
#include <malloc.h>
#include <spawn.h>

// Since glibc 2.34; <spawn.h> shows it with _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/* Preloaded (LD_PRELOAD): fsync and fdatasync answer EIO, without having synced anything, about every other time while the
   file named by FAILING_SYNC exists. What SQLite and the head file see of a disk that loses writes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void seed(void) { srand((unsigned)getpid()); }

static int fails(void) {
  const char *trigger = getenv("FAILING_SYNC");
  return trigger && access(trigger, F_OK) == 0 && rand() % 2 == 0;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  if (!fails()) return real(fd);
  errno = EIO;
  return -1;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  if (!fails()) return real(fd);
  errno = EIO;
  return -1;
}

/* A disk that fails to sync while the file named by HNSW_FAIL_SYNC is there. Loaded before the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int failing(void) {
  const char *trigger = getenv("HNSW_FAIL_SYNC");
  return trigger != NULL && access(trigger, F_OK) == 0;
}

static int synced(const char *name, int file) {
  if (failing()) {
    errno = EIO;
    return -1;
  }
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return next(file);
}

int fsync(int file) { return synced("fsync", file); }
int fdatasync(int file) { return synced("fdatasync", file); }

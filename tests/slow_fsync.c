/* Makes a disk slow: each fsync and fdatasync takes CASEWEAVE_FSYNC_MS milliseconds more, as on a cheap
   phone's flash. Loaded before the C library by scripts/bench-phone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_a_little(void) {
    const char *text = getenv("CASEWEAVE_FSYNC_MS");
    long ms = text ? atol(text) : 0;
    struct timespec left = {ms / 1000, (ms % 1000) * 1000000L};
    while (nanosleep(&left, &left) != 0) {
    }
}

typedef int (*sync_call)(int);

int fsync(int fd) {
    wait_a_little();
    return ((sync_call)dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
    wait_a_little();
    return ((sync_call)dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

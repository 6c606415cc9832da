/* A slower disk: adds SLOWSYNC_US microseconds to every fsync and fdatasync. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static struct timespec extra;
static sync_call real_fsync, real_fdatasync;

__attribute__((constructor)) static void prepare(void)
{
    const char *setting = getenv("SLOWSYNC_US");
    long micros = setting ? atol(setting) : 0;
    extra.tv_sec = micros / 1000000;
    extra.tv_nsec = micros % 1000000 * 1000;
    real_fsync = (sync_call)dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
}

static int slowly(sync_call call, int fd)
{
    int result = call(fd);
    int error = errno;
    struct timespec left = extra;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    errno = error;
    return result;
}

int fsync(int fd) { return slowly(real_fsync, fd); }

int fdatasync(int fd) { return slowly(real_fdatasync, fd); }

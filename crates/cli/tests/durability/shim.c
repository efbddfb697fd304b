/* Makes the disk fail for the program that this is loaded into, as long as the file that DISK_FAULT
   names says so: "fsync" for a disk that does not keep what it is given, "full" for one that has no
   room. What is written to anything but regular files goes through. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_fault(const char *kind) {
    char text[16] = {0};
    const char *path = getenv("DISK_FAULT");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) return 0;
    size_t count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return count > 0 && strncmp(text, kind, strlen(kind)) == 0;
}

static int is_regular(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

static int has_no_room(int fd) {
    int saved = errno;
    int fails = is_regular(fd) && is_fault("full");
    errno = fails ? ENOSPC : saved;
    return fails;
}

#define REAL(name)                     \
    static __typeof__(name) *real;     \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

int fsync(int fd) {
    REAL(fsync);
    if (is_fault("fsync")) { errno = EIO; return -1; }
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    if (is_fault("fsync")) { errno = EIO; return -1; }
    return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    return has_no_room(fd) ? -1 : real(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    REAL(pwrite);
    return has_no_room(fd) ? -1 : real(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64);
    return has_no_room(fd) ? -1 : real(fd, bytes, count, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    return has_no_room(fd) ? -1 : real(fd, parts, count, at);
}

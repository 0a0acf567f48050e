/* Counts the system calls by which a process changes the files below a folder, and makes one of them fail, or the
 * process die in it. Preloaded (LD_PRELOAD), so that FFmpeg's and OpenCV's calls are among them.
 *
 *   calls_arm(folder, at, error)  from now on; `at` counts from 1, 0 makes none fail; `error` is an errno, or -1 to be
 *                                 killed before the call, -2 to be killed after it
 *   calls_count()                 how many there were since
 *   calls_kind(n)                 the name of the n-th
 *
 * A call counts when its path, or the path that its descriptor was opened with, lies below the folder. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST 65536

static char folder[PATH_MAX];
static atomic_int counted;
static int failing, failure;
static const char *kinds[MOST];
static __thread int inside; /* readlink and getcwd below must not count themselves */

void calls_arm(const char *below, int at, int error) {
    strncpy(folder, below, sizeof folder - 1);
    failing = at;
    failure = error;
    counted = 0;
}
int calls_count(void) { return counted; }
const char *calls_kind(int n) { return n >= 1 && n <= counted && n < MOST ? kinds[n] : ""; }

static int is_below(const char *path) { return folder[0] && strncmp(path, folder, strlen(folder)) == 0; }

static int of_descriptor(int fd) {
    char link[64], path[PATH_MAX];
    if (!folder[0] || inside) return 0;
    inside = 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    inside = 0;
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

static int of_path(int at, const char *path) {
    char here[PATH_MAX];
    if (!folder[0] || inside || !path) return 0;
    if (path[0] == '/') return is_below(path);
    if (at != AT_FDCWD) return of_descriptor(at);
    inside = 1;
    char *found = getcwd(here, sizeof here - 1);
    inside = 0;
    return found && is_below(strcat(here, "/"));
}

/* The number of the call if it is the one to fail, else 0. */
static int due(int counts, const char *kind) {
    if (!counts) return 0;
    int number = atomic_fetch_add(&counted, 1) + 1;
    if (number < MOST) kinds[number] = kind;
    if (number != failing) return 0;
    if (failure == -1) kill(getpid(), SIGKILL);
    return number;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define CALL(counts, kind, type, call)                    \
    do {                                                  \
        int now = due(counts, kind);                      \
        if (now && failure > 0) {                         \
            errno = failure;                              \
            return -1;                                    \
        }                                                 \
        type result = call;                               \
        if (now && failure == -2) kill(getpid(), SIGKILL); \
        return result;                                    \
    } while (0)

#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
#define MODE                          \
    mode_t mode = 0;                  \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list more;                 \
        va_start(more, flags);        \
        mode = va_arg(more, mode_t);  \
        va_end(more);                 \
    }

int open(const char *path, int flags, ...) {
    MODE REAL(open);
    CALL((flags & CHANGES) && of_path(AT_FDCWD, path), "open", int, real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    MODE REAL(open64);
    CALL((flags & CHANGES) && of_path(AT_FDCWD, path), "open", int, real(path, flags, mode));
}
int openat(int at, const char *path, int flags, ...) {
    MODE REAL(openat);
    CALL((flags & CHANGES) && of_path(at, path), "open", int, real(at, path, flags, mode));
}
int openat64(int at, const char *path, int flags, ...) {
    MODE REAL(openat64);
    CALL((flags & CHANGES) && of_path(at, path), "open", int, real(at, path, flags, mode));
}
int creat(const char *path, mode_t mode) {
    REAL(creat);
    CALL(of_path(AT_FDCWD, path), "open", int, real(path, mode));
}

/* Streams write from within the C library, where nothing can be put between: only their opening is counted. */
static FILE *stream(FILE *(*real)(const char *, const char *), const char *path, const char *how) {
    int now = due((strpbrk(how, "wa+") != NULL) && of_path(AT_FDCWD, path), "open");
    if (now && failure > 0) {
        errno = failure;
        return NULL;
    }
    FILE *result = real(path, how);
    if (now && failure == -2) kill(getpid(), SIGKILL);
    return result;
}
FILE *fopen(const char *path, const char *how) {
    REAL(fopen);
    return stream(real, path, how);
}
FILE *fopen64(const char *path, const char *how) {
    REAL(fopen64);
    return stream(real, path, how);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    CALL(of_descriptor(fd), "write", ssize_t, real(fd, data, size));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    CALL(of_descriptor(fd), "write", ssize_t, real(fd, data, size, at));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    CALL(of_descriptor(fd), "write", ssize_t, real(fd, data, size, at));
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    CALL(of_descriptor(fd), "write", ssize_t, real(fd, parts, count, at));
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    REAL(pwritev64);
    CALL(of_descriptor(fd), "write", ssize_t, real(fd, parts, count, at));
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    CALL(of_descriptor(fd), "write", ssize_t, real(fd, parts, count));
}
ssize_t sendfile(int to, int from, off_t *at, size_t count) {
    ssize_t (*real)(int, int, off_t *, size_t) = (ssize_t(*)(int, int, off_t *, size_t))dlsym(RTLD_NEXT, "sendfile");
    CALL(of_descriptor(to), "write", ssize_t, real(to, from, at, count));
}
int ftruncate(int fd, off_t size) {
    REAL(ftruncate);
    CALL(of_descriptor(fd), "truncate", int, real(fd, size));
}
int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    CALL(of_descriptor(fd), "truncate", int, real(fd, size));
}
int fsync(int fd) {
    REAL(fsync);
    CALL(of_descriptor(fd), "fsync", int, real(fd));
}
int fdatasync(int fd) {
    REAL(fdatasync);
    CALL(of_descriptor(fd), "fsync", int, real(fd));
}
int rename(const char *from, const char *to) {
    REAL(rename);
    CALL(of_path(AT_FDCWD, to), "rename", int, real(from, to));
}
int renameat(int there, const char *from, int here, const char *to) {
    REAL(renameat);
    CALL(of_path(here, to), "rename", int, real(there, from, here, to));
}
int renameat2(int there, const char *from, int here, const char *to, unsigned flags) {
    REAL(renameat2);
    CALL(of_path(here, to), "rename", int, real(there, from, here, to, flags));
}
int link(const char *from, const char *to) {
    REAL(link);
    CALL(of_path(AT_FDCWD, to), "link", int, real(from, to));
}
int linkat(int there, const char *from, int here, const char *to, int flags) {
    REAL(linkat);
    CALL(of_path(here, to), "link", int, real(there, from, here, to, flags));
}
int symlink(const char *from, const char *to) {
    REAL(symlink);
    CALL(of_path(AT_FDCWD, to), "link", int, real(from, to));
}
int unlink(const char *path) {
    REAL(unlink);
    CALL(of_path(AT_FDCWD, path), "unlink", int, real(path));
}
int unlinkat(int at, const char *path, int flags) {
    REAL(unlinkat);
    CALL(of_path(at, path), "unlink", int, real(at, path, flags));
}
int rmdir(const char *path) {
    REAL(rmdir);
    CALL(of_path(AT_FDCWD, path), "unlink", int, real(path));
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    CALL(of_path(AT_FDCWD, path), "mkdir", int, real(path, mode));
}
int mkdirat(int at, const char *path, mode_t mode) {
    REAL(mkdirat);
    CALL(of_path(at, path), "mkdir", int, real(at, path, mode));
}
int chmod(const char *path, mode_t mode) {
    REAL(chmod);
    CALL(of_path(AT_FDCWD, path), "chmod", int, real(path, mode));
}

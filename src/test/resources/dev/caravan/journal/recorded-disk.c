/*
 * Preloaded into a process, records what it does to the files of one directory, so that a test can make of it what a power cut leaves:
 * each write, truncation, deletion and renaming, and each time that a file or the directory is forced to the disk. Nothing is really forced.
 *
 * RECORDED_DIRECTORY  the directory, without a / at its end
 * RECORD              the file for the record, outside of it
 *
 * While RECORD.full exists no file can grow; while RECORD.broken exists nothing can be forced.
 *
 * An entry is: kind (1 byte: W write, T truncation, F force, U deletion, R renaming), length of the file's name in the directory (4),
 * offset (8), length of the data (4), the name, the data: what was written, or the new name. All in this machine's byte order. What
 * several threads and processes do is recorded one after the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;

/* The name of the file within the directory, "" for the directory itself; null if it is elsewhere, or is memory that processes share. */
static const char *inside(const char *path) {
    const char *directory = getenv("RECORDED_DIRECTORY");
    size_t length = directory == NULL ? 0 : strlen(directory);
    if (length == 0 || strncmp(path, directory, length) != 0 || (path[length] != '/' && path[length] != 0)) {
        return NULL;
    }
    const char *name = path[length] == 0 ? path + length : path + length + 1;
    size_t named = strlen(name);
    return named > 4 && strcmp(name + named - 4, "-shm") == 0 ? NULL : name;
}

static const char *of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length < 0) {
        return NULL;
    }
    path[length] = 0;
    return inside(path);
}

static int fault(const char *kind) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.%s", getenv("RECORD"), kind);
    return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

static void lock(void) {
    pthread_mutex_lock(&mutex);
    if (record < 0) {
        record = (int) syscall(SYS_openat, AT_FDCWD, getenv("RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    syscall(SYS_flock, record, LOCK_EX);
}

static void unlock(void) {
    int kept = errno;
    syscall(SYS_flock, record, LOCK_UN);
    pthread_mutex_unlock(&mutex);
    errno = kept;
}

static void enter(char kind, const char *name, int64_t offset, const void *data, uint32_t length) {
    uint32_t named = (uint32_t) strlen(name);
    size_t size = 1 + 4 + 8 + 4 + named + length;
    char *entry = malloc(size);
    char *at = entry;
    *at++ = kind;
    memcpy(at, &named, 4);
    memcpy(at + 4, &offset, 8);
    memcpy(at + 12, &length, 4);
    memcpy(at + 16, name, named);
    memcpy(at + 16 + named, data, length);
    if (syscall(SYS_write, record, entry, size) != (long) size) {
        abort();
    }
    free(entry);
}

static ssize_t written(int fd, const void *data, size_t length, int64_t offset, int there) {
    char path[PATH_MAX];
    const char *name = of(fd, path);
    if (name == NULL) {
        return there ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
    }
    lock();
    struct stat file;
    fstat(fd, &file);
    if (!there) {
        offset = fcntl(fd, F_GETFL) & O_APPEND ? file.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t result = -1;
    if (offset + (int64_t) length > file.st_size && fault("full")) {
        errno = ENOSPC;
    } else {
        result = there ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
        if (result > 0) {
            enter('W', name, offset, data, (uint32_t) result);
        }
    }
    unlock();
    return result;
}

ssize_t write(int fd, const void *data, size_t length) {
    return written(fd, data, length, 0, 0);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return written(fd, data, length, offset, 1);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return written(fd, data, length, offset, 1);
}

int ftruncate64(int fd, off64_t length) {
    char path[PATH_MAX];
    const char *name = of(fd, path);
    if (name == NULL) {
        return (int) syscall(SYS_ftruncate, fd, length);
    }
    lock();
    int result = (int) syscall(SYS_ftruncate, fd, length);
    if (result == 0) {
        enter('T', name, length, "", 0);
    }
    unlock();
    return result;
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}

static int forced(int fd, long call) {
    char path[PATH_MAX];
    const char *name = of(fd, path);
    if (name == NULL) {
        return (int) syscall(call, fd);
    }
    lock();
    int result = 0;
    if (fault("broken")) {
        errno = EIO;
        result = -1;
    } else {
        enter('F', name, 0, "", 0);
    }
    unlock();
    return result;
}

int fsync(int fd) {
    return forced(fd, SYS_fsync);
}

int fdatasync(int fd) {
    return forced(fd, SYS_fdatasync);
}

int unlink(const char *path) {
    const char *name = inside(path);
    if (name == NULL) {
        return (int) syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
    lock();
    int result = (int) syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (result == 0) {
        enter('U', name, 0, "", 0);
    }
    unlock();
    return result;
}

int rename(const char *from, const char *to) {
    const char *name = inside(from);
    const char *renamed = inside(to);
    if (name == NULL || renamed == NULL) {
        return (int) syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    }
    lock();
    int result = (int) syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0) {
        enter('R', name, 0, renamed, (uint32_t) strlen(renamed));
    }
    unlock();
    return result;
}

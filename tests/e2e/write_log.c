// Preloaded into a node (LD_PRELOAD), this notes what a power cut could take back: before each
// write what stood there, and each sync, in the file that DRYDOCK_WRITE_LOG names. What tells more
// than a kill -9 alone: after that, the page cache still has every byte.
//
// Record: kind u32, size u32, inode u64, offset u64, then `size` bytes.
//   1 write begins: at the offset, of `size` bytes; what stood there follows (zeros past the end)
//   2 sync begins   3 sync is done   4 the file is removed
//
// With DRYDOCK_DIE_AT_SYNC=N the process is gone at the beginning of its Nth sync: what it wrote
// for it is there, and not durable.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum Kind { kWrite = 1, kSyncBegins = 2, kSyncDone = 3, kRemoved = 4 };

struct Record {
  uint32_t kind;
  uint32_t size;
  uint64_t inode;
  uint64_t offset;
};

static int log_fd = -1;
static long die_at_sync = 0;
static atomic_long syncs = 0;

__attribute__((constructor)) static void Open(void) {
  const char* path = getenv("DRYDOCK_WRITE_LOG");
  if (path != NULL) log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const char* count = getenv("DRYDOCK_DIE_AT_SYNC");
  if (count != NULL) die_at_sync = atol(count);
}

// One call of the system a record: threads do not mix theirs, and a kill tears none.
static void Note(struct Record record, const void* bytes) {
  struct iovec parts[2] = {{&record, sizeof(record)}, {(void*)bytes, record.size}};
  if (writev(log_fd, parts, record.size > 0 ? 2 : 1) < 0) abort();
}

static int IsFile(int fd, struct stat* about) {
  return log_fd >= 0 && fstat(fd, about) == 0 && S_ISREG(about->st_mode);
}

static void NoteWrite(int fd, uint64_t offset, size_t size) {
  struct stat about;
  if (!IsFile(fd, &about) || size == 0) return;
  char* before = calloc(1, size);
  // The node may have opened it for writing only.
  char path[64] = "/proc/self/fd/";
  int at = (int)strlen(path), digits = 0;
  for (int rest = fd; rest > 0 || digits == 0; rest /= 10) ++digits;
  for (int i = digits - 1, rest = fd; i >= 0; --i, rest /= 10)
    path[at + i] = (char)('0' + rest % 10);
  path[at + digits] = '\0';
  const int reader = open(path, O_RDONLY | O_CLOEXEC);
  if (reader < 0 || pread(reader, before, size, (off_t)offset) < 0) abort();
  close(reader);
  Note((struct Record){kWrite, (uint32_t)size, about.st_ino, offset}, before);
  free(before);
}

static int NotedSync(int fd, int (*sync)(int)) {
  struct stat about;
  if (!IsFile(fd, &about)) return sync(fd);
  Note((struct Record){kSyncBegins, 0, about.st_ino, 0}, NULL);
  if (die_at_sync > 0 && atomic_fetch_add(&syncs, 1) + 1 == die_at_sync) kill(getpid(), SIGKILL);
  const int result = sync(fd);
  if (result == 0) Note((struct Record){kSyncDone, 0, about.st_ino, 0}, NULL);
  return result;
}

static void* Real(const char* name) {
  return dlsym(RTLD_NEXT, name);
}

static size_t SizeOf(const struct iovec* parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  return size;
}

typedef ssize_t (*PwriteFunction)(int, const void*, size_t, off_t);
typedef ssize_t (*PwritevFunction)(int, const struct iovec*, int, off_t);
typedef int (*SyncFunction)(int);

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  NoteWrite(fd, (uint64_t)offset, size);
  return ((PwriteFunction)Real("pwrite"))(fd, bytes, size, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) {
  return pwrite(fd, bytes, size, offset);
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  NoteWrite(fd, (uint64_t)offset, SizeOf(parts, count));
  return ((PwritevFunction)Real("pwritev"))(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off_t offset) {
  return pwritev(fd, parts, count, offset);
}

int fdatasync(int fd) {
  return NotedSync(fd, (SyncFunction)Real("fdatasync"));
}
int fsync(int fd) {
  return NotedSync(fd, (SyncFunction)Real("fsync"));
}

int unlinkat(int folder, const char* path, int flags) {
  struct stat about;
  if (log_fd >= 0 && fstatat(folder, path, &about, AT_SYMLINK_NOFOLLOW) == 0) {
    Note((struct Record){kRemoved, 0, about.st_ino, 0}, NULL);
  }
  return ((int (*)(int, const char*, int))Real("unlinkat"))(folder, path, flags);
}

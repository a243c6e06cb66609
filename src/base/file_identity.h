// Identifies the file behind a descriptor or a path, by device and inode.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace leptir::base {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;  // 0: no such file

  // fstat() would also ask for the times of the file. Since Linux 6.13, a write to a file whose times were asked for
  // takes a new time and marks the inode as changed, which makes it more than twice as slow on ext4. A log file is
  // identified before each line.
  static FileIdentity of(int descriptor) {
    struct statx asked{};
    if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_INO, &asked) == 0)
      return {::makedev(asked.stx_dev_major, asked.stx_dev_minor), asked.stx_ino};
    struct stat info{};  // a sandbox that allows only older system calls, or no such descriptor
    return ::fstat(descriptor, &info) == 0 ? FileIdentity{info.st_dev, info.st_ino} : FileIdentity{};
  }
  static FileIdentity of(const char* path) {
    struct stat info{};
    return ::stat(path, &info) == 0 ? FileIdentity{info.st_dev, info.st_ino} : FileIdentity{};
  }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Whether the path still names an open file: it may have been removed or replaced. A link to the file is no name of it.
enum class StillNamed { No, Yes, CannotTell };
inline StillNamed isStillNamed(const char* path, int descriptor) {
  struct stat named{};
  if (::lstat(path, &named) != 0) return errno == ENOENT || errno == ENOTDIR ? StillNamed::No : StillNamed::CannotTell;
  const bool same = FileIdentity{named.st_dev, named.st_ino} == FileIdentity::of(descriptor);
  return same ? StillNamed::Yes : StillNamed::No;
}

}  // namespace leptir::base

// Identifies the file behind a descriptor or a path, by device and inode.
#pragma once

#include <sys/stat.h>

#include <cerrno>

namespace leptir::base {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;  // 0: no such file

  static FileIdentity of(int descriptor) {
    struct stat info{};
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

// Identifies the file behind a descriptor or a path, by device and inode.
#pragma once

#include <sys/stat.h>

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

}  // namespace leptir::base

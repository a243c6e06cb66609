// Which file it is that a descriptor or a path names.
#pragma once

#include <sys/stat.h>

namespace leptir {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;  // 0: there is no such file

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

}  // namespace leptir

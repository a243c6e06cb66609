// The identity of a file (device and inode). It shows whether a path still names the file that a process has open: a
// removed or replaced file stays usable for that process, but no other process can find it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "leptir/result.h"

namespace leptir::sqlite {

struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  std::string text() const { return std::to_string(device) + ":" + std::to_string(inode); }
  friend bool operator==(const FileId&, const FileId&) = default;
};

// Whether this errno of stat() means that the file does not exist.
bool isMissing(int error);

// Which file the path names now. NotFound: the file does not exist. Unavailable: stat() failed for another reason.
Result<FileId> fileIdOf(const std::filesystem::path& file);

// Whether this process has the file open. Also true when /proc cannot be read.
bool isOpenHere(const FileId& id);

}  // namespace leptir::sqlite

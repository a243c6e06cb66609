// Which file a path names just now: a database file that is removed or replaced keeps its open connections, which then
// work on a file that no other process can find.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "leptir/result.h"

namespace leptir {

struct FilePlace {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  std::string text() const { return std::to_string(device) + ":" + std::to_string(inode); }
  friend bool operator==(const FilePlace&, const FilePlace&) = default;
};

// NotFound: there is no such file. Unavailable: that cannot be told.
Result<FilePlace> placeOf(const std::filesystem::path& file);

}  // namespace leptir

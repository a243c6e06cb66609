// Which file a path names just now: a file that is removed or replaced stays open where it is open, and no other
// process can find it any more.
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

// Whether a failed look at a path says that no file is there.
bool isMissing(int error);

// NotFound: there is no such file. Unavailable: that cannot be told.
Result<FilePlace> placeOf(const std::filesystem::path& file);

// Whether this process has the file open. True as well where that cannot be told (no /proc).
bool isOpenHere(const FilePlace& place);

}  // namespace leptir

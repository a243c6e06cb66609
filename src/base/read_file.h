// Reads a whole small file as text.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "leptir/result.h"

namespace leptir::base {

struct FileText {
  std::string text;
  struct stat info{};  // of the file that was read
};

// NotFound: no such file. Invalid: permission is missing, or the path is a folder, a pipe or a device. TooLarge: the
// file has more than `maxBytes`. Never waits for a pipe.
Result<FileText> readFile(const std::filesystem::path& file, std::size_t maxBytes);

}  // namespace leptir::base

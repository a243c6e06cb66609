// A whole small file as text.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "leptir/result.h"

namespace leptir {

struct FileText {
  std::string text;
  struct stat info{};  // of the file that was read
};

// NotFound: no such file. Invalid: it may not be read, or is a folder, a pipe, a device. TooLarge: more than
// `maxBytes`. Never waits for a pipe.
Result<FileText> readFile(const std::filesystem::path& file, std::size_t maxBytes);

}  // namespace leptir

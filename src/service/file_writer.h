// Writes the files of a service: all of them or none, and over no file of another content unless that is asked for.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "leptir/result.h"

namespace leptir::service {

struct InstalledFile {
  std::filesystem::path path;  // absolute, as the service will see it
  std::string text;
  mode_t mode = 0644;
};

enum class Existing { Refuse, Replace };
enum class Written { New, Unchanged };

// Writes the files below `root` ("/": where they belong) and makes missing folders; answers for each file whether it
// had this text before. Each file is replaced as a whole (rename), so no reader finds half of it. Lost: with
// Existing::Refuse, a file of another content or a symbolic link stands there; nothing was written then. Unavailable,
// Invalid: see errno_code.h. The message names the file.
Result<std::vector<Written>> writeFiles(const std::filesystem::path& root, const std::vector<InstalledFile>& files,
                                        Existing existing);

// Where a file lies when `root` is the root folder.
std::filesystem::path below(const std::filesystem::path& root, const std::filesystem::path& path);

}  // namespace leptir::service

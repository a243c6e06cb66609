// Reading, replacing and removing whole files, with errors as values.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"

namespace folder {

using leptir::Error, leptir::ErrorCode, leptir::Result;

// Whether a written file must survive a power cut before the call returns. A push needs that; a lease does not, since
// losing it only repeats a task (leptir::BrokerUse).
enum class Durability { PowerCut, ProcessCrash };

// Unavailable, with the path and the reason of errno.
Error failed(const std::filesystem::path& path);

// False also if it cannot be told.
bool isThere(const std::filesystem::path& path);

// None: there is no such file. Unavailable: there is one that cannot be read.
Result<std::optional<std::string>> readFile(const std::filesystem::path& file);

// Replaces the file in one step: another process sees the old content or the new one. Makes its folder. `durability` is
// that of the content; the name needs syncFolders.
Result<void> writeFile(const std::filesystem::path& file, std::string_view content, Durability durability);

// Replaces `target` in one step. Makes its folder.
Result<void> moveFile(const std::filesystem::path& file, const std::filesystem::path& target);

// Success also if there is no such file.
Result<void> removeFile(const std::filesystem::path& file);

// The files below `path` with this extension, also those in folders below it. Unavailable: a folder cannot be read; it
// is not taken for an empty one.
Result<std::vector<std::filesystem::path>> filesBelow(const std::filesystem::path& path, std::string_view extension);

// Makes a folder, unless it exists. Invalid: a file is in its place. Unavailable: it cannot be made now.
Result<void> makeFolder(const std::filesystem::path& path);

// Waits until the names in a folder and in those below it would survive a power cut.
Result<void> syncFolders(const std::filesystem::path& path);

}  // namespace folder

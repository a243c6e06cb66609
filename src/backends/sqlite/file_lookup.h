// Which file a path names, by its identity (device and inode). It shows whether a path still names the file that a
// process has open: a removed or replaced file stays usable for that process, but no other process can find it.
#pragma once

#include <filesystem>
#include <string>

#include "base/file_identity.h"
#include "leptir/result.h"

namespace leptir::sqlite {

// Whether this errno of stat() means that the file does not exist.
bool isMissing(int error);

// Which file the path names now. NotFound: the file does not exist. Unavailable: stat() failed for another reason.
Result<base::FileIdentity> fileNamedBy(const std::filesystem::path& path);

// Whether this process has the file open. Also true when /proc cannot be read.
bool isOpenInThisProcess(const base::FileIdentity& file);

// Device and inode as text, the form in which leptir_sessions has them.
std::string identityText(const base::FileIdentity& file);

}  // namespace leptir::sqlite

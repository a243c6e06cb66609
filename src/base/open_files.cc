#include "base/open_files.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "base/file_identity.h"

namespace leptir::base {

bool processHasFileOpen(int process, int descriptor) {
  const auto ours = FileIdentity::of(descriptor);
  if (ours == FileIdentity{}) return false;
  std::error_code unreadable;
  const std::filesystem::directory_iterator opened("/proc/" + std::to_string(process) + "/fd", unreadable);
  for (const auto& entry : opened) {
    if (FileIdentity::of(entry.path().c_str()) == ours) return true;
  }
  return false;
}

}  // namespace leptir::base

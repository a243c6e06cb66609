#include "base/pid_namespace.h"

#include <filesystem>
#include <fstream>

namespace leptir::base {

std::string pidNamespace() {
  std::error_code failed;
  const auto space = std::filesystem::read_symlink("/proc/self/ns/pid", failed);
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  if (failed || !std::getline(file, boot)) return {};
  return boot + " " + space.string();
}

}  // namespace leptir::base

#include "master/oom_kills.h"

#include <fstream>
#include <sstream>
#include <string>

namespace leptir::master {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> readOomKillCounter(const fs::path& file) {
  std::ifstream lines(file);
  std::string key;
  for (std::uint64_t value = 0; lines >> key >> value;) {
    if (key == "oom_kill") return value;
  }
  return std::nullopt;
}

// Inside a container the cgroup path of the machine does not exist; the container's cgroup is mounted as the root.
std::optional<std::uint64_t> readCgroupCounter(const fs::path& mount, std::string_view path, const char* file) {
  if (const auto count = readOomKillCounter(mount / fs::path(path).relative_path() / file)) return count;
  return readOomKillCounter(mount / file);
}

bool hasController(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const auto one = controllers.substr(0, controllers.find(','));
    if (one == wanted) return true;
    controllers.remove_prefix(std::min(one.size() + 1, controllers.size()));
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> oomKills(std::string_view membership, const fs::path& cgroups) {
  std::istringstream lines{std::string(membership)};
  std::optional<std::uint64_t> count;
  for (std::string line; !count && std::getline(lines, line);) {  // "4:memory:/path", "0::/path"
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const auto path = std::string_view(line).substr(second + 1);
    if (controllers.empty()) count = readCgroupCounter(cgroups, path, "memory.events");
    if (hasController(controllers, "memory")) count = readCgroupCounter(cgroups / "memory", path, "memory.oom_control");
  }
  return count;
}

std::optional<std::uint64_t> oomKills() {
  std::ifstream file("/proc/self/cgroup");
  std::ostringstream membership;
  membership << file.rdbuf();
  return oomKills(membership.str(), "/sys/fs/cgroup");
}

}  // namespace leptir::master

#include "tests/chaos/cgroup.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

namespace leptir::chaos {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

bool write(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out.good();
}

// Inside a container the path of the host does not exist, and the group of the container is mounted as the root.
std::optional<fs::path> existing(const fs::path& mount, const std::string& path) {
  for (const auto& folder : {mount / fs::path(path).relative_path(), mount}) {
    if (fs::exists(folder / "cgroup.procs")) return folder;
  }
  return std::nullopt;
}

// The groups of this process for `controller`, from the lines "4:memory:/path" (v1) and "0::/path" (v2).
std::vector<fs::path> homes(const std::string& controller) {
  std::vector<fs::path> found;
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    const auto names = "," + line.substr(first + 1, second - first - 1) + ",";
    const auto path = line.substr(second + 1);
    const bool older = names.find("," + controller + ",") != std::string::npos, newer = names == ",,";
    if (!older && !newer) continue;
    const fs::path root = "/sys/fs/cgroup";
    if (const auto home = existing(older ? root / controller : root, path)) found.push_back(*home);
  }
  return found;
}

}  // namespace

std::unique_ptr<Cgroup> Cgroup::make(const std::string& controller) {
  const auto limit = controller == "memory" ? std::vector<const char*>{"memory.limit_in_bytes", "memory.max"}
                                            : std::vector<const char*>{"pids.max"};
  for (const auto& home : homes(controller)) {
    const auto folder = home / ("leptir-chaos-" + std::to_string(::getpid()));
    std::error_code failed;
    if (!fs::create_directory(folder, failed)) continue;
    std::unique_ptr<Cgroup> group(new Cgroup(home, folder));
    for (const auto* file : limit) {
      if (fs::exists(folder / file)) return group;
    }
  }
  return nullptr;
}

Cgroup::~Cgroup() {
  // A group can be removed once it has no processes.
  for (int round = 0; round < 500 && ::rmdir(folder_.c_str()) != 0; ++round) {
    std::ifstream pids(folder_ / "cgroup.procs");
    for (pid_t pid = 0; pids >> pid;) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(10ms);
  }
}

bool Cgroup::limitMemory(long bytes) const {
  return write(folder_ / "memory.limit_in_bytes", std::to_string(bytes)) ||
         write(folder_ / "memory.max", std::to_string(bytes));
}

bool Cgroup::limitProcesses(long number) const {
  return write(folder_ / "pids.max", std::to_string(number));
}

void Cgroup::inside(const std::function<void()>& start) const {
  write(folder_ / "cgroup.procs", "0");
  start();
  write(home_ / "cgroup.procs", "0");
}

}  // namespace leptir::chaos

// A Linux control group for one test: its limits apply to the processes that are started in it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace leptir::chaos {

class Cgroup {
 public:
  // Makes a group that can limit "memory" or "pids": in cgroup v1, or in a delegated part of v2. nullptr: this machine
  // does not allow that.
  static std::unique_ptr<Cgroup> make(const std::string& controller);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // Set a limit; return false if that fails.
  bool limitMemory(long bytes) const;
  bool limitProcesses(long number) const;
  // Calls `start`. Processes that it starts belong to the group; the destructor kills them.
  void inside(const std::function<void()>& start) const;

 private:
  Cgroup(std::filesystem::path home, std::filesystem::path folder)
      : home_(std::move(home)), folder_(std::move(folder)) {}
  std::filesystem::path home_, folder_;  // the group of this process, and the new group
};

}  // namespace leptir::chaos

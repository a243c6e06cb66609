// A control group for one row, where this machine lets us make one: its limits hold for what is started inside.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace leptir::chaos {

class Cgroup {
 public:
  // One that can limit "memory" or "pids", in the older hierarchy or in a delegated part of the newer one. None: this
  // machine gives us none.
  static std::unique_ptr<Cgroup> make(const std::string& controller);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // False: it cannot be limited after all.
  bool limitMemory(long bytes) const;
  bool limitProcesses(long number) const;
  // Whatever `start` starts belongs to it, and ends with it.
  void inside(const std::function<void()>& start) const;

 private:
  Cgroup(std::filesystem::path home, std::filesystem::path folder)
      : home_(std::move(home)), folder_(std::move(folder)) {}
  std::filesystem::path home_, folder_;  // where this process belongs, and the group
};

}  // namespace leptir::chaos

// A leptir instance that the demo starts as a child process and uses through leptir's commands.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "leptir/json.h"

namespace demo {

class InstanceProcess {
 public:
  // Starts `<program> start --config=<config> --pid=<pid> --drain` with its output in `log`.
  InstanceProcess(std::string program, std::filesystem::path config, std::filesystem::path pid,
                  const std::filesystem::path& log);
  // Kills it if it still runs.
  ~InstanceProcess();
  InstanceProcess(const InstanceProcess&) = delete;
  InstanceProcess& operator=(const InstanceProcess&) = delete;

  // The answer of `status --json`; null until the instance runs.
  leptir::Json status() const;
  // Sends SIGKILL to the dispatcher, the child of the master that is no worker. Returns false if it is not found.
  bool killDispatcher() const;
  // The exit status once the instance has ended, else nullopt. cpuSeconds() covers all its processes from then on.
  std::optional<int> ended();
  double cpuSeconds() const { return cpuSeconds_; }

 private:
  std::string program_;
  std::filesystem::path config_, pidFile_;
  int pid_ = -1;
  std::optional<int> exit_;
  double cpuSeconds_ = 0;
};

}  // namespace demo

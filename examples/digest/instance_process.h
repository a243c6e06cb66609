// A leptir instance as the demo sees it: a child process with commands.
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

  // What `status --json` says; null until the instance is up.
  leptir::Json status() const;
  // kill -9 of the dispatcher: the child of the master that is no worker. False: not found.
  bool killDispatcher() const;
  // Its exit status once it has ended; then also the CPU seconds of the whole tree.
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

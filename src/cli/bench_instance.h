// A temporary instance for `leptir bench`, in a child process. Its files lie in a folder that is removed afterwards.
#pragma once

#include <filesystem>
#include <optional>

#include "leptir/config.h"
#include "leptir/run_main.h"
#include "link/status_board.h"

namespace leptir::cli {

class BenchFolder {
 public:
  BenchFolder();
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  // A configuration with one SQLite file for tasks and records, without loggers.
  Config config() const;
  std::filesystem::path operator/(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

enum class Drain { No, Yes };

class BenchInstance {
 public:
  // Forks: call it while this process has one thread.
  BenchInstance(const Config& config, const BenchFolder& folder, const Program& program, Drain drain);
  ~BenchInstance();

  bool waitUntilRunning();
  std::optional<link::BoardInstance> readStatusBoard() const;
  // CPU time of all processes of the instance during `time`, in percent of one core.
  double cpuPercentOver(Duration time) const;
  bool ended();
  // The instance has ended by a signal or with an exit status other than 0.
  bool failed() const { return failed_; }
  // Stops the instance; returns the CPU seconds of all its processes.
  double stopAndGetCpuSeconds();

 private:
  std::filesystem::path pidFile_, boardFile_;
  int pid_ = -1;
  bool failed_ = false;
  double cpuSeconds_ = 0;
};

// Memory in MiB that a process shares with no other process.
struct PrivateMemoryMiB {
  double master = 0, dispatcher = 0, worker = 0;  // worker: that of the largest worker
};
PrivateMemoryMiB privateMemoryOf(const link::BoardInstance& instance);

}  // namespace leptir::cli

// An instance of its own for `leptir bench`, in a child process, with everything in a folder that goes away.
#pragma once

#include <filesystem>
#include <optional>

#include "leptir/config.h"
#include "leptir/run_main.h"
#include "link/status_board.h"

namespace leptir {

class BenchFolder {
 public:
  BenchFolder();
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  // One SQLite file for tasks and records, no loggers.
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

  bool waitUntilItFlies();
  std::optional<BoardInstance> look() const;
  // CPU of all its processes over that time, as percent of one core.
  double cpuPercentOver(Duration time) const;
  bool ended();
  // It ended, and not as an instance ends that has done its work.
  bool failed() const { return failed_; }
  // Answers the CPU seconds of all its processes.
  double stop();

 private:
  std::filesystem::path pidFile_, boardFile_;
  int pid_ = -1;
  bool failed_ = false;
  double cpuSeconds_ = 0;
};

// MiB that no other process shares.
struct PrivateMemory {
  double master = 0, dispatcher = 0, worker = 0;  // worker: the largest
};
PrivateMemory privateMemoryOf(const BoardInstance& instance);

}  // namespace leptir

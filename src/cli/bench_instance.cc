#include "cli/bench_instance.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/process_tree.h"
#include "instance/instance.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

double secondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// CPU time of a process in clock ticks: fields 14 and 15 of /proc/PID/stat, counted from the end of the name, which may
// contain blanks and parentheses.
long cpuTicksOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat);  // empty if the process has just ended
  const auto end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

double privateMiB(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  double kilobytes = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"))
      kilobytes += std::atof(line.c_str() + line.find(':') + 1);
  }
  return kilobytes / 1024;
}

}  // namespace

BenchFolder::BenchFolder() {
  std::string name = (fs::temp_directory_path() / "leptir-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("cannot make a folder in " + fs::temp_directory_path().string());
  folder_ = name;
}

BenchFolder::~BenchFolder() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Config BenchFolder::config() const {
  Config config;
  const Json connection{{"path", (folder_ / "leptir.db").string()}};
  config.brokers.push_back({.name = "sqlite", .type = "sqlite", .connection = connection});
  config.metaStorages.push_back({.name = "sqlite", .type = "sqlite", .connection = connection, .expireAfter = 168h});
  return config;
}

BenchInstance::BenchInstance(const Config& config, const BenchFolder& folder, const Program& program, Drain drain)
    : pidFile_(folder / "pid"), boardFile_(folder / "board") {
  pid_ = ::fork();
  if (pid_ == 0) {
    const instance::InstanceOptions options{
        .files = {.pidFile = pidFile_, .boardFile = boardFile_}, .drain = drain == Drain::Yes, .announce = false};
    ::_exit(instance::runInstance(config, options, program));
  }
}

BenchInstance::~BenchInstance() {
  if (pid_ > 0) stopAndGetCpuSeconds();
}

bool BenchInstance::waitUntilRunning() {
  for (int tries = 0; tries < 5000 && !ended(); ++tries) {
    if (const auto board = readStatusBoard(); board && !board->session.empty()) return true;
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

std::optional<link::BoardInstance> BenchInstance::readStatusBoard() const {
  auto found = instance::findInstance({.pidFile = pidFile_, .boardFile = boardFile_});
  return found ? std::move(*found) : std::nullopt;
}

double BenchInstance::cpuPercentOver(Duration time) const {
  const auto ticks = [this] {
    long sum = cpuTicksOf(pid_);
    for (const auto& child : base::childrenOf(pid_)) sum += cpuTicksOf(child.pid);
    return sum;
  };
  const auto before = ticks();
  std::this_thread::sleep_for(time);
  const auto used = static_cast<double>(ticks() - before) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return used / std::chrono::duration<double>(time).count() * 100;
}

bool BenchInstance::ended() {
  if (pid_ <= 0) return true;
  int status = 0;
  rusage usage{};
  if (::wait4(pid_, &status, WNOHANG, &usage) != pid_) return false;
  failed_ = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  cpuSeconds_ = secondsOf(usage.ru_utime) + secondsOf(usage.ru_stime);
  pid_ = -1;
  return true;
}

double BenchInstance::stopAndGetCpuSeconds() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  while (!ended()) std::this_thread::sleep_for(5ms);
  return cpuSeconds_;
}

PrivateMemoryMiB privateMemoryOf(const link::BoardInstance& instance) {
  PrivateMemoryMiB memory{.master = privateMiB(instance.pid)};
  for (const auto& child : base::childrenOf(instance.pid)) {
    const bool isWorker =
        std::ranges::any_of(instance.workers, [&](const auto& worker) { return worker.pid == child.pid; });
    auto& part = isWorker ? memory.worker : memory.dispatcher;
    part = std::max(part, privateMiB(child.pid));
  }
  return memory;
}

}  // namespace leptir::cli

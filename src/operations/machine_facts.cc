#include "operations/machine_facts.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/disk_space.h"

namespace leptir::operations {
namespace {

// A worker that has run nothing needs about 5 MB of its own; with less than this, real tasks do not fit.
constexpr std::uint64_t kMinWorkerMemoryBytes = 16'000'000;
constexpr std::uint64_t kProcessesBesidesWorkers = 8;  // master, dispatcher, and some that tasks start
constexpr std::uint64_t kEnoughFreeMemoryBytes = 1'000'000'000;

std::optional<std::uint64_t> numberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end != text.data() ? std::optional(number) : std::nullopt;
}

std::string textOfFile(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The folder of this process's cgroup (version 2); none: there is none.
std::optional<std::filesystem::path> cgroupFolder() {
  const auto text = textOfFile("/proc/self/cgroup");
  constexpr std::string_view kCgroupVersion2 = "0::/";
  const auto at = text.starts_with(kCgroupVersion2) ? 0 : text.find("\n" + std::string(kCgroupVersion2));
  if (at == std::string::npos) return std::nullopt;
  const auto begin = text.find('/', at);
  return std::filesystem::path("/sys/fs/cgroup" + text.substr(begin, text.find('\n', begin) - begin));
}

// The smallest limit of the cgroup and of those above it.
std::optional<std::uint64_t> cgroupLimit(const char* file) {
  std::optional<std::uint64_t> least;
  auto folder = cgroupFolder();
  for (; folder && folder->string().starts_with("/sys/fs/cgroup"); folder = folder->parent_path()) {
    if (const auto limit = numberIn(textOfFile(*folder / file))) least = std::min(least.value_or(*limit), *limit);
  }
  return least;
}

// "MemAvailable:   1234 kB" in /proc/meminfo.
std::optional<std::uint64_t> meminfoBytes(const std::string& text, const std::string& name) {
  const auto at = text.find(name + ":");
  if (at == std::string::npos) return std::nullopt;
  const auto digits = text.find_first_of("0123456789", at);
  const auto number = digits == std::string::npos ? std::nullopt : numberIn(std::string_view(text).substr(digits));
  return number ? std::optional(*number * 1'024) : std::nullopt;
}

// Root may start any number of processes.
std::optional<std::uint64_t> processLimitOfUser() {
  rlimit limit{};
  if (::geteuid() == 0 || ::getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::nullopt;
  return limit.rlim_cur;
}

bool isClockSynchronised() {
  timex state{};
  return ::adjtimex(&state) != TIME_ERROR;
}

}  // namespace

MachineFacts readMachineFacts() {
  const auto memory = textOfFile("/proc/meminfo");
  MachineFacts facts{.memoryAvailable = meminfoBytes(memory, "MemAvailable"),
                     .memoryOfMachine = meminfoBytes(memory, "MemTotal"),
                     .memoryLimit = cgroupLimit("memory.max"),
                     .processLimit = processLimitOfUser(),
                     .isClockSynchronised = isClockSynchronised()};
  if (const auto pids = cgroupLimit("pids.max"))
    facts.processLimit = std::min(facts.processLimit.value_or(*pids), *pids);
  return facts;
}

void examineFacts(const MachineFacts& facts, int workers, const std::string& where, Findings& findings) {
  const auto needed = static_cast<std::uint64_t>(std::max(workers, 1));
  findings.countExamined(4);
  if (facts.memoryLimit && *facts.memoryLimit / needed < kMinWorkerMemoryBytes)
    findings.add({FindingSeverity::Warning, "low-limit", where,
                  fmt::format("the memory limit of this control group is {}, for {} workers",
                              base::bytesText(*facts.memoryLimit), workers),
                  "raise the limit (MemoryMax= of systemd, the limit of the container), or lower number_of_workers"});
  if (facts.memoryAvailable && facts.memoryOfMachine && *facts.memoryAvailable < kEnoughFreeMemoryBytes &&
      *facts.memoryAvailable < *facts.memoryOfMachine / 20)
    findings.add({FindingSeverity::Warning, "memory", where,
                  fmt::format("{} of {} of memory are available: the kernel will end processes",
                              base::bytesText(*facts.memoryAvailable), base::bytesText(*facts.memoryOfMachine)),
                  "lower number_of_workers, or set max_memory_per_worker"});
  if (facts.processLimit && *facts.processLimit < needed + kProcessesBesidesWorkers)
    findings.add({FindingSeverity::Problem, "low-limit", where,
                  fmt::format("this user may have {} processes, and {} workers need {}", *facts.processLimit, workers,
                              needed + kProcessesBesidesWorkers),
                  "raise the limit (ulimit -u, TasksMax= of systemd, the limit of the container)"});
  if (!facts.isClockSynchronised)
    findings.add({FindingSeverity::Note, "clock-skew", where,
                  "the kernel says that no program synchronises the clock of this machine",
                  "switch on NTP (timedatectl set-ntp true), unless the host of this virtual machine does it"});
}

}  // namespace leptir::operations

#include "worker/kernel_priorities.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/unique_fd.h"

namespace leptir::worker {
namespace {

constexpr const char* kOomFile = "/proc/self/oom_score_adj";
constexpr int kThisThread = 0, kOfOneThread = 1;  // the latter is IOPRIO_WHO_PROCESS

}  // namespace

std::optional<int> oomAdjustment() {
  const base::UniqueFd file(::open(kOomFile, O_RDONLY | O_CLOEXEC));
  char text[16] = {};
  if (!file || ::read(file.get(), text, sizeof text - 1) <= 0) return std::nullopt;
  return std::atoi(text);
}

bool setOomAdjustment(int adjustment) {
  const base::UniqueFd file(::open(kOomFile, O_WRONLY | O_CLOEXEC));
  const auto text = std::to_string(adjustment);
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::optional<int> ioPriority() {
  const auto priority = ::syscall(SYS_ioprio_get, kOfOneThread, kThisThread);
  return priority < 0 ? std::nullopt : std::optional(static_cast<int>(priority));
}

bool setIoPriority(int priority) {
  return ::syscall(SYS_ioprio_set, kOfOneThread, kThisThread, priority) == 0;
}

}  // namespace leptir::worker

#include "base/instance_processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/instance_mark.h"
#include "base/read_file.h"
#include "base/unique_fd.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::size_t kLargestEnvironment = std::size_t{16} << 20;

// Everything in a process's environment, zero-separated; empty when it is not ours to read, or gone meanwhile.
std::string environmentOf(pid_t process) {
  auto read = readFile("/proc/" + std::to_string(process) + "/environ", kLargestEnvironment);
  return read ? std::move(read->text) : std::string();
}

bool belongsTo(pid_t process, std::string_view instance) {
  const auto environment = '\0' + environmentOf(process) + '\0';
  const auto entry = "\0LEPTIR_SESSION="s + std::string(instance) + '\0';
  return environment.find(entry) != std::string::npos || bearsMark(process, instance);
}

std::vector<pid_t> processesOfThisUser() {
  std::vector<pid_t> processes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    pid_t process = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), process);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    struct stat info{};
    const bool ours = ::stat(entry.path().c_str(), &info) == 0 && info.st_uid == ::geteuid();
    if (ours && process != ::getpid()) processes.push_back(process);
  }
  return processes;
}

// A descriptor of the process, taken before its environment is read again, so that no stranger with a reused number is
// hit.
UniqueFd hold(pid_t process) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

void end(const UniqueFd& process) {
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

bool isGone(const UniqueFd& process, std::chrono::milliseconds longest) {
  pollfd waiting{process.get(), POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(longest.count())) == 1;
}

}  // namespace

bool endProcessesOf(std::string_view instance) {
  std::vector<UniqueFd> ending;
  for (const auto process : processesOfThisUser()) {
    if (!belongsTo(process, instance)) continue;
    auto held = hold(process);
    if (!held || !belongsTo(process, instance)) continue;
    end(held);
    ending.push_back(std::move(held));
  }
  return std::ranges::all_of(ending, [](const auto& process) { return isGone(process, 1s); });
}

}  // namespace leptir

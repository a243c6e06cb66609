#include "base/instance_processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/instance_mark.h"
#include "base/proc_check.h"
#include "base/proc_text.h"
#include "base/short_list.h"
#include "base/task_id.h"
#include "base/unique_fd.h"

namespace leptir::base {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

Membership membershipByEnvironment(pid_t process, std::string_view instance) {
  const auto environment = readProcText(process, "environ");
  if (!environment) {
    return environment.error().code() == ErrorCode::NotFound ? Membership::No : Membership::CannotTell;
  }
  const auto entry = "\0LEPTIR_SESSION="s + std::string(instance) + '\0';
  return ('\0' + *environment + '\0').find(entry) != std::string::npos ? Membership::Yes : Membership::No;
}

Membership membershipOf(pid_t process, std::string_view instance) {
  const auto environment = membershipByEnvironment(process, instance);
  if (environment == Membership::Yes) return environment;
  const auto mark = checkInstanceMark(process, instance);
  return mark == Membership::No ? environment : mark;
}

bool isOfThisUser(const std::filesystem::path& folder) {
  struct stat info{};
  return ::stat(folder.c_str(), &info) == 0 && info.st_uid == ::geteuid();
}

std::optional<pid_t> pidOfProcFolder(const std::filesystem::path& folder) {
  const auto name = folder.filename().string();
  pid_t process = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
  if (error != std::errc() || end != name.data() + name.size() || process <= 0) return std::nullopt;
  return process;
}

Result<std::vector<pid_t>> processesOfThisUser() {
  if (auto shown = checkProcFilesystem(); !shown) return shown.error();
  std::vector<pid_t> processes;
  bool showsUs = false;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const auto process = pidOfProcFolder(entry->path());
    showsUs = showsUs || process == ::getpid();
    if (process && isOfThisUser(entry->path())) processes.push_back(*process);
  }
  if (error) return Error(ErrorCode::Unavailable, "cannot list /proc: " + error.message());
  // checkProcFilesystem() has seen /proc/self, so something filters this list.
  if (!showsUs)
    return Error(ErrorCode::Unavailable,
                 "the list in /proc is incomplete, since it lacks this process: see whether a sandbox or container "
                 "restricts /proc");
  return processes;
}

// Opens a pidfd. The caller checks the membership again afterwards, so that a process which got the same number in the
// meantime is not killed. Empty, with errno: the process is gone, or no descriptor could be opened.
UniqueFd openPidfd(pid_t process) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

void sendSigkill(const UniqueFd& process) {
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

bool waitForEnd(const UniqueFd& process, std::chrono::milliseconds longest) {
  pollfd waiting{process.get(), POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(longest.count())) == 1;
}

Result<void> checkInstanceName(std::string_view instance) {
  if (isInstanceName(instance)) return {};
  return Error(ErrorCode::Invalid, "an instance's name is 32 lower-case hex digits");
}

Result<void> checkIsNotOurOwn(std::string_view instance) {
  switch (membershipOf(::getpid(), instance)) {
    case Membership::No:
      return {};
    case Membership::Yes:
      return Error(ErrorCode::Invalid, "this process belongs to instance " + std::string(instance) + " itself");
    default:
      return Error(ErrorCode::Unavailable, "cannot tell whether this process belongs to that instance");
  }
}

// The processes of `processes` that belong to the instance, each with its pidfd.
struct Members {
  std::vector<std::pair<InstanceProcess, UniqueFd>> held;
  bool complete = true;  // false: a living member has no pidfd, so it cannot be killed
};

Members holdMembers(const std::vector<pid_t>& processes, std::string_view instance) {
  Members members;
  for (const auto process : processes) {
    if (membershipOf(process, instance) != Membership::Yes) continue;
    auto held = openPidfd(process);
    if (!held) {
      members.complete = members.complete && errno == ESRCH;
      continue;
    }
    if (membershipOf(process, instance) != Membership::Yes) continue;
    members.held.emplace_back(describeProcess(process), std::move(held));
  }
  return members;
}

Result<void> checkHasNoMaster(const Members& members, std::string_view instance) {
  for (const auto& [process, held] : members.held) {
    const auto sign = checkMasterMark(process.pid, instance);
    const auto who = "process " + std::to_string(process.pid) + " (" + process.command + ")";
    if (sign == Membership::Yes) return Error(ErrorCode::Lost, "its master lives: " + who);
    if (sign == Membership::CannotTell) {
      return Error(ErrorCode::Unavailable, who + " may be the master of the instance");
    }
  }
  return {};
}

}  // namespace

InstanceProcess describeProcess(pid_t process) {
  auto command = readProcText(process, "comm").value_or("");
  std::erase(command, '\n');
  std::ranges::replace_if(command, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return {process, std::move(command)};
}

std::string processListText(std::span<const InstanceProcess> processes) {
  return shortList(processes, [](const InstanceProcess& process) {
    return std::to_string(process.pid) + " (" + process.command + ")";
  });
}

Result<std::vector<InstanceProcess>> processesOf(std::string_view instance) {
  if (auto fine = checkInstanceName(instance); !fine) return fine.error();
  const auto processes = processesOfThisUser();
  if (!processes) return processes.error();
  std::vector<InstanceProcess> living;
  for (const auto process : *processes) {
    const auto membership = membershipOf(process, instance);
    if (membership == Membership::Yes) living.push_back(describeProcess(process));
    // Process 1 of a container or machine often hides its files from other processes. It is not a process of an
    // instance that this user started.
    if (membership == Membership::CannotTell && process != 1) {
      return Error(ErrorCode::Unavailable,
                   "cannot tell whether process " + std::to_string(process) + " belongs to the instance");
    }
  }
  return living;
}

Result<KillResult> killProcessesOf(std::string_view instance) {
  if (auto fine = checkInstanceName(instance); !fine) return fine.error();
  if (auto fine = checkIsNotOurOwn(instance); !fine) return fine.error();
  const auto processes = processesOfThisUser();
  if (!processes) return processes.error();
  const auto members = holdMembers(*processes, instance);
  if (auto dead = checkHasNoMaster(members, instance); !dead) return dead.error();
  KillResult result;
  for (const auto& [process, held] : members.held) {
    sendSigkill(held);
    result.signalled.push_back(process);
  }
  const bool gone = std::ranges::all_of(members.held, [](const auto& member) { return waitForEnd(member.second, 1s); });
  result.allGone = members.complete && gone;
  return result;
}

}  // namespace leptir::base

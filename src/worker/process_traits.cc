#include "worker/process_traits.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <span>

#include "worker/kernel_priorities.h"

namespace leptir::worker {
namespace {

constexpr __itimer_which kTimerKinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
// A joined thread still counts in /proc for a moment. The pause is in microseconds.
constexpr int kMaxThreadChecks = 50;
constexpr useconds_t kMicrosecondsBetweenThreadChecks = 1000;

bool isArmed(__itimer_which timer) {
  itimerval value{};
  return ::getitimer(timer, &value) == 0 && (value.it_value.tv_sec != 0 || value.it_value.tv_usec != 0);
}

// Seccomp mode and no_new_privs in one number; no process can undo either.
int confinement() {
  return std::max(::prctl(PR_GET_SECCOMP), 0) * 2 + std::max(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

bool isSame(const rlimit& a, const rlimit& b) {
  return a.rlim_cur == b.rlim_cur && a.rlim_max == b.rlim_max;
}

// A value that cannot be read counts as unchanged. The usual cause, a task that used up the descriptors, is found by
// hasDescriptorsLeft (descriptor_checks.h).
template <class Value>
bool differ(const std::optional<Value>& before, const std::optional<Value>& now) {
  return before && now && *before != *now;
}

// Without CAP_SYS_ADMIN a process can enter another namespace only together with another user namespace, so it suffices
// to check that one. Another mount namespace shows in the root folder (currentRoot).
constexpr const char* kNamespaces[] = {"user", "net", "uts", "ipc", "pid_for_children"};

std::size_t namespacesToCheck(bool isAdministrator) {
  return isAdministrator ? std::size(kNamespaces) : 1;
}

}  // namespace

ProcessTraits::ProcessTraits()
    : ids_(currentIds()),
      root_(currentRoot()),
      capabilities_(currentCapabilities()),
      namespaceFolder_(::open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      timerList_(::open("/proc/self/timers", O_RDONLY | O_CLOEXEC)),
      posixTimers_(currentPosixTimers()),
      isAffinityKnown_(::sched_getaffinity(0, sizeof affinity_, &affinity_) == 0),
      nice_(::getpriority(PRIO_PROCESS, 0)),
      ioPriority_(ioPriority()),
      oomAdjustment_(oomAdjustment()),
      confinement_(confinement()),
      threads_(currentThreads()) {
  for (int i = 0; i < kLimits; ++i)
    ::getrlimit(static_cast<__rlimit_resource>(i), &limits_[static_cast<std::size_t>(i)]);
  std::ranges::transform(kTimerKinds, timers_.begin(), isArmed);
  constexpr std::size_t kPermittedCapabilities = 2;  // index in Capabilities
  const bool isAdministrator = !capabilities_ || ((*capabilities_)[kPermittedCapabilities] >> CAP_SYS_ADMIN & 1) != 0;
  for (const auto* kind : std::span(kNamespaces).first(namespacesToCheck(isAdministrator))) {
    if (auto found = currentNamespace(kind)) namespaces_.emplace_back(kind, std::move(*found));
  }
}

std::optional<std::string> ProcessTraits::restore() const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  disarmTimers();
  environment_.restore();
  if (currentIds() != ids_) return "changed the user or group ids of its process";
  if (differ(capabilities_, currentCapabilities())) return "changed the capabilities of its process";
  if (currentRoot() != root_) return "changed the root folder or the mount namespace of its process";
  if (!areNamespacesUnchanged()) return "took its process into another namespace";
  if (differ(posixTimers_, currentPosixTimers())) return "left a POSIX timer running (timer_create)";
  if (auto lowered = restoreLimits()) return lowered;
  if (auto changed = restorePriorities()) return changed;
  if (!restoreAffinity()) return "changed the CPU affinity of its process";
  if (confinement() != confinement_) return "confined its process (seccomp or no_new_privs)";
  return std::nullopt;
}

void ProcessTraits::disarmTimers() const {
  const itimerval none{};
  for (std::size_t i = 0; i < kTimers; ++i) {
    if (!timers_[i] && isArmed(kTimerKinds[i])) ::setitimer(kTimerKinds[i], &none, nullptr);
  }
}

std::optional<std::string> ProcessTraits::restorePriorities() const {
  if (::getpriority(PRIO_PROCESS, 0) != nice_ && ::setpriority(PRIO_PROCESS, 0, nice_) != 0)
    return "changed the niceness of its process";
  if (differ(ioPriority_, ioPriority()) && !setIoPriority(*ioPriority_))
    return "changed the I/O priority of its process";
  if (differ(oomAdjustment_, oomAdjustment()) && !setOomAdjustment(*oomAdjustment_))
    return "changed the oom_score_adj of its process";
  return std::nullopt;
}

bool ProcessTraits::restoreAffinity() const {
  cpu_set_t now{};
  if (!isAffinityKnown_ || ::sched_getaffinity(0, sizeof now, &now) != 0 || CPU_EQUAL(&now, &affinity_)) return true;
  return ::sched_setaffinity(0, sizeof affinity_, &affinity_) == 0;
}

std::optional<std::string> ProcessTraits::restoreLimits() const {
  for (int i = 0; i < kLimits; ++i) {
    const auto resource = static_cast<__rlimit_resource>(i);
    const auto& before = limits_[static_cast<std::size_t>(i)];
    rlimit now{};
    ::getrlimit(resource, &now);
    if (!isSame(now, before) && ::setrlimit(resource, &before) != 0)
      return "lowered a hard limit of its process (RLIMIT number " + std::to_string(i) + ")";
  }
  return std::nullopt;
}

std::size_t ProcessTraits::countLeftoverThreads() const {
  for (int look = 0;; ++look) {
    const auto now = currentThreads();
    if (threads_ == 0 || now <= threads_) return 0;
    if (look == kMaxThreadChecks) return now - threads_;
    ::usleep(kMicrosecondsBetweenThreadChecks);
  }
}

ProcessTraits::Ids ProcessTraits::currentIds() {
  Ids ids;
  ::getresuid(&ids.users[0], &ids.users[1], &ids.users[2]);
  ::getresgid(&ids.groups[0], &ids.groups[1], &ids.groups[2]);
  ids.supplementary.resize(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(ids.supplementary.size()), ids.supplementary.data());
  ids.supplementary.resize(static_cast<std::size_t>(std::max(count, 0)));
  return ids;
}

ProcessTraits::Root ProcessTraits::currentRoot() {
  struct statx info{};
  if (::statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &info) != 0) return {base::FileIdentity::of("/")};
  return {{makedev(info.stx_dev_major, info.stx_dev_minor), info.stx_ino},
          (info.stx_mask & STATX_MNT_ID) != 0 ? info.stx_mnt_id : 0};
}

std::optional<ProcessTraits::Capabilities> ProcessTraits::currentCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, sets) != 0) return std::nullopt;
  const auto bits = static_cast<std::uint32_t>(std::max(::prctl(PR_GET_SECUREBITS), 0));
  return Capabilities{sets[0].effective,
                      sets[1].effective,
                      sets[0].permitted,
                      sets[1].permitted,
                      sets[0].inheritable,
                      sets[1].inheritable,
                      bits};
}

// For example "net:[4026531840]". Empty: the pid namespace of future children, before the first child exists in it.
std::optional<std::string> ProcessTraits::currentNamespace(const char* kind) const {
  char name[64];
  const auto bytes = ::readlinkat(namespaceFolder_.get(), kind, name, sizeof name);
  if (bytes >= 0) return std::string(name, static_cast<std::size_t>(bytes));
  return errno == ENOENT ? std::optional<std::string>("") : std::nullopt;
}

bool ProcessTraits::areNamespacesUnchanged() const {
  return std::ranges::none_of(namespaces_, [this](const auto& known) {
    return differ(std::optional(known.second), currentNamespace(known.first));
  });
}

// The text of /proc/self/timers: a few lines for each timer, empty without timers. nullopt: it cannot be read.
std::optional<std::string> ProcessTraits::currentPosixTimers() const {
  char list[4096];
  const auto bytes = ::pread(timerList_.get(), list, sizeof list, 0);
  return bytes >= 0 ? std::optional(std::string(list, static_cast<std::size_t>(bytes))) : std::nullopt;
}

// The folder has a link for each thread, and two more for `.` and `..`. 0: there is no /proc.
std::size_t ProcessTraits::currentThreads() {
  struct stat info{};
  return ::stat("/proc/self/task", &info) == 0 && info.st_nlink > 2 ? info.st_nlink - 2 : 0;
}

}  // namespace leptir::worker

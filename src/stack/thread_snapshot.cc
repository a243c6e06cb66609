#include "stack/thread_snapshot.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <new>

#include "base/errno_text.h"
#include "base/proc_text.h"
#include "stack/thread_stopper.h"

namespace leptir::stack {
namespace {

constexpr Duration kSnapshotTimeout = std::chrono::seconds(2);
constexpr std::size_t kMemoryPageBytes = 4096;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

struct Mapping {
  std::uint64_t begin, end;
};

std::vector<Mapping> mappingsIn(const std::string& maps) {
  std::vector<Mapping> mappings;
  for (std::size_t at = 0; at < maps.size(); at = std::min(maps.find('\n', at), maps.size() - 1) + 1) {
    unsigned long long begin = 0, end = 0;
    if (std::sscanf(maps.c_str() + at, "%llx-%llx", &begin, &end) == 2) mappings.push_back({begin, end});
  }
  return mappings;
}

// The main thread first, then by their numbers.
std::vector<int> threadsOf(int process) {
  const auto path = "/proc/" + std::to_string(process) + "/task";
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  std::vector<int> threads;
  while (const auto* entry = folder ? ::readdir(folder.get()) : nullptr) {
    if (const int tid = std::atoi(entry->d_name); tid > 0) threads.push_back(tid);
  }
  std::ranges::sort(threads, {}, [&](int tid) { return std::pair(tid != process, tid); });
  return threads;
}

std::uint64_t stackCopyBegin(const ThreadCopy& thread) {
  return thread.registers.stackPointer - kRedZoneBytes;
}

// How many bytes of the stack are mapped, from its innermost byte on. A stack that is newer than the list of mappings
// has at least the page of its innermost byte.
std::size_t bytesToCopy(const ThreadCopy& thread, const std::vector<Mapping>& mappings) {
  const auto begin = stackCopyBegin(thread);
  for (const auto& mapping : mappings) {
    if (thread.registers.stackPointer >= mapping.begin && thread.registers.stackPointer < mapping.end)
      return std::min<std::uint64_t>(mapping.end - begin, kMaxStackBytes);
  }
  return kMemoryPageBytes - begin % kMemoryPageBytes;
}

void copyStack(int process, ThreadCopy& thread, std::byte* to, const std::vector<Mapping>& mappings) {
  if (thread.problem != ThreadProblem::None || thread.registers.stackPointer <= kRedZoneBytes) return;
  const auto bytes = bytesToCopy(thread, mappings);
  const iovec local{to, bytes}, remote{reinterpret_cast<void*>(stackCopyBegin(thread)), bytes};
  const auto copied = ::process_vm_readv(process, &local, 1, &remote, 1, 0);
  thread.stackBytes = copied > 0 ? static_cast<std::uint64_t>(copied) : 0;
  if (copied < 0) thread.problem = errno == EPERM ? ThreadProblem::NoRights : ThreadProblem::Ended;
}

bool waitOrKill(pid_t child) {
  const auto until = systemClock().bootTime() + kSnapshotTimeout;
  int status = 0;
  for (;;) {
    const auto found = ::waitpid(child, &status, WNOHANG);
    if (found == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (found < 0 && errno != EINTR) return false;
    if (systemClock().bootTime() >= until) ::kill(child, SIGKILL);
    ::usleep(500);
  }
}

}  // namespace

struct ThreadSnapshot::Memory {
  std::int64_t taken;
  std::int64_t stoppedFor;
  std::uint64_t leftOut;
  std::size_t count;
  ThreadCopy threads[kMaxThreads];
  alignas(kMemoryPageBytes) std::byte stacks[kMaxThreads][kMaxStackBytes];

  void copy(int process, const std::vector<Mapping>& mappings) {
    ThreadStopper stopper(process);
    const std::span all(threads, count);
    stopper.attach(all);
    taken = systemClock().now().time_since_epoch().count();
    const auto begin = systemClock().bootTime();
    stopper.stopAndReadRegisters(all);
    for (std::size_t i = 0; i < count; ++i) copyStack(process, threads[i], stacks[i], mappings);
    stopper.detach();
    stoppedFor = (systemClock().bootTime() - begin).count();
  }
};

void ThreadSnapshot::Unmap::operator()(Memory* memory) const {
  ::munmap(memory, sizeof(Memory));
}

Result<ThreadSnapshot> ThreadSnapshot::take(int process) {
  const auto maps = base::readProcText(process, "maps");
  if (!maps) return maps.error();
  void* mapped =
      ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return Error(ErrorCode::Unavailable, "no memory for a stack: " + base::errnoText(errno));
  auto* memory = static_cast<Memory*>(mapped);
  ThreadSnapshot snapshot(memory);
  const auto threads = threadsOf(process);
  memory->count = std::min(threads.size(), kMaxThreads);
  memory->leftOut = threads.size() - memory->count;
  for (std::size_t i = 0; i < memory->count; ++i) memory->threads[i].tid = threads[i];
  const auto mappings = mappingsIn(*maps);
  const auto child = ::fork();
  if (child < 0) return Error(ErrorCode::Unavailable, "cannot fork: " + base::errnoText(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpriority(PRIO_PROCESS, 0, -20);  // the threads wait for this process; without the right nothing changes
    memory->copy(process, mappings);
    ::_exit(0);
  }
  if (!waitOrKill(child))
    return Error(ErrorCode::Unavailable, "the process that stops the threads did not end in time");
  return snapshot;
}

std::span<const ThreadCopy> ThreadSnapshot::threads() const {
  return {memory_->threads, memory_->count};
}
std::span<const std::byte> ThreadSnapshot::stackOf(std::size_t thread) const {
  return {memory_->stacks[thread], memory_->threads[thread].stackBytes};
}
std::uint64_t ThreadSnapshot::stackBegin(std::size_t thread) const {
  return stackCopyBegin(memory_->threads[thread]);
}
Time ThreadSnapshot::taken() const {
  return Time(Duration(memory_->taken));
}
Duration ThreadSnapshot::stoppedFor() const {
  return Duration(memory_->stoppedFor);
}
std::uint64_t ThreadSnapshot::leftOutThreads() const {
  return memory_->leftOut;
}

}  // namespace leptir::stack

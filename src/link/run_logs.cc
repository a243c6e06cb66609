#include "link/run_logs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/errno_text.h"
#include "base/limits.h"
#include "base/sealed_memory.h"
#include "link/run_log_layout.h"
#include "link/slot.h"

namespace leptir::link {
namespace {

// The name has the version of the layout.
constexpr char kName[] = "leptir-logs-1";
constexpr char kLinkTarget[] = "/memfd:leptir-logs-1 (deleted)";
constexpr int kSlots = kReportSlot + 1;
constexpr std::size_t kBytes = static_cast<std::size_t>(kSlots) * kRunLogSlotBytes;
// How often a buffer is read again that was written meanwhile. The last copy is used anyway: the worker may have been
// killed while it wrote.
constexpr int kMaxBufferReads = 20;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool leadsToLogs(int folder, const char* name) {
  char target[64];
  const auto bytes = ::readlinkat(folder, name, target, sizeof target);
  return bytes > 0 && std::string_view(target, static_cast<std::size_t>(bytes)) == kLinkTarget;
}

off_t offsetOf(int slot, std::size_t buffer) {
  return static_cast<off_t>(static_cast<std::size_t>(slot) * kRunLogSlotBytes + buffer * kRunLogStride);
}

// Whether a descriptor refers to memory that has the logs of at least one slot.
bool hasValidSize(const base::UniqueFd& memory) {
  struct stat info{};
  return ::fstat(memory.get(), &info) == 0 && info.st_size > 0 && info.st_size <= static_cast<off_t>(kBytes) &&
         info.st_size % static_cast<off_t>(kRunLogSlotBytes) == 0;
}

bool hasSlot(const base::UniqueFd& memory, int slot) {
  struct stat info{};
  return ::fstat(memory.get(), &info) == 0 && offsetOf(slot + 1, 0) <= info.st_size;
}

bool readAt(const base::UniqueFd& memory, off_t from, void* to, std::size_t bytes) {
  return ::pread(memory.get(), to, bytes, from) == static_cast<ssize_t>(bytes);
}

// Copies a buffer when no change is being made to it; after kMaxBufferReads attempts it takes the copy as it is.
std::optional<RunLog> readBuffer(const base::UniqueFd& memory, off_t from) {
  const auto buffer = std::make_unique<RunLogBuffer>();
  for (int tries = 0; tries < kMaxBufferReads; ++tries) {
    if (!readAt(memory, from, buffer.get(), sizeof *buffer)) return std::nullopt;
    std::uint32_t after = 0;
    if (!readAt(memory, from, &after, sizeof after)) return std::nullopt;
    const auto before = buffer->head.version.load();
    if (before % 2 == 0 && before == after) break;
    ::usleep(50);
  }
  return makesSense(buffer->head) ? std::optional(readRunLog(*buffer)) : std::nullopt;
}

}  // namespace

bool makesSense(const RunLogHead& head) {
  return head.sequence != 0 && head.idBytes <= kMaxLoggedIdBytes && head.firstBytes <= kFirstLogBytes &&
         head.lastTo >= head.lastFrom && head.lastTo - head.lastFrom <= kLastLogBytes;
}

RunLog readRunLog(const RunLogBuffer& buffer) {
  const auto& head = buffer.head;
  RunLog log{.id = std::string(head.id, head.idBytes),
             .attempt = head.attempt,
             .pid = head.pid,
             .sequence = head.sequence,
             .first = std::string(buffer.first, head.firstBytes),
             .last = {},
             .leftOutLines = head.leftOutLines,
             .leftOutBytes = head.leftOutBytes};
  log.last.reserve(head.lastTo - head.lastFrom);
  for (auto from = head.lastFrom; from < head.lastTo;) {
    const auto at = from % kLastLogBytes;
    const auto bytes = std::min<std::uint64_t>(head.lastTo - from, kLastLogBytes - at);
    log.last.append(buffer.last + at, bytes);
    from += bytes;
  }
  return log;
}

int RunLogs::allowedSlots() {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= kBytes) return kSlots;
  return static_cast<int>(limit.rlim_cur / kRunLogSlotBytes);
}

RunLogs RunLogs::create() {
  auto memory = base::makeSealedMemory(kName, static_cast<std::size_t>(allowedSlots()) * kRunLogSlotBytes);
  return RunLogs(memory ? std::move(*memory) : base::UniqueFd());
}

Result<RunLogs> RunLogs::ofMaster(int pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  const Error none(ErrorCode::NotFound, "process " + std::to_string(pid) + " keeps no logs of runs");
  if (!folder) return errno == ENOENT ? none : Error(ErrorCode::Unavailable, path + ": " + base::errnoText(errno));
  while (const auto* entry = ::readdir(folder.get())) {
    if (!leadsToLogs(::dirfd(folder.get()), entry->d_name)) continue;
    base::UniqueFd memory(::openat(::dirfd(folder.get()), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!memory) return Error(ErrorCode::Unavailable, path + ": " + base::errnoText(errno));
    if (hasValidSize(memory)) return RunLogs(std::move(memory));
  }
  return none;
}

char* RunLogs::mapForWorker(int slot) {
  const auto memory = std::move(memory_);
  if (!hasSlot(memory, slot)) return nullptr;
  void* mapped = ::mmap(nullptr, kRunLogSlotBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), offsetOf(slot, 0));
  if (mapped == MAP_FAILED) return nullptr;
  ::madvise(mapped, kRunLogSlotBytes, MADV_DONTDUMP);
  return static_cast<char*>(mapped);
}

template <class Matches>
std::optional<RunLog> RunLogs::find(int slot, Matches matches) const {
  std::optional<RunLog> found;
  for (std::size_t buffer = 0; buffer < kRunLogBuffersPerSlot; ++buffer) {
    RunLogHead head{};
    const auto from = offsetOf(slot, buffer);
    if (!readAt(memory_, from, &head, sizeof head)) return std::nullopt;
    if (!makesSense(head) || !matches(head) || (found && head.sequence < found->sequence)) continue;
    if (auto log = readBuffer(memory_, from)) found = std::move(log);
  }
  return found;
}

std::optional<RunLog> RunLogs::read(int slot, std::size_t cell, std::uint64_t generation) const {
  return find(slot, [&](const RunLogHead& head) { return head.cell == cell && head.generation == generation; });
}

std::optional<RunLog> RunLogs::readNewest(int slot, std::string_view id) const {
  return find(slot, [&](const RunLogHead& head) { return std::string_view(head.id, head.idBytes) == id; });
}

}  // namespace leptir::link

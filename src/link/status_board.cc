#include "link/status_board.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <tuple>

#include "base/errno_text.h"
#include "base/open_files.h"
#include "base/private_file.h"
#include "base/sealed_memory.h"
#include "base/utf8.h"
#include "link/board_entries.h"
#include "link/pages.h"
#include "link/slot.h"

namespace leptir::link {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;            // PATH_MAX, so that no path is cut
constexpr std::uint64_t kMagic = 0x6c657074'69723130;  // "leptir10": the version of this layout

Error cannotOpen(const std::filesystem::path& file) {
  const auto code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::NotFound
                    : errno == ELOOP                    ? ErrorCode::Invalid
                                                        : ErrorCode::Unavailable;
  return Error(code, file.string() + ": " + base::errnoText(errno));
}

// Root may read the boards of every user.
Result<void> checkBoardOwner(const base::UniqueFd& board, const std::filesystem::path& file) {
  struct stat info{};
  if (::geteuid() == 0 || ::fstat(board.get(), &info) != 0) return {};
  if (auto trusted = base::checkOwner(info); !trusted) return trusted.error().in(file.string());
  return {};
}

template <std::size_t N>
void copyText(char (&to)[N], std::string_view from) {
  const auto bytes = base::utf8Prefix(from, N - 1).size();
  from.copy(to, bytes);
  to[bytes] = '\0';
}

template <std::size_t N>
std::string textOf(const char (&from)[N]) {
  return {from, ::strnlen(from, N)};
}

}  // namespace

std::string_view nameOf(InstanceState state) {
  switch (state) {
    case InstanceState::Starting:
      return "starting";
    case InstanceState::Running:
      return "running";
    case InstanceState::Waiting:
      return "waiting";
    case InstanceState::Stopping:
      return "stopping";
  }
  return "?";
}

// Which instance this is. The board file has a copy of this struct.
struct StatusBoard::Head {
  std::uint64_t magic = kMagic;
  std::int64_t since = 0;
  std::atomic<std::int32_t> pid{0};
  base::SharedMemoryLocation memory{};
  char session[64] = {};
  char configuration[kMaxPathBytes] = {};

  BoardInstance instance() const {
    BoardInstance instance;
    instance.pid = pid.load();
    instance.session = textOf(session);
    instance.since = Time(Duration(since));
    instance.configuration = textOf(configuration);
    return instance;
  }
};

struct StatusBoard::Page {
  Head head;
  std::atomic<std::int32_t> workers{0};
  InstanceStateEntry state;
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> requestsSent{0}, requestsRepeated{0}, requestsThrottled{0};
  std::atomic<std::uint64_t> reloadsRequested{0}, reloadsAnswered{0};  // the latter: request * 2, and 1 if refused
  ErrorReportsEntry errorReports;
  SpansEntry spans;
  MetricsServerEntry metricsServer;
  // A metrics::MetricsTable. Its constructor is not called, since it would touch the memory of rows that are never
  // used.
  alignas(metrics::MetricsTable) std::byte metrics[sizeof(metrics::MetricsTable)];
  WorkerEntry workerEntries[1];  // in fact kMaxWorkers; unused entries take no memory

  static constexpr std::size_t bytes() {
    return roundUpToPages(sizeof(Page) + sizeof(WorkerEntry) * (base::kMaxWorkers - 1));
  }
  // Maps memory from openSharedMemoryAt or makeSealedMemory; anonymous memory if there is no descriptor.
  static Page* map(const base::UniqueFd& memory, int rights) {
    const int flags = MAP_SHARED | (memory ? 0 : MAP_ANONYMOUS);
    void* mapped = ::mmap(nullptr, bytes(), rights, flags, memory.get(), 0);
    if (mapped == MAP_FAILED) return nullptr;
    // Keeps the tasks of other workers out of the core files of a worker.
    ::madvise(mapped, bytes(), MADV_DONTDUMP);
    return static_cast<Page*>(mapped);
  }
  // Entries after the first need no constructor: zeroed memory is an empty WorkerEntry.
  static void initialize(Page* memory, int workers, const Clock& clock) {
    auto* page = new (memory) Page;
    page->workers = workers;
    page->head.since = clock.now().time_since_epoch().count();
  }
};

Result<void> StatusBoard::readHead(const base::UniqueFd& descriptor, const std::filesystem::path& file, Head& head) {
  struct stat info{};
  const bool isOurs = ::fstat(descriptor.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                      ::pread(descriptor.get(), static_cast<void*>(&head), sizeof head, 0) == sizeof head &&
                      head.magic == kMagic;
  if (isOurs) return {};
  return Error(ErrorCode::Corrupt, file.string() + ": not a status board of this version of leptir");
}

Result<std::unique_ptr<StatusBoard>> StatusBoard::create(const std::filesystem::path& file, const std::string& session,
                                                         int workers, const Clock& clock) {
  auto memory = base::makeSealedMemory("leptir-board", Page::bytes());
  if (!memory) return memory.error().in(file.string() + ": cannot make the status board");
  auto* page = Page::map(*memory, PROT_READ | PROT_WRITE);
  if (page == nullptr)
    return Error(ErrorCode::Unavailable, file.string() + ": cannot map the status board: " + base::errnoText(errno));
  Page::initialize(page, workers, clock);
  std::unique_ptr<StatusBoard> board(new StatusBoard(page, std::move(*memory)));
  page->head.pid = ::getpid();
  page->head.memory = base::SharedMemoryLocation::of(board->memory_);
  copyText(page->head.session, session);
  auto made = BoardFile::create(file, board->head());
  if (!made) return made.error();
  board->file_ = std::move(*made);
  return board;
}

std::unique_ptr<StatusBoard> StatusBoard::inMemory(int workers, const Clock& clock) {
  auto* page = Page::map(base::UniqueFd(), PROT_READ | PROT_WRITE);
  if (page == nullptr) throw std::bad_alloc();
  Page::initialize(page, workers, clock);
  return std::unique_ptr<StatusBoard>(new StatusBoard(page, base::UniqueFd()));
}

StatusBoard::~StatusBoard() {
  ::munmap(page_, Page::bytes());
}

Result<std::unique_ptr<const StatusBoard>> StatusBoard::open(const std::filesystem::path& file) {
  const base::UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) return cannotOpen(file);
  if (auto trusted = checkBoardOwner(descriptor, file); !trusted) return trusted.error();
  Head head;
  if (const auto whole = readHead(descriptor, file, head); !whole) return whole.error();
  auto memory = base::openSharedMemoryAt(head.memory);
  if (!memory) return Error(ErrorCode::Unavailable, file.string() + ": " + memory.error().message());
  struct stat info{};
  if (::fstat(memory->get(), &info) != 0 || info.st_size != static_cast<off_t>(Page::bytes()))
    return Error(ErrorCode::Unavailable, file.string() +
                                             ": its status board has another size than this leptir expects: "
                                             "use the leptir that started the instance");
  auto* page = Page::map(*memory, PROT_READ);
  if (page == nullptr)
    return Error(ErrorCode::Unavailable, file.string() + ": cannot map the status board: " + base::errnoText(errno));
  return std::unique_ptr<const StatusBoard>(new StatusBoard(page, base::UniqueFd()));
}

Result<BoardInstance> StatusBoard::read(const std::filesystem::path& file, const Clock& clock) {
  const auto board = open(file);
  if (!board) return board.error();
  return (*board)->snapshot(clock);
}

Result<DeadBoard> StatusBoard::takeOver(const std::filesystem::path& file) {
  base::UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) return cannotOpen(file);
  struct stat info{};
  const bool isOurs = ::fstat(descriptor.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid();
  if (!isOurs) return Error(ErrorCode::Invalid, file.string() + ": is not a plain file of this user");
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto code = errno == EWOULDBLOCK ? ErrorCode::Lost : ErrorCode::Unavailable;
    return Error(code, file.string() + ": cannot be locked: " + base::errnoText(errno));
  }
  Head head;
  if (const auto whole = readHead(descriptor, file, head); !whole) return whole.error();
  return DeadBoard{head.instance(), std::move(descriptor)};
}

Result<std::optional<int>> StatusBoard::masterOf(const std::filesystem::path& file) {
  const std::optional<int> none;
  const base::UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) {
    const auto why = cannotOpen(file);
    return why.code() == ErrorCode::Unavailable ? Result<std::optional<int>>(why) : none;
  }
  Head head;
  if (!readHead(descriptor, file, head)) return none;
  const int master = head.pid;
  // The lock is tested only if the process with that pid has the file open: a test takes the lock for an instant.
  if (master <= 0 || !base::processHasFileOpen(master, descriptor.get())) return none;
  const auto lock = boardLockOf(descriptor);
  if (lock == BoardLock::CannotTell)
    return Error(ErrorCode::Unavailable,
                 file.string() + ": cannot tell whether it is locked: " + base::errnoText(errno));
  return lock == BoardLock::Held ? std::optional(master) : none;
}

BoardInstance StatusBoard::snapshot(const Clock& clock) const {
  auto instance = page_->head.instance();
  instance.done = page_->done.load();
  instance.failed = page_->failed.load();
  if (const auto sent = page_->requestsSent.load(); sent > 0)
    instance.storeRequests = {sent, page_->requestsRepeated.load(), page_->requestsThrottled.load()};
  std::tie(instance.state, instance.waitsFor) = readInstanceStateEntry(page_->state);
  instance.reloads = reloads();
  const int workers = std::clamp(page_->workers.load(), 0, base::kMaxWorkers);
  for (int slot = 0; slot < workers; ++slot) {
    instance.workers.push_back(readWorkerEntry(page_->workerEntries[slot], slot, clock.bootTime()));
  }
  instance.errorReports = readErrorReportsEntry(page_->errorReports);
  instance.metricsServer = readMetricsServerEntry(page_->metricsServer);
  instance.spans = readSpansEntry(page_->spans);
  return instance;
}

metrics::MetricsTable& StatusBoard::metrics() {
  return *reinterpret_cast<metrics::MetricsTable*>(page_->metrics);
}
const metrics::MetricsTable& StatusBoard::metrics() const {
  return *reinterpret_cast<const metrics::MetricsTable*>(page_->metrics);
}

std::string StatusBoard::head() const {
  return {reinterpret_cast<const char*>(&page_->head), sizeof page_->head};
}

// When the write fails, restoreFile repeats it.
void StatusBoard::writeHeadToFile() {
  if (file_) (void)file_->write(head());
}

InstanceState StatusBoard::state() const {
  return readInstanceStateEntry(page_->state).first;
}

void StatusBoard::addReloadRequest() {
  ++page_->reloadsRequested;
}
void StatusBoard::setReloadEnd(std::uint64_t request, ReloadEnd end) {
  page_->reloadsAnswered = request * 2 + (end == ReloadEnd::Refused ? 1 : 0);
}
BoardReloads StatusBoard::reloads() const {
  const auto answered = page_->reloadsAnswered.load();
  return {.requested = page_->reloadsRequested.load(),
          .answered = answered / 2,
          .end = answered % 2 == 0 ? ReloadEnd::Applied : ReloadEnd::Refused};
}

void StatusBoard::setMaster(int pid) {
  page_->head.pid = pid;
  writeHeadToFile();
}
void StatusBoard::setConfiguration(const std::string& file) {
  copyText(page_->head.configuration, file);
  writeHeadToFile();
}
void StatusBoard::setState(InstanceState state, std::string_view waitsFor) {
  auto& entry = page_->state;
  if (entry.state.load() == state && entry.waitsFor.load() == entry.waitsFor.cut(waitsFor)) return;
  const base::SequenceLock::WriteGuard writing(entry.lock);
  entry.state = state;
  entry.waitsFor = waitsFor;
}
void StatusBoard::setWorkers(int workers) {
  page_->workers = std::clamp(workers, 0, base::kMaxWorkers);
}
void StatusBoard::setWorker(int slot, int pid) {
  (slot == kReportSlot ? page_->errorReports.pid : page_->workerEntries[slot].pid) = pid;
}
void StatusBoard::setErrorReportsEnabled(bool enabled) {
  page_->errorReports.enabled = enabled;
}

void StatusBoard::showMetricsServer(std::string_view address) {
  auto& entry = page_->metricsServer;
  if (entry.address.load() == entry.address.cut(address)) return;
  const base::SequenceLock::WriteGuard writing(entry.lock);
  entry.address = address;
}

void StatusBoard::setMetricsServer(int pid) {
  page_->metricsServer.pid = pid;
  if (pid != 0) return;
  page_->metricsServer.listening = false;
  setMetricsProblem("");
}

void StatusBoard::setMetricsListening() {
  setMetricsProblem("");
  page_->metricsServer.listening = true;
}

void StatusBoard::setMetricsProblem(std::string_view problem) {
  auto& entry = page_->metricsServer;
  if (entry.problem.load() == entry.problem.cut(problem)) return;
  const base::SequenceLock::WriteGuard writing(entry.problemLock);
  entry.problem = problem;
}

void StatusBoard::setTask(int slot, std::string_view id, std::string_view name, BootTime started) {
  auto& entry = page_->workerEntries[slot];
  const base::SequenceLock::WriteGuard writing(entry.lock);
  entry.taskId = id;
  entry.taskName = name;
  entry.taskStartedBoot = started.time_since_epoch().count();
  entry.busy = true;
}

void StatusBoard::setProgress(int slot, double fraction, std::string_view text) {
  auto& entry = page_->workerEntries[slot];
  const base::SequenceLock::WriteGuard writing(entry.lock);
  entry.progress = fraction;
  entry.progressText = text;
}

void StatusBoard::clearTask(int slot) {
  auto& entry = page_->workerEntries[slot];
  if (!entry.busy.load()) return;
  const base::SequenceLock::WriteGuard writing(entry.lock);
  entry.busy = false;
  entry.progress = 0;
  entry.progressText = "";
}

void StatusBoard::setStoreRequests(const BoardStoreRequests& requests) {
  page_->requestsSent = requests.sent;
  page_->requestsRepeated = requests.repeated;
  page_->requestsThrottled = requests.throttled;
}

void StatusBoard::addSettled(std::uint64_t done, std::uint64_t failed) {
  page_->done += done;
  page_->failed += failed;
}

void StatusBoard::updateErrorReports(const BoardErrorReports& more) {
  auto& entry = page_->errorReports;
  entry.sent += more.sent;
  entry.failed += more.failed;
  entry.dropped += more.dropped;
  entry.repeated += more.repeated;
  entry.waiting = more.waiting;
  if (entry.failing.load() == entry.failing.cut(more.failing)) return;
  const base::SequenceLock::WriteGuard writing(entry.lock);
  entry.failing = more.failing;
}

void StatusBoard::setSpansEnabled(bool enabled) {
  page_->spans.enabled = enabled;
}

void StatusBoard::updateSpans(const BoardSpans& more) {
  auto& entry = page_->spans;
  entry.sent += more.sent;
  entry.dropped += more.dropped;
  entry.waiting = more.waiting;
  entry.failing = more.failing;
}

void StatusBoard::makeReadOnly() {
  ::mprotect(page_, Page::bytes(), PROT_READ);
}

Result<bool> StatusBoard::restoreFile() {
  return file_ ? file_->restore(head()) : false;
}

void StatusBoard::closeInChild() {
  memory_ = base::UniqueFd();
  file_.reset();
}

void StatusBoard::remove() {
  if (file_) file_->remove();
}

}  // namespace leptir::link

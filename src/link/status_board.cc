#include "link/status_board.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <thread>
#include <tuple>

#include "base/errno_code.h"
#include "base/private_file.h"
#include "base/saturated.h"
#include "base/unique_fd.h"
#include "base/utf8.h"

namespace leptir {
namespace {

constexpr std::uint64_t kMagic = 0x6c657074'69723034;  // "leptir04": the version of this layout

// What the instance is about. Its owner is the master.
struct StateLine {
  std::atomic<std::uint32_t> version{0};  // odd while the master writes
  InstanceState state = InstanceState::Starting;
  char waitsFor[240] = {};
};

struct Line {
  std::atomic<std::int32_t> pid{0};
  std::atomic<std::uint32_t> version{0};  // odd while the dispatcher writes
  bool busy = false;
  std::int64_t startedBoot = 0;
  double progress = 0;
  char taskId[256] = {};
  char taskName[256] = {};
  char progressText[116] = {};
};

template <std::size_t N>
void copyText(char (&to)[N], std::string_view from) {
  const auto bytes = utf8Prefix(from, N - 1).size();
  from.copy(to, bytes);
  to[bytes] = '\0';
}

template <std::size_t N>
std::string textOf(const char (&from)[N]) {
  return {from, ::strnlen(from, N)};
}

// Writes a line so that readers can tell when they caught it half way.
template <class Line>
class LineWriter {
 public:
  // Odd from here on, also when an earlier dispatcher was killed half way.
  explicit LineWriter(Line& line) : line_(line), odd_((line.version.load(std::memory_order_relaxed) + 1) | 1) {
    line_.version.exchange(odd_, std::memory_order_acq_rel);
  }
  ~LineWriter() { line_.version.store(odd_ + 1, std::memory_order_release); }
  Line* operator->() { return &line_; }

 private:
  Line& line_;
  std::uint32_t odd_;
};

BoardWorker readLine(const Line& line, int slot, BootTime now) {
  BoardWorker worker;
  for (int tries = 0; tries < 100; ++tries) {
    const auto before = line.version.load(std::memory_order_acquire);
    worker.slot = slot;
    worker.pid = line.pid.load();
    worker.busy = line.busy;
    worker.taskId = textOf(line.taskId);
    worker.taskName = textOf(line.taskName);
    worker.seconds = std::max(
        0.0, std::chrono::duration<double>(saturatedSubtract(now, BootTime(Duration(line.startedBoot)))).count());
    worker.progress = line.progress;
    worker.progressText = textOf(line.progressText);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && before == line.version.load(std::memory_order_relaxed)) return worker;
    std::this_thread::yield();
  }
  // Never caught at rest: a dispatcher died half way, or it changes too quickly to be worth showing.
  BoardWorker unknown;
  unknown.slot = slot;
  unknown.pid = worker.pid;
  return unknown;
}

std::pair<InstanceState, std::string> readState(const StateLine& line) {
  std::pair<InstanceState, std::string> read;
  for (int tries = 0; tries < 100; ++tries) {
    const auto before = line.version.load(std::memory_order_acquire);
    read = {line.state, textOf(line.waitsFor)};
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && before == line.version.load(std::memory_order_relaxed)) break;
    std::this_thread::yield();
  }
  return read;
}

Error cannotOpen(const std::filesystem::path& file) {
  const auto code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::NotFound
                    : errno == ELOOP                    ? ErrorCode::Invalid
                                                        : ErrorCode::Unavailable;
  return Error(code, file.string() + ": " + std::strerror(errno));
}

}  // namespace

struct StatusBoard::Page {
  std::uint64_t magic = kMagic;
  std::atomic<std::int32_t> workers{0};
  std::atomic<std::int32_t> pid{0};
  std::int64_t since = 0;
  char session[64] = {};
  char configuration[1024] = {};
  StateLine state;
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> failed{0};
  Line lines[1];  // kMaxWorkers; memory are only those that are used

  static constexpr std::size_t bytes() {
    return (sizeof(Page) + sizeof(Line) * (kMaxWorkers - 1) + 4095) / 4096 * 4096;
  }
  // Lines after the first lie in zeroed memory, which is what an empty Line is.
  static Page* placeAt(void* memory, int workers, const Clock& clock) {
    auto* page = new (memory) Page;
    page->workers = workers;
    page->since = clock.now().time_since_epoch().count();
    return page;
  }
};

Result<std::unique_ptr<StatusBoard>> StatusBoard::create(const std::filesystem::path& file, const std::string& session,
                                                         int workers, const Clock& clock) {
  const auto failed = [&](const char* what) {
    return Error(codeOfErrno(errno), file.string() + ": " + what + ": " + std::strerror(errno));
  };
  // A new file under a new name takes the place of an old one, so that readers of the old one and symbolic links are
  // left alone.
  const std::string fresh = file.string() + ".new";
  ::unlink(fresh.c_str());
  auto made = openPrivateFile(fresh, O_RDWR | O_CREAT | O_EXCL);
  if (!made)
    return Error(made.error().code(), file.string() + ": cannot make the status board: " + made.error().message());
  UniqueFd descriptor = std::move(*made);
  constexpr auto bytes = Page::bytes();
  errno = ::posix_fallocate(descriptor.get(), 0, static_cast<off_t>(bytes));  // blocks, not a hole: see the header
  if (errno != 0) {
    const auto why = failed("cannot make room for the status board");
    ::unlink(fresh.c_str());
    return why;
  }
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (memory == MAP_FAILED) return failed("cannot map the status board");
  auto* page = Page::placeAt(memory, workers, clock);
  copyText(page->session, session);
  // A mapping keeps the open file that it was made from, with its lock, and forks inherit it: so the lock is that of
  // another open file.
  auto lock = openPrivateFile(fresh, O_RDWR);
  if (!lock) return Error(lock.error().code(), file.string() + ": cannot lock it: " + lock.error().message());
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) return failed("cannot lock the status board");
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed("cannot put the status board in place");
  return std::unique_ptr<StatusBoard>(new StatusBoard(page, bytes, file, std::move(*lock)));
}

std::unique_ptr<StatusBoard> StatusBoard::inMemory(int workers, const Clock& clock) {
  constexpr auto bytes = Page::bytes();
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return std::unique_ptr<StatusBoard>(new StatusBoard(Page::placeAt(memory, workers, clock), bytes, {}, UniqueFd()));
}

StatusBoard::~StatusBoard() {
  ::munmap(page_, bytes_);
}

Result<BoardInstance> StatusBoard::read(const std::filesystem::path& file, const Clock& clock) {
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) return cannotOpen(file);
  return readFrom(descriptor, file, clock);
}

Result<DeadBoard> StatusBoard::takeOver(const std::filesystem::path& file, const Clock& clock) {
  UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) return cannotOpen(file);
  struct stat info{};
  const bool isOurs = ::fstat(descriptor.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid();
  if (!isOurs) return Error(ErrorCode::Invalid, file.string() + ": is not a plain file of this user");
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto code = errno == EWOULDBLOCK ? ErrorCode::Lost : ErrorCode::Unavailable;
    return Error(code, file.string() + ": cannot be locked: " + std::strerror(errno));
  }
  auto instance = readFrom(descriptor, file, clock);
  if (!instance) return instance.error();
  return DeadBoard{std::move(*instance), std::move(descriptor)};
}

Result<BoardInstance> StatusBoard::readFrom(const UniqueFd& descriptor, const std::filesystem::path& file,
                                            const Clock& clock) {
  struct stat info{};
  const auto corrupt = Error(ErrorCode::Corrupt, file.string() + ": not a status board of this version of leptir");
  if (::fstat(descriptor.get(), &info) != 0 || !S_ISREG(info.st_mode)) return corrupt;
  const auto bytes = static_cast<std::size_t>(info.st_size);
  if (bytes < sizeof(Page)) return corrupt;
  void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor.get(), 0);
  if (memory == MAP_FAILED) return corrupt;
  const StatusBoard board(static_cast<Page*>(memory), bytes, {}, UniqueFd());
  const int workers = board.page_->workers;
  const bool sane = board.page_->magic == kMagic && workers >= 0 && workers <= kMaxWorkers && Page::bytes() <= bytes;
  if (!sane) return corrupt;
  return board.look(clock);
}

BoardInstance StatusBoard::look(const Clock& clock) const {
  BoardInstance instance;
  instance.pid = page_->pid.load();
  instance.session = textOf(page_->session);
  instance.since = Time(Duration(page_->since));
  instance.done = page_->done.load();
  instance.failed = page_->failed.load();
  instance.configuration = textOf(page_->configuration);
  std::tie(instance.state, instance.waitsFor) = readState(page_->state);
  const int workers = page_->workers;
  for (int slot = 0; slot < workers; ++slot) {
    instance.workers.push_back(readLine(page_->lines[slot], slot, clock.bootTime()));
  }
  return instance;
}

void StatusBoard::setMaster(int pid) {
  page_->pid = pid;
}
void StatusBoard::setConfiguration(const std::string& file) {
  copyText(page_->configuration, file);
}
void StatusBoard::setState(InstanceState state, std::string_view waitsFor) {
  auto& now = page_->state;
  if (now.state == state && textOf(now.waitsFor) == waitsFor.substr(0, sizeof now.waitsFor - 1)) return;
  LineWriter line(now);
  line->state = state;
  copyText(line->waitsFor, waitsFor);
}
void StatusBoard::setWorkers(int workers) {
  page_->workers = std::clamp(workers, 0, kMaxWorkers);
}
void StatusBoard::setWorker(int slot, int pid) {
  page_->lines[slot].pid = pid;
}

void StatusBoard::setTask(int slot, std::string_view id, std::string_view name, BootTime started) {
  LineWriter line(page_->lines[slot]);
  copyText(line->taskId, id);
  copyText(line->taskName, name);
  line->startedBoot = started.time_since_epoch().count();
  line->busy = true;
}

void StatusBoard::setProgress(int slot, double fraction, std::string_view text) {
  LineWriter line(page_->lines[slot]);
  line->progress = fraction;
  copyText(line->progressText, text);
}

void StatusBoard::clearTask(int slot) {
  if (!page_->lines[slot].busy) return;
  LineWriter line(page_->lines[slot]);
  line->busy = false;
  line->progress = 0;
  copyText(line->progressText, "");
}

void StatusBoard::addSettled(std::uint64_t done, std::uint64_t failed) {
  page_->done += done;
  page_->failed += failed;
}

void StatusBoard::makeReadOnly() {
  ::mprotect(page_, bytes_, PROT_READ);
}

void StatusBoard::remove() {
  if (!file_.empty()) ::unlink(file_.c_str());
}

}  // namespace leptir

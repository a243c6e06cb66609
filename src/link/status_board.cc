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
#include <tuple>

#include "base/errno_text.h"
#include "base/open_files.h"
#include "base/private_file.h"
#include "base/sealed_memory.h"
#include "base/utf8.h"
#include "link/board_lines.h"

namespace leptir {
namespace {

constexpr std::size_t kLongestPath = 4096;             // PATH_MAX, so that no path is cut
constexpr std::uint64_t kMagic = 0x6c657074'69723036;  // "leptir06": the version of this layout

Error cannotOpen(const std::filesystem::path& file) {
  const auto code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::NotFound
                    : errno == ELOOP                    ? ErrorCode::Invalid
                                                        : ErrorCode::Unavailable;
  return Error(code, file.string() + ": " + std::strerror(errno));
}

// Root looks at the instances of every user.
Result<void> checkReader(const UniqueFd& board, const std::filesystem::path& file) {
  struct stat info{};
  if (::geteuid() == 0 || ::fstat(board.get(), &info) != 0) return {};
  if (auto trusted = checkOwner(info); !trusted) return trusted.error().in(file.string());
  return {};
}

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

}  // namespace

// Who the instance is: what stands in the file as well.
struct StatusBoard::Head {
  std::uint64_t magic = kMagic;
  std::int64_t since = 0;
  std::atomic<std::int32_t> pid{0};
  MemoryPlace memory{};
  char session[64] = {};
  char configuration[kLongestPath] = {};

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
  StateLine state;
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> failed{0};
  WorkerLine lines[1];  // kMaxWorkers; memory are only those that are used

  static constexpr std::size_t bytes() {
    return (sizeof(Page) + sizeof(WorkerLine) * (kMaxWorkers - 1) + 4095) / 4096 * 4096;
  }
  // Of memory that openMemoryAt or makeSealedMemory answered, or anonymous.
  static Page* map(const UniqueFd& memory, int rights) {
    const int flags = MAP_SHARED | (memory ? 0 : MAP_ANONYMOUS);
    void* mapped = ::mmap(nullptr, bytes(), rights, flags, memory.get(), 0);
    if (mapped == MAP_FAILED) return nullptr;
    // A core file of a worker is to show its own memory, not which tasks the others run.
    ::madvise(mapped, bytes(), MADV_DONTDUMP);
    return static_cast<Page*>(mapped);
  }
  // Lines after the first lie in zeroed memory, which is what an empty WorkerLine is.
  static void begin(Page* memory, int workers, const Clock& clock) {
    auto* page = new (memory) Page;
    page->workers = workers;
    page->head.since = clock.now().time_since_epoch().count();
  }
};

Result<void> StatusBoard::readHead(const UniqueFd& descriptor, const std::filesystem::path& file, Head& head) {
  struct stat info{};
  const bool isOurs = ::fstat(descriptor.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                      ::pread(descriptor.get(), static_cast<void*>(&head), sizeof head, 0) == sizeof head &&
                      head.magic == kMagic;
  if (isOurs) return {};
  return Error(ErrorCode::Corrupt, file.string() + ": not a status board of this version of leptir");
}

Result<std::unique_ptr<StatusBoard>> StatusBoard::create(const std::filesystem::path& file, const std::string& session,
                                                         int workers, const Clock& clock) {
  auto memory = makeSealedMemory("leptir-board", Page::bytes());
  if (!memory) return memory.error().in(file.string() + ": cannot make the status board");
  auto* page = Page::map(*memory, PROT_READ | PROT_WRITE);
  if (page == nullptr)
    return Error(ErrorCode::Unavailable, file.string() + ": cannot map the status board: " + errnoText(errno));
  Page::begin(page, workers, clock);
  std::unique_ptr<StatusBoard> board(new StatusBoard(page, std::move(*memory)));
  page->head.pid = ::getpid();
  page->head.memory = MemoryPlace::of(board->memory_);
  copyText(page->head.session, session);
  auto made = BoardFile::create(file, board->head());
  if (!made) return made.error();
  board->file_ = std::move(*made);
  return board;
}

std::unique_ptr<StatusBoard> StatusBoard::inMemory(int workers, const Clock& clock) {
  auto* page = Page::map(UniqueFd(), PROT_READ | PROT_WRITE);
  if (page == nullptr) throw std::bad_alloc();
  Page::begin(page, workers, clock);
  return std::unique_ptr<StatusBoard>(new StatusBoard(page, UniqueFd()));
}

StatusBoard::~StatusBoard() {
  ::munmap(page_, Page::bytes());
}

Result<BoardInstance> StatusBoard::read(const std::filesystem::path& file, const Clock& clock) {
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) return cannotOpen(file);
  if (auto trusted = checkReader(descriptor, file); !trusted) return trusted.error();
  Head head;
  if (const auto whole = readHead(descriptor, file, head); !whole) return whole.error();
  auto memory = openMemoryAt(head.memory);
  if (!memory) return Error(ErrorCode::Unavailable, file.string() + ": " + memory.error().message());
  struct stat info{};
  const bool isWhole = ::fstat(memory->get(), &info) == 0 && info.st_size == static_cast<off_t>(Page::bytes());
  auto* page = isWhole ? Page::map(*memory, PROT_READ) : nullptr;
  if (page == nullptr) return Error(ErrorCode::Unavailable, file.string() + ": its memory cannot be mapped");
  const StatusBoard board(page, UniqueFd());
  return board.look(clock);
}

Result<DeadBoard> StatusBoard::takeOver(const std::filesystem::path& file) {
  UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) return cannotOpen(file);
  struct stat info{};
  const bool isOurs = ::fstat(descriptor.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid();
  if (!isOurs) return Error(ErrorCode::Invalid, file.string() + ": is not a plain file of this user");
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto code = errno == EWOULDBLOCK ? ErrorCode::Lost : ErrorCode::Unavailable;
    return Error(code, file.string() + ": cannot be locked: " + std::strerror(errno));
  }
  Head head;
  if (const auto whole = readHead(descriptor, file, head); !whole) return whole.error();
  return DeadBoard{head.instance(), std::move(descriptor)};
}

Result<std::optional<int>> StatusBoard::masterOf(const std::filesystem::path& file) {
  const std::optional<int> none;
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!descriptor) {
    const auto why = cannotOpen(file);
    return why.code() == ErrorCode::Unavailable ? Result<std::optional<int>>(why) : none;
  }
  Head head;
  if (!readHead(descriptor, file, head)) return none;
  const int master = head.pid;
  // A lock is only tried where the number says that it is held: trying takes it for an instant.
  if (master <= 0 || !hasOpen(master, descriptor.get())) return none;
  const auto lock = boardLockOf(descriptor);
  if (lock == BoardLock::CannotTell)
    return Error(ErrorCode::Unavailable, file.string() + ": cannot tell whether it is locked: " + errnoText(errno));
  return lock == BoardLock::Held ? std::optional(master) : none;
}

BoardInstance StatusBoard::look(const Clock& clock) const {
  auto instance = page_->head.instance();
  instance.done = page_->done.load();
  instance.failed = page_->failed.load();
  std::tie(instance.state, instance.waitsFor) = readState(page_->state);
  const int workers = std::clamp(page_->workers.load(), 0, kMaxWorkers);
  for (int slot = 0; slot < workers; ++slot) {
    instance.workers.push_back(readLine(page_->lines[slot], slot, clock.bootTime()));
  }
  return instance;
}

std::string StatusBoard::head() const {
  return {reinterpret_cast<const char*>(&page_->head), sizeof page_->head};
}

// What cannot be written now is written by restoreFile.
void StatusBoard::writeHead() {
  if (file_) (void)file_->write(head());
}

void StatusBoard::setMaster(int pid) {
  page_->head.pid = pid;
  writeHead();
}
void StatusBoard::setConfiguration(const std::string& file) {
  copyText(page_->head.configuration, file);
  writeHead();
}
void StatusBoard::setState(InstanceState state, std::string_view waitsFor) {
  auto& line = page_->state;
  if (line.state.load() == state && line.waitsFor.load() == line.waitsFor.cut(waitsFor)) return;
  const SequenceLock::Writing writing(line.lock);
  line.state = state;
  line.waitsFor = waitsFor;
}
void StatusBoard::setWorkers(int workers) {
  page_->workers = std::clamp(workers, 0, kMaxWorkers);
}
void StatusBoard::setWorker(int slot, int pid) {
  page_->lines[slot].pid = pid;
}

void StatusBoard::setTask(int slot, std::string_view id, std::string_view name, BootTime started) {
  auto& line = page_->lines[slot];
  const SequenceLock::Writing writing(line.lock);
  line.taskId = id;
  line.taskName = name;
  line.startedBoot = started.time_since_epoch().count();
  line.busy = true;
}

void StatusBoard::setProgress(int slot, double fraction, std::string_view text) {
  auto& line = page_->lines[slot];
  const SequenceLock::Writing writing(line.lock);
  line.progress = fraction;
  line.progressText = text;
}

void StatusBoard::clearTask(int slot) {
  auto& line = page_->lines[slot];
  if (!line.busy.load()) return;
  const SequenceLock::Writing writing(line.lock);
  line.busy = false;
  line.progress = 0;
  line.progressText = "";
}

void StatusBoard::addSettled(std::uint64_t done, std::uint64_t failed) {
  page_->done += done;
  page_->failed += failed;
}

void StatusBoard::makeReadOnly() {
  ::mprotect(page_, Page::bytes(), PROT_READ);
}

Result<bool> StatusBoard::restoreFile() {
  return file_ ? file_->restore(head()) : false;
}

void StatusBoard::closeInChild() {
  memory_ = UniqueFd();
  file_.reset();
}

void StatusBoard::remove() {
  if (file_) file_->remove();
}

}  // namespace leptir

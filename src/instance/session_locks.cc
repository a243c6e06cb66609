#include "instance/session_locks.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace leptir {

Result<SessionLocks> SessionLocks::take(const std::vector<std::filesystem::path>& files) {
  SessionLocks locks;
  for (const auto& file : files) {
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);  // what is wrong shows at the open
    UniqueFd descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!descriptor)
      return Error(ErrorCode::Invalid,
                   file.string() + ": cannot make the session's lock file: " + std::strerror(errno));
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
      return Error(ErrorCode::Lost,
                   file.string() + ": the session's lock is held by somebody else: " + std::strerror(errno));
    }
    locks.files_.push_back(file);
    locks.locks_.push_back(std::move(descriptor));
  }
  return locks;
}

namespace {

// A handler of forks is given nothing. Written once, before user code runs.
std::vector<int> heldByWorker;

}  // namespace

void SessionLocks::letGoInForks() const {
  for (const auto& lock : locks_) heldByWorker.push_back(lock.get());
  ::pthread_atfork(nullptr, nullptr, [] {
    for (const int descriptor : heldByWorker) ::close(descriptor);
  });
}

void SessionLocks::remove() {
  for (const auto& file : files_) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
}

}  // namespace leptir

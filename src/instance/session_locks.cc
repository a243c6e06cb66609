#include "instance/session_locks.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>

#include "base/private_file.h"

namespace leptir {
namespace {

// For our user alone, or for those who share the folder: other instances of the store must be able to look at the lock.
Result<UniqueFd> openLockFile(const std::filesystem::path& file) {
  const auto failed = [&](const Error& why) {
    return Error(ErrorCode::Invalid, file.string() + ": cannot make the session's lock file: " + why.message());
  };
  const auto folder = file.parent_path();
  if (const auto made = makePrivateFolder(folder); !made) return failed(made.error().in(folder.string()));
  auto descriptor = openPrivateFile(file, O_RDWR | O_CREAT);
  if (!descriptor) return failed(descriptor.error());
  struct stat shared{};
  if (::stat(folder.c_str(), &shared) == 0) shareLike(descriptor->get(), shared);
  return descriptor;
}

}  // namespace

Result<void> SessionLocks::take(const std::vector<std::filesystem::path>& files) {
  SessionLocks fresh;
  for (const auto& file : files) {
    if (std::ranges::find(files_, file) != files_.end()) continue;
    auto made = openLockFile(file);
    if (!made) return made.error();
    UniqueFd descriptor = std::move(*made);
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
      return Error(ErrorCode::Lost,
                   file.string() + ": the session's lock is held by somebody else: " + std::strerror(errno));
    }
    fresh.files_.push_back(file);
    fresh.locks_.push_back(std::move(descriptor));
  }
  std::ranges::move(fresh.files_, std::back_inserter(files_));
  std::ranges::move(fresh.locks_, std::back_inserter(locks_));
  return {};
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

#include "instance/session_locks.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/file_identity.h"
#include "base/private_file.h"
#include "base/shared_access.h"

namespace leptir::instance {
namespace {

// The descriptors that processes forked by a worker close. Global, since a fork handler takes no argument. Written
// once, before user code runs.
std::vector<int> descriptorsToClose;

// Readable by our user alone, or by the group that shares the folder, because other instances of the store must be able
// to check the lock. Never given to another owner: an instance kills the processes of a dead instance only if the owner
// of the lock file shows that both run as the same user (backends/sqlite/session_evidence.cc).
Result<base::UniqueFd> openLockFile(const std::filesystem::path& file, int flags) {
  const auto failed = [&](const Error& why) {
    return Error(why.code() == ErrorCode::Unavailable ? why.code() : ErrorCode::Invalid,
                 file.string() + ": cannot make the session's lock file: " + why.message());
  };
  const auto folder = file.parent_path();
  if (const auto made = base::makePrivateFolder(folder); !made) return failed(made.error().in(folder.string()));
  auto descriptor = base::openPrivateFile(file, O_RDWR | O_CREAT | flags);
  if (!descriptor) return failed(descriptor.error());
  struct stat folderInfo{};
  if (::stat(folder.c_str(), &folderInfo) == 0) base::copyGroupAccess(descriptor->get(), folderInfo);
  return descriptor;
}

Error lockFileError(const std::filesystem::path& file) {
  return Error(base::codeOfErrno(errno),
               file.string() + ": cannot make the session's lock file: " + base::errnoText(errno));
}

Result<base::UniqueFd> openAndLock(const std::filesystem::path& file, int flags) {
  auto descriptor = openLockFile(file, flags);
  if (!descriptor) return descriptor;
  if (::flock(descriptor->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return lockFileError(file);
    return Error(ErrorCode::Lost, file.string() + ": the session's lock is held by another process");
  }
  return descriptor;
}

// Also true where it cannot be told.
bool isStillNamed(const std::filesystem::path& file, int descriptor) {
  return base::isStillNamed(file.c_str(), descriptor) != base::StillNamed::No;
}

// Whether the file has any name left: its folder may have been moved, and another instance may check it there.
bool hasAName(int descriptor) {
  struct stat open{};
  return ::fstat(descriptor, &open) == 0 && open.st_nlink > 0;
}

// Locks the file before it gets its name, so that no process ever finds it unlocked.
Result<base::UniqueFd> recreateLockFile(const std::filesystem::path& file) {
  const std::filesystem::path fresh = file.string() + ".new";
  ::unlink(fresh.c_str());
  auto made = openAndLock(fresh, O_EXCL);
  if (made && ::rename(fresh.c_str(), file.c_str()) != 0) return lockFileError(file);
  return made;
}

}  // namespace

Result<void> SessionLocks::take(const std::vector<std::filesystem::path>& files) {
  SessionLocks fresh;
  for (const auto& file : files) {
    if (std::ranges::find(files_, file) != files_.end()) continue;
    auto made = openAndLock(file, 0);
    if (!made && made.error().code() != ErrorCode::Unavailable) return made.error();
    fresh.files_.push_back(file);
    fresh.locks_.push_back(made ? std::move(*made) : base::UniqueFd());  // if empty, restore() makes it later
  }
  std::ranges::move(fresh.files_, std::back_inserter(files_));
  std::ranges::move(fresh.locks_, std::back_inserter(locks_));
  return {};
}

Result<std::vector<std::filesystem::path>> SessionLocks::restore() {
  std::vector<std::filesystem::path> restored;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (isStillNamed(files_[i], locks_[i].get())) continue;
    auto made = recreateLockFile(files_[i]);
    if (!made) return made.error();
    if (hasAName(locks_[i].get())) moved_.push_back(std::move(locks_[i]));
    locks_[i] = std::move(*made);
    restored.push_back(files_[i]);
  }
  return restored;
}

void SessionLocks::closeInForkedChildren() const {
  for (const auto& lock : locks_) descriptorsToClose.push_back(lock.get());
  ::pthread_atfork(nullptr, nullptr, [] {
    for (const int descriptor : descriptorsToClose) ::close(descriptor);
  });
}

void SessionLocks::remove() {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!isStillNamed(files_[i], locks_[i].get())) continue;
    std::error_code ignored;
    std::filesystem::remove(files_[i], ignored);
  }
}

}  // namespace leptir::instance

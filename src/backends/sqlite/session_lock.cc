#include "backends/sqlite/session_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "base/file_identity.h"

namespace leptir::sqlite {
namespace {

constexpr std::chrono::hours kMinStaleAge{1};

SessionLockAttempt cannotTell(const std::string& why) {
  SessionLockAttempt attempt;
  attempt.why = why;
  return attempt;
}

SessionLockAttempt makeAttempt(LockAnswer answer) {
  SessionLockAttempt attempt;
  attempt.answer = answer;
  return attempt;
}

bool isStillNamed(const std::filesystem::path& file, const struct stat& open) {
  struct stat named{};
  return ::lstat(file.c_str(), &named) == 0 &&
         base::FileIdentity{named.st_dev, named.st_ino} == base::FileIdentity{open.st_dev, open.st_ino};
}

}  // namespace

SessionLockAttempt tryToLockSession(const std::filesystem::path& file) {
  base::UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!descriptor) return errno == ENOENT ? makeAttempt(LockAnswer::Missing) : cannotTell(base::errnoText(errno));
  struct stat info{};
  if (::fstat(descriptor.get(), &info) != 0) return cannotTell(base::errnoText(errno));
  if (!S_ISREG(info.st_mode)) return cannotTell("is not a regular file: remove it");
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? makeAttempt(LockAnswer::Held) : cannotTell(base::errnoText(errno));
  }
  // The instance may have replaced the file after it was opened here.
  if (!isStillNamed(file, info)) return cannotTell("was replaced while leptir tested its lock; leptir tests it again");
  SessionLockAttempt attempt;
  attempt.answer = LockAnswer::LockedByUs;
  attempt.lock = std::move(descriptor);
  attempt.inode = info.st_ino;
  attempt.owner = info.st_uid;
  return attempt;
}

void removeStaleSessionLocks(const std::filesystem::path& folder, const std::set<std::string>& wanted) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".lock" || wanted.contains(entry.path().stem().string())) continue;
    const auto written = entry.last_write_time(error);
    const bool young = error || std::filesystem::file_time_type::clock::now() - written < kMinStaleAge;
    if (young) continue;
    const auto attempt = tryToLockSession(entry.path());
    if (attempt.answer == LockAnswer::LockedByUs) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace leptir::sqlite

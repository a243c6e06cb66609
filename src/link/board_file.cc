#include "link/board_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/file_identity.h"
#include "base/private_file.h"

namespace leptir::link {
namespace {

Error boardFileError(const std::filesystem::path& file, const std::string& what) {
  return Error(base::codeOfErrno(errno), file.string() + ": " + what + ": " + base::errnoText(errno));
}

Result<void> replaceContent(const std::filesystem::path& file, int descriptor, const std::string& content) {
  const auto bytes = static_cast<ssize_t>(content.size());
  errno = ENOSPC;  // the reason where pwrite writes only a part
  if (::pwrite(descriptor, content.data(), content.size(), 0) == bytes && ::ftruncate(descriptor, bytes) == 0)
    return {};
  return boardFileError(file, "cannot write the status board");
}

// Locks the file before it gets its name, so that no other process ever finds it unlocked.
Result<base::UniqueFd> createLockedFile(const std::filesystem::path& file, const std::string& fresh,
                                        const std::string& content) {
  auto made = base::openPrivateFile(fresh, O_RDWR | O_CREAT | O_EXCL);
  if (!made) return made.error().in(file.string() + ": cannot make the status board");
  if (::flock(made->get(), LOCK_EX | LOCK_NB) != 0) return boardFileError(file, "cannot lock the status board");
  if (auto written = replaceContent(file, made->get(), content); !written) return written.error();
  if (::rename(fresh.c_str(), file.c_str()) != 0) return boardFileError(file, "cannot put the status board in place");
  return made;
}

}  // namespace

// Renames a new file over the old one, so that the target of a symbolic link is not changed.
Result<BoardFile> BoardFile::create(const std::filesystem::path& file, const std::string& content) {
  const std::string fresh = file.string() + ".new";
  ::unlink(fresh.c_str());
  auto lock = createLockedFile(file, fresh, content);
  if (lock) return BoardFile(file, std::move(*lock));
  ::unlink(fresh.c_str());
  return lock.error();
}

bool BoardFile::containsExactly(const std::string& content) const {
  if (!isStillNamed()) return false;
  std::string found(content.size() + 1, '\0');
  const auto bytes = ::pread(lock_.get(), found.data(), found.size(), 0);
  return bytes == static_cast<ssize_t>(content.size()) && found.starts_with(content);
}

Result<void> BoardFile::write(const std::string& content) {
  return replaceContent(file_, lock_.get(), content);
}

Result<bool> BoardFile::restore(const std::string& content) {
  if (containsExactly(content)) return false;
  if (isStillNamed()) {
    if (auto written = write(content); !written) return written.error();
    return true;
  }
  const auto lock = boardLockOf(file_);
  if (lock == BoardLock::Held)
    return Error(ErrorCode::Lost, file_.string() + ": it is the status board of another instance by now");
  if (lock == BoardLock::CannotTell)
    return Error(ErrorCode::Unavailable, file_.string() + ": cannot tell whether it is the status board of another " +
                                             "instance by now: " + base::errnoText(errno));
  auto made = create(file_, content);
  if (!made) return made.error();
  *this = std::move(*made);
  return true;
}

void BoardFile::remove() {
  if (lock_ && isStillNamed()) ::unlink(file_.c_str());
}

bool BoardFile::isStillNamed() const {
  return base::isStillNamed(file_.c_str(), lock_.get()) == base::StillNamed::Yes;
}

// Tries a shared lock, so that two processes that test at the same time do not take each other for the master.
BoardLock boardLockOf(const base::UniqueFd& descriptor) {
  if (::flock(descriptor.get(), LOCK_SH | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? BoardLock::Held : BoardLock::CannotTell;
  ::flock(descriptor.get(), LOCK_UN);
  return BoardLock::Free;
}

BoardLock boardLockOf(const std::filesystem::path& file) {
  const base::UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
  if (descriptor) return boardLockOf(descriptor);
  const bool isNoBoard = errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO;
  return isNoBoard ? BoardLock::Free : BoardLock::CannotTell;
}

}  // namespace leptir::link

#include "master/pid_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <ctime>

#include "base/errno_text.h"
#include "base/file_identity.h"
#include "base/open_files.h"
#include "base/private_file.h"

namespace leptir::master {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPidBytes = 20;

Error refusal(const fs::path& file, const std::string& what) {
  return Error(ErrorCode::Invalid, "pid file " + file.string() + ": " + what);
}
Error errnoFailure(const fs::path& file) {
  return refusal(file, base::errnoText(errno));
}

Error creationFailure(const fs::path& file, std::string what) {
  what += ": name another place with --pid, or set XDG_STATE_HOME to a folder that can be written";
  return refusal(file, what);
}

enum class Purpose { FindHolder, Take };

// The default folder may be read-only or belong to another user. The advice to choose another folder helps only the
// process that creates the file, not one that looks for it.
Error openingFailure(const fs::path& file, Purpose purpose) {
  if (errno == EISDIR) return refusal(file, "is a folder: name a file in it");
  const int error = errno;
  struct stat info{};
  const bool isTheirs = error == EACCES && ::lstat(file.c_str(), &info) == 0 && info.st_uid != ::geteuid();
  const auto whose = isTheirs ? " (it belongs to " + base::describeUser(info.st_uid) + ")" : std::string();
  if (purpose == Purpose::Take) return creationFailure(file, base::errnoText(error) + whose);
  return refusal(file, base::errnoText(error) + whose + (error == EACCES ? ": run this as its owner, or as root" : ""));
}

// Checks the kind of the file. Also called before the file is opened, since opening a FIFO or a device has side
// effects.
Result<void> checkKind(const fs::path& file, const struct stat& info) {
  if (S_ISLNK(info.st_mode)) return refusal(file, "is a symbolic link: name the file itself");
  if (S_ISDIR(info.st_mode)) return refusal(file, "is a folder: name a file in it");
  if (!S_ISREG(info.st_mode)) return refusal(file, "is not a regular file: name another file");
  if (info.st_nlink > 1) return refusal(file, "has other names (hard links): name another file");
  return {};
}

Result<base::UniqueFd> openChecked(const fs::path& file, int flags) {
  const auto purpose = (flags & O_CREAT) != 0 ? Purpose::Take : Purpose::FindHolder;
  struct stat info{};
  if (::lstat(file.c_str(), &info) == 0) {
    if (const auto kind = checkKind(file, info); !kind) return kind.error();
  } else if (errno != ENOENT) {
    return openingFailure(file, purpose);
  }
  base::UniqueFd descriptor(
      ::open(file.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, base::kPrivateFile));
  if (!descriptor && errno == ENOENT) return Error(ErrorCode::NotFound, file.string());
  if (!descriptor) return openingFailure(file, purpose);
  if (::fstat(descriptor.get(), &info) != 0) return errnoFailure(file);
  if (info.st_nlink == 0) return Error(ErrorCode::NotFound, file.string());
  if (const auto kind = checkKind(file, info); !kind) return kind.error();
  return descriptor;
}

// A lock that belongs to the open file, not to the process: a child shares it after a fork, and closing another
// descriptor of the same file does not release it.
struct flock wholeFile() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Result<bool> isHeld(const fs::path& file, int descriptor) {
  auto lock = wholeFile();
  if (::fcntl(descriptor, F_OFD_GETLK, &lock) != 0) return errnoFailure(file);
  return lock.l_type != F_UNLCK;
}

bool isOwnedBy(uid_t user, int descriptor) {
  struct stat info{};
  return ::fstat(descriptor, &info) == 0 && info.st_uid == user;
}

// Invalid: the content is no process number.
Result<std::optional<int>> readPid(const fs::path& file, int descriptor) {
  char text[kMaxPidBytes + 2];
  auto bytes = ::pread(descriptor, text, sizeof text, 0);
  if (bytes < 0) return errnoFailure(file);
  while (bytes > 0 && (text[bytes - 1] == '\n' || text[bytes - 1] == ' ')) --bytes;
  if (bytes == 0) return std::optional<int>();
  int pid = 0;
  const auto [end, error] = std::from_chars(text, text + bytes, pid);
  if (error != std::errc() || end != text + bytes || pid <= 0) return refusal(file, "is not a pid file");
  return std::optional<int>(pid);
}

Result<void> writePid(const fs::path& file, int descriptor) {
  const auto text = std::to_string(::getpid());
  if (::ftruncate(descriptor, 0) != 0) return errnoFailure(file);
  if (::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return errnoFailure(file);
  return {};
}

bool isStillNamed(const fs::path& file, int descriptor) {
  return base::isStillNamed(file.c_str(), descriptor) == base::StillNamed::Yes;
}

void pauseBriefly() {
  const timespec moment{0, 2'000'000};
  ::nanosleep(&moment, nullptr);
}

}  // namespace

Result<PidFile> PidFile::take(const fs::path& file) {
  for (int tries = 0; tries < 100; ++tries) {
    auto descriptor = openChecked(file, O_RDWR | O_CREAT);
    if (!descriptor && descriptor.error().code() == ErrorCode::NotFound) return creationFailure(file, "no such folder");
    if (!descriptor) return descriptor.error();
    auto lock = wholeFile();
    if (::fcntl(descriptor->get(), F_OFD_SETLK, &lock) != 0) {
      if (errno != EAGAIN && errno != EACCES) return errnoFailure(file);
      return Error(ErrorCode::Lost, "pid file " + file.string() + ": another process holds it");
    }
    if (!isStillNamed(file, descriptor->get())) continue;  // its previous holder has removed it meanwhile
    if (!isOwnedBy(::geteuid(), descriptor->get())) return refusal(file, "belongs to another user");
    if (const auto old = readPid(file, descriptor->get()); !old) return old.error();
    if (const auto written = writePid(file, descriptor->get()); !written) return written.error();
    ::fchmod(descriptor->get(),
             base::kPrivateFile);  // an earlier version let all users read it, and so hold a lock on it
    return PidFile(file, std::move(*descriptor));
  }
  return refusal(file,
                 "another process removes it again and again: stop that process, or name another place with --pid");
}

Result<bool> PidFile::restore() {
  if (isStillNamed(file_, descriptor_.get())) {
    const auto written = readPid(file_, descriptor_.get());
    if (written && *written == ::getpid()) return false;
    if (auto again = writePid(file_, descriptor_.get()); !again) return again.error();
    return true;
  }
  auto anew = take(file_);
  if (!anew) return anew.error();
  *this = std::move(*anew);
  return true;
}

void PidFile::remove() {
  if (descriptor_ && isStillNamed(file_, descriptor_.get())) ::unlink(file_.c_str());
}

Result<std::optional<int>> pidFileHolder(const fs::path& file) {
  for (int tries = 0; tries < 100; ++tries) {
    const auto descriptor = openChecked(file, O_RDONLY);
    if (!descriptor && descriptor.error().code() == ErrorCode::NotFound) return std::optional<int>();
    if (!descriptor) return descriptor.error();
    const auto held = isHeld(file, descriptor->get());
    if (!held) return held.error();
    if (!*held) return std::optional<int>();
    auto pid = readPid(file, descriptor->get());
    if (!pid) return pid;
    if (*pid && base::processHasFileOpen(**pid, descriptor->get())) return pid;
    pauseBriefly();  // the process that holds the lock has not written its number yet
  }
  if (::access("/proc/self/fd", X_OK) != 0)
    return refusal(file, "cannot tell which process holds it, since /proc is not mounted: mount -t proc proc /proc");
  return refusal(file, "is locked by another process than the one whose number it contains");
}

}  // namespace leptir::master

#include "cli/replace_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>

#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/private_file.h"

namespace leptir::cli {
namespace {

namespace fs = std::filesystem;

// Readable by all users: the node exporter runs as another user.
constexpr mode_t kReadableByAll = 0644;
constexpr int kMaxSymlinks = 40;  // as the kernel

Error errorOf(int number) {
  return {base::codeOfErrno(number), base::errnoText(number)};
}

Error lastFileError() {
  return errorOf(errno);
}

// Where the content goes.
struct Target {
  fs::path file{};                      // behind all symbolic links
  bool isWrittenInPlace = false;        // instead of being replaced
  std::optional<struct stat> existing;  // none: there is no such file yet
};

// The links below /proc/<pid>/fd lead to open files, also to those that have no name.
bool isInProc(const fs::path& file) {
  const auto folder = file.parent_path();
  struct statfs info{};
  return ::statfs(folder.empty() ? "." : folder.c_str(), &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

Result<Target> targetOf(fs::path file) {
  for (int links = 0; links < kMaxSymlinks; ++links) {
    struct stat info{};
    if (::lstat(file.c_str(), &info) != 0) {
      if (errno == ENOENT) return Target{.file = file, .existing = std::nullopt};
      return lastFileError();
    }
    if (S_ISDIR(info.st_mode)) return errorOf(EISDIR);
    const bool isLink = S_ISLNK(info.st_mode);
    if (isInProc(file) || (!isLink && !S_ISREG(info.st_mode)))
      return Target{.file = file, .isWrittenInPlace = true, .existing = info};
    if (!isLink) return Target{.file = file, .existing = info};
    std::error_code failed;
    const auto next = fs::read_symlink(file, failed);
    if (failed) return errorOf(failed.value());
    file = file.parent_path() / next;
  }
  return errorOf(ELOOP);
}

Result<void> writeAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto bytes = ::write(descriptor, content.data(), content.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return lastFileError();
    content.remove_prefix(static_cast<std::size_t>(bytes));
  }
  return {};
}

// Opening does not wait for the reader of a named pipe; writing waits until the reader has taken everything.
Result<void> writeInPlace(const Target& target, std::string_view content) {
  const base::UniqueFd opened(::open(target.file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!opened && errno == ENXIO && S_ISFIFO(target.existing->st_mode))
    return Error(ErrorCode::Unavailable, "it is a named pipe, and no process reads it");
  if (!opened) return lastFileError();
  ::fcntl(opened.get(), F_SETFL, ::fcntl(opened.get(), F_GETFL) & ~O_NONBLOCK);
  return writeAll(opened.get(), content);
}

// Only root may give a file to another user. The permissions are those that it was created with.
void copyOwnerAndMode(int descriptor, const struct stat& from) {
  if (::fchown(descriptor, from.st_uid, from.st_gid) == 0) ::fchmod(descriptor, from.st_mode & 0777);
}

Result<void> writeTemporaryFile(const std::string& fresh, const Target& target, std::string_view content) {
  const auto mode = target.existing ? target.existing->st_mode & 0777 : kReadableByAll;
  auto made = base::openPrivateFile(fresh, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!made) return made.error();
  if (target.existing) copyOwnerAndMode(made->get(), *target.existing);
  if (auto written = writeAll(made->get(), content); !written) return written;
  if (::rename(fresh.c_str(), target.file.c_str()) != 0) return lastFileError();
  return {};
}

// The pid in the name separates two calls that write at the same time.
Result<void> replace(const Target& target, std::string_view content) {
  const auto fresh = target.file.string() + "." + std::to_string(::getpid()) + ".tmp";
  ::unlink(fresh.c_str());
  auto written = writeTemporaryFile(fresh, target, content);
  if (!written) ::unlink(fresh.c_str());
  return written;
}

}  // namespace

Result<void> replaceFile(const fs::path& file, std::string_view content) {
  const auto target = targetOf(file);
  auto written = !target                    ? Result<void>(target.error())
                 : target->isWrittenInPlace ? writeInPlace(*target, content)
                                            : replace(*target, content);
  if (written) return written;
  return written.error().in(file.string() + ": cannot be written");
}

}  // namespace leptir::cli

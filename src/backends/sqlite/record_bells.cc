#include "backends/sqlite/record_bells.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/private_file.h"
#include "base/shared_access.h"
#include "base/unique_fd.h"

namespace leptir::sqlite {
namespace {

// Another process may remove the folder between our mkdir and our bind, and make it again before we could look for the
// reason, but hardly so often. Any error is tried so often: that takes a millisecond.
constexpr int kMaxAttempts = 100;

// Who may use the folder above may use this one.
void makeBellsFolder(const std::filesystem::path& above) {
  const auto folder = recordBellsFolder(above);
  struct stat model{};
  if (!base::makeNewFolder(folder) || ::stat(above.c_str(), &model) != 0) return;
  const base::UniqueFd made(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (made) base::copyOwnerAndGroupAccess(made.get(), model);
}

}  // namespace

std::filesystem::path recordBellsFolder(const std::filesystem::path& folder) {
  return folder / "waiting";
}

void RecordBellRinger::ring() {
  if (::access(folder_.c_str(), F_OK) != 0) return;
  ringer_.ring();
  ::rmdir(folder_.c_str());  // succeeds only if no process waits: those of killed processes are removed by now
}

Result<std::unique_ptr<RecordWatch>> SqliteRecordWatch::begin(const std::filesystem::path& folder) {
  std::unique_ptr<SqliteRecordWatch> watch(new SqliteRecordWatch(folder));
  if (auto hung = watch->hang(); !hung) return hung.error();
  return std::unique_ptr<RecordWatch>(std::move(watch));
}

Result<void> SqliteRecordWatch::hang() {
  for (int attempt = 1;; ++attempt) {
    makeBellsFolder(folder_);
    auto bell = Doorbell::hang(recordBellsFolder(folder_));
    if (bell) {
      bell_.emplace(std::move(*bell));
      return {};
    }
    if (attempt == kMaxAttempts) return bell.error();
  }
}

Result<RecordNews> SqliteRecordWatch::wait(Duration longest, Wake& wake) {
  if (!bell_) {
    if (auto hung = hang(); !hung) return hung.error();
    return RecordNews{.mayBeAny = true};
  }
  const bool isWoken = wake.waitFor(longest, bell_->descriptor());
  return RecordNews{.isWoken = isWoken, .mayBeAny = bell_->clear()};
}

void SqliteRecordWatch::suspend() {
  if (!bell_) return;
  bell_.reset();
  ::rmdir(recordBellsFolder(folder_).c_str());
}

}  // namespace leptir::sqlite

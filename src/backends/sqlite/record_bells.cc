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
// reason, but hardly so often. Every error is retried, whatever its cause: 100 attempts take a millisecond.
constexpr int kMaxBellAttempts = 100;

// The users who may use the folder `above` may use this one, too.
void makeBellsFolder(const std::filesystem::path& above) {
  const auto folder = recordBellsFolder(above);
  struct stat model{};
  if (!base::makeNewPrivateFolder(folder) || ::stat(above.c_str(), &model) != 0) return;
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
  ::rmdir(folder_.c_str());  // fails while a process waits; ring() has removed the doorbells of killed ones
}

Result<std::unique_ptr<RecordWatch>> SqliteRecordWatch::begin(const std::filesystem::path& folder) {
  std::unique_ptr<SqliteRecordWatch> watch(new SqliteRecordWatch(folder));
  if (auto made = watch->makeBell(); !made) return made.error();
  return std::unique_ptr<RecordWatch>(std::move(watch));
}

Result<void> SqliteRecordWatch::makeBell() {
  for (int attempt = 1;; ++attempt) {
    makeBellsFolder(folder_);
    auto bell = Doorbell::create(recordBellsFolder(folder_));
    if (bell) {
      bell_.emplace(std::move(*bell));
      return {};
    }
    if (attempt == kMaxBellAttempts) return bell.error();
  }
}

Result<RecordNews> SqliteRecordWatch::wait(Duration longest, Wake& wake) {
  if (!bell_) {
    if (auto made = makeBell(); !made) return made.error();
    return RecordNews{.hasUnknownIds = true};
  }
  const bool isWoken = wake.waitFor(longest, bell_->descriptor());
  return RecordNews{.isWoken = isWoken, .hasUnknownIds = bell_->clear()};
}

void SqliteRecordWatch::suspend() {
  if (!bell_) return;
  bell_.reset();
  ::rmdir(recordBellsFolder(folder_).c_str());
}

}  // namespace leptir::sqlite

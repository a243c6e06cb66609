// The pid file. Its process holds a lock on it, so a file that a dead process left is recognized. Its content is that
// of PHP leptir: the process number without a line feed.
#pragma once

#include <filesystem>
#include <optional>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::master {

class PidFile {
 public:
  // Takes the lock and writes the number of this process. To be called in the process that will be the master, before
  // it forks. A file that is no pid file of this user is neither written to nor waited for. Lost: another process holds
  // it. Invalid: a symbolic link, no plain file, a file of another user, no pid file, or it cannot be created there;
  // the message names the path.
  static Result<PidFile> take(const std::filesystem::path& file);
  PidFile(PidFile&&) noexcept = default;
  PidFile& operator=(PidFile&&) noexcept = default;
  // Releases the lock and leaves the file.
  ~PidFile() = default;

  // The first call in a child: otherwise the lock would outlive the master.
  void closeInChild() { descriptor_ = base::UniqueFd(); }
  // The master calls it about every second. Creates the file again if it was removed, replaced or overwritten, and
  // returns true then. Lost: another process has locked the file that has this name now. Invalid: as for `take`.
  Result<bool> restore();
  // Removes the file at a clean end, unless another file has its name now.
  void remove();

 private:
  PidFile(std::filesystem::path file, base::UniqueFd descriptor)
      : file_(std::move(file)), descriptor_(std::move(descriptor)) {}
  std::filesystem::path file_;
  base::UniqueFd descriptor_;
};

// The process that holds the pid file now. None: no process holds it, whatever its content, or there is no file.
// Invalid: as `take`, or this process cannot see the one that holds it.
Result<std::optional<int>> pidFileHolder(const std::filesystem::path& file);

}  // namespace leptir::master

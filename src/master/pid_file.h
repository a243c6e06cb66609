// The pid file: held by a lock while its process lives, so a file that is left over never lies. What stands in it is
// PHP leptir's: the number, no line feed.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

class PidFile {
 public:
  // Takes the lock and writes this process's number: by the process that stays, before it forks its children. Nothing
  // is written to, and nothing waits for, what is no pid file of ours. Lost: another process holds it. Invalid: a
  // symbolic link, no plain file, somebody else's, not a pid file at all, or it cannot be made there; the message names
  // the path.
  static Result<PidFile> take(const std::filesystem::path& file);
  PidFile(PidFile&&) noexcept = default;
  PidFile& operator=(PidFile&&) noexcept = default;
  // Gives the lock up and leaves the file.
  ~PidFile() = default;

  // In a child, first thing: the lock is not its own, and must not outlive the one who holds it.
  void closeInChild() { descriptor_ = UniqueFd(); }
  // Makes the file anew when it was removed, replaced or overwritten: for its holder, about every second. True: it was.
  // Lost: another process holds the file that stands there by now. Invalid: as `take`.
  Result<bool> restore();
  // At a clean end.
  void remove();

 private:
  PidFile(std::filesystem::path file, UniqueFd descriptor)
      : file_(std::move(file)), descriptor_(std::move(descriptor)) {}
  std::filesystem::path file_;
  UniqueFd descriptor_;
};

// Who holds the pid file now; none: nobody, whatever stands in it, or there is none. Invalid: as `take`; or whoever
// holds it is out of our sight.
Result<std::optional<int>> holderOf(const std::filesystem::path& file);

// A process that holds a pid file, so that it can be signalled and waited for without ever meeting a stranger who got
// its number.
class HoldingProcess {
 public:
  // None: no process holds the file. Invalid: as `take`.
  static Result<std::optional<HoldingProcess>> find(const std::filesystem::path& file);
  // The process that `holder` names: asked once more after the process was opened, since only then a number that has
  // not changed was the same process all the time.
  static Result<std::optional<HoldingProcess>> find(const std::function<Result<std::optional<int>>()>& holder);

  int pid() const { return pid_; }
  // Invalid: not allowed. A process that is gone meanwhile is no error.
  Result<void> signal(int number) const;
  // Whether it was gone before `longest` had passed.
  bool waitUntilGone(Duration longest) const;

 private:
  HoldingProcess(int pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  int pid_;
  UniqueFd pidfd_;
};

}  // namespace leptir

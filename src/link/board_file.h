// The file by which other processes find a status board. It says which instance this is, and where the memory with the
// changing values is (status_board.h).
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::link {

// Created by the master, which holds a lock on it as long as it lives; children close their copies.
class BoardFile {
 public:
  // Creates the file and replaces any older file of that name. Unavailable, Invalid: see errno_code.h. NotFound: the
  // folder does not exist. The message names the path.
  static Result<BoardFile> create(const std::filesystem::path& file, const std::string& content);

  Result<void> write(const std::string& content);
  // Creates the file again when it was removed, replaced or changed. True: it was. Lost: another process has locked the
  // file that has this name now. Unavailable: that cannot be determined, so the file is left alone.
  Result<bool> restore(const std::string& content);
  // Removes the file, unless another file has its name now.
  void remove();

 private:
  BoardFile(std::filesystem::path file, base::UniqueFd lock) : file_(std::move(file)), lock_(std::move(lock)) {}
  bool isStillNamed() const;
  bool containsExactly(const std::string& content) const;
  std::filesystem::path file_;
  base::UniqueFd lock_;  // open for reading and writing
};

enum class BoardLock { Free, Held, CannotTell };

// Whether another process holds the lock of the board file that is open as `descriptor`.
BoardLock boardLockOf(const base::UniqueFd& descriptor);
// The same for a path. Free: also when there is no such file, or a kind of file that no instance creates (a link, a
// socket). CannotTell: errno says why.
BoardLock boardLockOf(const std::filesystem::path& file);

}  // namespace leptir::link

// The file by which a status board is found. What a board says changes all the time and stands in memory; the file says
// who the instance is, and where that memory is.
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// Made by the master, and locked while it lives: children close their copies.
class BoardFile {
 public:
  // Makes the file anew, in the place of one that is left over. Unavailable, Invalid: see errno_code.h; NotFound: no
  // such folder. The message names the path.
  static Result<BoardFile> create(const std::filesystem::path& file, const std::string& content);

  Result<void> write(const std::string& content);
  // Makes the file anew when it was removed, replaced or changed. True: it was. Lost: the file that has its name by now
  // is locked by another process. Unavailable: whether it is cannot be told, so it is left alone.
  Result<bool> restore(const std::string& content);
  // Removes the file, unless its name is another file's by now.
  void remove();

 private:
  BoardFile(std::filesystem::path file, UniqueFd lock) : file_(std::move(file)), lock_(std::move(lock)) {}
  bool isStillNamed() const;
  bool says(const std::string& content) const;
  std::filesystem::path file_;
  UniqueFd lock_;  // open for reading and writing
};

enum class BoardLock { Free, Held, CannotTell };

// Whether another process holds the lock of a board file, by an open file of it.
BoardLock boardLockOf(const UniqueFd& descriptor);
// The same by its name. Free: there is no such file, or something there that no instance puts there (a link, a socket).
// CannotTell: errno says why.
BoardLock boardLockOf(const std::filesystem::path& file);

}  // namespace leptir

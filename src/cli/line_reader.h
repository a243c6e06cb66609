// Lines of standard input as they come: a pause is told, a line that is too long is skipped without being held.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

// One thread. The descriptor belongs to the caller.
class LineReader {
 public:
  enum class Event {
    Line,     // line() is the next one
    TooLong,  // the line of number() has more than `longest` bytes; what follows of it is read and dropped
    Pause,    // no whole line came within the time that the caller waits
    End,      // there is no further line
    Failed,   // the descriptor cannot be read: error()
  };
  static constexpr std::chrono::milliseconds kAsLongAsItTakes{-1};

  LineReader(int descriptor, std::size_t longest) : descriptor_(descriptor), longest_(longest) {}

  // Invalid: the descriptor is not open for reading. To be asked before anything is opened, which would take its
  // number.
  static Result<void> check(int descriptor);

  Event next(std::chrono::milliseconds wait);
  std::string_view line() const { return line_; }  // without its line feed; valid until next()
  std::size_t number() const { return number_; }   // of the line that next() told of; the first is 1
  int error() const { return error_; }             // an errno

 private:
  bool takeLine();
  bool takeRest();
  bool isTooLong();
  bool isQuiet(std::chrono::milliseconds wait) const;
  ssize_t readMore();

  int descriptor_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the line that is not taken yet
  std::size_t searched_ = 0;  // no line feed before this
  bool skipping_ = false;     // the rest of a line that was too long
  std::string_view line_;
  std::size_t number_ = 0;
  int error_ = 0;
};

}  // namespace leptir

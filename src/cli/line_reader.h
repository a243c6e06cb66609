// Reads lines from a descriptor as they arrive. Reports a pause of the input; skips a line that is too long without
// keeping it in memory.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::cli {

// For one thread. The caller owns the descriptor.
class LineReader {
 public:
  enum class Event {
    Line,     // line() holds the next line
    TooLong,  // line number() is longer than `longest` bytes; the rest of that line is read and dropped
    Pause,    // no complete line arrived within the wait time of next()
    End,      // the input has ended
    Failed,   // reading the descriptor failed; error() says why
  };
  static constexpr std::chrono::milliseconds kNoTimeout{-1};

  LineReader(int descriptor, std::size_t longest) : descriptor_(descriptor), longest_(longest) {}

  // Invalid: the descriptor is not open for reading. Call this before opening any store, which would get that
  // descriptor number if it is closed.
  static Result<void> checkReadable(int descriptor);

  Event next(std::chrono::milliseconds wait);
  std::string_view line() const { return line_; }  // without its line feed; valid until next()
  std::size_t number() const { return number_; }   // number of the line that next() reported; the first line is 1
  int error() const { return error_; }             // an errno value

 private:
  bool takeLine();
  bool takeRest();
  bool dropIfTooLong();
  bool pausesFor(std::chrono::milliseconds wait) const;
  ssize_t readMore();

  int descriptor_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0;     // offset in buffer_ of the next line
  std::size_t searched_ = 0;  // offset in buffer_ up to which there is no line feed
  bool skipping_ = false;     // the rest of a line that was too long is being dropped
  std::string_view line_;
  std::size_t number_ = 0;
  int error_ = 0;
};

}  // namespace leptir::cli

// The progress of a long action: a line on stderr that is written again, on a terminal only. INT, TERM and HUP
// (the terminal is gone) end the action after its slice, so that the audit trail tells how far it came. A second one of
// these signals ends the process at once; the audit trail then tells that the action was begun.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

namespace leptir::cli {

class ProgressLine {
 public:
  // `done`: "cancelled". While the object exists, the first of these signals only ends the action.
  explicit ProgressLine(std::string_view done);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // False: the user has asked to end the action.
  bool show(std::uint64_t changed, std::uint64_t examined);
  // Removes the line.
  void end();

 private:
  const std::string done_;
  const bool movesCursor_;
  bool isShown_ = false;
  std::chrono::steady_clock::time_point shownAt_{};
  struct sigaction beforeInt_{}, beforeTerm_{}, beforeHup_{};
};

}  // namespace leptir::cli

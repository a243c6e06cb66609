// For tests: the page of shifted_time.h for a server that the test starts, and what moves its clock.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "leptir/clock.h"
#include "tests/support/shifted_time.h"

namespace leptir {

class ShiftedPage {
 public:
  enum class Clock { Runs, StandsAtTheStart };

  // The page lies in `file`, which is made if there is none; the server maps it as well.
  ShiftedPage(std::filesystem::path file, Clock clock);
  ~ShiftedPage();
  ShiftedPage(const ShiftedPage&) = delete;
  ShiftedPage& operator=(const ShiftedPage&) = delete;

  void advance(Duration by);
  // Puts a clock that stands back to the start of a ManualClock.
  void startOver();
  // Puts a clock that runs back to the machine's time. Only some servers bear a time that goes back.
  void returnToMachine();
  const std::filesystem::path& file() const { return file_; }
  // What the server's environment needs, so that it has the page's clock.
  std::vector<std::pair<std::string, std::string>> variables() const;

 private:
  std::filesystem::path file_;
  Clock clock_;
  ShiftedTime* page_;
};

}  // namespace leptir

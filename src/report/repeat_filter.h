// RepeatFilter: holds back errors that repeat. The first of identical errors passes at once, then at most one a minute,
// with the number of those that were held back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "report/error_report.h"

namespace leptir::report {

// Between two reports of identical errors.
inline constexpr Duration kRepeatAfter = std::chrono::minutes(1);
// How many different errors are remembered. When more occur within a minute, the one reported longest ago is forgotten:
// its next occurrence counts as the first.
inline constexpr std::size_t kMostRemembered = 1000;

// What makes two errors identical: the task's name, the kind, the fate, the cause, the type of the exception and the
// message. Words of the message that hold a digit do not count: ids, numbers, addresses and times differ each time.
std::string identityOf(const ErrorReport& report);

// Has no clock of its own. Used by one thread.
class RepeatFilter {
 public:
  // The report, if it is to be sent now; `suppressed` is set. Else it is held back, and replaces an identical one that
  // was held back before. Reports that the filter forgets because of this one go to `overdue`.
  std::optional<ErrorReport> pass(ErrorReport report, BootTime now, std::vector<ErrorReport>& overdue);
  // The latest of each error that was held back and whose minute is over. `suppressed` counts the earlier ones.
  std::vector<ErrorReport> takeDue(BootTime now);
  // All that are held back, for the end of the process.
  std::vector<ErrorReport> takeAll();

  // When to call takeDue at the latest; max: nothing is held back.
  BootTime next() const;
  std::size_t heldBack() const;

 private:
  struct Remembered {
    BootTime lastSent{};
    std::uint64_t suppressed = 0;
    std::optional<ErrorReport> latest{};  // of those held back since lastSent
  };
  using Errors = std::map<std::string, Remembered>;

  ErrorReport take(Remembered& error);
  void forgetOld(BootTime now, std::vector<ErrorReport>& overdue);

  Errors errors_;  // by identity
};

}  // namespace leptir::report

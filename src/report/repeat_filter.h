// RepeatFilter: holds back errors that repeat. The first of identical errors passes at once, then at most one a minute,
// with the number of those that were held back.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "leptir/clock.h"
#include "report/error_report.h"

namespace leptir::report {

// Between two reports of identical errors.
inline constexpr Duration kRepeatAfter = std::chrono::minutes(1);
// How many different errors are remembered, and how many bytes they and the reports that are held back may have. When
// more occur within a minute, the ones reported longest ago are forgotten: their next occurrence counts as the first.
inline constexpr std::size_t kMaxRemembered = 1000;
inline constexpr std::size_t kMaxRememberedBytes = std::size_t{16} << 20;

// What makes two errors identical: the task's name, the kind, the fate, the cause, the type of the exception and the
// message. Words of the message that hold a digit do not count: ids, numbers, addresses and times differ each time.
std::string identityOf(const ErrorReport& report);

// Has no clock of its own; `now` never goes back. Used by one thread.
class RepeatFilter {
 public:
  RepeatFilter() = default;
  RepeatFilter(const RepeatFilter&) = delete;
  RepeatFilter& operator=(const RepeatFilter&) = delete;

  // The report, if it is to be sent now; `suppressed` is set. Else it is held back, and replaces an identical one that
  // was held back before. Reports that the filter forgets because of this one go to `overdue`.
  std::optional<ErrorReport> pass(ErrorReport report, BootTime now, std::vector<ErrorReport>& overdue);
  // The latest of each error that was held back and whose minute is over. `suppressed` counts the earlier ones.
  std::vector<ErrorReport> takeDue(BootTime now);
  // All that are held back, for the end of the process.
  std::vector<ErrorReport> takeAll();

  // Before this time takeDue returns nothing; max: no error is remembered. Costs one load.
  BootTime nextDueTime() const;
  std::size_t heldBack() const;
  // Of all errors that are remembered, with the reports that are held back.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Remembered {
    std::string identity;
    BootTime lastSent{};
    std::uint64_t suppressed = 0;
    std::optional<ErrorReport> latest{};  // of those held back since lastSent
  };
  using Errors = std::list<Remembered>;

  void remember(std::string identity, BootTime now);
  void holdBack(Remembered& error, ErrorReport report);
  ErrorReport take(Remembered& error);
  void noteSent(Errors::iterator error, BootTime now);
  void forget(Errors::iterator error);
  void forgetOldest(std::vector<ErrorReport>& overdue);

  Errors errors_;  // the one sent longest ago first
  std::unordered_map<std::string_view, Errors::iterator> byIdentity_;
  std::size_t bytes_ = 0;
};

}  // namespace leptir::report

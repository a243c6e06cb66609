#include "leptir/testing/observed_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>

#include "log/log_line.h"

namespace leptir::testing {

bool ObservedRun::succeeded() const {
  const bool isGood = outcome.status == ExitStatus::Success || outcome.status == ExitStatus::Warning;
  return outcome.cause == Cause::Finished && isGood;
}

std::string ObservedRun::description() const {
  auto text = fmt::format("{} (attempt {}): {}, {}", name, attempt, leptir::nameOf(outcome.status),
                          leptir::nameOf(outcome.cause));
  if (!outcome.response.empty()) text += ": " + outcome.response;
  if (!states.empty()) text += fmt::format("; states: {}", fmt::join(states, ", "));
  return text;
}

std::ostream& operator<<(std::ostream& stream, const ObservedRun& run) {
  return stream << run.description();
}

std::ostream& operator<<(std::ostream& stream, const LoggedLine& line) {
  return stream << log::levelText(line.level) << ": " << line.text;
}

std::ostream& operator<<(std::ostream& stream, const ReportedProgress& progress) {
  return stream << progress.fraction << ' ' << progress.text;
}

}  // namespace leptir::testing

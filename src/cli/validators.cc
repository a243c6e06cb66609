#include "cli/validators.h"

#include <fmt/format.h>

#include "cli/number_of.h"
#include "cli/time_option.h"

namespace leptir::cli {

CLI::Validator mustBe(const char* what, std::function<bool(const std::string&)> holds) {
  return CLI::Validator(
      [what, holds = std::move(holds)](std::string& text) {
        return holds(text) ? std::string() : fmt::format("must be {}, not '{}'", what, text);
      },
      "", "");
}

std::string notADuration(std::string_view text) {
  return fmt::format("must be a number of seconds from 0 to 1e11, or a duration (90s, 10m, 2h, 7d), not '{}'", text);
}

CLI::Validator durationInSeconds() {
  return CLI::Validator(
      [](std::string& text) {
        const auto duration = readDuration(text);
        if (!duration) return notADuration(text);
        text = fmt::format("{}", std::chrono::duration<double>(*duration).count());
        return std::string();
      },
      "", "");
}

CLI::Validator wholeNumber(const char* what, std::int64_t least, std::int64_t most) {
  return mustBe(what, [=](const std::string& text) {
    const auto number = numberOf<std::int64_t>(text);
    return number && *number >= least && *number <= most;
  });
}

}  // namespace leptir::cli

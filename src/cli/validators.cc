#include "cli/validators.h"

#include <fmt/format.h>

#include "cli/number_of.h"
#include "cli/push_time.h"

namespace leptir::cli {

CLI::Validator mustBe(const char* what, std::function<bool(const std::string&)> holds) {
  return CLI::Validator(
      [what, holds = std::move(holds)](std::string& text) {
        return holds(text) ? std::string() : fmt::format("must be {}, not '{}'", what, text);
      },
      "", "");
}

CLI::Validator seconds() {
  return mustBe("a number of seconds from 0 to 1e11",
                [](const std::string& text) { return parseDelay(numberOf<double>(text).value_or(-1)).has_value(); });
}

CLI::Validator wholeNumber(const char* what, std::int64_t least, std::int64_t most) {
  return mustBe(what, [=](const std::string& text) {
    const auto number = numberOf<std::int64_t>(text);
    return number && *number >= least && *number <= most;
  });
}

}  // namespace leptir::cli

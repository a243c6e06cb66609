// What a reporter is told of one error, and access to it that never fails: a missing value, or one of another type, is
// empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/json.h"
#include "leptir/outcome.h"

namespace leptir::reporters {

struct ReportedError {
  Json data = Json::object();           // of ErrorReporter::addErrorData, which names the keys
  std::optional<ThrownError> thrown{};  // of reportException
  std::string message{};                // of reportMessage, or of the exception
  std::uint64_t lostBefore = 0;         // reports that could not be sent since the last one that was

  std::string text(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  // A process died: the worker, the program of the task, or dispatchers that settled it.
  bool isCrash() const;
};

// At most `maxBytes` of the text and, where it was cut, "…" behind them. Keeps whole characters.
std::string beginningOf(std::string_view text, std::size_t maxBytes);

}  // namespace leptir::reporters

// A question to one instance, and its answer, both on their way through a store. The instance takes a question as it
// takes orders (order.h), and answers it once; a version that knows no questions removes them as unknown orders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

// A question that no instance has taken expires after this time, and so does an answer that the asking command has not
// read.
inline constexpr Duration kQuestionLifetime = std::chrono::seconds(30), kAnswerLifetime = std::chrono::minutes(1);

struct Question {
  enum class Kind {
    Log,    // the log of a running task
    Stack,  // the stack of a running task
  };
  Kind kind = Kind::Log;
  std::string instance{};
  std::string task{};  // its id
  std::string mark{};  // 16 hex digits: which question this is, for its answer

  friend bool operator==(const Question&, const Question&) = default;
};

// `orders/<instance>/<microseconds, 20 digits>-<mark, the first 8 digits>`
std::string keyOf(const Question& question, Time at);
std::string textOf(const Question& question);
// None: the entry is no question, or one that this version does not know.
std::optional<Question> questionOf(const FleetEntry& entry);

// An answer: UTF-8 of any kind, at most kMaxAnswerBytes.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{1} << 20;
// The entries of an answer, `answers/<mark>/<number, 4 digits>`: each holds a piece, behind the number of pieces.
std::vector<FleetEntry> entriesOf(const Question& question, std::string_view answer);
// The prefix of the keys of all entries of an answer: `answers/<mark>/`.
std::string answerKeyPrefix(const Question& question);
// Joins the answer from its entries in a store; nullopt: some entries, or all, are still missing.
std::optional<std::string> joinAnswer(const std::vector<FleetEntry>& entries);

// The text of an answer: `{"answer": …}`, or `{"error": message, "code": …}`.
std::string answerText(const Result<std::string>& json);
// Reads what answerText() wrote: the JSON of the answer, or its error. Corrupt: another program wrote the text.
Result<std::string> parseAnswer(std::string_view text);

}  // namespace leptir::fleet

#include "cli/task_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/nearest_word.h"
#include "cli/push_error.h"
#include "cli/time_option.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kBytesOfAWholeId = 36;  // of ids that leptir makes

Result<std::optional<Time>> timeOf(const std::string& text, const char* option, Time now) {
  if (text.empty()) return std::optional<Time>();
  const auto time = readTime(text, now, UnsignedDuration::IsAgo);
  if (!time) return time.error().in(option);
  return std::optional(*time);
}

// The causes, and the outcomes of runs that ended by themselves, which --cause takes as well.
std::vector<std::string_view> wordsForCause() {
  auto words = causeWords();
  for (const auto status : {ExitStatus::Success, ExitStatus::Warning, ExitStatus::Error, ExitStatus::Unknown})
    words.push_back(nameOf(status));
  return words;
}

// Why no task can match; empty: some can.
std::string contradictionIn(const SelectionOptions& options, const std::optional<ListedState>& state) {
  const auto ofState = "--state=" + options.state;
  if (!options.cause.empty() && state && isInQueue(*state))
    return "--cause selects records of tasks that are over, but " + ofState + " selects tasks in a queue";
  if (!options.cause.empty() && !options.broker.empty())
    return "--cause selects records of tasks that are over, which name no broker: leave --broker out";
  if (!options.cause.empty() && !options.reason.empty())
    return "--cause selects records of tasks that are over, but --reason selects buried tasks in their queue";
  if (!options.reason.empty() && state && *state != ListedState::Buried)
    return "--reason selects buried tasks, but " + ofState + " selects others";
  if (!options.broker.empty() && state && !isInQueue(*state))
    return ofState + " selects records of tasks that are over, which name no broker: leave --broker out";
  return {};
}

}  // namespace

Result<TaskSelection> selectionOf(const SelectionOptions& options, Time now) {
  TaskSelection selection{.broker = options.broker,
                          .name = options.name,
                          .idPrefix = options.id,
                          .reasonContains = options.reason,
                          .cause = options.cause};
  selection.state = listedStateOf(options.state);
  if (auto complaint = contradictionIn(options, selection.state); !complaint.empty())
    return invalidInput(std::move(complaint));
  const auto since = timeOf(options.since, "--since", now);
  if (!since) return since.error();
  const auto until = timeOf(options.until, "--until", now);
  if (!until) return until.error();
  selection.since = *since;
  selection.until = *until;
  return selection;
}

Result<std::vector<std::string>> wholeIds(Operations& operations, const std::vector<std::string>& arguments,
                                          std::optional<TaskAction::Kind> action) {
  std::vector<std::string> ids;
  for (const auto& argument : arguments) {
    if (argument.size() >= kBytesOfAWholeId) {
      ids.push_back(argument);
      continue;
    }
    auto whole = operations.findByPrefix(argument, action);
    const bool isUnknown =
        !whole && whole.error().code() != ErrorCode::NotFound && whole.error().code() != ErrorCode::Unsupported;
    if (isUnknown) return whole.error();
    ids.push_back(whole ? std::move(*whole) : argument);
  }
  return ids;
}

std::optional<std::string> unknownCause(const std::string& cause) {
  const auto known = wordsForCause();
  if (cause.empty() || std::ranges::count(known, cause) > 0) return std::nullopt;
  auto hint = base::didYouMean(cause, known);
  hint = hint.empty() ? fmt::format("; the causes are {}", fmt::join(known, " ")) : ": " + hint;
  return fmt::format("no record has the cause {}{}", base::inQuotes(cause), hint);
}

}  // namespace leptir::cli

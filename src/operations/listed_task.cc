#include "leptir/operations/listed_task.h"

#include <array>

#include "base/escape.h"
#include "base/time_text.h"

namespace leptir {
namespace {

constexpr std::array<std::string_view, 7> kStates{"due",  "scheduled", "leased",   "buried",
                                                  "done", "failed",    "cancelled"};

}  // namespace

std::string_view nameOf(ListedState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<ListedState> listedStateOf(std::string_view word) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == word) return static_cast<ListedState>(i);
  }
  return std::nullopt;
}

std::vector<std::string_view> listedStateWords() {
  return {kStates.begin(), kStates.end()};
}

std::string textOf(const TaskSelection& selection) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + std::string(what) + " " + value;
  };
  const auto time = [](const std::optional<Time>& at) { return at ? base::timeText(*at) : std::string(); };
  if (selection.state) add("state", std::string(nameOf(*selection.state)));
  add("broker", selection.broker);
  add("name", selection.name);
  add("id", selection.idPrefix.empty() ? "" : selection.idPrefix + "…");
  add("reason", selection.reasonContains.empty() ? "" : base::inQuotes(selection.reasonContains));
  add("cause", selection.cause);
  add("since", time(selection.since));
  add("until", time(selection.until));
  return text.empty() ? "every task" : text;
}

}  // namespace leptir

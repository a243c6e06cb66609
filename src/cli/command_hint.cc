#include "cli/command_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/escape.h"
#include "base/nearest_word.h"

namespace leptir {
namespace {

constexpr std::size_t kShortestBeginning = 5;  // two dashes and three letters; or most of a command

std::optional<std::string_view> onlyOneThatBeginsWith(std::string_view word,
                                                      const std::vector<std::string_view>& candidates) {
  if (word.size() < kShortestBeginning) return {};
  const auto begins = [&](std::string_view candidate) { return candidate.starts_with(word); };
  if (std::ranges::count_if(candidates, begins) != 1) return {};
  return *std::ranges::find_if(candidates, begins);
}

}  // namespace

std::string unknownWord(std::string_view kind, std::string_view word, const std::vector<std::string_view>& candidates) {
  auto meant = onlyOneThatBeginsWith(word, candidates);
  if (!meant) meant = nearestWord(word, candidates);
  const auto unknown = fmt::format("there is no {} {}", kind, inQuotes(word));
  return meant ? fmt::format("{}: did you mean {}?", unknown, inQuotes(*meant)) : unknown;
}

}  // namespace leptir

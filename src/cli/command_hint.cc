#include "cli/command_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/escape.h"
#include "base/nearest_word.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kMinPrefixBytes = 5;  // two dashes and three letters of an option, or most of a command's name

std::optional<std::string_view> onlyCandidateWithPrefix(std::string_view word,
                                                        const std::vector<std::string_view>& candidates) {
  if (word.size() < kMinPrefixBytes) return {};
  const auto begins = [&](std::string_view candidate) { return candidate.starts_with(word); };
  if (std::ranges::count_if(candidates, begins) != 1) return {};
  return *std::ranges::find_if(candidates, begins);
}

}  // namespace

std::string describeUnknownWord(std::string_view kind, std::string_view word,
                                const std::vector<std::string_view>& candidates) {
  auto meant = onlyCandidateWithPrefix(word, candidates);
  if (!meant) meant = base::nearestWord(word, candidates);
  const auto unknown = fmt::format("there is no {} {}", kind, base::inQuotes(word));
  return meant ? fmt::format("{}: did you mean {}?", unknown, base::inQuotes(*meant)) : unknown;
}

}  // namespace leptir::cli

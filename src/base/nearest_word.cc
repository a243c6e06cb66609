#include "base/nearest_word.h"

#include <algorithm>
#include <string>
#include <vector>

namespace leptir::base {
namespace {

constexpr std::size_t kMaxWordBytes = 64;  // bounds the cost of hostile input; longer input is no typing mistake

std::string simplified(std::string_view word) {
  std::string simple(word);
  for (char& c : simple) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return simple;
}

// Optimal string alignment distance. Only three rows of the table are kept.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> beforeLast(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearestWord(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kMaxWordBytes) return {};
  const auto simple = simplified(word);
  std::optional<std::string_view> nearest;
  std::size_t fewest = kMaxWordBytes;
  for (const auto candidate : candidates) {
    const auto edits = distance(simple, simplified(candidate));
    const bool isClose = edits * 3 <= std::max<std::size_t>(candidate.size(), 3);
    if (!isClose || edits >= fewest) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

std::string didYouMean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto nearest = nearestWord(word, candidates);
  return nearest ? "did you mean '" + std::string(*nearest) + "'?" : std::string();
}

}  // namespace leptir::base

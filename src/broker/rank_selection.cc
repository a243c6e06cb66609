#include "broker/rank_selection.h"

#include <algorithm>
#include <cassert>

namespace leptir::broker {

RankSelection::RankSelection(std::span<const std::int64_t> priorities)
    : priorities_(priorities.begin(), priorities.end()) {
  assert(std::ranges::is_sorted(priorities_) && "the caller must pass the priorities in ascending order");
  double rank = 0;
  for (std::size_t i = 0; i < priorities_.size(); ++i) {
    if (i == 0 || priorities_[i] != priorities_[i - 1]) ++rank;
    weights_.push_back(1 / rank);
  }
}

std::optional<std::size_t> RankSelection::draw(const std::vector<bool>& mayHaveTasks, double random) const {
  double sum = 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) sum += mayHaveTasks[i] ? weights_[i] : 0;

  double left = random * sum;
  std::optional<std::size_t> chosen;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (!mayHaveTasks[i]) continue;
    chosen = i;  // the last candidate also covers rounding errors
    left -= weights_[i];
    if (left < 0) break;
  }
  return chosen;
}

std::optional<std::size_t> RankSelection::forPush(std::int64_t priority) const {
  if (priorities_.empty()) return std::nullopt;
  const auto first = std::ranges::lower_bound(priorities_, priority);
  return first == priorities_.end() ? priorities_.size() - 1 : static_cast<std::size_t>(first - priorities_.begin());
}

}  // namespace leptir::broker

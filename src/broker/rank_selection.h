// PHP leptir's rule which broker gives the next task and which takes a pushed one. Pure: the caller brings the random
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace leptir {

// Brokers by their priority index. Rank 1 for the lowest, one more at each larger index; equal indices share a rank. A
// broker weighs 1 / rank.
class RankSelection {
 public:
  // Ascending.
  explicit RankSelection(std::span<const std::int64_t> priorities);

  // Draws one of the brokers whose `mayHaveTasks` is true, by weight. `random` is uniform in [0, 1). None: all are
  // empty.
  std::optional<std::size_t> draw(const std::vector<bool>& mayHaveTasks, double random) const;

  // Where a task of this priority is pushed to: the first broker whose index is at least that, else the last. None:
  // there is no broker.
  std::optional<std::size_t> forPush(std::int64_t priority) const;

  const std::vector<double>& weights() const { return weights_; }

 private:
  std::vector<std::int64_t> priorities_;
  std::vector<double> weights_;
};

}  // namespace leptir

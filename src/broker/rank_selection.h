// PHP leptir's rules: which broker provides the next task, and which broker a pushed task goes to. Pure: the caller
// supplies the random number.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace leptir::broker {

// Ranks brokers by their priority index: rank 1 for the lowest index, one more for each larger index; brokers of equal
// index share a rank. The weight of a broker is 1 / rank.
class RankSelection {
 public:
  // `priorities` must be ascending.
  explicit RankSelection(std::span<const std::int64_t> priorities);

  // Draws one of the brokers whose `mayHaveTasks` is true, with probability proportional to its weight. `random` is
  // uniform in [0, 1). Empty: no broker may have tasks.
  std::optional<std::size_t> draw(const std::vector<bool>& mayHaveTasks, double random) const;

  // The broker to push a task of this priority to: the first whose index is at least the priority, else the last.
  // Empty: there is no broker.
  std::optional<std::size_t> forPush(std::int64_t priority) const;

 private:
  std::vector<std::int64_t> priorities_;
  std::vector<double> weights_;
};

}  // namespace leptir::broker

// Counts how often something has happened lately.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "leptir/clock.h"

namespace leptir::sqs {

class RecentCount {
 public:
  // Counts what happened within `span` until now.
  explicit RecentCount(Duration span) : span_(span) {}

  void add(std::size_t times, BootTime now) {
    if (times == 0) return;
    if (!counts_.empty() && now - counts_.back().first < span_ / 16) {
      counts_.back().second += times;
    } else {
      counts_.emplace_back(now, times);
    }
    sum_ += times;
    forgetOld(now);
  }
  std::size_t at(BootTime now) {
    forgetOld(now);
    return sum_;
  }

 private:
  void forgetOld(BootTime now) {
    while (!counts_.empty() && now - counts_.front().first > span_) {
      sum_ -= counts_.front().second;
      counts_.pop_front();
    }
  }

  const Duration span_;
  std::deque<std::pair<BootTime, std::size_t>> counts_;
  std::size_t sum_ = 0;
};

}  // namespace leptir::sqs

#include "base/backoff.h"

#include <algorithm>

namespace leptir::base {

Duration Backoff::next() {
  const auto doublings = std::min(failures_++, 30);
  const auto whole = std::min(longest_.count(), first_.count() * (Duration::rep{1} << doublings));
  return Duration(std::uniform_int_distribution<Duration::rep>(whole / 2, whole)(random_));
}

}  // namespace leptir::base

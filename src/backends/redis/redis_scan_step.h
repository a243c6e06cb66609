// How far the steps of a search through a whole queue go (RedisScripts::scan).
#pragma once

#include <algorithm>
#include <cstdint>

namespace leptir {

// How many places of the server's hash table a search through a queue of `members` goes through at most. It has up to
// ten for each member, or twenty while it is being resized; a cursor that goes on after that never ends.
inline std::int64_t mostPlaces(std::int64_t members) {
  constexpr std::int64_t kMost = 1'000'000'000;
  return 100'000 + 20 * std::min(members, kMost);
}

// How many of them one step of it looks at: few where members are large, since the server copies them.
class ScanStep {
 public:
  std::int64_t places() const { return places_; }
  void adapt(std::int64_t bytes) {
    if (bytes > kMostBytes) places_ = std::max(places_ / 4, kFewest);
    if (bytes < kMostBytes / 8) places_ = std::min(places_ * 4, kMost);
  }

 private:
  static constexpr std::int64_t kFewest = 4, kMost = 1000, kMostBytes = std::int64_t{8} << 20;

  std::int64_t places_ = kFewest;
};

}  // namespace leptir

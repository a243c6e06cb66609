// FleetStore: a few short texts under names, which all instances and commands at one store share. Each backend that
// can implements it; what the texts mean (pauses, instances, orders, the audit trail) stands in src/fleet alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// A text of a FleetStore.
struct FleetEntry {
  std::string key{};
  std::string value{};

  friend bool operator==(const FleetEntry&, const FleetEntry&) = default;
};

// Keys have 1 to 256 bytes of printable ASCII; values are UTF-8, of at most 64 KiB. Invalid: a key or a value breaks
// that rule.
inline constexpr std::size_t kMaxFleetKeyBytes = 256;
inline constexpr std::size_t kMaxFleetValueBytes = std::size_t{64} << 10;

// Belongs to one queue: queues with different names in one store share nothing. Only the thread that uses its broker
// may use it. After success a change survives a crash of this process.
class FleetStore {
 public:
  virtual ~FleetStore() = default;

  // Stores a text, in place of an earlier one with this key. With `lifetime` it is gone that long after this call, by
  // the store's clock; the store removes such texts by itself, or a later call of put does.
  virtual Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) = 0;
  // Stores a text only if there is none with this key. Returns whether it did.
  virtual Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) = 0;
  // Returns whether there was such a text.
  virtual Result<bool> erase(std::string_view key) = 0;
  // NotFound: there is none.
  virtual Result<std::string> get(std::string_view key) = 0;
  // The texts whose keys begin with `prefix` and are greater than `after` (empty: from the first), in the order of
  // their keys (by bytes), at most `limit`.
  virtual Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) = 0;
  // Changes with every put, putIfAbsent and erase, by any process, that changes a text whose key begins with `orders/`
  // or `pauses/`. The end of a lifetime and changes of other texts need not change it. One cheap read: dispatchers ask
  // every half second, and list only after it has changed.
  virtual Result<std::uint64_t> version() = 0;
};

// The keys whose changes FleetStore::version() tells.
inline constexpr std::string_view kFleetOrderKeyPrefix = "orders/";
inline constexpr std::string_view kFleetPauseKeyPrefix = "pauses/";

}  // namespace leptir

// The leases that a store names in one event, to be found while one pass goes over the tasks that are held here. So
// nothing has to be indexed while tasks are leased, assigned and settled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "leptir/spi/broker_task.h"

namespace leptir::dispatcher {

class LeaseIndex {
 public:
  // `leaseOf` returns the lease of an element of `named`. The leases must outlive the index.
  template <class Named, class LeaseOf = std::identity>
  explicit LeaseIndex(const std::vector<Named>& named, LeaseOf leaseOf = {}) {
    positions_.reserve(named.size());
    for (std::size_t i = 0; i < named.size(); ++i) positions_.emplace(keyOf(std::invoke(leaseOf, named[i])), i);
  }

  // The position in `named` of a lease; empty: the store does not name it.
  std::optional<std::size_t> find(const LeaseId& lease) const {
    const auto found = positions_.find(keyOf(lease));
    return found == positions_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  struct Key {
    std::uint64_t number;
    std::string_view handle;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>{}(key.handle) ^ static_cast<std::size_t>(key.number);
    }
  };
  static Key keyOf(const LeaseId& lease) { return {lease.number, lease.handle}; }

  std::unordered_map<Key, std::size_t, Hash> positions_;
};

}  // namespace leptir::dispatcher

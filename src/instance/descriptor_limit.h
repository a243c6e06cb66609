// Whether this process may have as many descriptors as its configuration needs.
#pragma once

#include <sys/resource.h>

#include <cstdint>

#include "leptir/config.h"
#include "leptir/result.h"

namespace leptir {

// At most, by the process that has the most: the master for workers, the dispatcher for stores.
std::uint64_t descriptorsNeededBy(const Config& config);

// The limit of this process as it was found. Workers get it back: programs that they run may expect a small one.
class DescriptorLimit {
 public:
  DescriptorLimit();
  // Raises the soft limit to what the configuration needs. Invalid: the hard limit is lower; says which number to
  // change.
  Result<void> raiseFor(const Config& config) const;
  void restore() const;

 private:
  rlimit found_{};
};

}  // namespace leptir

// Whether this process may open as many file descriptors as its configuration needs.
#pragma once

#include <sys/resource.h>

#include <cstdint>

#include "leptir/config.h"
#include "leptir/result.h"

namespace leptir::config {

// How many file descriptors the process with the highest need opens: the master (some for each worker) or the
// dispatcher (some for each store).
std::uint64_t descriptorsNeededBy(const Config& config);

// The limit that this process was started with. Workers get it back, since programs that they run may expect a small
// one.
class DescriptorLimit {
 public:
  DescriptorLimit();
  // Raises the soft limit to what the configuration needs. Invalid: the hard limit is lower; the message says which
  // number to change.
  Result<void> raiseFor(const Config& config) const;
  void restore() const;

 private:
  rlimit found_{};
};

}  // namespace leptir::config

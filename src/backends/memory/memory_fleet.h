// FleetStore in the memory of one process.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "leptir/spi/fleet_store.h"

namespace leptir::memory {

// Any thread: all brokers of a queue share one. Not final, so that a test can break it and show that the conformance
// suite notices.
class MemoryFleet : public FleetStore {
 public:
  explicit MemoryFleet(const Clock& clock) : clock_(&clock) {}

  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> erase(std::string_view key) override;
  Result<std::string> get(std::string_view key) override;
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::uint64_t> version() override;

 private:
  struct Text {
    std::string value;
    Time end = Time::max();
  };

  // Called while mutex_ is locked.
  void removeExpired();
  void store(std::string_view key, std::string_view value, std::optional<Duration> lifetime);

  const Clock* clock_;
  std::mutex mutex_;  // guards all below
  std::map<std::string, Text, std::less<>> texts_;
  std::uint64_t version_ = 0;
};

}  // namespace leptir::memory

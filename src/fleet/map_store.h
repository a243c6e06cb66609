// A FleetStore for tests: a map, whose calls fail on demand. It forgets nothing by itself. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

class MapStore final : public FleetStore {
 public:
  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration>) override {
    const std::lock_guard lock(mutex_);
    if (auto called = call(); !called) return called;
    texts_[std::string(key)] = value;
    noteChange(key);
    return {};
  }
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration>) override {
    const std::lock_guard lock(mutex_);
    if (auto called = call(); !called) return called.error();
    noteChange(key);
    return texts_.emplace(key, value).second;
  }
  Result<bool> erase(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    if (auto called = call(); !called) return called.error();
    noteChange(key);
    return texts_.erase(std::string(key)) > 0;
  }
  Result<std::string> get(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    if (auto called = call(); !called) return called.error();
    const auto found = texts_.find(key);
    if (found == texts_.end()) return Error(ErrorCode::NotFound, "no such text");
    return found->second;
  }
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    if (auto called = call(); !called) return called.error();
    std::vector<FleetEntry> found;
    for (const auto& [key, value] : texts_) {
      if (key.starts_with(prefix) && key > after && found.size() < limit) found.push_back({key, value});
    }
    return found;
  }
  Result<std::uint64_t> version() override {
    const std::lock_guard lock(mutex_);
    if (auto called = call(); !called) return called.error();
    return version_;
  }

  // For the test. Every call fails from now on; or, with nullopt, none.
  void fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }
  std::size_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  bool has(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    return texts_.contains(key);
  }

 private:
  Result<void> call() {
    ++calls_;
    return failure_ ? Result<void>(*failure_) : Result<void>();
  }
  void noteChange(std::string_view key) {
    if (key.starts_with(kFleetOrders) || key.starts_with(kFleetPauses)) ++version_;
  }

  mutable std::mutex mutex_;  // guards all of the below
  std::map<std::string, std::string, std::less<>> texts_;
  std::optional<Error> failure_;
  std::size_t calls_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace leptir::fleet

// A FleetStore for tests of this module: a map, whose calls fail on demand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

class MapStore final : public FleetStore {
 public:
  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration>) override {
    texts[std::string(key)] = value;
    return {};
  }
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration>) override {
    return texts.emplace(key, value).second;
  }
  Result<bool> erase(std::string_view key) override { return texts.erase(std::string(key)) > 0; }
  Result<std::string> get(std::string_view key) override {
    const auto found = texts.find(key);
    if (found == texts.end()) return Error(ErrorCode::NotFound, "no such text");
    return found->second;
  }
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override {
    if (failure) return *failure;
    std::vector<FleetEntry> found;
    for (const auto& [key, value] : texts) {
      if (key.starts_with(prefix) && key > after && found.size() < limit) found.push_back({key, value});
    }
    return found;
  }
  Result<std::uint64_t> version() override { return texts.size(); }

  std::map<std::string, std::string, std::less<>> texts;
  std::optional<Error> failure;  // of list
};

}  // namespace leptir::fleet

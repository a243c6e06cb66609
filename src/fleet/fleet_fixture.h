// A time for what operators do, and texts that other programs, or attackers, may write into a FleetStore.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

// When an operator acted.
inline constexpr Time kActedAt{std::chrono::microseconds(1'700'000'000'250'000)};

inline std::vector<std::string> textsOfOtherPrograms() {
  return {"",
          "null",
          "7",
          "\"text\"",
          "[]",
          "{}",
          "{\"name\":",
          std::string("{}\0{}", 5),
          "{\"name\":\"\xff\"}",
          std::string(100'000, '['),
          "{\"a\":\"" + std::string(kMaxFleetValueBytes, 'a') + "\"}"};
}

// Values of the wrong type, or beyond every range.
inline std::vector<Json> unfitValues() {
  return {nullptr,           true, -1, 0.5, 1e300, UINT64_MAX, Json::array({1}), Json::object(), std::string(300, 'x'),
          Json::array({{}}), ""};
}

// An entry whose member `key` has another value.
inline FleetEntry with(FleetEntry entry, const std::string& key, Json value) {
  auto json = Json::parse(entry.value);
  json[key] = std::move(value);
  entry.value = writeJson(json);
  return entry;
}
inline FleetEntry without(FleetEntry entry, const std::string& key) {
  auto json = Json::parse(entry.value);
  json.erase(key);
  entry.value = writeJson(json);
  return entry;
}
inline std::vector<std::string> membersOf(const FleetEntry& entry) {
  std::vector<std::string> keys;
  const auto json = Json::parse(entry.value);
  for (const auto& item : json.items()) keys.push_back(item.key());
  return keys;
}

}  // namespace leptir::fleet

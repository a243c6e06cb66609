#include "broker/fleet_rules.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"

namespace leptir::broker {

Result<void> checkFleetEntry(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > kMaxFleetKeyBytes || !std::ranges::all_of(key, base::isPrintableAscii))
    return Error(ErrorCode::Invalid, "a key of a FleetStore is 1 to " + std::to_string(kMaxFleetKeyBytes) +
                                         " printable ASCII characters; this one has " + std::to_string(key.size()) +
                                         " bytes");
  const auto isWrong = [key](const std::string& what) {
    return Error(ErrorCode::Invalid, "the value of '" + std::string(key) + "' " + what);
  };
  if (value.size() > kMaxFleetValueBytes)
    return isWrong("has " + std::to_string(value.size()) + " bytes; at most " + std::to_string(kMaxFleetValueBytes) +
                   " can be stored");
  if (!base::isUtf8(value)) return isWrong("is not UTF-8");
  return {};
}

}  // namespace leptir::broker

// A buried task as it stands in its hash: "failures crashes expiries unknown length " in front of the reason, which is
// so long, and behind that the envelope as it came.
#pragma once

#include <string>
#include <string_view>

#include "leptir/broker_task.h"

namespace leptir {

struct BuriedValue {
  Counters counters;
  std::string reason;
  std::string_view envelope;  // somebody else's
};

std::string encodeBuried(const BuriedValue& value);
// What stands for a buried task whose envelope is too large to be read: `size` bytes.
std::string encodeTooLarge(std::size_t size);
// Whatever is no such value is an envelope with no reason: nothing that stands there is hidden.
BuriedValue decodeBuried(std::string_view text);

}  // namespace leptir

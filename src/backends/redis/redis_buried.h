// The value of a buried task in the hash `buried:tasks`: "failures crashes expiries unknown length ", a reason of
// `length` bytes, and the envelope as it was leased.
#pragma once

#include <string>
#include <string_view>

#include "leptir/spi/broker_task.h"

namespace leptir::redis {

struct BuriedValue {
  Counters counters;
  std::string reason;
  std::string_view envelope;  // points into the caller's text
};

std::string encodeBuried(const BuriedValue& value);
// The value that is shown for a buried task whose envelope of `size` bytes is too large to be read.
std::string encodeTooLarge(std::size_t size);
// A text of any other form counts as an envelope without a reason, so that an operator still sees it.
BuriedValue decodeBuried(std::string_view text);

}  // namespace leptir::redis

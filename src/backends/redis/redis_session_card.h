// The card of a session in the hash `cards`: a JSON object that describes its instance to operators.
#pragma once

#include <string>

#include "leptir/spi/broker_session.h"

namespace leptir::redis {

std::string encodeSessionCard(const SessionInfo& info);
}  // namespace leptir::redis

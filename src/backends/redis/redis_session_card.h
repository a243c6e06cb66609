// The card of a session in the hash `cards`: a JSON object that describes its instance to operators.
#pragma once

#include <string>
#include <string_view>

#include "leptir/spi/broker_session.h"

namespace leptir::redis {

std::string encodeSessionCard(const SessionInfo& info);
// Fields that are missing or malformed stay empty: another program may have written any text.
SessionInfo decodeSessionCard(std::string_view card);

}  // namespace leptir::redis

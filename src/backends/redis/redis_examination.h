// What `leptir doctor` asks a redis-server: settings that lose tasks, and limits that are near.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/result.h"
#include "leptir/spi/store_finding.h"

namespace leptir::redis {

class RedisConnection;

// Settings as readServerInfo tells them, memory, clients, failed saves, and the server's clock. In two round trips.
Result<StoreExamination> examineServer(RedisConnection& connection);

// The findings of a reply to INFO about memory, clients and saves. `where`: "redis 10.0.0.5:6379".
StoreExamination examineInfo(std::string_view info, const std::string& where);

}  // namespace leptir::redis

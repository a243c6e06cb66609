#include "backends/redis/redis_session_card.h"

#include "leptir/json.h"

namespace leptir::redis {

std::string encodeSessionCard(const SessionInfo& info) {
  return writeJson(Json{{"host", info.host}, {"pid", info.pid}, {"version", info.version}, {"workers", info.workers}});
}

}  // namespace leptir::redis

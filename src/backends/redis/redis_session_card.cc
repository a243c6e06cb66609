#include "backends/redis/redis_session_card.h"

#include <limits>

#include "leptir/json.h"

namespace leptir::redis {
namespace {

std::string textIn(const Json& card, const char* name) {
  const auto field = card.find(name);
  return field != card.end() && field->is_string() ? field->get<std::string>() : std::string();
}

int numberIn(const Json& card, const char* name) {
  const auto field = card.find(name);
  if (field == card.end() || !field->is_number_unsigned()) return 0;
  const auto number = field->get<std::uint64_t>();
  return number <= std::numeric_limits<int>::max() ? static_cast<int>(number) : 0;
}

}  // namespace

std::string encodeSessionCard(const SessionInfo& info) {
  return writeJson(Json{{"host", info.host}, {"pid", info.pid}, {"version", info.version}, {"workers", info.workers}});
}

SessionInfo decodeSessionCard(std::string_view card) {
  const auto parsed = parseJson(card);
  if (!parsed || !parsed->is_object()) return {};
  return {.host = textIn(*parsed, "host"),
          .pid = numberIn(*parsed, "pid"),
          .version = textIn(*parsed, "version"),
          .workers = numberIn(*parsed, "workers")};
}

}  // namespace leptir::redis

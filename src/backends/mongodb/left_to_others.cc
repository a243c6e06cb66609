#include "backends/mongodb/left_to_others.h"

#include "backends/mongodb/task_update.h"

namespace leptir::mongodb {
namespace {

std::int64_t unixMilliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Document notLeftToOthersBy(const std::string& session, Time now) {
  return op("$not", op("$elemMatch", Document().add("by", session).add("until", op("$gt", now))));
}

Document leaveToOthersExpression(const std::string& session, Time until, Time now) {
  Document expression;
  BCON_APPEND(expression.mutableBson(), "$concatArrays", "[", "{", "$filter", "{", "input", "{", "$cond", "[", "{",
              "$isArray", "$leptir.left", "}", "$leptir.left", "[", "]", "]", "}", "as", "each", "cond", "{", "$and",
              "[", "{", "$ne", "[", "$$each.by", BCON_UTF8(session.c_str()), "]", "}", "{", "$gt", "[", "$$each.until",
              BCON_DATE_TIME(unixMilliseconds(now)), "]", "}", "]", "}", "}", "}", "[", "{", "by",
              BCON_UTF8(session.c_str()), "until", BCON_DATE_TIME(unixMilliseconds(until)), "}", "]", "]");
  return expression;
}

}  // namespace leptir::mongodb

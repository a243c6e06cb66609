#include "backends/redis/redis_record_locator.h"

#include <fmt/format.h>

#include "base/task_id.h"

namespace leptir::redis {

RedisRecordLocator::Location RedisRecordLocator::locate(std::string_view id) {
  const auto made = layout_ == RedisLayout::Hashed ? base::timeOfTaskId(id) : std::nullopt;
  if (made) return {keyOfMinute(*made), id};
  recordKey_.assign(key_).append(":").append(id);
  return {recordKey_, {}};
}

std::string_view RedisRecordLocator::keyOfMinute(Time made) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(made);
  if (minute == minute_ && !keyOfMinute_.empty()) return keyOfMinute_;
  const auto day = std::chrono::floor<std::chrono::days>(minute);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(minute - day);
  minute_ = minute;
  keyOfMinute_ = fmt::format("{}.{:04}-{:02}-{:02}T{:02}:{:02}", key_, static_cast<int>(date.year()),
                             static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                             clock.hours().count(), clock.minutes().count());
  return keyOfMinute_;
}

}  // namespace leptir::redis

#include "meta/meta_filter.h"

#include <string>

#include "meta/record_keys.h"
#include "task/json_members.h"

namespace leptir::meta {
namespace {

bool hasText(const Json& record, const char* field, const std::string& wanted) {
  return wanted.empty() || record.value(field, Json()) == wanted;
}

bool hasTextMember(std::string_view record, std::string_view member, const std::string& wanted) {
  if (wanted.empty()) return true;
  const auto value = task::memberOf(record, member);
  return value && value->starts_with('"') && task::jsonStringValue(*value) == wanted;
}

}  // namespace

bool matches(const Json& record, const MetaFilter& filter) {
  if (filter.status && record.value("status", Json()) != static_cast<int>(*filter.status)) return false;
  return hasText(record, "type", filter.name) && hasText(record, "cause", filter.cause);
}

bool recordTextMatches(std::string_view record, const MetaFilter& filter) {
  if (filter.status && task::memberOf(record, key::kStatus) != std::to_string(static_cast<int>(*filter.status)))
    return false;
  return hasTextMember(record, key::kType, filter.name) && hasTextMember(record, key::kCause, filter.cause);
}

bool matchesId(std::string_view id, const MetaFilter& filter) {
  return id.starts_with(filter.idPrefix);
}

bool isSavedWithin(Time saved, const MetaFilter& filter) {
  return (!filter.savedFrom || saved >= *filter.savedFrom) && (!filter.savedBefore || saved < *filter.savedBefore);
}

}  // namespace leptir::meta

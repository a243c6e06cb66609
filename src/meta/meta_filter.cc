#include "meta/meta_filter.h"

namespace leptir::meta {
namespace {

bool hasText(const Json& record, const char* field, const std::string& wanted) {
  return wanted.empty() || record.value(field, Json()) == wanted;
}

}  // namespace

bool matches(const Json& record, const MetaFilter& filter) {
  if (filter.status && record.value("status", Json()) != static_cast<int>(*filter.status)) return false;
  return hasText(record, "type", filter.name) && hasText(record, "cause", filter.cause);
}

}  // namespace leptir::meta

#include "config/backends.h"

#include <algorithm>

namespace leptir::config {

Backend* Backends::find(std::string_view type) const {
  const auto found = std::ranges::find_if(all_, [&](const auto& backend) { return backend->type() == type; });
  return found == all_.end() ? nullptr : found->get();
}

std::vector<std::string_view> Backends::types() const {
  std::vector<std::string_view> types;
  types.reserve(all_.size());
  for (const auto& backend : all_) types.push_back(backend->type());
  return types;
}

Json withDefaults(Json given, std::span<const ConfigKey> keys) {
  for (const auto& key : keys) {
    if (!given.contains(key.name) && !key.defaultValue.is_null()) given[std::string(key.name)] = key.defaultValue;
  }
  return given;
}

}  // namespace leptir::config

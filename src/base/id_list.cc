#include "base/id_list.h"

#include <algorithm>

namespace leptir::base {

std::string idList(std::span<const std::string> ids) {
  const auto named = std::min(ids.size(), kMostIdsInAMessage);
  std::string text;
  for (const auto& id : ids.first(named)) text += (text.empty() ? "" : ", ") + id;
  if (named == ids.size()) return text;
  return text + " and " + std::to_string(ids.size() - named) + " more (" + std::to_string(ids.size()) + " in all)";
}

}  // namespace leptir::base

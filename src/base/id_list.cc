#include "base/id_list.h"

#include "base/short_list.h"

namespace leptir::base {

std::string idList(std::span<const std::string> ids) {
  const auto list = shortList(ids, [](const std::string& id) { return id; });
  return ids.size() > kMaxListed ? list + " (" + std::to_string(ids.size()) + " in all)" : list;
}

}  // namespace leptir::base

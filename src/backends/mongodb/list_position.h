// Where a list of tasks goes on, as the text of a cursor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/bson.h"
#include "broker/filter_parts.h"

namespace leptir::mongodb {

// The last document that was compared.
struct ListPosition {
  broker::QueuePart part = broker::QueuePart::Waiting;
  std::optional<std::int64_t> key{};  // its due time in ms, or the number of its burial; none: the part begins
  std::vector<Document> ids{};        // its {_id}; of buried tasks those of all that were compared with this number
};

// `w:1795462346667:<_id>`, `l`, `b:1795462346667348:<_id>:<_id>`, each `_id` as hexadecimal digits.
std::string textOf(const ListPosition& position);
// An empty text is the beginning. Nothing: textOf() makes no such text.
std::optional<ListPosition> listPositionIn(std::string_view cursor);

}  // namespace leptir::mongodb

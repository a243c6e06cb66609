#include "backends/mongodb/id_order.h"

#include <array>
#include <utility>

#include "backends/mongodb/task_update.h"
#include "base/hex_bytes.h"

namespace leptir::mongodb {
namespace {

// Types that sort as one, in the order of the server, by their names for $type. (An `_id` cannot be an array, a regular
// expression or undefined.)
constexpr std::array<std::string_view, 11> kTypeOrder{"minKey",   "null", "number", "string",    "object", "binData",
                                                      "objectId", "bool", "date",   "timestamp", "maxKey"};

std::string_view typeOf(const ValueView& value) {
  switch (value.type()) {
    case BSON_TYPE_MINKEY:
      return "minKey";
    case BSON_TYPE_NULL:
      return "null";
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DECIMAL128:
      return "number";
    case BSON_TYPE_DOCUMENT:
      return "object";
    case BSON_TYPE_BINARY:
      return "binData";
    case BSON_TYPE_OID:
      return "objectId";
    case BSON_TYPE_BOOL:
      return "bool";
    case BSON_TYPE_DATE_TIME:
      return "date";
    case BSON_TYPE_TIMESTAMP:
      return "timestamp";
    case BSON_TYPE_MAXKEY:
      return "maxKey";
    default:
      return "string";
  }
}

}  // namespace

std::vector<Document> filtersAfter(const ValueView& id, IdOrder order) {
  const bool isRising = order == IdOrder::Rising;
  std::vector<Document> filters{Document().add("_id", Document().add(isRising ? "$gt" : "$lt", id))};
  const auto own = typeOf(id);
  std::vector<std::string> before, behind;
  bool isBehind = false;
  for (const auto type : kTypeOrder) {
    if (type == own) {
      isBehind = true;
    } else {
      (isBehind ? behind : before).emplace_back(type);
    }
  }
  const auto& others = isRising ? behind : before;
  if (!others.empty()) filters.push_back(Document().add("_id", op("$type", std::span<const std::string>(others))));
  return filters;
}

std::string hexOfId(DocumentView document) {
  const auto id = document.find("_id");
  if (!id) return {};
  const auto holder = Document().add("_id", *id);
  return base::hexOf({reinterpret_cast<const char*>(bson_get_data(holder.get())), holder.bytes()});
}

std::optional<Document> idOfHex(std::string_view text) {
  const auto bytes = base::bytesOfHex(text);
  if (!bytes) return {};
  const DocumentView view(std::span(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()));
  const auto id = view.member("_id");
  if (!id) return {};
  auto holder = Document().add("_id", *id);
  return hexOfId(holder) == text ? std::optional(std::move(holder)) : std::nullopt;
}

}  // namespace leptir::mongodb

#include "task/push_hint.h"

#include <fmt/format.h>

namespace leptir::task {
namespace {

constexpr std::size_t kMaxHintedValueBytes = 60;

}  // namespace

Json parseNonStringJson(const std::string& value) {
  if (value.size() > kMaxHintedValueBytes) return Json::value_t::discarded;
  auto json = parseJson(value);
  return json && !json->is_string() && !json->is_null() ? std::move(*json) : Json(Json::value_t::discarded);
}

std::string pushHint(std::string_view name, const std::string& value) {
  return fmt::format(". Pushed as {0}={1} it is text: push {0}:={1}", name, value);
}

}  // namespace leptir::task

#include "fleet/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "fleet/fields.h"

namespace leptir::fleet {
namespace {

constexpr std::array<std::pair<Order::Kind, std::string_view>, 6> kNames{{
    {Order::Kind::Stop, "stop"},
    {Order::Kind::StopNow, "stop-now"},
    {Order::Kind::Drain, "drain"},
    {Order::Kind::Resume, "resume"},
    {Order::Kind::Reload, "reload"},
    {Order::Kind::SetWorkers, "set-workers"},
}};

std::optional<Order::Kind> readOrderKind(const Json& object, const char* key) {
  const auto name = textAt(object, key);
  const auto found = std::ranges::find(kNames, name.value_or(""), &std::pair<Order::Kind, std::string_view>::second);
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace

std::string_view nameOf(Order::Kind kind) {
  return std::ranges::find(kNames, kind, &std::pair<Order::Kind, std::string_view>::first)->second;
}

std::string orderKeyPrefix(std::string_view instance) {
  return fmt::format("{}{}/", kFleetOrderKeyPrefix, instance);
}

std::string keyOf(const Order& order, std::uint32_t random) {
  const auto at = std::max<std::int64_t>(order.at.time_since_epoch().count(), 0);
  return fmt::format("{}{:020}-{:08x}", orderKeyPrefix(order.instance), at, random);
}

std::string keyOfTakenOrder(std::string_view keyOfOrder) {
  if (keyOfOrder.starts_with(kFleetOrderKeyPrefix)) keyOfOrder.remove_prefix(kFleetOrderKeyPrefix.size());
  return "taken/" + std::string(keyOfOrder);
}

std::string textOf(const Order& order) {
  Json json{{"order", nameOf(order.kind)},
            {"instance", order.instance},
            {"by", shortened(order.by)},
            {"at", unixSeconds(order.at)}};
  if (order.kind == Order::Kind::SetWorkers) json["workers"] = order.workers;
  return writeJson(json);
}

std::optional<Order> orderOf(const FleetEntry& entry) {
  const auto object = objectIn(entry.value);
  if (!object) return std::nullopt;
  const auto kind = readOrderKind(*object, "order");
  auto instance = textAt(*object, "instance");
  auto by = textAt(*object, "by");
  const auto at = timeAt(*object, "at");
  if (!kind || !instance || !by || !at || !isInstanceName(*instance)) return std::nullopt;
  if (!entry.key.starts_with(orderKeyPrefix(*instance))) return std::nullopt;
  const bool setsWorkers = *kind == Order::Kind::SetWorkers;
  const auto workers = setsWorkers ? numberAt(*object, "workers", 1, base::kMaxWorkers) : 0;
  if (!workers) return std::nullopt;
  return Order{*kind, *std::move(instance), *workers, *std::move(by), *at};
}

}  // namespace leptir::fleet

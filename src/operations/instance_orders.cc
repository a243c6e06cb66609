// Operations::order and isTaken.
#include <fmt/format.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fleet/order.h"
#include "leptir/operations.h"
#include "operations/audit_trail.h"
#include "operations/stores.h"

namespace leptir {
namespace {

fleet::Order::Kind kindOf(InstanceOrder::Kind kind) {
  return static_cast<fleet::Order::Kind>(kind);
}
static_assert(static_cast<int>(InstanceOrder::Kind::SetWorkers) == static_cast<int>(fleet::Order::Kind::SetWorkers));

Result<void> check(const InstanceView& instance, const InstanceOrder& order) {
  if (order.kind == InstanceOrder::Kind::SetWorkers && (order.workers < 1 || order.workers > kMaxWorkersPerOrder))
    return Error(ErrorCode::Invalid,
                 fmt::format("an instance has 1 to {} workers, not {}", kMaxWorkersPerOrder, order.workers));
  if (!instance.hasCard && order.kind != InstanceOrder::Kind::Resume)
    return Error(
        ErrorCode::Unsupported,
        fmt::format("instance {} writes no card: its version takes no orders, its stores keep none, or it hangs",
                    instance.instance));
  return {};
}

std::string describe(const InstanceView& instance, const InstanceOrder& order) {
  auto text = fmt::format("instance {} ({}:{})", instance.instance, instance.host, instance.pid);
  if (order.kind != InstanceOrder::Kind::SetWorkers) return text;
  return fmt::format("{}, {} {}", text, order.workers, order.workers == 1 ? "worker" : "workers");
}

bool isWithdrawnByResume(fleet::Order::Kind kind) {
  return kind == fleet::Order::Kind::Drain || kind == fleet::Order::Kind::Stop || kind == fleet::Order::Kind::StopNow;
}

// Erases the orders to drain or to stop that stand in the store, and adds their names to `withdrawn`.
Result<void> withdrawAt(FleetStore& store, const std::string& instance, std::vector<std::string>& withdrawn) {
  constexpr std::size_t kMaxOrders = 1'000;
  const auto entries = store.list(fleet::orderKeyPrefix(instance), "", kMaxOrders);
  if (!entries) return entries.error();
  for (const auto& entry : *entries) {
    const auto order = fleet::orderOf(entry);
    if (!order || !isWithdrawnByResume(order->kind)) continue;
    const auto erased = store.erase(entry.key);
    if (!erased) return erased.error();
    if (*erased) withdrawn.emplace_back(fleet::nameOf(order->kind));
  }
  return {};
}

// From all stores of the instance: a drain may stand in another one than the next order. An error here is no reason not
// to place the order to resume, which comes after the others.
std::vector<std::string> withdrawOrders(operations::Stores& stores, const InstanceView& instance) {
  std::vector<std::string> withdrawn;
  for (const auto& name : instance.brokers) {
    const auto brokers = operations::brokersNamed(stores, name);
    if (!brokers) continue;
    static_cast<void>(operations::askFleet(
        stores, brokers->front(), [&](FleetStore& store) { return withdrawAt(store, instance.instance, withdrawn); }));
  }
  return withdrawn;
}

}  // namespace

// One store is enough, and the first that takes the order gets it: a second entry would repeat it.
Result<PlacedOrder> Operations::order(const InstanceView& instance, const InstanceOrder& order) {
  if (auto valid = check(instance, order); !valid) return valid.error();
  const fleet::Order placed{.kind = kindOf(order.kind),
                            .instance = instance.instance,
                            .workers = order.workers,
                            .by = stores_->by,
                            .at = stores_->clock->now()};
  const auto key = fleet::keyOf(placed, std::random_device()());
  std::vector<std::string> withdrawn;
  if (order.kind == InstanceOrder::Kind::Resume) withdrawn = withdrawOrders(*stores_, instance);
  Error last(ErrorCode::Unsupported, "no store of instance " + instance.instance + " keeps orders");
  for (const auto& name : instance.brokers) {
    const auto brokers = operations::brokersNamed(*stores_, name);
    if (!brokers) continue;
    const auto put = operations::askFleet(*stores_, brokers->front(), [&](FleetStore& store) {
      return store.put(key, fleet::textOf(placed), fleet::kOrderLifetime);
    });
    if (!put) {
      last = put.error();
      continue;
    }
    auto written = operations::writeAuditEntry(
        *stores_, brokers->front(),
        {.action = fleet::nameOf(placed.kind), .on = describe(instance, order), .changed = 1});
    if (!written) return written.error().in("the order stands");
    return PlacedOrder{
        .broker = name, .key = key, .instance = instance, .at = placed.at, .withdrawn = std::move(withdrawn)};
  }
  return last;
}

Result<bool> Operations::isTaken(const PlacedOrder& order) {
  const auto brokers = operations::brokersNamed(*stores_, order.broker);
  if (!brokers) return brokers.error();
  const auto text =
      operations::askFleet(*stores_, brokers->front(), [&](FleetStore& store) { return store.get(order.key); });
  if (text) return false;
  if (!operations::isMissing(text.error())) return text.error();
  const auto taken = operations::askFleet(
      *stores_, brokers->front(), [&](FleetStore& store) { return store.get(fleet::keyOfTakenOrder(order.key)); });
  if (taken) return true;
  if (!operations::isMissing(taken.error())) return taken.error();
  // An instance of an earlier version takes orders without saying so in the store.
  if (stores_->clock->now() - order.at < fleet::kOrderLifetime) return true;
  return Error(ErrorCode::NotFound, "the order has expired: the instance did not take it within an hour");
}

}  // namespace leptir

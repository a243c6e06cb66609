// The stores that Operations works with, and how its parts ask them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "leptir/broker.h"
#include "leptir/clock.h"
#include "leptir/config.h"
#include "leptir/meta_storage.h"
#include "leptir/operations/fleet_view.h"
#include "leptir/spi/simple_broker.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::operations {

struct Stores {
  Broker queues;
  MetaStorage records;                // for questions: opening creates none
  std::optional<MetaStorage> saving;  // for records of cancelled tasks; none: `records` serves for both
  std::string by;                     // user@host
  const Clock* clock;
  std::function<void(const std::string&)> onNotice;  // never empty
  std::function<std::vector<InstanceView>()> instancesHere = [] { return std::vector<InstanceView>(); };
  std::optional<Config> config{};  // none: the caller opens the stores

  MetaStorage& storagesToSaveIn() { return saving ? *saving : records; }
};

// The indexes of the brokers with this name; of all brokers if it is empty. Invalid: no broker has the name.
Result<std::vector<std::size_t>> brokersNamed(const Stores& stores, const std::string& name);

// "broker local: …"
Error atBroker(const Stores& stores, std::size_t index, const Error& error);

// What a store that answers Invalid objects to: the rights of its user, or the cursor of a list.
enum class InvalidMeaning { NoRights, BadCursor };
inline InvalidMeaning meaningOfInvalid(const std::string& cursor) {
  return cursor.empty() ? InvalidMeaning::NoRights : InvalidMeaning::BadCursor;
}
// To callers of Operations, Invalid is a mistake in their question. A store that refuses its user is Unavailable.
Error errorOfStore(const Error& error, InvalidMeaning invalid);

// Calls `ask` with the store of the broker; the message of an error names the broker. NotFound: the store does not
// exist yet, or `ask` returned that.
template <class Ask>
auto askBroker(Stores& stores, std::size_t index, Ask ask, InvalidMeaning invalid = InvalidMeaning::NoRights)
    -> decltype(ask(std::declval<SimpleBroker&>())) {
  const auto store = stores.queues.access(index);
  if (!store) return store.error();
  auto answer = ask(**store);
  if (!answer) return atBroker(stores, index, errorOfStore(answer.error(), invalid));
  return answer;
}

// As askBroker, with the FleetStore. Unsupported: the store has none.
template <class Ask>
auto askFleet(Stores& stores, std::size_t index, Ask ask) -> decltype(ask(std::declval<FleetStore&>())) {
  return askBroker(stores, index, [&](SimpleBroker& broker) -> decltype(ask(std::declval<FleetStore&>())) {
    auto* fleet = broker.fleet();
    if (fleet == nullptr)
      return Error(ErrorCode::Unsupported, "this store keeps no pauses, orders, instance cards or audit trail");
    return ask(*fleet);
  });
}

// As askBroker, for a meta storage.
template <class Ask>
auto askStorage(MetaStorage& storages, std::size_t index, Ask ask, InvalidMeaning invalid = InvalidMeaning::NoRights)
    -> decltype(ask(std::declval<SimpleMetaStorage&>())) {
  const auto store = storages.access(index);
  if (!store) return store.error();
  auto answer = ask(**store);
  if (!answer) return errorOfStore(answer.error(), invalid).in("meta storage " + storages.name(index));
  return answer;
}

// Whether the error only says that there is no such thing yet.
inline bool isMissing(const Error& error) {
  return error.code() == ErrorCode::NotFound;
}

}  // namespace leptir::operations

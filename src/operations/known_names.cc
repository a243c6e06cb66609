#include "operations/known_names.h"

#include "broker/filter_parts.h"
#include "operations/fleet_entries.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kMaxSessionsCompared = 1'000;
// A card with more than this may have left out names, to fit fleet::kMaxFleetValueBytes.
constexpr std::size_t kMaxNameBytesOfWholeCard = 40'000;

}  // namespace

std::optional<TaskNames> taskNamesKnownAt(Stores& stores, std::size_t broker) {
  const auto cards = cardsAt(stores, broker);
  const auto sessions = askBroker(stores, broker, [](SimpleBroker& store) {
    return store.keeper().listSessions({.offset = 0, .limit = kMaxSessionsCompared});
  });
  if (!cards || cards->empty() || !sessions || sessions->size() > cards->size()) return std::nullopt;
  TaskNames names;
  for (const auto& card : *cards) {
    std::size_t bytes = 0;
    for (const auto& name : card.names) {
      names.emplace(broker::withoutBackslash(name));
      bytes += name.size();
    }
    if (bytes > kMaxNameBytesOfWholeCard || card.runningTasks > card.running.size()) return std::nullopt;
  }
  return names;
}

}  // namespace leptir::operations

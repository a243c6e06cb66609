// The part of a feeder that shares with the fleet what stands in the FleetStore of its broker: it obeys pauses, hands
// orders to this instance over to the master, answers questions, and publishes the card of this instance. A fleet store
// that fails does not disturb leasing: the failure is logged once, and tried again with growing pauses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "dispatcher/question_answers.h"
#include "dispatcher/store_thread.h"
#include "fleet/instance_card.h"
#include "fleet/pause.h"
#include "leptir/spi/fleet_store.h"
#include "link/shared_order.h"

namespace leptir::dispatcher {

struct FleetLinkOptions {
  std::uint32_t broker = 0;  // index of its entry in the shared page
  std::string instance;
  std::string logName;  // "broker x"
};

// Used by the feeder's thread only.
class FleetLink {
 public:
  // `context` must outlive it.
  FleetLink(const StoreThreadContext& context, FleetLinkOptions options);

  // The broker is open. `store`: null if it has no FleetStore; valid until noteClosed(). `wakes`:
  // BrokerTraits::wakesWaiters. Pauses and orders are looked for at once.
  void noteOpened(FleetStore* store, bool wakes);
  void noteClosed() { store_ = nullptr; }

  // One comparison of times, for each turn of the feeder.
  bool isDue() const { return store_ != nullptr && now() >= nextAt(); }
  // How long until turn() is due; the longest Duration if the broker has no FleetStore.
  Duration untilDue() const;
  // The card has changed: the next turn() publishes it. After a failure it still waits for the retry.
  void publishAtOnce();
  // Does what is due. `card`: the last one of this instance, or null. `renewed`: when the session was last renewed.
  void turn(const std::shared_ptr<const fleet::InstanceCard>& card, Time renewed);
  // The queue is paused: the feeder leases nothing.
  bool isPaused() const { return isQueuePaused_; }
  // At the end of the session; a card that cannot be removed is gone after fleet::kCardLifetime.
  void removeCard();

 private:
  enum class HandedOver { Yes, NotYet };

  Result<void> readPausesAndOrders();
  Result<void> readPauses();
  void logChange(const std::vector<fleet::Pause>& before) const;
  Result<void> takeOrders();
  Result<HandedOver> handleEntries(const std::vector<FleetEntry>& entries);
  Result<HandedOver> handleEntry(const FleetEntry& entry);
  Result<void> takeQuestion(const FleetEntry& entry, fleet::Question question);
  Result<void> answer();
  HandedOver handOver(const FleetEntry& entry);
  void waitUntilTaken(const link::SharedOrder& shared) const;
  Result<void> publish(const fleet::InstanceCard& card, Time renewed);
  void noteFailure(const Error& why);
  void noteSuccess();
  BootTime nextAt() const { return std::min({checkAt_, publishAt_, answerAt_}); }
  BootTime now() const { return context_.clock.bootTime(); }

  const StoreThreadContext& context_;
  const FleetLinkOptions options_;

  FleetStore* store_ = nullptr;
  Duration checkEvery_{}, publishEvery_{};
  BootTime checkAt_{}, publishAt_{};
  BootTime answerAt_ = BootTime::max();       // when to look whether the answer to a question is there
  std::optional<std::uint64_t> seenVersion_;  // none: what stands in the store is not known
  bool ordersWait_ = false;                   // the master has not taken the last order yet
  QuestionAnswers answers_;
  std::vector<fleet::Pause> pauses_;
  bool isQueuePaused_ = false;
  bool hasCard_ = false;  // published and not removed
  base::Backoff backoff_;
  bool isFailureLogged_ = false;
};

}  // namespace leptir::dispatcher

#include "dispatcher/fleet_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/escape.h"
#include "base/failpoint.h"
#include "base/time_text.h"
#include "fleet/digest.h"
#include "fleet/order.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using fleet::Order;
using fleet::Pause;

// Where the store can wake an instance, an operator sees that an order is obeyed within a second. A store that cannot
// is asked about as often as sessions are renewed.
constexpr Duration kFleetCheckInterval = 500ms;
constexpr Duration kCardInterval = 1s, kCardIntervalWithoutWaking = 2s;
// How long the master takes at most to see an order.
constexpr Duration kMaxMasterReactionTime = 100ms;
constexpr std::size_t kMaxOrdersPerPage = 20;
constexpr int kMaxOrderPagesPerCheck = 10;
constexpr Duration kAnswerPollInterval = 50ms;
constexpr Duration kFirstFleetRetry = 1s, kMaxFleetRetry = 30s;

link::OrderKind kindOf(Order::Kind kind) {
  switch (kind) {
    case Order::Kind::Stop:
      return link::OrderKind::Stop;
    case Order::Kind::StopNow:
      return link::OrderKind::StopNow;
    case Order::Kind::Drain:
      return link::OrderKind::Drain;
    case Order::Kind::Resume:
      return link::OrderKind::Resume;
    case Order::Kind::Reload:
      return link::OrderKind::Reload;
    case Order::Kind::SetWorkers:
      return link::OrderKind::SetWorkers;
  }
  return link::OrderKind::Resume;
}

std::string describeOrder(const Order& order) {
  auto text = std::string(nameOf(order.kind));
  if (order.kind == Order::Kind::SetWorkers) text += fmt::format(" to {}", order.workers);
  return text;
}

std::string subjectOf(const Pause& pause) {
  return pause.name.empty() ? "the queue" : "tasks of the name " + base::inQuotes(pause.name);
}

bool contains(const std::vector<Pause>& pauses, const Pause& pause) {
  return std::ranges::find(pauses, pause.name, &Pause::name) != pauses.end();
}

}  // namespace

FleetLink::FleetLink(const StoreThreadContext& context, FleetLinkOptions options)
    : context_(context),
      options_(std::move(options)),
      answers_(context.answers),
      backoff_(kFirstFleetRetry, kMaxFleetRetry, std::hash<std::string>{}(options_.instance)) {}

void FleetLink::noteOpened(FleetStore* store, bool wakes) {
  store_ = store;
  checkEvery_ = wakes ? kFleetCheckInterval : context_.page.leaseTimes.renewEvery();
  publishEvery_ = wakes ? kCardInterval : kCardIntervalWithoutWaking;
  seenVersion_.reset();
  backoff_.reset();
  checkAt_ = {};
  publishAt_ = {};
}

Duration FleetLink::untilDue() const {
  if (store_ == nullptr) return Duration::max();
  return std::max(nextAt() - now(), Duration::zero());
}

void FleetLink::turn(const std::shared_ptr<const fleet::InstanceCard>& card, Time renewed) {
  const auto time = now();
  auto done = time >= answerAt_ ? answer() : Result<void>();
  if (done && time >= checkAt_) {
    checkAt_ = time + checkEvery_;
    done = readPausesAndOrders();
  }
  if (done && time >= publishAt_) {
    publishAt_ = time + publishEvery_;
    if (card) done = publish(*card, renewed);
  }
  done ? noteSuccess() : noteFailure(done.error());
}

void FleetLink::publishAtOnce() {
  if (backoff_.failures() == 0) publishAt_ = {};
}

// --- pauses

// The version is read before what it stands for: a change in between is seen at the next check.
Result<void> FleetLink::readPausesAndOrders() {
  const auto version = store_->version();
  if (!version) return version.error();
  if (seenVersion_ == *version && !ordersWait_) return {};
  if (auto done = readPauses(); !done) return done;
  if (auto done = takeOrders(); !done) return done;
  seenVersion_ = *version;
  return {};
}

Result<void> FleetLink::readPauses() {
  auto pauses = fleet::pausesIn(*store_);
  if (!pauses) return pauses.error();
  if (*pauses == pauses_) return {};
  const auto before = std::exchange(pauses_, *std::move(pauses));
  logChange(before);
  event::PausesChanged changed{.broker = options_.broker, .isQueuePaused = false, .names = {}};
  for (const auto& pause : pauses_) {
    if (pause.name.empty()) changed.isQueuePaused = true;
    if (!pause.name.empty()) changed.names.push_back(pause.name);
  }
  isQueuePaused_ = changed.isQueuePaused;
  context_.inbox.put(std::move(changed));
  return {};
}

void FleetLink::logChange(const std::vector<Pause>& before) const {
  for (const auto& pause : pauses_) {
    if (contains(before, pause)) continue;
    context_.logger.warning(fmt::format("{}: {} paused {} at {}: nothing of it begins until an operator resumes it",
                                        options_.logName, pause.by, subjectOf(pause), base::timeText(pause.since)));
  }
  for (const auto& pause : before) {
    if (!contains(pauses_, pause))
      context_.logger.info(fmt::format("{}: {} resumed", options_.logName, subjectOf(pause)));
  }
}

// --- orders

// Questions that wait for an answer stay where they are, so orders behind them are on a later page.
Result<void> FleetLink::takeOrders() {
  ordersWait_ = false;
  std::string after;
  for (int page = 0; page < kMaxOrderPagesPerCheck; ++page) {
    const auto entries =
        store_->list(fmt::format("{}{}/", kFleetOrderKeyPrefix, options_.instance), after, kMaxOrdersPerPage);
    if (!entries) return entries.error();
    const auto taken = handleEntries(*entries);
    if (!taken) return taken.error();
    const bool isLast = entries->size() < kMaxOrdersPerPage;
    if (*taken == HandedOver::NotYet || !isLast) ordersWait_ = true;
    if (*taken == HandedOver::NotYet || isLast) break;
    after = entries->back().key;
  }
  if (ordersWait_) checkAt_ = now() + kMaxMasterReactionTime;
  return {};
}

// NotYet: the master has to obey an earlier order first.
Result<FleetLink::HandedOver> FleetLink::handleEntries(const std::vector<FleetEntry>& entries) {
  for (const auto& entry : entries) {
    const auto taken = handleEntry(entry);
    if (!taken || *taken == HandedOver::NotYet) return taken;
  }
  return HandedOver::Yes;
}

Result<FleetLink::HandedOver> FleetLink::handleEntry(const FleetEntry& entry) {
  if (auto question = fleet::questionOf(entry)) {
    if (auto taken = takeQuestion(entry, *std::move(question)); !taken) return taken.error();
    return HandedOver::Yes;
  }
  if (handOver(entry) == HandedOver::NotYet) return HandedOver::NotYet;
  // So that an operator can tell an order that was taken from one that expired.
  if (auto noted = store_->put(fleet::keyOfTakenOrder(entry.key), options_.instance, fleet::kTakenOrderLifetime);
      !noted)
    return noted.error();
  if (auto erased = store_->erase(entry.key); !erased) return erased.error();
  return HandedOver::Yes;
}

// Removes the question from the store before answering it: if answering it kills the dispatcher, its successor must not
// find it again. While another question is being answered, this one stays in the store, and later orders are taken
// before it.
Result<void> FleetLink::takeQuestion(const FleetEntry& entry, fleet::Question question) {
  if (answers_.isBusy()) {
    ordersWait_ = true;
    return {};
  }
  if (auto erased = store_->erase(entry.key); !erased) return erased.error();
  answers_.take(std::move(question));
  return answer();
}

// An answer that cannot be stored is lost; the asking command can ask again.
Result<void> FleetLink::answer() {
  const auto answered = answers_.poll();
  answerAt_ = answers_.isBusy() ? now() + kAnswerPollInterval : BootTime::max();
  if (!answered) return {};
  for (const auto& entry : fleet::entriesOf(answered->question, answered->answer)) {
    if (auto stored = store_->put(entry.key, entry.value, fleet::kAnswerLifetime); !stored) return stored;
  }
  return {};
}

// An order that stands in the shared page already was handed over by a dispatcher that died before it erased it.
FleetLink::HandedOver FleetLink::handOver(const FleetEntry& entry) {
  const auto order = fleet::orderOf(entry);
  if (!order) {
    context_.logger.warning(fmt::format("{}: an order that this version of leptir does not know is removed: {}",
                                        options_.logName, base::inQuotes(entry.key)));
    return HandedOver::Yes;
  }
  auto& shared = context_.page.brokers[options_.broker].order;
  const link::OrderWord word{kindOf(order->kind), order->workers, fleet::digestOf(entry.key)};
  if (shared.given == word.pack()) return HandedOver::Yes;
  if (shared.given != shared.taken) return HandedOver::NotYet;
  context_.logger.warning(fmt::format("{}: order of {}, given at {}: {}", options_.logName, order->by,
                                      base::timeText(order->at), describeOrder(*order)));
  shared.given = word.pack();
  LEPTIR_FAILPOINT("feeder.after_order_given");
  waitUntilTaken(shared);
  publishAt_ = {};  // what the order has changed
  return HandedOver::Yes;
}

// So that a command that sees its order gone knows that the instance obeys it. A master that is late takes it later.
void FleetLink::waitUntilTaken(const link::SharedOrder& shared) const {
  const auto end = now() + 2 * kMaxMasterReactionTime;
  while (shared.given != shared.taken && now() < end) std::this_thread::sleep_for(1ms);
}

// --- the card

Result<void> FleetLink::publish(const fleet::InstanceCard& card, Time renewed) {
  auto written = card;
  written.written = context_.clock.now();
  written.renewed = renewed;
  written.paused = isQueuePaused_;
  written.drained = context_.page.drained != 0;  // it may have changed since the card was made
  if (written.drained && written.state == nameOf(link::InstanceState::Running))
    written.state = nameOf(link::InstanceState::Waiting);
  hasCard_ = true;
  return store_->put(keyOf(written), textOf(written), fleet::kCardLifetime);
}

void FleetLink::removeCard() {
  if (store_ == nullptr || !std::exchange(hasCard_, false)) return;
  (void)store_->erase(keyOf(fleet::InstanceCard{.instance = options_.instance}));
}

// --- failures

// A first failure is not logged: where the whole store is away, the feeder notices and logs that before the second one.
void FleetLink::noteFailure(const Error& why) {
  if (backoff_.failures() > 0 && !std::exchange(isFailureLogged_, true)) {
    context_.logger.warning(
        fmt::format("{}: pauses, orders and the card of this instance cannot be exchanged; tasks "
                    "run on as before, trying again: {}",
                    options_.logName, why.message()));
  }
  checkAt_ = publishAt_ = now() + backoff_.next();
  answerAt_ = answers_.isBusy() ? checkAt_ : BootTime::max();
}

void FleetLink::noteSuccess() {
  backoff_.reset();
  if (std::exchange(isFailureLogged_, false))
    context_.logger.info(options_.logName + ": pauses, orders and the card of this instance are exchanged again");
}

}  // namespace leptir::dispatcher

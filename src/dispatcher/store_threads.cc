#include "dispatcher/store_threads.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "dispatcher/colocated_storages.h"

namespace leptir::dispatcher {
namespace {

// How often the tasks in the queues are counted for the metrics: a bit more often than they are usually read.
constexpr Duration kCountQueuesEvery = std::chrono::seconds(10);

std::string reasonOf(const std::system_error& error) {
  if (error.code() == std::errc::too_many_files_open) return base::errnoText(error.code().value());
  return std::string(error.what()) +
         ": raise the limit on processes (ulimit -u, TasksMax of systemd, pids.max of a container)";
}

}  // namespace

StoreThreads::StoreThreads(Uses uses)
    : uses_(uses),
      context_{.inbox = uses.inbox,
               .page = uses.page,
               .logger = uses.logger,
               .clock = uses.clock,
               .answers = &uses_.answers,
               .onUnusable = [this](const Error& why) { reportUnusable(why); }} {}

Result<void> StoreThreads::start(const std::vector<broker::BrokerFactory>& brokers,
                                 const std::vector<meta::MetaStorageFactory>& storages) try {
  if (storages.size() == 1) context_.recordUse = RecordUse::Move;
  startWriters(storages);
  startFeeders(brokers, storages);
  return {};
} catch (const std::system_error& error) {
  return Error(ErrorCode::Unavailable, reasonOf(error));
}

void StoreThreads::startWriters(const std::vector<meta::MetaStorageFactory>& storages) {
  for (std::size_t i = 0; i < storages.size(); ++i)
    writers_.emplace_back(context_, storages[i], metrics::StoreMeter(uses_.rows.storages[i], uses_.clock));
}

void StoreThreads::startFeeders(const std::vector<broker::BrokerFactory>& brokers,
                                const std::vector<meta::MetaStorageFactory>& storages) {
  for (std::uint32_t number = 0; number < brokers.size(); ++number) {
    const auto& broker = brokers[number];
    storeLocations_.push_back(broker.storeLocation);
    feeders_.push_back(needsNoFeeder(number, broker.detaching) ? nullptr : makeFeeder(number, broker, storages));
  }
}

std::unique_ptr<Feeder> StoreThreads::makeFeeder(std::uint32_t number, const broker::BrokerFactory& broker,
                                                 const std::vector<meta::MetaStorageFactory>& storages) {
  FeederOptions options{
      .session = {.broker = number,
                  .instance = uses_.options.instance,
                  .predecessor = uses_.options.predecessor,
                  .info = uses_.options.info,
                  .needs = storeNeeds(uses_.options.taskExecutionTime, uses_.options.rules, !storages.empty()),
                  .meter = {uses_.rows.brokers[number], uses_.clock}},
      .emptyQueueSleepTime = uses_.options.emptyQueueSleepTime,
      .workersActiveSleepTime = uses_.options.workersActiveSleepTime,
      .countEvery = kCountQueuesEvery};
  auto colocated = colocatedWith(broker.storeLocation, storages);
  return std::make_unique<Feeder>(context_, std::move(options), broker, std::move(colocated));
}

// True for a broker that is no longer configured and whose session has ended, or never began.
bool StoreThreads::needsNoFeeder(std::uint32_t broker, bool isDetaching) {
  auto& session = uses_.page.brokers[broker];
  if (isDetaching && session.epoch == 0) session.ended = 1;
  return isDetaching && session.ended != 0;
}

// Called by any thread.
void StoreThreads::reportUnusable(const Error& why) {
  uses_.logger.error("This store can never be used as configured: " + why.message());
  uses_.page.instanceEnd = link::InstanceEnd::StoreUnusable;
  uses_.inbox.ring();
}

void StoreThreads::save(const std::shared_ptr<SettleBatch>& batch) {
  for (auto& writer : writers_) {
    if (!writer.isColocatedWith(storeLocations_[batch->broker])) writer.save(batch);
  }
}

void StoreThreads::settle(std::shared_ptr<SettleBatch> batch) {
  feeders_[batch->broker]->settle(std::move(batch));
}

void StoreThreads::setLeaseCredit(const Actions::LeaseCredit& credit) {
  auto* feeder = feederOf(credit.broker);
  if (feeder == nullptr) return;
  if (credit.tasks > 0) uses_.page.brokers[credit.broker].singleLeaseMode = credit.isSingleLease ? 1 : 0;
  feeder->setLeaseCredit(credit.tasks, credit.knownDeliveredTasks);
}

void StoreThreads::setRunning(Actions::RunningLeases running) {
  if (auto* feeder = feederOf(running.broker)) feeder->setRunning(std::move(running.leases));
}

void StoreThreads::setCards(std::vector<fleet::InstanceCard> cards) {
  for (std::uint32_t broker = 0; broker < cards.size(); ++broker) {
    if (auto* feeder = feederOf(broker))
      feeder->setCard(std::make_shared<const fleet::InstanceCard>(std::move(cards[broker])));
  }
}

Feeder* StoreThreads::feederOf(std::uint32_t broker) const {
  return broker < feeders_.size() ? feeders_[broker].get() : nullptr;
}

void StoreThreads::count(std::uint32_t broker) {
  feeders_[broker]->count();
}

void StoreThreads::detach(std::uint32_t broker) {
  feeders_[broker]->detach();
  detaching_.push_back(broker);
}

void StoreThreads::publishDetached() {
  std::erase_if(detaching_, [this](std::uint32_t broker) {
    if (!feeders_[broker]->hasClosed()) return false;
    if (!feeders_[broker]->leftToExpire()) uses_.page.brokers[broker].ended = 1;
    return true;
  });
}

void StoreThreads::closeSessions(SessionClose how) {
  for (auto& feeder : feeders_) {
    if (feeder) feeder->close(how == SessionClose::ReleaseLeases ? Patience::AsConfigured : Patience::OneTry);
  }
}

bool StoreThreads::allSessionsClosed() const {
  return allFeeders(&Feeder::hasClosed);
}

bool StoreThreads::anyLeftToExpire() const {
  return !allFeeders([](const Feeder& feeder) { return !feeder.leftToExpire(); });
}

bool StoreThreads::allAliveSince(BootTime then) const {
  return allFeeders([&](const Feeder& feeder) { return feeder.hasClosed() || feeder.lastBeat() >= then; }) &&
         std::ranges::all_of(writers_, [&](const MetaWriter& writer) { return writer.lastBeat() >= then; });
}

bool StoreThreads::allFeeders(const std::function<bool(const Feeder&)>& is) const {
  return std::ranges::all_of(feeders_, [&](const auto& feeder) { return !feeder || is(*feeder); });
}

}  // namespace leptir::dispatcher

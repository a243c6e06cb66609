#include "dispatcher/feeder.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"

namespace leptir::dispatcher {

using metrics::StoreOperation;

namespace {

using std::chrono::milliseconds;

// The longest wait of a lease on a store that wakes the feeder: a wake-up may be lost.
constexpr Duration kMaxPopWait = std::chrono::seconds(1);
// Where not every push wakes the feeder, a lease waits for `empty_queue_sleep_time`, but never shorter than this. After
// a lease that returned nothing sooner although no order came, the feeder pauses this long: no content of a store can
// make it loop without a pause.
constexpr Duration kMinPopWait = milliseconds(10);
// The shortest wait for lease credit, whatever `workers_active_sleep_time` says.
constexpr Duration kMinCreditWait = milliseconds(50);
// The most tasks of one lease. With more, the store is idle while the tasks run, and the workers are idle while the
// store works. Measured on Redis: 512 is 7 % quicker than 1,024, and as quick as 384.
constexpr std::size_t kMaxTasksPerLease = 512;
// How often tasks are counted, at most, in a store that charges for each request.
constexpr Duration kCountPaidStoreEvery = std::chrono::seconds(1);
// The same for the metrics. Where counting takes long (SQLite looks at each task, some 30 ms a million), it takes at
// most one two-hundredth of the time.
constexpr Duration kCountPaidStoreForMetricsEvery = std::chrono::minutes(1);
constexpr int kMinCountIntervalFactor = 200;
// The store counts as available again once no turn has failed for this long: it may refuse every other request.
constexpr Duration kWorksAgainAfter = std::chrono::seconds(1);

// Whether the store may have left out due tasks behind these, because of their bytes.
bool mayHaveHitByteLimit(const std::vector<LeasedTask>& tasks) {
  std::size_t bytes = 0;
  for (const auto& task : tasks) bytes += task.envelope.size();
  return bytes > kMaxLeaseBytes;
}

}  // namespace

Feeder::Feeder(const StoreThreadContext& context, FeederOptions options, const broker::BrokerFactory& broker,
               std::vector<meta::MetaStorageFactory> colocated)
    : context_(context),
      options_(std::move(options)),
      warnings_(context.logger),
      session_(context, options_.session, broker, warnings_),
      fleet_(context,
             {.broker = options_.session.broker, .instance = options_.session.instance, .logName = session_.logName()}),
      storages_(std::move(colocated), context.recordUse, warnings_),
      gathering_(options_.workersActiveSleepTime),
      thread_(context,
              {.threadName = "leptir feeder",
               .store = session_.logName(),
               .isRequired = !broker.detaching,
               .worksAgainAfter = kWorksAgainAfter,
               .patience = options_.closeWithin},
              *this) {}

void Feeder::setLeaseCredit(std::size_t tasks, std::uint64_t knownDeliveredTasks) {
  if (credit_.set(tasks, knownDeliveredTasks)) thread_.wake();
}

void Feeder::settle(std::shared_ptr<SettleBatch> batch) {
  orders_.settle(std::move(batch));
  thread_.wake();
}

void Feeder::setCard(std::shared_ptr<const fleet::InstanceCard> card) {
  if (orders_.setCard(std::move(card))) thread_.wake();
}

void Feeder::count() {
  orders_.count();
  thread_.wake();
}

void Feeder::detach() {
  detaching_ = true;
  thread_.wake();
}

// --- the thread

void Feeder::run() {
  while (!hasEnded()) thread_.step();
  closed_ = true;
  context_.inbox.ring();
}

bool Feeder::hasEnded() const {
  const bool neverHadASession = session_.epoch() == 0;
  return isDone_ || thread_.isUnusable() || (isClosing() && neverHadASession);
}

Result<void> Feeder::openStore() {
  if (auto opened = session_.openStore(); !opened) return opened;
  if (auto opened = storages_.open(); !opened) return opened;
  const auto before = session_.epoch();
  if (auto opened = session_.open(); !opened) return opened;
  if (session_.epoch() != before) gathering_.noteOpened();
  session_.session().reduceRequests(options_.emptyQueueSleepTime);
  if (isPaidPerRequest() && countForMetricsAt_ == BootTime())
    countForMetricsAt_ = context_.clock.bootTime() + kCountPaidStoreForMetricsEvery;
  fleet_.noteOpened(session_.broker().fleet(), session_.traits().wakesWaiters);
  moreIsDue_ = false;
  reportedEmpty_ = false;  // the core takes it that a newly opened broker may have tasks
  return {};
}

void Feeder::closeStore() {
  requestsOfOpenStore_ = {};
  fleet_.noteClosed();
  storages_.close();
  session_.closeStore();
}

// After a lost session the next step opens another one at once: the store works.
Result<Turn> Feeder::turn() {
  const bool closing = isClosing();  // asked first: the batches that came before close() are settled in this turn
  auto done = settleAndLease();
  reportBurials();
  session_.logNotices();
  if (done && closing) done = closeSession();
  countRequests();
  if (done) return Turn::UsedTheStore;
  if (done.error().code() != ErrorCode::Lost) return done.error();
  session_.lose(done.error());
  return Turn::OnlyWaited;
}

Result<void> Feeder::settleAndLease() {
  takeBatches();
  const auto gathering = remainingGatheringTime();
  const auto popped = gathering ? HasPopped::No : settleBatches();
  if (!popped) return popped.error();
  if (auto done = session_.maintain([this] { return orders_.running(); }); !done) return done;
  if (auto done = reportTasksCountIfAsked(); !done) return done;
  countForMetricsWhenDue();
  exchangeWithFleet();
  return *popped == HasPopped::Yes ? Result<void>() : popOrWait(gathering.value_or(Duration::max()));
}

// --- settling

void Feeder::takeBatches() {
  for (auto& batch : orders_.takeBatches()) batches_.push_back(std::move(batch));
}

// Crashes while batches wait for an unavailable store are not charged to their tasks.
void Feeder::reportUnavailable() {
  takeBatches();
  for (const auto& batch : batches_) context_.inbox.put(event::StoreUnavailable{batch->id});
}

// Not while closing, and not where the feeder saves the records itself: they must not wait.
std::optional<Duration> Feeder::remainingGatheringTime() {
  if (isClosing() || !storages_.empty() || !isPaidPerRequest()) return std::nullopt;
  return gathering_.remaining(batches_, session_.epoch(), context_.clock.bootTime());
}

// Every step can be repeated after a lost reply: for leases that are settled already the store answers "not ours".
// Batches of an earlier epoch are skipped, since their leases are lost: no record, no operation.
Result<Feeder::HasPopped> Feeder::settleBatches() {
  for (const auto& batch : batches_) {
    LEPTIR_FAILPOINT("feeder.before_settle");
    if (auto done = saveRecords(*batch); !done) return done.error();
    LEPTIR_FAILPOINT("feeder.after_records");
  }
  auto popped = acknowledgeAndPop();
  if (!popped) return popped;
  const auto tasks = tasksToSettle();
  while (!batches_.empty()) {
    if (auto done = settleRest(*batches_.front()); !done) return done.error();
    LEPTIR_FAILPOINT("feeder.after_settle");
    const bool isLost = batches_.front()->epoch != session_.epoch();
    context_.inbox.put(event::BatchSettled{.batch = batches_.front()->id, .isLost = isLost});
    if (!isLost) gathering_.noteSettled(*batches_.front());
    batches_.pop_front();
  }
  meter().noteSettled(tasks);
  return popped;
}

std::size_t Feeder::tasksToSettle() const {
  std::size_t tasks = 0;
  for (const auto& batch : batches_) tasks += batch->acknowledge.size() + batch->release.size() + batch->bury.size();
  return tasks;
}

Result<void> Feeder::saveRecords(SettleBatch& batch) {
  if (storages_.empty() || batch.records.empty() || batch.epoch != session_.epoch()) return {};
  thread_.beat();
  return calls().time(StoreOperation::Save, [&] { return storages_.save(batch.records); });
}

// Leases in the same round trip if more tasks are known to be due; otherwise only acknowledges.
Result<Feeder::HasPopped> Feeder::acknowledgeAndPop() {
  const auto leases = leasesToAcknowledge();
  if (leases.empty()) return HasPopped::No;
  const auto credit = moreIsDue_ ? creditForOneLease() : 0;
  if (credit == 0) {
    auto done = calls().time(StoreOperation::Acknowledge, [&] { return session_.session().acknowledge(leases); });
    if (!done) return done.error();
    return HasPopped::No;
  }
  auto both = calls().time(StoreOperation::Acknowledge,
                           [&] { return session_.session().acknowledgeAndPop(leases, credit, thread_.bell()); });
  if (!both) return both.error();
  deliver(std::move(both->tasks), credit);
  return HasPopped::Yes;
}

std::vector<LeaseId> Feeder::leasesToAcknowledge() const {
  std::vector<LeaseId> leases;
  for (const auto& batch : batches_) {
    if (batch->epoch == session_.epoch())
      leases.insert(leases.end(), batch->acknowledge.begin(), batch->acknowledge.end());
  }
  return leases;
}

Result<void> Feeder::settleRest(const SettleBatch& batch) {
  if (batch.epoch != session_.epoch()) return {};
  thread_.beat();
  if (!batch.release.empty()) {
    auto done = calls().time(StoreOperation::Release, [&] { return session_.session().release(batch.release); });
    if (!done) return done.error();
  }
  if (!batch.bury.empty()) {
    auto done = calls().time(StoreOperation::Bury, [&] { return session_.session().bury(batch.bury); });
    if (!done) return done.error();
  }
  return leaseAgain(batch);
}

// The core learns from the next lease, also from an empty one, which of these tasks are gone.
Result<void> Feeder::leaseAgain(const SettleBatch& batch) {
  if (batch.leaseAgain.empty()) return {};
  hasAskedToLeaseAgain_ = true;
  return calls().time(StoreOperation::Release, [&] { return session_.session().leaseAgain(batch.leaseAgain); });
}

// Also after an error: what the store has buried before it stays buried.
void Feeder::reportBurials() {
  auto burials = session_.broker().takeBurials();
  if (!burials.empty()) context_.inbox.put(event::BuriedByStore{options_.session.broker, std::move(burials)});
}

// --- leasing

Result<void> Feeder::reportTasksCountIfAsked() {
  const auto now = context_.clock.bootTime();
  if (isPaidPerRequest() && now < countAt_) return {};  // the order stays
  if (!orders_.takeCountRequest()) return {};
  countAt_ = now + kCountPaidStoreEvery;
  auto counts = calls().time(StoreOperation::Count, [this] { return session_.broker().tasksCount(); });
  if (!counts) return counts.error();
  context_.inbox.put(event::TasksCounted{options_.session.broker, *counts});
  return {};
}

// A queue that is too large to be counted is leased from all the same. A session that is lost shows at the next lease.
void Feeder::countForMetricsWhenDue() {
  const auto began = context_.clock.bootTime();
  if (options_.countEvery == Duration::zero() || began < countForMetricsAt_ || isClosing()) return;
  std::optional<Time> oldest;
  const auto counts = calls().time(StoreOperation::Count, [&] {
    auto counted = session_.broker().tasksCount();
    if (counted && counted->due > 0) oldest = oldestDue();
    return counted;
  });
  const auto now = context_.clock.bootTime();
  const auto every = isPaidPerRequest() ? kCountPaidStoreForMetricsEvery : options_.countEvery;
  countForMetricsAt_ = now + std::max(every, (now - began) * kMinCountIntervalFactor);
  counts ? meter().noteQueueCounts(*counts, oldest) : meter().noteQueueCountsUnknown();
}

// None: no task is due any more, or the store cannot tell.
std::optional<Time> Feeder::oldestDue() {
  const auto earliest = session_.broker().keeper().earliestDue();
  const bool isDue = earliest && *earliest && **earliest <= context_.clock.now();
  return isDue ? *earliest : std::nullopt;
}

void Feeder::exchangeWithFleet() {
  if (orders_.takeUrgentCard()) fleet_.publishAtOnce();
  if (isClosing() || !fleet_.isDue()) return;
  fleet_.turn(orders_.card(), session_.renewedAt());
}

// Waits for `longest` at most.
Result<void> Feeder::popOrWait(Duration longest) {
  if (isClosing()) return {};
  if (const auto credit = creditForOneLease(); credit > 0) return pop(credit, longest);
  if (auto done = session_.session().giveBackUnused(); !done) return done;
  const auto pause = std::max(options_.workersActiveSleepTime, kMinCreditWait);
  session_.session().waitWithoutLeasing(std::min({longest, pause, fleet_.untilDue(), kMaxPopWait}), thread_.bell());
  return {};
}

Result<void> Feeder::pop(std::size_t credit, Duration mostWait) {
  const bool storeWaits = session_.traits().wakesWaiters;
  const auto began = context_.clock.bootTime();
  const auto longest = storeWaits && !hasAskedToLeaseAgain_ ? std::min(mostWait, longestPopWait()) : Duration(0);
  const auto lease = [&] { return session_.session().popBrokerTasks(credit, longest, thread_.bell()); };
  auto tasks = longest > Duration::zero() ? calls().count(StoreOperation::Lease, lease)
                                          : calls().time(StoreOperation::Lease, lease);
  if (!tasks) return tasks.error();
  const bool wasEmptyAtOnce = tasks->empty() && context_.clock.bootTime() - began < kMinPopWait;
  deliver(std::move(*tasks), credit);
  if (!storeWaits && !moreIsDue_) thread_.waitFor(std::min(options_.emptyQueueSleepTime, fleet_.untilDue()));
  if (storeWaits && wasEmptyAtOnce && !hasOrders()) thread_.waitFor(kMinPopWait);
  return {};
}

void Feeder::deliver(std::vector<LeasedTask> tasks, std::size_t asked) {
  if (!tasks.empty()) LEPTIR_FAILPOINT("feeder.after_pop");
  moreIsDue_ = tasks.size() == asked || mayHaveHitByteLimit(tasks);
  credit_.noteDelivered(tasks.size());
  meter().noteLeased(tasks.size());
  gathering_.noteLeased(tasks.size());
  if (tasks.empty() && moreIsDue_ != reportedEmpty_ && !hasAskedToLeaseAgain_) return;
  hasAskedToLeaseAgain_ = false;
  reportedEmpty_ = !moreIsDue_;
  context_.inbox.put(event::Leased{options_.session.broker, session_.epoch(), std::move(tasks), reportedEmpty_});
}

Duration Feeder::longestPopWait() const {
  const auto longest =
      std::min(session_.traits().everyPushWakes ? kMaxPopWait
                                                : std::clamp(options_.emptyQueueSleepTime, kMinPopWait, kMaxPopWait),
               fleet_.untilDue());
  return orders_.anyRunning() ? std::min(longest, kAskForCancelsEvery) : longest;
}

std::size_t Feeder::creditForOneLease() {
  return isClosing() || fleet_.isPaused() ? 0 : std::min(kMaxTasksPerLease, credit_.remainingOrAwait());
}

// --- closing

Result<void> Feeder::closeSession() {
  fleet_.removeCard();
  if (auto done = session_.session().close(); !done) return done;
  meter().noteSessionClosed();
  isDone_ = true;
  countRequests();
  logRequests();
  return {};
}

void Feeder::countRequests() {
  if (!session_.isOpen()) return;
  const auto now = session_.broker().requestsSent();
  if (!now) return;
  const auto add = [](std::uint64_t& own, std::atomic<std::uint64_t>& ofInstance, std::uint64_t current,
                      std::uint64_t last) {
    own += current - last;
    ofInstance += current - last;
  };
  auto& shared = context_.page.storeRequests;
  add(requests_.sent, shared.sent, now->sent, requestsOfOpenStore_.sent);
  add(requests_.repeated, shared.repeated, now->repeated, requestsOfOpenStore_.repeated);
  add(requests_.throttled, shared.throttled, now->throttled, requestsOfOpenStore_.throttled);
  requestsOfOpenStore_ = *now;
}

void Feeder::logRequests() const {
  if (requests_.sent == 0) return;
  context_.logger.info(session_.logName() + ": " + std::to_string(requests_.sent) + " requests sent, " +
                       std::to_string(requests_.repeated) + " of them repeated, " +
                       std::to_string(requests_.throttled) + " throttled");
}

// The batches are reported as settled, so that the core waits no longer. The store returns the tasks to the queue when
// the session expires.
void Feeder::giveUp(const Error& why) {
  context_.logger.error(
      session_.logName() +
      ": cannot close the session; its leased tasks return to the queue when it expires: " + why.message());
  leftToExpire_ = session_.epoch() != 0;
  takeBatches();
  for (const auto& batch : std::exchange(batches_, {}))
    context_.inbox.put(event::BatchSettled{.batch = batch->id, .isLost = true});
  isDone_ = true;
}

}  // namespace leptir::dispatcher

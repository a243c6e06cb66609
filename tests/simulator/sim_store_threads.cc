#include "tests/simulator/sim_store_threads.h"

#include "settlement/record_history.h"

namespace leptir::simulator {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLease = 60s;

Error cut() {
  return Error(ErrorCode::Unavailable, "the connection was cut");
}

}  // namespace

void SimWriter::turn() {
  if (queue_.empty()) return;
  auto records = queue_.front()->records;
  if (!world_.calm && world_.dice.oneIn(20))
    records.resize(records.size() / 2);  // the others are saved in a later turn
  const bool whole = records.size() == queue_.front()->records.size();
  if (!settlement::saveWithHistory(storage_, records) || !whole) return;
  if (!world_.calm && world_.dice.oneIn(20)) return;  // saved, but the reply was lost
  inbox_.push_back(dispatcher::event::RecordsSaved{queue_.front()->id});
  queue_.pop_front();
}

SimFeeder::SimFeeder(SimEnvironment& world, std::string instance, link::SharedPage& page,
                     std::vector<dispatcher::Event>& inbox)
    : world_(world), instance_(std::move(instance)), page_(page), inbox_(inbox) {
  for (int i = 0; i < world.colocated; ++i) colocated_.emplace_back(world.records[0], std::nullopt, world.clock);
}

template <class Operation>
auto SimFeeder::ask(Operation operation) -> decltype(operation()) {
  if (!world_.calm && world_.clock.bootTime() < cutUntil_) return cut();
  auto done = operation();
  if (!world_.calm && world_.dice.oneIn(100)) return cut();
  return done;
}

void SimFeeder::turn() {
  if (closed_) return;
  Result<void> done;
  if (!session_) {
    done = open();
  } else {
    constexpr Result<void> (SimFeeder::* kPhases[])() = {
        &SimFeeder::settleBatches, &SimFeeder::renewWhenDue, &SimFeeder::recover, &SimFeeder::compareHeld,
        &SimFeeder::answerCount,   &SimFeeder::obeyPauses,   &SimFeeder::pop};
    done = (this->*kPhases[phase_])();
    phase_ = (phase_ + 1) % static_cast<int>(std::size(kPhases));
  }
  if (!done) dropSession(done.error());
}

// As Feeder: resumes the epoch of the page, and opens the next one only when the store answers Lost.
Result<void> SimFeeder::open() {
  if (const auto epoch = line().epoch.load(); epoch != 0) {
    const auto resumed = resume(epoch);
    if (resumed) beginSession();
    if (resumed || resumed.error().code() != ErrorCode::Lost) return resumed;
    inbox_.push_back(dispatcher::event::BrokerClosed{0});
  }
  if (auto opened = openNextEpoch(); !opened) return opened;
  beginSession();
  return {};
}

Result<void> SimFeeder::resume(std::uint64_t epoch) {
  const auto resumed = ask([&] { return world_.queue.resume({instance_, epoch}); });
  if (!resumed) return resumed.error();
  session_ = *resumed;
  return renew({});
}

Result<void> SimFeeder::openNextEpoch() {
  const auto sent = world_.clock.bootTime();
  const auto epoch = ++line().epoch;
  const auto opened = ask([&] { return world_.queue.open({instance_, epoch}, {}, kLease); });
  if (!opened) return opened.error();
  session_ = *opened;
  noteRenewed(sent);
  return {};
}

void SimFeeder::beginSession() {
  phase_ = 0;
  compareAt_ = {};
  moreIsDue_ = reportedEmpty_ = false;
  inbox_.push_back(dispatcher::event::BrokerOpened{0, line().epoch});
}

void SimFeeder::dropSession(const Error& why) {
  session_.reset();
  if (why.code() == ErrorCode::Lost) return;
  inbox_.push_back(dispatcher::event::BrokerClosed{0});
  for (const auto& batch : batches_) inbox_.push_back(dispatcher::event::StoreUnavailable{batch->id});
}

// As Feeder: the records of all batches, then all acknowledgements with the next lease, then what else is to be
// settled.
Result<void> SimFeeder::settleBatches() {
  for (const auto& batch : batches_) {
    if (auto saved = saveRecords(*batch); !saved) return saved;
  }
  if (auto done = acknowledgeAndPop(); !done) return done;
  while (!batches_.empty()) {
    if (auto done = settleRest(*batches_.front()); !done) return done;
    inbox_.push_back(dispatcher::event::BatchSettled{batches_.front()->id});
    batches_.pop_front();
  }
  return closing_ ? close(*session_) : Result<void>();
}

Result<void> SimFeeder::saveRecords(const dispatcher::SettleBatch& batch) {
  if (batch.epoch != line().epoch) return {};
  for (auto& storage : colocated_) {
    auto records = batch.records;
    if (auto saved = ask([&] { return settlement::saveWithHistory(storage, records); }); !saved) return saved;
  }
  return {};
}

Result<void> SimFeeder::acknowledgeAndPop() {
  std::vector<LeaseId> leases;
  for (const auto& batch : batches_) {
    if (batch->epoch == line().epoch) leases.insert(leases.end(), batch->acknowledge.begin(), batch->acknowledge.end());
  }
  if (leases.empty()) return {};
  if (auto done = ask([&] { return world_.queue.acknowledge(*session_, leases); }); !done) return done.error();
  return moreIsDue_ ? pop() : Result<void>();
}

Result<void> SimFeeder::settleRest(const dispatcher::SettleBatch& batch) {
  if (batch.epoch != line().epoch) return {};
  if (auto done = ask([&] { return world_.queue.release(*session_, batch.release); }); !done) return done.error();
  if (auto done = ask([&] { return world_.queue.bury(*session_, batch.bury); }); !done) return done.error();
  if (batch.leaseAgain.empty()) return {};
  hasAskedToLeaseAgain_ = true;
  return ask([&] { return world_.queue.leaseAgain(*session_, batch.leaseAgain); });
}

Result<void> SimFeeder::renewWhenDue() {
  return world_.clock.bootTime() < renewAt_ && running_.empty() ? Result<void>() : renew(running_);
}

Result<void> SimFeeder::renew(const std::vector<LeaseId>& running) {
  const auto sent = world_.clock.bootTime();
  auto renewed = ask([&] { return world_.queue.renew(*session_, running, kLease); });
  if (!renewed) return renewed.error();
  noteRenewed(sent);
  if (!renewed->cancelled.empty())
    inbox_.push_back(dispatcher::event::CancelRequested{0, std::move(renewed->cancelled)});
  if (!renewed->lost.empty()) inbox_.push_back(dispatcher::event::LeasesLost{0, std::move(renewed->lost)});
  return {};
}

void SimFeeder::noteRenewed(BootTime sent) {
  line().leaseEndsBoot = (sent + kLease).time_since_epoch().count();
  renewAt_ = sent + 20s;
}

Result<void> SimFeeder::recover() {
  if (!world_.dice.oneIn(4)) return {};
  const auto done = ask([&]() -> Result<std::size_t> { return world_.queue.recover(3, {}); });
  return done ? Result<void>() : done.error();
}

Result<void> SimFeeder::compareHeld() {
  if (world_.clock.bootTime() < compareAt_) return {};
  compareAt_ = world_.clock.bootTime() + 60s;
  auto held = ask([&] { return world_.queue.held(*session_); });
  if (!held) return held.error();
  inbox_.push_back(dispatcher::event::HeldTasksListed{0, line().epoch, std::move(*held)});
  return {};
}

// As FleetLink; the store may have been changed long before.
Result<void> SimFeeder::obeyPauses() {
  const auto& pauses = world_.pauses;
  if (pauses.version == seenPauses_ || (!world_.calm && world_.dice.oneIn(4))) return {};
  seenPauses_ = pauses.version;
  isPaused_ = pauses.queue;
  inbox_.push_back(dispatcher::event::PausesChanged{0, pauses.queue, pauses.names});
  return {};
}

Result<void> SimFeeder::answerCount() {
  if (!std::exchange(count_, false)) return {};
  inbox_.push_back(dispatcher::event::TasksCounted{0, world_.queue.counts()});
  return {};
}

Result<void> SimFeeder::pop() {
  const auto used = static_cast<std::size_t>(deliveries_ - knownDeliveredTasks_);
  const auto credit = closing_ || isPaused_ ? 0 : credit_ - std::min(credit_, used);
  if (credit == 0) return {};
  auto tasks = ask([&] { return world_.queue.lease(*session_, credit); });
  if (!tasks) return tasks.error();
  deliver(std::move(*tasks), credit);
  return {};
}

void SimFeeder::deliver(std::vector<LeasedTask> tasks, std::size_t asked) {
  for (const auto& task : tasks) world_.leases.emplace_back(*session_, task.lease);
  while (world_.leases.size() > 500) world_.leases.pop_front();
  deliveries_ += tasks.size();
  moreIsDue_ = tasks.size() == asked;
  if (tasks.empty() && moreIsDue_ != reportedEmpty_ && !hasAskedToLeaseAgain_) return;
  hasAskedToLeaseAgain_ = false;
  reportedEmpty_ = !moreIsDue_;
  inbox_.push_back(dispatcher::event::Leased{0, line().epoch, std::move(tasks), reportedEmpty_});
}

Result<void> SimFeeder::close(memory::MemoryQueue::SessionNumber session) {
  auto done = ask([&] { return world_.queue.close(session); });
  closed_ = done.has_value();
  return done;
}

}  // namespace leptir::simulator

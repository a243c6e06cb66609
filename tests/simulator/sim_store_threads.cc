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
    constexpr Result<void> (SimFeeder::* kPhases[])() = {&SimFeeder::settleBatches, &SimFeeder::renew,
                                                         &SimFeeder::recover,       &SimFeeder::compareHeld,
                                                         &SimFeeder::answerCount,   &SimFeeder::pop};
    done = (this->*kPhases[phase_])();
    phase_ = (phase_ + 1) % static_cast<int>(std::size(kPhases));
  }
  if (!done) dropSession(done.error());
}

Result<void> SimFeeder::open() {
  if (const auto epoch = line().epoch.load(); epoch != 0) {
    const auto sent = world_.clock.bootTime();
    const auto resumed = ask([&] { return world_.queue.resume({instance_, epoch}); });
    if (!resumed && resumed.error().code() != ErrorCode::Lost) return resumed.error();
    if (!resumed) {
      inbox_.push_back(dispatcher::event::BrokerClosed{0});
      return openNextEpoch();
    }
    session_ = *resumed;
    (void)sent;
  } else {
    return openNextEpoch();
  }
  phase_ = 0;
  compareAt_ = renewAt_ = {};
  inbox_.push_back(dispatcher::event::BrokerOpened{0, line().epoch});
  return {};
}

Result<void> SimFeeder::openNextEpoch() {
  const auto sent = world_.clock.bootTime();
  const auto epoch = ++line().epoch;
  const auto opened = ask([&] { return world_.queue.open({instance_, epoch}, {}, kLease); });
  if (!opened) return opened.error();
  session_ = *opened;
  line().leaseEndsBoot = (sent + kLease).time_since_epoch().count();
  phase_ = 0;
  compareAt_ = renewAt_ = {};
  inbox_.push_back(dispatcher::event::BrokerOpened{0, epoch});
  return {};
}

void SimFeeder::dropSession(const Error& why) {
  session_.reset();
  if (why.code() != ErrorCode::Lost) inbox_.push_back(dispatcher::event::BrokerClosed{0});
}

Result<void> SimFeeder::settleBatches() {
  while (!batches_.empty()) {
    if (auto done = settle(*batches_.front()); !done) return done;
    inbox_.push_back(dispatcher::event::BatchSettled{batches_.front()->id});
    batches_.pop_front();
  }
  return closing_ ? close(*session_) : Result<void>();
}

Result<void> SimFeeder::settle(dispatcher::SettleBatch& batch) {
  if (batch.epoch != line().epoch) return {};
  for (auto& storage : colocated_) {
    auto records = batch.records;
    if (auto saved = ask([&] { return settlement::saveWithHistory(storage, records); }); !saved) return saved;
  }
  auto& queue = world_.queue;
  if (auto done = ask([&] { return queue.acknowledge(*session_, batch.acknowledge); }); !done) return done.error();
  if (auto done = ask([&] { return queue.release(*session_, batch.release); }); !done) return done.error();
  if (auto done = ask([&] { return queue.bury(*session_, batch.bury); }); !done) return done.error();
  return {};
}

Result<void> SimFeeder::renew() {
  const auto sent = world_.clock.bootTime();
  if (sent < renewAt_ && running_.empty()) return {};
  auto renewed = ask([&] { return world_.queue.renew(*session_, running_, kLease); });
  if (!renewed) return renewed.error();
  line().leaseEndsBoot = (sent + kLease).time_since_epoch().count();
  renewAt_ = sent + 20s;
  if (!renewed->cancelled.empty())
    inbox_.push_back(dispatcher::event::CancelRequested{0, std::move(renewed->cancelled)});
  if (!renewed->lost.empty()) inbox_.push_back(dispatcher::event::LeasesLost{0, std::move(renewed->lost)});
  return {};
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

Result<void> SimFeeder::answerCount() {
  if (!std::exchange(count_, false)) return {};
  inbox_.push_back(dispatcher::event::Counted{0, world_.queue.counts()});
  return {};
}

Result<void> SimFeeder::pop() {
  const auto under = static_cast<std::size_t>(delivered_ - seen_);
  const auto credit = closing_ ? 0 : credit_ - std::min(credit_, under);
  if (credit == 0) return {};
  auto tasks = ask([&] { return world_.queue.lease(*session_, credit); });
  if (!tasks) return tasks.error();
  for (const auto& task : *tasks) world_.leases.emplace_back(*session_, task.lease);
  while (world_.leases.size() > 500) world_.leases.pop_front();
  delivered_ += tasks->size();
  const bool nothingMore = tasks->size() < credit;
  inbox_.push_back(dispatcher::event::Leased{0, line().epoch, std::move(*tasks), nothingMore});
  return {};
}

Result<void> SimFeeder::close(memory::MemoryQueue::SessionNumber session) {
  auto done = ask([&] { return world_.queue.close(session); });
  closed_ = done.has_value();
  return done;
}

}  // namespace leptir::simulator

#include "tests/simulator/world.h"

#include <algorithm>

namespace leptir::simulator {
namespace {

using namespace std::chrono_literals;

Records emptyRecords(int storages) {
  Records records;
  for (int i = 0; i < storages; ++i) records.push_back(std::make_shared<memory::MemoryRecords>());
  return records;
}

}  // namespace

World::World(std::uint64_t seed, int storages, int colocated)
    : world_{.dice = Dice(seed), .records = emptyRecords(storages), .colocated = colocated},
      roughness_(world_.dice.oneIn(2) ? 1 : 8) {
  world_.ledger.claimsEarly = world_.dice.oneIn(2);
  world_.maxRunning = world_.dice.oneIn(2) ? 1 : 2;
  for (int i = 0; i < kInstances; ++i) instances_.push_back(fresh());
}

std::unique_ptr<SimInstance> World::fresh() {
  auto name = std::to_string(++lastInstance_);
  return std::make_unique<SimInstance>(world_, std::string(32 - name.size(), '0') + name);
}

std::string World::step() {
  static const std::vector<std::pair<int, void (*)(World&)>> happenings{
      // the weight of each
      {60, [](World& world) { world.push(); }},
      {250, [](World& world) { world.anyInstance().dispatcherTurn(); }},
      {300, [](World& world) { world.anyInstance().feederTurn(); }},
      {100, [](World& world) { world.anyInstance().writerTurn(); }},
      {200, [](World& world) { world.anyInstance().workerTurn(); }},
      {10, [](World& world) { world.anyInstance().masterTurn(); }},
      {80, [](World& world) { world.passSomeTime(); }},
      {6, [](World& world) { world.anyInstance().workerDies(); }},
      {6, [](World& world) { world.dispatcherDies(); }},
      {4, [](World& world) { world.cut(); }},
      {2, [](World& world) { world.claim(); }},
      {4, [](World& world) { world.cancel(); }},
      {2, [](World& world) { world.sweepBuried(); }},
      {4, [](World& world) { world.pauseOrResume(); }},
      {2, [](World& world) { world.drainOrResume(); }},
      {20, [](World& world) { world.lateOperation(); }},
      {1, [](World& world) { world.instanceDies(); }},
      {1, [](World& world) { world.anyInstance().stop(); }}};
  const auto weight = [this](int often) { return often < 10 ? often * roughness_ : often; };
  int sum = 0;
  for (const auto& [often, happens] : happenings) sum += weight(often);
  int left = world_.dice.below(sum);
  for (const auto& [often, happens] : happenings) {
    left -= weight(often);
    if (left >= 0) continue;
    happens(*this);
    break;
  }
  replaceEnded();
  const auto wrong = check();
  return wrong.empty() ? complaint_ : wrong;
}

std::string World::settleDown() {
  world_.calm = true;
  world_.pauses = {.version = world_.pauses.version + 1};
  for (auto& instance : instances_) instance->setDrained(false);
  TaskCounts counts;
  for (int round = 0; round < 10'000; ++round) {
    for (auto& instance : instances_) {
      for (int i = 0; i < 6; ++i) instance->feederTurn();
      for (int i = 0; i < 3; ++i) instance->writerTurn();
      for (int i = 0; i < 12; ++i) instance->workerTurn();
      instance->masterTurn();
      instance->dispatcherTurn();
    }
    replaceEnded();
    passTime(1s);
    if (const auto wrong = check(); !wrong.empty()) return wrong;
    counts = world_.queue.counts();
    const bool nothingLeft = counts.due + counts.scheduled + counts.leased == 0;
    if (nothingLeft && std::ranges::all_of(instances_, [](const auto& instance) { return instance->isEmpty(); }))
      return {};
  }
  return "left for ever: " + std::to_string(counts.due) + " due, " + std::to_string(counts.scheduled) + " scheduled, " +
         std::to_string(counts.leased) + " leased, and cells that are not free";
}

std::string World::check() {
  for (const auto& instance : instances_) {
    if (auto wrong = instance->check(); !wrong.empty()) return wrong;
  }
  return world_.ledger.check();
}

void World::push() {
  const auto counts = world_.queue.counts();
  if (counts.due + counts.scheduled + counts.leased > 60) return;
  BrokerTask task;
  task.id = "t" + std::to_string(++lastTask_);
  task.name = world_.dice.oneIn(3) ? "few" : "noop";
  task.maxAttempts = world_.dice.oneIn(2) ? 3 : 0;
  if (world_.dice.oneIn(5)) task.timeOfExecution = world_.clock.now() + std::chrono::seconds(world_.dice.below(10));
  if (world_.dice.oneIn(10)) task.expires = world_.clock.now() + std::chrono::seconds(11 + world_.dice.below(20));
  const auto encoded = EncodedTask::encode(task).value();
  const auto pushed = world_.queue.push({&encoded, 1});
  if (pushed) world_.ledger.pushed();
}

void World::cancel() {
  if (lastTask_ == 0) return;
  const auto recent = std::min<std::uint64_t>(lastTask_, 60);
  const auto id =
      "t" + std::to_string(lastTask_ - static_cast<std::uint64_t>(world_.dice.below(static_cast<int>(recent))));
  const auto cancelled = world_.queue.cancel(id, "me@here");
  if (cancelled && *cancelled == CancelResult::Removed) world_.ledger.removed();
}

// A user looks through the buried tasks: revives about half of them and removes the others.
void World::sweepBuried() {
  for (const auto& task : world_.queue.listBuried({})) {
    if (world_.dice.oneIn(2)) {
      world_.queue.revive({&task.id, 1});
    } else if (world_.queue.remove(task.id)) {
      world_.ledger.removed();
    }
  }
}

// Resumed more often than paused, so that the queue moves on.
void World::pauseOrResume() {
  auto& pauses = world_.pauses;
  ++pauses.version;
  pauses.queue = world_.dice.oneIn(5);
  pauses.names.clear();
  for (const auto* name : {"noop", "few"}) {
    if (world_.dice.oneIn(4)) pauses.names.emplace_back(name);
  }
}

void World::drainOrResume() {
  anyInstance().setDrained(world_.dice.oneIn(4));
}

// A master may check late, but before a lease ends: its margin before that is some seconds.
void World::passTime(Duration by) {
  world_.clock.advance(by);
  if (by < 1s && !world_.dice.oneIn(4)) return;
  for (auto& instance : instances_) instance->masterTurn();
}

void World::passSomeTime() {
  if (world_.dice.oneIn(roughness_ > 1 ? 10 : 60)) return passTime(std::chrono::seconds(world_.dice.below(30)));
  if (world_.dice.oneIn(4)) return passTime(std::chrono::milliseconds(world_.dice.below(1000)));
  passTime(std::chrono::microseconds(world_.dice.below(5000)));
}

// Operations on an old lease arrive late: they must change nothing.
void World::lateOperation() {
  if (world_.leases.empty()) return;
  const auto [session, lease] =
      world_.leases[static_cast<std::size_t>(world_.dice.below(static_cast<int>(world_.leases.size())))];
  if (world_.queue.holds(session, lease)) return;
  const auto before = world_.queue.image();
  const TaskRelease released{lease, {}, world_.clock.now(), "{}"};
  const TaskBurial buried{lease, {}, "late", "{}"};
  (void)world_.queue.acknowledge(session, {&lease, 1});
  (void)world_.queue.release(session, {&released, 1});
  (void)world_.queue.bury(session, {&buried, 1});
  if (world_.queue.image() != before && complaint_.empty()) complaint_ = "a late operation changed something";
}

void World::instanceDies() {
  auto& dead = instances_[static_cast<std::size_t>(world_.dice.below(kInstances))];
  dead = nullptr;
  dead = fresh();
}

// The session of a live instance is claimed, as when the store's clock jumped or the machine stood still.
void World::claim() {
  if (!world_.ledger.claimsEarly) return;
  world_.queue.expireSessionsOf(anyInstance().name());
  world_.queue.recover(static_cast<std::size_t>(world_.dice.below(20)), {});
}

void World::cut() {
  anyInstance().cutUntil(world_.clock.bootTime() +
                         std::chrono::seconds(world_.dice.below(world_.dice.oneIn(3) ? 100 : 5)));
}

void World::replaceEnded() {
  for (auto& instance : instances_) {
    if (!instance->hasEnded()) continue;
    instance = nullptr;
    instance = fresh();
  }
}

}  // namespace leptir::simulator

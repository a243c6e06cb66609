#include "tests/simulator/instance.h"

#include <algorithm>

#include "link/cell_scan.h"
#include "task/envelope.h"
#include "task/outcome_codec.h"

namespace leptir::simulator {
namespace {

using namespace std::chrono_literals;

bool isAnswer(const dispatcher::Event& event) {
  return std::holds_alternative<dispatcher::event::RecordsSaved>(event) ||
         std::holds_alternative<dispatcher::event::BatchSettled>(event);
}

}  // namespace

SimInstance::SimInstance(SimEnvironment& world, std::string name) : world_(world), name_(std::move(name)) {
  for (int slot = 0; slot < kSlots; ++slot) link_->slot(slot).workerReady() = 1;
  startDispatcher();
}

SimInstance::~SimInstance() {
  for (auto& worker : workers_) {
    if (worker.cell) world_.ledger.end(worker.id, worker.run, false);
  }
}

void SimInstance::startDispatcher() {
  dispatcher::CoreOptions options;
  options.brokers = {{.name = "broker", .colocatedStorages = world_.colocated}};
  options.slotCount = kSlots;
  options.requiredStorageCount = static_cast<int>(world_.records.size());
  options.taskNames = {"noop", "few"};
  options.taskRules["few"].maxRunning = world_.maxRunning;
  inbox_.clear();
  writers_.clear();
  toldStop_ = toldDrained_ = false;
  core_ = std::make_unique<dispatcher::Core>(std::move(options), [this] { return world_.dice.fraction(); });
  table_ = std::make_unique<dispatcher::SlotTable>(*link_, core_->slots(), world_.clock);
  feeder_ = std::make_unique<SimFeeder>(world_, name_, link_->page(), inbox_);
  for (auto i = static_cast<std::size_t>(world_.colocated); i < world_.records.size(); ++i)
    writers_.push_back(std::make_unique<SimWriter>(world_, i, inbox_));
  perform(core_->step(table_->adopt(), now()));
}

void SimInstance::dispatcherTurn() {
  auto events = std::exchange(inbox_, {});
  table_->collectEnded(events);
  if (world_.dice.oneIn(2)) {
    table_->collectReadinessAndRunning(events);
    events.push_back(dispatcher::event::Tick{});
  }
  // A reply of a store may be reported twice; not with several storages, since the core counts their replies.
  if (world_.records.size() == 1 && !events.empty() && isAnswer(events.front())) events.push_back(events.front());
  if (link_->page().stopping != link::ShutdownStage::No && !std::exchange(toldStop_, true))
    events.push_back(dispatcher::event::Stop{});
  if (const bool drained = link_->page().drained != 0; drained != std::exchange(toldDrained_, drained))
    events.push_back(dispatcher::event::DrainChanged{drained});
  perform(core_->step(std::move(events), now()));
}

void SimInstance::dispatcherDies() {
  diesMidway_ = true;
  stepsLeft_ = world_.dice.below(12);
  dispatcherTurn();
  diesMidway_ = false;
  startDispatcher();
}

// As Dispatcher::perform. False: the dispatcher died before it had performed all actions.
bool SimInstance::perform(dispatcher::Actions actions) {
  if (!changeCells(actions)) return false;
  instructThreads(actions);
  return takeBack(actions.slotsToTakeBackFrom);
}

bool SimInstance::changeCells(const dispatcher::Actions& actions) {
  for (const auto cell : actions.cellsThatAwaitStores) table_->forgetSettleStarts(cell);
  for (const auto& request : actions.stopRequests) {
    if (isDead()) return false;
    table_->requestStop(request);
  }
  for (const auto cell : actions.cellsToFree) {
    if (isDead()) return false;
    table_->freeCell(cell);
  }
  for (const auto& assignment : actions.assignments) {
    if (isDead()) return false;
    table_->assign(assignment);
  }
  return true;
}

void SimInstance::instructThreads(dispatcher::Actions& actions) {
  for (const auto& batch : actions.batchesToSave) {
    for (auto& writer : writers_) writer->save(batch);
  }
  for (auto& batch : actions.batchesToSettle) feeder_->settle(std::move(batch));
  for (const auto& credit : actions.leaseCredits) feeder_->setLeaseCredit(credit.tasks, credit.knownDeliveredTasks);
  for (auto& running : actions.runningLeases) feeder_->setRunning(std::move(running.leases));
  if (!actions.brokersToCount.empty()) feeder_->count();
  if (actions.closeSessions) feeder_->close();
}

bool SimInstance::takeBack(const std::vector<int>& slots) {
  std::vector<dispatcher::Event> events;
  for (const int slot : slots) {
    if (isDead()) return false;
    auto taken = table_->takeBack(slot);
    if (!taken.envelopes.empty()) events.emplace_back(std::move(taken));
  }
  return events.empty() || perform(core_->step(std::move(events), now()));
}

void SimInstance::writerTurn() {
  if (!writers_.empty())
    writers_[static_cast<std::size_t>(world_.dice.below(static_cast<int>(writers_.size())))]->turn();
}

void SimInstance::workerTurn() {
  const int slot = world_.dice.below(kSlots);
  const auto& worker = workers_[static_cast<std::size_t>(slot)];
  if (link_->slot(slot).workerReady() == 0) {
    link_->slot(slot).workerReady() = 1;
  } else if (worker.cell) {
    finish(slot);
  } else {
    begin(slot);
  }
}

void SimInstance::begin(int number) {
  auto& slot = link_->slot(number);
  const auto cell = link::scanCells(slot).firstAssigned;
  if (!cell || link_->page().stopping != link::ShutdownStage::No) return;
  const auto assignment = slot.assignments().read(*cell);
  if (!link::mayBegin(link_->page(), assignment.broker, assignment.epoch, world_.clock.bootTime())) return;
  const auto word = slot.word(*cell);
  slot.change(*cell, word, word.to(link::CellState::Executing));
  slot.outcomes().beginRun(*cell, world_.clock.bootTime());
  const auto head = task::decodeEnvelope(assignment.envelope);
  if (head->expires && *head->expires <= world_.clock.now())
    return write(number, *cell, {.cause = Cause::Expired, .started = world_.clock.now()});
  auto& worker = workers_[static_cast<std::size_t>(number)];
  worker.cell = cell;
  worker.id = head->id;
  worker.name = head->name;
  worker.run = world_.ledger.begin(worker.id, {name_, assignment.epoch});
}

void SimInstance::finish(int number) {
  auto& worker = workers_[static_cast<std::size_t>(number)];
  Outcome outcome;
  outcome.status = world_.dice.oneIn(6) ? ExitStatus::Error : ExitStatus::Success;
  outcome.started = world_.clock.now();
  outcome.executionTime = world_.dice.oneIn(40) ? Duration(1s) : Duration(5);
  write(number, *worker.cell, outcome);
  world_.ledger.end(worker.id, worker.run, outcome.status == ExitStatus::Success);
  worker.cell.reset();
}

void SimInstance::write(int number, std::size_t cell, const Outcome& outcome) {
  auto& slot = link_->slot(number);
  std::string bytes;
  task::encodeOutcome(outcome, bytes);
  slot.outcomes().write(cell, bytes);
  slot.change(cell, slot.word(cell), slot.word(cell).to(link::CellState::Done));
}

void SimInstance::workerDies() {
  const int slot = world_.dice.below(kSlots);
  endByMaster(slot, world_.dice.oneIn(2) ? link::StopReason::Crash : link::StopReason::TimeLimit);
  link_->slot(slot).workerReady() = 0;
}

void SimInstance::endByMaster(int number, link::StopReason reason) {
  auto& slot = link_->slot(number);
  auto& worker = workers_[static_cast<std::size_t>(number)];
  if (!worker.cell) return;
  const auto cell = *worker.cell;
  slot.change(cell, slot.word(cell), slot.word(cell).to(link::CellState::Stopping, reason));
  link::Verdict verdict;
  verdict.reason = reason;
  verdict.started = verdict.ended = world_.clock.bootTime();
  slot.verdicts().write(cell, verdict);
  slot.change(cell, slot.word(cell), slot.word(cell).to(link::CellState::Died, reason));
  world_.ledger.end(worker.id, worker.run, false);
  worker.cell.reset();
  slot.workerReady() = 0;
}

void SimInstance::masterTurn() {
  for (int number = 0; number < kSlots; ++number) {
    const auto cell = workers_[static_cast<std::size_t>(number)].cell;
    if (!cell) continue;
    auto& slot = link_->slot(number);
    const auto& header = slot.assignments().header(*cell);
    if (!link::mayBegin(link_->page(), header.broker, header.epoch, world_.clock.bootTime())) {
      endByMaster(number, link::StopReason::LeaseLost);
    } else if (const auto cancelRequest = slot.assignments().stopRequestFor(*cell, slot.word(*cell));
               cancelRequest != link::StopReason::None) {
      endByMaster(number, cancelRequest);
    }
  }
}

bool SimInstance::isEmpty() const {
  for (int slot = 0; slot < kSlots; ++slot) {
    for (std::size_t cell = 0; cell < link::kCells; ++cell) {
      if (link_->slot(slot).word(cell).state != link::CellState::Free) return false;
    }
  }
  return true;
}

std::size_t SimInstance::executing(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      workers_, [&](const Worker& worker) { return worker.cell.has_value() && worker.name == name; }));
}

std::string SimInstance::check() const {
  const auto few = executing("few");
  if (few <= world_.maxRunning) return {};
  return std::to_string(few) + " tasks of a name execute, of which only " + std::to_string(world_.maxRunning) + " may";
}

void SimInstance::stop() {
  link_->page().stopping = link::ShutdownStage::Drain;
}

}  // namespace leptir::simulator

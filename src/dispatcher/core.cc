#include "dispatcher/core.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/short_list.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

// From this many tasks in the slots on, settling them by the hundred is cheaper.
constexpr std::size_t kManyTasks = 256;
// How long a stop waits for stores that do not answer, once no task runs any more.
constexpr Duration kStopPatience = 10s;

// The configured brokers, lowest priority index first, as RankSelection expects them.
std::vector<std::uint32_t> brokersByPriority(CoreOptions& options) {
  options.detaching.resize(options.brokerPriorities.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < options.brokerPriorities.size(); ++i) {
    if (!options.detaching[i]) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::uint32_t broker) { return options.brokerPriorities[broker]; });
  return order;
}

std::vector<std::int64_t> prioritiesOf(const std::vector<std::uint32_t>& order, const CoreOptions& options) {
  std::vector<std::int64_t> priorities;
  for (const auto broker : order) priorities.push_back(options.brokerPriorities[broker]);
  return priorities;
}

}  // namespace

Core::Core(CoreOptions options, std::function<double()> random)
    : options_(std::move(options)),
      random_(std::move(random)),
      order_(brokersByPriority(options_)),
      ranks_(prioritiesOf(order_, options_)),
      brokers_(options_.brokerPriorities.size()),
      slots_(options_.slots) {
  options_.wasLeasedSingly.resize(brokers_.size());
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    brokers_[i].detaching = options_.detaching[i];
    brokers_[i].chargesCrash = options_.wasLeasedSingly[i];
  }
}

Actions Core::step(std::vector<Event> events, ClockReading now) {
  now_ = now;
  actions_ = {};
  for (auto& happened : events) {
    std::visit([this](auto& what) { on(what); }, happened);
  }
  assignTasks();
  flushBatches();
  publishLeaseCredit();
  finishWhenDone();
  return std::move(actions_);
}

// --- ending

void Core::on(event::Stop&) {
  stopping_ = true;
  stoppedAt_ = now_.boot;
  settleEndedBySigterm(true, 0s);
  for (auto& plan : brokers_) giveBackStock(plan);
  for (int slot = 0; slot < options_.slots; ++slot) actions_.takeBack.push_back(slot);
}

void Core::finishWhenDone() {
  if (stopping_ && !closed_ && !isIdle()) giveUpWhenStuck();
  if (closed_ || !isIdle() || !(stopping_ || (options_.drain && isDrained()))) return;
  if (!stopping_) logTasksLeftByDrain();
  closed_ = true;
  stopping_ = true;
  actions_.closeBrokers = true;
}

// Logs the tasks that --drain left because their names are unknown. The master chooses the exit status.
void Core::logTasksLeftByDrain() {
  std::uint64_t tasks = 0;
  std::set<std::string> names;
  for (const auto& plan : brokers_) {
    if (plan.unknown.size() == 0 || !plan.counts) continue;
    tasks += plan.counts->due + plan.counts->scheduled;
    names.merge(plan.unknown.names());
  }
  if (names.empty()) return;
  const auto listed = base::shortList(names, [](const auto& name) { return base::inQuotes(name); });
  actions_.log.emplace_back(LogLevel::Warning, std::to_string(tasks) + (tasks == 1 ? " task" : " tasks") +
                                                   " of unknown names left in the queue: " + listed + ".");
}

// Without this log line a drain that only waits for scheduled tasks would look as if it hung.
void Core::logWhatDrainWaitsFor() {
  if (!options_.drain || stopping_ || loggedScheduled_ || !isIdle()) return;
  std::uint64_t scheduled = 0;
  for (const auto& plan : brokers_) {
    if (plan.detaching) continue;
    if (!plan.counts || plan.counts->leased > 0 || plan.counts->due > plan.unknown.size()) return;
    scheduled += plan.counts->scheduled;
  }
  if (scheduled == 0) return;
  loggedScheduled_ = true;
  actions_.log.emplace_back(LogLevel::Info, "Nothing is due; the drain waits for " + std::to_string(scheduled) +
                                                (scheduled == 1 ? " scheduled task." : " scheduled tasks."));
}

// A store that is down must not keep an instance from ending. Tasks that could not be settled return to the queue when
// their session expires, and run again.
void Core::giveUpWhenStuck() {
  if (slots_.unended() > 0 || !stuckSince_) stuckSince_ = now_.boot;
  if (now_.boot - *stuckSince_ < kStopPatience) return;
  actions_.log.emplace_back(LogLevel::Error, std::to_string(slots_.used()) +
                                                 " tasks that have run cannot be settled: a store is down. They "
                                                 "return to the queue when the session expires, and run again.");
  closed_ = true;
  actions_.closeBrokers = true;
  actions_.leavesToExpire = true;
}

bool Core::isIdle() const {
  return slots_.used() == 0 && pending_.empty() &&
         std::all_of(brokers_.begin(), brokers_.end(),
                     [](const BrokerState& plan) { return plan.stock.empty() && !plan.batch; });
}

bool Core::isDrained() const {
  return std::all_of(brokers_.begin(), brokers_.end(), [](const BrokerState& plan) {
    if (plan.detaching) return true;
    if (!plan.counts || plan.counts->leased > 0) return false;
    const auto waiting = plan.counts->due + plan.counts->scheduled;
    return waiting == 0 || (plan.knownEmpty && waiting <= plan.unknown.size());
  });
}

bool Core::leftUnknownNames() const {
  return std::any_of(brokers_.begin(), brokers_.end(), [](const BrokerState& plan) { return plan.unknown.size() > 0; });
}

bool Core::hasTasksBehindOthers() const {
  return slots_.hasTasksBehindOthers();
}
bool Core::hasManyShortTasks() const {
  return slots_.used() >= kManyTasks;
}
std::uint64_t Core::brokersWithoutSession() const {
  std::uint64_t away = 0;
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    if (!brokers_[i].open && !brokers_[i].detaching) away |= std::uint64_t{1} << i;
  }
  return away;
}
const settlement::HeldTask* Core::taskIn(CellRef cell) const {
  return slots_.taskIn(cell);
}

}  // namespace leptir::dispatcher

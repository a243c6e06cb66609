#include "dispatcher/core.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// From so many tasks in the slots on it pays to settle them by the hundred.
constexpr std::size_t kHurried = 256;
// So long a stop waits for stores that say nothing, once nothing runs any more.
constexpr Duration kStopPatience = 10s;

// Lower index first, as ranks count.
std::vector<std::uint32_t> inOrder(CoreOptions& options) {
  options.leaving.resize(options.brokerPriorities.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < options.brokerPriorities.size(); ++i) {
    if (!options.leaving[i]) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::uint32_t broker) { return options.brokerPriorities[broker]; });
  return order;
}

constexpr std::size_t kMostNamesLeft = 10;

std::vector<std::int64_t> prioritiesOf(const std::vector<std::uint32_t>& order, const CoreOptions& options) {
  std::vector<std::int64_t> priorities;
  for (const auto broker : order) priorities.push_back(options.brokerPriorities[broker]);
  return priorities;
}

}  // namespace

Core::Core(CoreOptions options, std::function<double()> random)
    : options_(std::move(options)),
      random_(std::move(random)),
      order_(inOrder(options_)),
      ranks_(prioritiesOf(order_, options_)),
      brokers_(options_.brokerPriorities.size()),
      slots_(options_.slots) {
  options_.leasedAlone.resize(brokers_.size());
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    brokers_[i].leaving = options_.leaving[i];
    brokers_[i].blames = options_.leasedAlone[i];
  }
}

Actions Core::step(std::vector<Event> events, Moment now) {
  now_ = now;
  actions_ = {};
  for (auto& happened : events) {
    std::visit([this](auto& what) { on(what); }, happened);
  }
  assignTasks();
  flushBatches();
  sayRooms();
  finishWhenDone();
  return std::move(actions_);
}

// --- ending

void Core::on(event::Stop&) {
  stopping_ = true;
  stoppedAt_ = now_.boot;
  settleTermed(true, 0s);
  for (auto& plan : brokers_) giveBackStock(plan);
  for (int slot = 0; slot < options_.slots; ++slot) actions_.takeBack.push_back(slot);
}

void Core::finishWhenDone() {
  if (stopping_ && !closed_ && !isIdle()) giveUpWhenStuck();
  if (closed_ || !isIdle() || !(stopping_ || (options_.drain && isDrained()))) return;
  if (!stopping_) sayWhatIsLeft();
  closed_ = true;
  stopping_ = true;
  actions_.closeBrokers = true;
}

// What --drain did not run. The master says the exit status.
void Core::sayWhatIsLeft() {
  std::uint64_t tasks = 0;
  std::set<std::string> names;
  for (const auto& plan : brokers_) {
    if (plan.unknown.size() == 0 || !plan.counts) continue;
    tasks += plan.counts->due + plan.counts->scheduled;
    names.merge(plan.unknown.names());
  }
  if (names.empty()) return;
  std::string listed;
  std::size_t number = 0;
  for (const auto& name : names) {
    if (number++ == kMostNamesLeft) break;
    listed += (listed.empty() ? "" : ", ") + inQuotes(name);
  }
  if (names.size() > kMostNamesLeft) listed += " and " + std::to_string(names.size() - kMostNamesLeft) + " more";
  actions_.log.emplace_back(LogLevel::Warning, std::to_string(tasks) + (tasks == 1 ? " task" : " tasks") +
                                                   " of unknown names left in the queue: " + listed + ".");
}

// A drain that has nothing to run but waits for tasks of a later time would look like one that hangs.
void Core::sayWhatDrainWaitsFor() {
  if (!options_.drain || stopping_ || saidScheduled_ || !isIdle()) return;
  std::uint64_t scheduled = 0;
  for (const auto& plan : brokers_) {
    if (plan.leaving) continue;
    if (!plan.counts || plan.counts->leased > 0 || plan.counts->due > plan.unknown.size()) return;
    scheduled += plan.counts->scheduled;
  }
  if (scheduled == 0) return;
  saidScheduled_ = true;
  actions_.log.emplace_back(LogLevel::Info, "Nothing is due; the drain waits for " + std::to_string(scheduled) +
                                                (scheduled == 1 ? " scheduled task." : " scheduled tasks."));
}

// Stores that are down must not keep an instance from ending: what they were not told of comes back when the session
// ends, and runs again.
void Core::giveUpWhenStuck() {
  if (slots_.unended() > 0 || !stuckSince_) stuckSince_ = now_.boot;
  if (now_.boot - *stuckSince_ < kStopPatience) return;
  actions_.log.emplace_back(LogLevel::Error, std::to_string(slots_.used()) +
                                                 " tasks that have run cannot be settled, since a store is down; they "
                                                 "come back when the session ends, and run again.");
  closed_ = true;
  actions_.closeBrokers = true;
  actions_.leavesToExpire = true;
}

bool Core::isIdle() const {
  return slots_.used() == 0 && pending_.empty() &&
         std::all_of(brokers_.begin(), brokers_.end(),
                     [](const BrokerPlan& plan) { return plan.stock.empty() && !plan.batch; });
}

bool Core::isDrained() const {
  return std::all_of(brokers_.begin(), brokers_.end(), [](const BrokerPlan& plan) {
    if (plan.leaving) return true;
    if (!plan.counts || plan.counts->leased > 0) return false;
    const auto waiting = plan.counts->due + plan.counts->scheduled;
    return waiting == 0 || (plan.knownEmpty && waiting <= plan.unknown.size());
  });
}

bool Core::leftUnknown() const {
  return std::any_of(brokers_.begin(), brokers_.end(), [](const BrokerPlan& plan) { return plan.unknown.size() > 0; });
}

bool Core::looksAhead() const {
  return slots_.looksAhead();
}
bool Core::isHurried() const {
  return slots_.used() >= kHurried;
}
std::uint64_t Core::brokersAway() const {
  std::uint64_t away = 0;
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    if (!brokers_[i].open && !brokers_[i].leaving) away |= std::uint64_t{1} << i;
  }
  return away;
}
const HeldTask* Core::taskIn(CellRef cell) const {
  return slots_.taskIn(cell);
}

}  // namespace leptir

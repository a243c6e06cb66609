#include "dispatcher/instance_cards.h"

#include <algorithm>
#include <iterator>

#include "base/pid_namespace.h"

namespace leptir::dispatcher {

InstanceCards::InstanceCards(Uses uses, const std::vector<broker::BrokerFactory>& brokers)
    : uses_(uses), pidNamespace_(base::pidNamespace()) {
  for (const auto& broker : brokers) brokers_.push_back(broker.name);
}

std::vector<fleet::InstanceCard> InstanceCards::make() const {
  const auto board = uses_.board.snapshot(uses_.clock);
  std::vector<fleet::InstanceCard> cards(brokers_.size(), commonPart(board));
  for (std::size_t i = 0; i < cards.size(); ++i) {
    cards[i].broker = brokers_[i];
    const auto recent = uses_.recent.of(i, uses_.clock.bootTime());
    cards[i].recent = {.done = recent.done, .failed = recent.failed, .within = recent.within};
  }
  addRunning(cards, board);
  for (auto& card : cards) {
    std::ranges::sort(card.running, {}, &fleet::RunningTask::began);
    card.runningTasks = card.running.size();
  }
  addOthers(cards);
  return cards;
}

// A store may be down while the instance runs tasks of its queue: the cards in the other stores tell of them.
void InstanceCards::addOthers(std::vector<fleet::InstanceCard>& cards) {
  std::vector<fleet::OtherBroker> busy;
  for (const auto& card : cards) {
    const auto shown = std::min(card.running.size(), fleet::kMaxTasksPerOtherBroker);
    if (shown > 0)
      busy.push_back({.broker = card.broker,
                      .runningTasks = card.runningTasks,
                      .running = {card.running.begin(), card.running.begin() + static_cast<std::ptrdiff_t>(shown)}});
  }
  for (auto& card : cards) {
    std::ranges::copy_if(busy, std::back_inserter(card.others),
                         [&](const fleet::OtherBroker& other) { return other.broker != card.broker; });
  }
}

fleet::InstanceCard InstanceCards::commonPart(const link::BoardInstance& board) const {
  const auto& options = uses_.options;
  return {.instance = options.instance,
          .host = options.info.host,
          .version = options.info.version,
          .configuration = board.configuration,
          .pid = options.info.pid,
          .pidNamespace = pidNamespace_,
          .workers = options.info.workers,
          .state = std::string(link::nameOf(board.state)),
          .since = board.since,
          .done = board.done,
          .failed = board.failed,
          .names = {options.names.begin(), options.names.end()},
          .answers = true,
          .drained = uses_.page.drained != 0,
          .reloads = fleet::Reloads{.requested = board.reloads.requested,
                                    .answered = board.reloads.answered,
                                    .refused = board.reloads.end == link::ReloadEnd::Refused}};
}

void InstanceCards::addRunning(std::vector<fleet::InstanceCard>& cards, const link::BoardInstance& board) const {
  const auto bootTimeToWall = uses_.clock.now().time_since_epoch() - uses_.clock.bootTime().time_since_epoch();
  for (int slot = 0; slot < uses_.slots.count(); ++slot) {
    const auto running = uses_.table.executingCell(slot);
    const auto* task = running ? uses_.slots.taskIn(running->first) : nullptr;
    if (task == nullptr) continue;
    fleet::RunningTask shown{.id = task->head.id,
                             .name = task->head.name,
                             .began = Time(running->second.time_since_epoch() + bootTimeToWall),
                             .attempt = static_cast<std::uint32_t>(task->counters.nextAttempt())};
    const auto number = static_cast<std::size_t>(slot);
    if (number < board.workers.size() && board.workers[number].taskId == shown.id) {
      shown.pid = board.workers[number].pid;
      shown.progress = board.workers[number].progress;
      shown.progressText = board.workers[number].progressText;
    }
    cards[task->broker].running.push_back(std::move(shown));
  }
}

}  // namespace leptir::dispatcher

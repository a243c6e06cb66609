// Operations::instances and findInstance: the cards of instances and their sessions, each instance once.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/escape.h"
#include "leptir/operations.h"
#include "operations/fleet_entries.h"
#include "operations/running_task.h"
#include "operations/stores.h"

namespace leptir {
namespace {

constexpr std::size_t kMaxSessionsListed = 10'000;
constexpr std::size_t kMaxInstancesNamed = 5;

// The card that was written last tells most; an instance writes one at each of its brokers.
// Returns whether this one was written later than those before.
bool applyCardIfNewer(InstanceView& view, const fleet::InstanceCard& card) {
  if (view.hasCard && card.written <= view.lastSeen) return false;
  view.hasCard = true;
  view.host = card.host;
  view.pid = card.pid;
  view.pidNamespace = card.pidNamespace;
  view.version = card.version;
  view.workers = card.workers;
  view.configuration = card.configuration;
  view.state = card.state;
  view.since = card.since;
  view.lastSeen = card.written;
  view.renewed = std::max(view.renewed, card.renewed);
  view.done = card.done;
  view.failed = card.failed;
  view.names = card.names;
  view.answersQuestions = card.answers;
  view.drained = card.drained;
  view.reloads.reset();
  if (const auto& reloads = card.reloads) view.reloads = {reloads->requested, reloads->answered, reloads->refused};
  return true;
}

void addRunningTasks(InstanceView& view, RunningAtBroker at, const std::vector<fleet::RunningTask>& tasks) {
  for (const auto& task : tasks) {
    view.running.push_back(operations::runningTaskOf(task));
    view.running.back().broker = at.broker;
  }
  view.runningTasks += at.tasks;
  view.runningAt.push_back(std::move(at));
}

// Of its own broker each card tells all running tasks. Of the others it tells some, for when their stores do not
// answer.
void addTasksOfSilentStores(InstanceView& view, const std::vector<fleet::OtherBroker>& others) {
  for (const auto& other : others) {
    if (std::ranges::count(view.runningAt, other.broker, &RunningAtBroker::broker) == 0)
      addRunningTasks(view, {.broker = other.broker, .tasks = other.runningTasks, .isFromOwnStore = false},
                      other.running);
  }
}

void addSession(InstanceView& view, const ListedSession& session) {
  const auto& info = session.info;
  if (view.host.empty()) {
    view.host = info.host;
    view.pid = info.pid;
    view.version = info.version;
    view.workers = info.workers;
  }
  view.leased += session.leasedTasks;
  if (session.expiresIn && (!view.expiresIn || *session.expiresIn < *view.expiresIn))
    view.expiresIn = session.expiresIn;
}

class FleetViewBuilder {
 public:
  explicit FleetViewBuilder(operations::Stores& stores) : stores_(stores) {}

  Result<FleetView> read() && {
    for (std::size_t i = 0; i < stores_.queues.size(); ++i) readBroker(i);
    if (!answered_ && !fleet_.unable.empty()) return fleet_.unable.front();
    for (auto& [instance, view] : instances_) {
      addTasksOfSilentStores(view, others_[instance]);
      fleet_.instances.push_back(std::move(view));
    }
    std::ranges::stable_sort(fleet_.instances, {},
                             [](const InstanceView& view) { return std::pair(view.host, view.pid); });
    return std::move(fleet_);
  }

 private:
  void readBroker(std::size_t broker) {
    const auto cards = operations::cardsAt(stores_, broker);
    if (!cards) return noteFailedRead(cards.error());
    answered_ = true;
    for (const auto& card : *cards) {
      auto& view = viewOf(card.instance, broker);
      if (applyCardIfNewer(view, card)) others_[card.instance] = card.others;
      addRunningTasks(view, {.broker = card.broker, .tasks = card.runningTasks}, card.running);
      view.paused = view.paused || card.paused;
    }
    const auto sessions = operations::askBroker(stores_, broker, [](SimpleBroker& store) {
      return store.keeper().listSessions({.offset = 0, .limit = kMaxSessionsListed});
    });
    if (!sessions) return noteFailedRead(sessions.error());
    for (const auto& session : *sessions) addSession(viewOf(session.session.instance, broker), session);
  }

  InstanceView& viewOf(const std::string& instance, std::size_t broker) {
    auto& view = instances_[instance];
    view.instance = instance;
    const auto& name = stores_.queues.name(broker);
    if (std::ranges::count(view.brokers, name) == 0) view.brokers.push_back(name);
    return view;
  }

  void noteFailedRead(const Error& error) {
    if (operations::isMissing(error))
      answered_ = true;
    else
      fleet_.unable.push_back(error);
  }

  operations::Stores& stores_;
  std::map<std::string, InstanceView> instances_;
  std::map<std::string, std::vector<fleet::OtherBroker>> others_;  // by instance, of the card that was written last
  FleetView fleet_;
  bool answered_ = false;
};

bool isNamed(const InstanceView& view, std::string_view which) {
  return view.instance.starts_with(which) || view.host == which || fmt::format("{}:{}", view.host, view.pid) == which;
}

Error severalInstances(std::string_view which, const std::vector<InstanceView>& found) {
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), kMaxInstancesNamed); ++i)
    list += fmt::format("{}{} ({}:{})", i == 0 ? "" : ", ", found[i].instance, found[i].host, found[i].pid);
  return {ErrorCode::Invalid,
          fmt::format("{} fits {} instances: {}{}; name one by host:pid or by more of its digits",
                      base::inQuotes(which), found.size(), list, found.size() > kMaxInstancesNamed ? ", …" : "")};
}

}  // namespace

std::string InstanceView::shownState() const {
  if (!drained || state == "stopping") return state;
  return runningTasks > 0 ? "draining" : "drained";
}

Result<FleetView> Operations::instances() {
  return FleetViewBuilder(*stores_).read();
}

Result<InstanceView> Operations::findInstance(std::string_view which) {
  if (which.empty()) return Error(ErrorCode::Invalid, "the name of the instance is empty");
  auto fleet = instances();
  if (!fleet) return fleet.error();
  std::vector<InstanceView> found;
  for (auto& view : fleet->instances) {
    if (isNamed(view, which)) found.push_back(std::move(view));
  }
  if (found.size() == 1) return std::move(found.front());
  if (!found.empty()) return severalInstances(which, found);
  if (!fleet->unable.empty()) return fleet->unable.front();
  return Error(ErrorCode::NotFound,
               "no instance has the host, the host:pid or the first digits " + base::inQuotes(which));
}

}  // namespace leptir

#include "tests/conformance/model.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "task/envelope_counters.h"
#include "tests/conformance/comparison.h"

namespace leptir::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAll = 1000;

std::string text(const Counters& counters) {
  return std::to_string(counters.failures) + "/" + std::to_string(counters.crashes) + "/" +
         std::to_string(counters.expiries) + "/" + std::to_string(counters.unknown);
}

std::string text(Time time) {
  return std::to_string(time.time_since_epoch().count());
}

std::string text(const Error& error) {
  return "error: " + std::string(nameOf(error.code()));
}

// The envelope without counters, which some stores keep in it.
std::string bytesOf(const std::string& envelope) {
  return task::withCounters(envelope, {});
}

void sortByBytes(std::vector<LeasedTask>& tasks) {
  std::ranges::sort(tasks, {}, [](const LeasedTask& task) { return bytesOf(task.envelope); });
}

// Rounded, since a store may keep the order of tasks of one push by times that are microseconds apart.
std::string dueText(Time due) {
  return text(std::chrono::round<std::chrono::milliseconds>(due));
}

bool isRaw(const std::string& envelope) {
  return envelope.starts_with("raw");
}

// The id and the due time of malformed bytes are up to the store, so they are not compared.
std::string text(const FoundTask& task) {
  const bool raw = isRaw(task.envelope);
  return (raw ? "" : task.id + " due " + dueText(task.due)) + " " + std::string(nameOf(task.state)) + " " +
         text(task.counters) + " " + bytesOf(task.envelope) + " " + task.reason;
}

std::string text(const std::vector<LeasedTask>& tasks) {
  std::string all;
  for (const auto& task : tasks)
    all += bytesOf(task.envelope) + " " + (isRaw(task.envelope) ? "" : text(task.counters)) + "\n";
  return all;
}

template <class T, class Text>
std::string text(const Result<T>& result, Text ok) {
  return result ? ok(*result) : text(result.error());
}

// The positions in `asked` of the leases that the answer names.
std::string text(const std::vector<LeaseId>& named, const std::vector<LeaseId>& asked) {
  std::string all = "named:";
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (std::ranges::find(named, asked[i]) != named.end()) all += " " + std::to_string(i);
  }
  return all;
}

}  // namespace

Model::Model(const BackendUnderTest& backend, std::uint64_t seed)
    : ordersAsTheReference_(backend.ordersAsTheReference),
      listsTasks_(backend.traits.listsTasks),
      listsLatestFirst_(backend.traits.listsLatestFirst),
      reschedules_(backend.traits.reschedules),
      duePrecision_(backend.traits.duePrecision),
      random_(seed) {
  sides_[0].store = openReference();
  sides_[1].store = backend.open(ClockKind::Manual);
  for (auto& side : sides_) {
    side.broker = side.store->openBroker();
    side.recoverer = side.store->openBroker();
  }
  for (int i = 0; i < kInstances; ++i) open(i);
}

std::string Model::step() {
  static const std::vector<std::pair<int, std::string (Model::*)()>> operations{// the weight of each
                                                                                {20, &Model::push},
                                                                                {3, &Model::pushRaw},
                                                                                {25, &Model::pop},
                                                                                {12, &Model::acknowledge},
                                                                                {12, &Model::acknowledgeAndPop},
                                                                                {12, &Model::release},
                                                                                {5, &Model::bury},
                                                                                {8, &Model::renew},
                                                                                {4, &Model::held},
                                                                                {6, &Model::count},
                                                                                {8, &Model::find},
                                                                                {6, &Model::removeOrCancel},
                                                                                {3, &Model::listBuried},
                                                                                {6, &Model::listAll},
                                                                                {4, &Model::earliestDue},
                                                                                {2, &Model::removeMany},
                                                                                {5, &Model::reschedule},
                                                                                {4, &Model::revive},
                                                                                {12, &Model::advance},
                                                                                {2, &Model::closeSession},
                                                                                {3, &Model::resume},
                                                                                {4, &Model::endAnInstance},
                                                                                {6, &Model::recover}};
  int sum = 0;
  for (const auto& [often, operation] : operations) sum += often;
  int left = below(sum);
  for (const auto& [often, operation] : operations) {
    left -= often;
    if (left < 0) return (this->*operation)();
  }
  return {};
}

// A time that the backend keeps exactly.
Time Model::dueIn(Duration fromNow) {
  const auto due = (now() + fromNow).time_since_epoch();
  return Time(due / duePrecision_ * duePrecision_);
}

Counters Model::anyCounters() {
  const auto any = [this] { return static_cast<std::uint32_t>(below(4)); };
  return {any(), any(), any(), any()};
}

std::vector<Model::KnownLease> Model::anyKnown() {
  std::vector<KnownLease> chosen;
  for (int i = below(6); i > 0 && !known_.empty(); --i) chosen.push_back(known_[random_() % known_.size()]);
  return chosen;
}

std::string Model::push() {
  std::vector<BrokerTask> tasks;
  for (int i = below(below(20) == 0 ? 100 : 6); i >= 0; --i) {
    BrokerTask task;
    task.id = anyId();
    task.name = "Test";
    if (below(2) == 0) task.timeOfExecution = dueIn(std::chrono::microseconds(below(15'000'000) - 5'000'000));
    if (below(3) == 0) task.counters = anyCounters();
    tasks.push_back(std::move(task));
  }
  if (below(20) == 0) tasks.back().name = "";
  passAMillisecond();
  return differenceOf("push " + std::to_string(tasks.size()), [&](int side) {
    const auto pushed = sides_[side].broker->pushBrokerTasks(tasks);
    return pushed ? std::string("pushed") : text(pushed.error());
  });
}

// Lets a millisecond pass, so that the order of two calls is also the order of their times.
void Model::passAMillisecond() {
  for (auto& side : sides_) side.store->advance(1ms);
}

std::string Model::pushRaw() {
  if (!ordersAsTheReference_) return {};
  const auto bytes = "raw " + std::to_string(random_());
  for (auto& side : sides_) side.store->pushRaw(bytes, now());
  return {};
}

std::string Model::pop() {
  const int instance = below(kInstances);
  const auto limit = ordersAsTheReference_ ? static_cast<std::size_t>(below(9)) : kAll;
  std::array<std::vector<LeasedTask>, kSides> popped;
  auto difference = differenceOf("pop " + std::to_string(limit), [&](int side) {
    auto answer = session(side, instance).popBrokerTasks(limit, 0s, wake_);
    if (!answer) return text(answer.error());
    popped[side] = std::move(*answer);
    if (!ordersAsTheReference_) sortByBytes(popped[side]);
    return text(popped[side]);
  });
  if (difference.empty()) rememberLeases(popped);
  return difference;
}

void Model::rememberLeases(const std::array<std::vector<LeasedTask>, kSides>& popped) {
  for (std::size_t i = 0; i < popped[0].size(); ++i) known_.push_back({{popped[0][i], popped[1][i]}});
  while (known_.size() > 40) known_.erase(known_.begin());
}

std::string Model::acknowledge() {
  const int instance = below(kInstances);
  const auto chosen = anyKnown();
  return differenceOf("acknowledge", [&](int side) {
    std::vector<LeaseId> leases;
    for (const auto& known : chosen) leases.push_back(known.task[side].lease);
    return text(session(side, instance).acknowledge(leases), [&](const auto& lost) { return text(lost, leases); });
  });
}

std::string Model::acknowledgeAndPop() {
  const int instance = below(kInstances);
  const auto chosen = anyKnown();
  const auto limit = ordersAsTheReference_ ? static_cast<std::size_t>(below(9)) : kAll;
  std::array<std::vector<LeasedTask>, kSides> popped;
  auto difference = differenceOf("acknowledge and pop " + std::to_string(limit), [&](int side) {
    std::vector<LeaseId> leases;
    for (const auto& known : chosen) leases.push_back(known.task[side].lease);
    auto answer = session(side, instance).acknowledgeAndPop(leases, limit, wake_);
    if (!answer) return text(answer.error());
    popped[side] = std::move(answer->tasks);
    if (!ordersAsTheReference_) sortByBytes(popped[side]);
    return text(answer->notOurs, leases) + " " + text(popped[side]);
  });
  if (difference.empty()) rememberLeases(popped);
  return difference;
}

std::string Model::release() {
  const int instance = below(kInstances);
  const auto chosen = anyKnown();
  const auto counters = anyCounters();
  const auto due = dueIn(std::chrono::microseconds(below(8'000'000) - 4'000'000));
  const bool toTheirPlaces = below(2) == 0;
  return differenceOf("release", [&](int side) {
    std::vector<LeaseId> leases;
    std::vector<TaskRelease> released;
    for (const auto& known : chosen) {
      leases.push_back(known.task[side].lease);
      const auto at = toTheirPlaces ? std::optional<Time>() : due + released.size() * duePrecision_;
      released.push_back(
          {.lease = leases.back(), .counters = counters, .due = at, .envelope = known.task[side].envelope});
    }
    return text(session(side, instance).release(released), [&](const auto& lost) { return text(lost, leases); });
  });
}

std::string Model::bury() {
  const int instance = below(kInstances);
  const auto chosen = anyKnown();
  const auto counters = anyCounters();
  const auto reason = "reason " + std::to_string(below(100));
  return differenceOf("bury", [&](int side) {
    std::vector<LeaseId> leases;
    std::vector<TaskBurial> buried;
    for (const auto& known : chosen) {
      leases.push_back(known.task[side].lease);
      buried.push_back({leases.back(), counters, reason, known.task[side].envelope});
    }
    return text(session(side, instance).bury(buried), [&](const auto& lost) { return text(lost, leases); });
  });
}

std::string Model::renew() {
  const int instance = below(kInstances);
  if (!instances_[instance].lives) return {};  // stores differ in what a late renewal revives: session_test.cc tests it
  const auto chosen = anyKnown();
  return differenceOf("renew", [&](int side) {
    std::vector<LeaseId> leases;
    for (const auto& known : chosen) leases.push_back(known.task[side].lease);
    return text(session(side, instance).renew(leases, 10'000h), [&](const Renewal& renewal) {
      std::vector<LeaseId> cancelled;
      for (const auto& wish : renewal.cancelled) cancelled.push_back(wish.lease);
      return "cancelled " + text(cancelled, leases) + ", lost " + text(renewal.lost, leases);
    });
  });
}

std::string Model::held() {
  const int instance = below(kInstances);
  return differenceOf("heldTasks", [&](int side) {
    return text(session(side, instance).heldTasks(), [](auto held) {
      sortByBytes(held);
      return text(held);
    });
  });
}

std::string Model::count() {
  return differenceOf("tasksCount", [&](int side) {
    return text(sides_[side].broker->tasksCount(), [](const TaskCounts& counts) {
      return std::to_string(counts.due) + " due, " + std::to_string(counts.scheduled) + " scheduled, " +
             std::to_string(counts.leased) + " leased, " + std::to_string(counts.buried) + " buried";
    });
  });
}

std::string Model::find() {
  const auto id = anyId();
  return differenceOf("find " + id, [&](int side) {
    return text(sides_[side].broker->keeper().find(id), [](const FoundTask& task) { return text(task); });
  });
}

std::string Model::removeOrCancel() {
  const auto id = anyId();
  const bool cancel = below(2) == 0;
  return differenceOf((cancel ? "cancel " : "remove ") + id, [&](int side) {
    auto& keeper = sides_[side].broker->keeper();
    if (cancel) {
      return text(keeper.cancel(id, "me@host"),
                  [](CancelResult how) { return std::string(how == CancelResult::Removed ? "removed" : "requested"); });
    }
    const auto removed = keeper.remove(id);
    return removed ? std::string("removed") : text(removed.error());
  });
}

std::string Model::listBuried() {
  const Page page{static_cast<std::size_t>(below(4)), static_cast<std::size_t>(below(10))};
  return differenceOf("listBuried", [&](int side) {
    return text(sides_[side].broker->keeper().listBuried(page), [](const auto& listed) {
      std::string all;
      for (const auto& task : listed) all += text(task) + "\n";
      return all;
    });
  });
}

std::vector<std::string> Model::someIds() {
  std::set<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.insert(anyId());
  return {ids.begin(), ids.end()};
}

TaskFilter Model::anyFilter() {
  TaskFilter filter;
  if (below(3) == 0) filter.state = static_cast<TaskState>(below(4));
  if (below(4) == 0) filter.name = below(3) == 0 ? "Other" : "Test";
  if (below(4) == 0) filter.idPrefix = "t" + std::to_string(below(3));
  if (below(4) == 0) filter.dueFrom = now() + std::chrono::milliseconds(below(8'000) - 4'000);
  if (below(4) == 0) filter.dueBefore = now() + std::chrono::milliseconds(below(8'000) - 4'000);
  if (below(6) == 0) filter.reasonContains = std::to_string(below(10));
  if (listsLatestFirst_ && below(3) == 0) filter.order = ListOrder::LatestFirst;
  return filter;
}

// Leased tasks have no order. Malformed bytes have no id and due time that all stores share, so a filter may choose
// them in one store alone: they are compared only where all tasks are listed.
std::string Model::textOfAllPages(int side, const TaskFilter& filter, std::size_t limit) {
  const bool choosesTimesOrIds = filter.dueFrom || filter.dueBefore || !filter.idPrefix.empty();
  std::vector<std::string> inOrder, sorted;
  std::string cursor;
  do {
    const auto page = sides_[side].broker->keeper().list(filter, cursor, limit);
    if (!page) return text(page.error());
    for (const auto& task : page->tasks) {
      if (choosesTimesOrIds && isRaw(task.envelope)) continue;
      const bool isOrdered =
          task.state == TaskState::Buried || (ordersAsTheReference_ && task.state != TaskState::Leased);
      (isOrdered ? inOrder : sorted).push_back(text(task) + "\n");
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  std::ranges::sort(sorted);
  std::string all;
  for (const auto& line : inOrder) all += line;
  for (const auto& line : sorted) all += line;
  return all;
}

std::string Model::listAll() {
  if (!listsTasks_) return {};
  const auto filter = anyFilter();
  const auto limit = static_cast<std::size_t>(1 + below(12));
  return differenceOf("list by " + std::to_string(limit),
                      [&](int side) { return textOfAllPages(side, filter, limit); });
}

std::string Model::earliestDue() {
  if (!listsTasks_) return {};
  return differenceOf("earliestDue", [&](int side) {
    return text(sides_[side].broker->keeper().earliestDue(),
                [](const auto& due) { return due ? dueText(*due) : std::string("none"); });
  });
}

std::string Model::removeMany() {
  const auto ids = someIds();
  return differenceOf("removeMany", [&](int side) {
    return text(sides_[side].broker->keeper().removeMany(ids), [](std::size_t count) { return std::to_string(count); });
  });
}

std::string Model::reschedule() {
  if (!reschedules_) return {};
  const auto ids = someIds();
  std::optional<Time> due;
  if (below(3) > 0) due = dueIn(std::chrono::microseconds(below(8'000'000) - 4'000'000));
  passAMillisecond();
  return differenceOf("reschedule", [&](int side) {
    return text(sides_[side].broker->keeper().reschedule(ids, due),
                [](std::size_t count) { return std::to_string(count); });
  });
}

std::string Model::revive() {
  const std::vector<std::string> ids{anyId(), anyId(), anyId(), anyId()};
  passAMillisecond();
  return differenceOf("revive", [&](int side) {
    return text(sides_[side].broker->keeper().revive(ids), [](std::size_t count) { return std::to_string(count); });
  });
}

std::string Model::advance() {
  const auto by = std::chrono::milliseconds(below(6'000));
  for (auto& side : sides_) side.store->advance(by);
  return {};
}

std::string Model::closeSession() {
  const int instance = below(kInstances);
  auto difference = differenceOf("close", [&](int side) {
    const auto closed = session(side, instance).close();
    return closed ? std::string("closed") : text(closed.error());
  });
  return difference.empty() ? open(instance) : difference;
}

std::string Model::resume() {
  const int instance = below(kInstances);
  const SessionId id{instances_[instance].name, instances_[instance].epoch};
  return differenceOf("resume", [&](int side) {
    auto resumed = sides_[side].broker->resumeSession(id);
    if (!resumed) return text(resumed.error());
    sides_[side].sessions[instance] = std::move(*resumed);
    return std::string("resumed");
  });
}

// Ends a random instance. Its session stays valid until it is recovered, and may settle tasks until then.
std::string Model::endAnInstance() {
  auto& instance = instances_[below(kInstances)];
  if (!instance.lives) return {};
  instance.lives = false;
  for (auto& side : sides_) side.store->endInstance(instance.name);
  return {};
}

// Recovers all dead sessions, since the store may choose which one comes first.
std::string Model::recover() {
  const auto limit = static_cast<std::size_t>(1 + below(5));
  auto difference = differenceOf("recoverExpired " + std::to_string(limit), [&](int side) {
    std::string all;
    for (std::size_t count = limit; count == limit;) {
      const auto recovered = sides_[side].recoverer->recoverExpired(limit);
      if (!recovered) return text(recovered.error());
      all += " " + std::to_string(count = *recovered);
    }
    return all;
  });
  for (int i = 0; i < kInstances && difference.empty(); ++i) {
    if (!instances_[i].lives) difference = open(i);
  }
  return difference;
}

// Opens the next epoch of a live instance; replaces a dead instance with a new one.
std::string Model::open(int number) {
  auto& instance = instances_[number];
  if (!instance.lives) {
    static constexpr char kDigits[] = "0123456789abcdef";
    instance = {std::string(32, '0'), 0, true};
    for (auto& digit : instance.name) digit = kDigits[below(16)];
    for (auto& side : sides_) side.store->startInstance(instance.name);
  }
  ++instance.epoch;
  return differenceOf("openSession", [&](int side) {
    auto opened = sides_[side].broker->openSession({instance.name, instance.epoch}, {"host", 1, "0.1.0", 2}, 10'000h);
    if (!opened) return text(opened.error());
    sides_[side].sessions[number] = std::move(*opened);
    return std::string("opened");
  });
}

}  // namespace leptir::conformance

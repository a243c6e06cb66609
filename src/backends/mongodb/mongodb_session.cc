#include "backends/mongodb/mongodb_session.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "backends/mongodb/task_update.h"

namespace leptir::mongodb {
namespace {

// Converts the error for callers above the backend.
template <class T>
Result<T> toResult(MongodbResult<T> result) {
  if (!result) return result.error().error();
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace

MongodbSession::MongodbSession(std::shared_ptr<MongodbQueue> queue, SessionId session, Begin begin)
    : queue_(std::move(queue)),
      id_(std::move(session)),
      name_(sessionName(id_)),
      documents_(*queue_),
      adoption_(*queue_),
      lease_(*queue_, adoption_, name_),
      settle_(*queue_, name_),
      waiting_(*queue_, adoption_, lease_) {
  if (begin == Begin::Resumed) lease_.noteLeftToOthers();
}

Result<Time> MongodbSession::checkOpen() {
  const auto now = documents_.timeIfOpen(id_);
  if (!now) return now.error().error();
  return *now ? Result<Time>(**now) : Result<Time>(lost());
}

// --- leasing

Result<std::vector<LeasedTask>> MongodbSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  const auto end = systemClock().bootTime() + std::max(longest, Duration::zero());
  while (true) {
    const auto now = checkOpen();
    if (!now) return now.error();
    auto tasks = lease(limit, *now);
    if (!tasks || !tasks->empty() || limit == 0 || longest <= Duration::zero()) return tasks;
    const auto ended = waiting_.wait(end, wake);
    if (!ended) return ended.error().error();
    if (*ended != MongodbWaiting::Ended::TaskMayBeDue) return std::vector<LeasedTask>();
  }
}

Result<std::vector<LeasedTask>> MongodbSession::lease(std::size_t limit, Time now) {
  if (limit == 0) return std::vector<LeasedTask>();
  auto tasks = lease_.lease(limit, now);
  if (!tasks) return tasks.error().error();
  settle_.remember(*tasks);
  if (!tasks->empty()) waiting_.noteLeased();
  return std::move(*tasks);
}

// All tasks of the session, in the order in which they were leased.
Result<std::vector<LeasedTask>> MongodbSession::heldTasks() {
  if (auto open = checkOpen(); !open) return open.error();
  const auto filter = Document().add(field::kSession, name_).add(field::kState, state::kLeased);
  const auto found = queue_->client->find(queue_->tasks, filter, Document());
  if (!found) return found.error().error();
  using SortKey = std::tuple<std::uint64_t, Time, std::string>;
  std::vector<std::pair<SortKey, LeasedTask>> placed;
  for (const auto& document : *found) {
    auto task = leasedTask(document);
    if (!isHandle(task.lease.handle)) continue;
    SortKey sortKey{task.lease.number, DocumentView(document).date(field::kDue).value_or(Time()), task.lease.handle};
    placed.emplace_back(std::move(sortKey), std::move(task));
  }
  std::ranges::sort(placed, {}, [](const auto& each) -> const SortKey& { return each.first; });
  std::vector<LeasedTask> held;
  for (auto& [sortKey, task] : placed) held.push_back(std::move(task));
  return held;
}

// --- renewing

Result<Renewal> MongodbSession::renew(std::span<const LeaseId> held, Duration lease) {
  const auto isOpen = documents_.renew(id_, lease);
  if (!isOpen) return isOpen.error().error();
  if (!*isOpen) return lost();
  return held.empty() ? Result<Renewal>(Renewal{}) : compareWithStore(held);
}

// What the store says of these leases: one search by the index leptir_session, without the envelopes.
Result<Renewal> MongodbSession::compareWithStore(std::span<const LeaseId> held) {
  const auto filter = Document().add(field::kSession, name_).add(field::kState, state::kLeased);
  const auto projection = Document().add(field::kLease, 1).add(field::kCancel, 1);
  const auto found = queue_->client->find(queue_->tasks, filter, Document().add("projection", projection));
  if (!found) return found.error().error();
  std::map<LeaseId, std::string> standing;  // and who requested the cancellation
  for (const auto& document : *found) {
    const DocumentView view(document);
    const auto number = static_cast<std::uint64_t>(view.integer(field::kLease).value_or(0));
    standing[{number, handleOf(view).value_or("")}] = view.text(field::kCancel).value_or("");
  }
  Renewal renewal;
  for (const auto& lease : held) {
    const auto entry = standing.find(lease);
    if (entry == standing.end()) {
      renewal.lost.push_back(lease);
    } else if (!entry->second.empty()) {
      renewal.cancelled.push_back({lease, entry->second});
    }
  }
  return renewal;
}

// --- settling

Result<std::vector<LeaseId>> MongodbSession::acknowledge(std::span<const LeaseId> leases) {
  if (auto open = checkOpen(); !open) return open.error();
  return toResult(settle_.acknowledge(leases));
}

// One look at the session for both.
Result<AcknowledgedAndPopped> MongodbSession::acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                                Wake&) {
  const auto now = checkOpen();
  if (!now) return now.error();
  auto notOurs = settle_.acknowledge(leases);
  if (!notOurs) return notOurs.error().error();
  auto tasks = lease(limit, *now);
  if (!tasks) return tasks.error();
  return AcknowledgedAndPopped{std::move(*notOurs), std::move(*tasks)};
}

Result<std::vector<LeaseId>> MongodbSession::release(std::span<const TaskRelease> tasks) {
  const auto now = checkOpen();
  if (!now) return now.error();
  const auto leaves = [](const TaskRelease& task) { return task.leftToOthersUntil.has_value(); };
  if (std::ranges::any_of(tasks, leaves)) lease_.noteLeftToOthers();
  return toResult(settle_.release(tasks, *now));
}

Result<void> MongodbSession::leaseAgain(std::span<const LeaseId> released) {
  return toResult(settle_.leaseAgain(released));
}

Result<std::vector<LeaseId>> MongodbSession::bury(std::span<const TaskBurial> tasks) {
  const auto now = checkOpen();
  if (!now) return now.error();
  return toResult(settle_.bury(tasks, *now));
}

// Tasks that this process has leased since, by a command whose reply was lost, are orphans then: recovery gives them
// back.
Result<void> MongodbSession::close() {
  if (auto open = checkOpen(); !open) return open.error();
  if (auto released = settle_.releaseAll(); !released) return released.error().error();
  const auto isClosed = documents_.close(id_);
  if (!isClosed) return isClosed.error().error();
  return *isClosed ? Result<void>() : Result<void>(lost());
}

Error MongodbSession::lost() const {
  return Error(ErrorCode::Lost, queue_->client->where() + ": the session was claimed or closed");
}

}  // namespace leptir::mongodb

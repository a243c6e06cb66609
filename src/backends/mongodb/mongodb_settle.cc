#include "backends/mongodb/mongodb_settle.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "backends/mongodb/lease_holders.h"
#include "backends/mongodb/left_to_others.h"
#include "backends/mongodb/repeated.h"
#include "base/escape.h"
#include "base/failpoint.h"
#include "base/task_id.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

// More rounds than lost replies and documents without room can need.
constexpr int kMostRounds = 2 * Attempts::kMost;
constexpr std::size_t kLongestReason = 2'000;

MongodbError unsettled(const std::string& where) {
  return {.message = where + ": the server does not change tasks that are leased by this session; trying again later"};
}

// Drops, and returns, the leases that no task can have, and those that are named again: the first settles them.
template <class Task, class LeaseOf>
std::vector<LeaseId> dropUnusable(std::vector<Task>& tasks, LeaseOf leaseOf) {
  std::vector<LeaseId> unusable;
  std::set<LeaseId> seen;
  std::erase_if(tasks, [&](const Task& task) {
    const LeaseId lease = leaseOf(task);
    if (isHandle(lease.handle) && seen.insert(lease).second) return false;
    unusable.push_back(lease);
    return true;
  });
  return unusable;
}

// A task that came without an id gets one at its burial.
Document idOrElse(const std::string& made) {
  Document expression;
  BCON_APPEND(expression.mutableBson(), "$cond", "[", "{", "$eq", "[", "{", "$type", "$leptir.id", "}", "string", "]",
              "}", "$leptir.id", "{", "$literal", BCON_UTF8(made.c_str()), "}", "]");
  return expression;
}

}  // namespace

void MongodbSettle::remember(std::span<const LeasedTask> leased) {
  for (const auto& task : leased) known_.insert(task.lease.handle);
}

// True: the session has leased all of them, and settles them for the first time.
bool MongodbSettle::forget(std::span<const LeaseId> leases) {
  return std::ranges::count_if(leases, [this](const LeaseId& each) { return known_.erase(each.handle) == 0; }) == 0;
}

// --- acknowledging

// The number of documents that were removed says whether all were ours. Tasks that this object has not leased are
// looked at before. Where a reply is lost, what is gone afterwards counts as acknowledged.
MongodbResult<std::vector<LeaseId>> MongodbSettle::acknowledge(std::span<const LeaseId> leases) {
  std::vector<LeaseId> left(leases.begin(), leases.end());
  auto notOurs = dropUnusable(left, std::identity());
  if (!forget(left)) {
    const auto others = keepOurs(left, Missing::NotOurs);
    if (!others) return others;
    notOurs.insert(notOurs.end(), others->begin(), others->end());
  }
  for (Attempts attempts; !left.empty();) {
    const auto named = left.size();
    LEPTIR_FAILPOINT("mongodb.acknowledge.before_send");
    const auto removed = remove(left);
    LEPTIR_FAILPOINT("mongodb.acknowledge.after_reply");
    if (removed && *removed == static_cast<std::int64_t>(left.size())) break;
    if (!removed && !attempts.mayRepeat(removed.error())) return tl::unexpected(removed.error());
    const auto others = keepOurs(left, Missing::Acknowledged);
    if (!others) return others;
    notOurs.insert(notOurs.end(), others->begin(), others->end());
    if (removed) {
      noteVanished(named - static_cast<std::size_t>(*removed) - others->size());
      break;
    }
  }
  return notOurs;
}

// Nothing of leptir removes a task that another session has leased.
void MongodbSettle::noteVanished(std::size_t tasks) {
  if (tasks == 0 || std::exchange(queue_.hasNotedVanished, true)) return;
  queue_.notices.push_back(fmt::format(
      "{}: leased tasks have vanished from the collection {} ({} now), so another program takes tasks from it: a PHP "
      "consumer takes whatever stands there, also what runs here; let it have a collection of its own "
      "(docs/guide/mongodb.md)",
      client_.where(), base::inQuotes(queue_.tasks), tasks));
}

// Drops the leases that are not this session's, and returns them; `missing`: what tasks are that are not in the store.
MongodbResult<std::vector<LeaseId>> MongodbSettle::keepOurs(std::vector<LeaseId>& leases, Missing missing) {
  const auto holders = findHolders(queue_, leases);
  if (!holders) return tl::unexpected(holders.error());
  std::vector<LeaseId> ours, notOurs;
  for (auto& lease : leases) {
    const auto holder = holders->find(lease.handle);
    if (holder == holders->end()) {
      if (missing == Missing::NotOurs) notOurs.push_back(std::move(lease));
    } else {
      (holder->second.has(lease, session_) ? ours : notOurs).push_back(std::move(lease));
    }
  }
  leases = std::move(ours);
  return notOurs;
}

// One statement for each lease number: the tasks of one lease share it.
MongodbResult<std::int64_t> MongodbSettle::remove(std::span<const LeaseId> leases) {
  std::map<std::uint64_t, std::vector<std::string>> byNumber;
  for (const auto& lease : leases) byNumber[lease.number].push_back(lease.handle);
  std::vector<Document> statements;
  for (const auto& [number, handles] : byNumber) {
    const auto filter = Document()
                            .add("_id", ids("$in", handles))
                            .add(field::kState, state::kLeased)
                            .add(field::kSession, session_)
                            .add(field::kLease, static_cast<std::int64_t>(number));
    statements.push_back(Document().add("q", filter).add("limit", 0));
  }
  const auto done = client_.deleteAll(queue_.tasks, statements);
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return done->matched;
}

// --- releasing and burying

MongodbResult<std::vector<LeaseId>> MongodbSettle::release(std::span<const TaskRelease> tasks, Time now) {
  std::vector<Change> changes;
  for (const auto& task : tasks) {
    changes.push_back({.lease = task.lease, .update = releaseOf(task, now)});
  }
  LEPTIR_FAILPOINT("mongodb.release.before_send");
  auto notOurs = apply(std::move(changes));
  LEPTIR_FAILPOINT("mongodb.release.after_reply");
  return notOurs;
}

TaskUpdate MongodbSettle::releaseOf(const TaskRelease& task, Time now) {
  auto update = TaskUpdate::endLease(state::kWaiting);
  update.set(task.counters);
  auto due = task.due;
  if (const auto until = task.leftToOthersUntil) {
    if (leftToOthers_.add(task.lease.handle, *until, now)) {
      update.compute(field::kLeft, leavingUntil(session_, storableTime(*until), now));
    } else {
      due = until;
    }
  }
  if (due) update.set(field::kDue, *due);
  return update;
}

MongodbResult<std::vector<LeaseId>> MongodbSettle::bury(std::span<const TaskBurial> tasks, Time now) {
  std::vector<Change> changes;
  for (const auto& task : tasks) {
    auto update = TaskUpdate::endLease(state::kBuried);
    update.set(task.counters)
        .unset(field::kCancel)
        .unset(field::kLeft)
        .set(field::kBuriedAt, queue_.burialNumber(now))
        .compute(field::kId, idOrElse(base::makeTaskId()));
    auto withReason = update;
    withReason.set(field::kReason, storableText(base::utf8Prefix(task.reason, kLongestReason)));
    changes.push_back({.lease = task.lease, .update = std::move(withReason), .whenRefused = std::move(update)});
  }
  LEPTIR_FAILPOINT("mongodb.bury.before_send");
  auto notOurs = apply(std::move(changes));
  LEPTIR_FAILPOINT("mongodb.bury.after_reply");
  return notOurs;
}

// Each change leaves the token in its document. So a look tells whether it was applied, where the reply is lost or says
// that not all were.
MongodbResult<std::vector<LeaseId>> MongodbSettle::apply(std::vector<Change> changes) {
  const auto token = makeToken();
  auto notOurs = dropUnusable(changes, [](const Change& change) { return change.lease; });
  for (const auto& change : changes) known_.erase(change.lease.handle);
  Attempts attempts;
  for (int rounds = 0; !changes.empty(); ++rounds) {
    if (rounds == kMostRounds) return tl::unexpected(unsettled(client_.where()));
    const auto done = send(changes, token);
    if (done && done->matched == static_cast<std::int64_t>(changes.size())) break;
    if (!done && !attempts.mayRepeat(done.error())) return tl::unexpected(done.error());
    if (done && !done->failures.empty()) {
      if (const auto why = reduceRefused(changes, *done)) return tl::unexpected(*why);
    }
    auto others = keepUnapplied(changes, token);
    if (!others) return others;
    std::ranges::move(*others, std::back_inserter(notOurs));
  }
  return notOurs;
}

// Documents for which the change is too large get the smaller one, once. Nothing: what is left may be sent again.
std::optional<MongodbError> MongodbSettle::reduceRefused(std::vector<Change>& changes, const WriteReply& reply) {
  for (const auto& failure : reply.failures) {
    auto& change = changes[failure.index];
    if (failure.error.remedy != Remedy::Refuse || !change.whenRefused) return failure.error;
    change.update = std::move(*change.whenRefused);
    change.whenRefused.reset();
  }
  return {};
}

MongodbResult<WriteReply> MongodbSettle::send(std::span<const Change> changes, const std::string& token) {
  std::vector<Document> statements;
  for (const auto& change : changes) {
    auto update = change.update;
    statements.push_back(updateStatement(heldFilter(change.lease, session_), update.set(field::kToken, token)));
  }
  return client_.updateAll(queue_.tasks, statements);
}

// Drops the changes that were applied, and those of leases that are not this session's, which are returned.
MongodbResult<std::vector<LeaseId>> MongodbSettle::keepUnapplied(std::vector<Change>& changes,
                                                                 const std::string& token) {
  std::vector<LeaseId> leases;
  for (const auto& change : changes) leases.push_back(change.lease);
  const auto holders = findHolders(queue_, leases);
  if (!holders) return tl::unexpected(holders.error());
  std::vector<Change> unapplied;
  std::vector<LeaseId> notOurs;
  for (auto& change : changes) {
    const auto holder = holders->find(change.lease.handle);
    if (holder != holders->end() && holder->second.has(change.lease, session_)) {
      unapplied.push_back(std::move(change));
    } else if (holder == holders->end() || !holder->second.changedBy(token, change.lease)) {
      notOurs.push_back(change.lease);
    }
  }
  changes = std::move(unapplied);
  return notOurs;
}

MongodbResult<void> MongodbSettle::leaseAgain(std::span<const LeaseId> released) {
  std::vector<std::string> handles;
  for (const auto& lease : released) {
    leftToOthers_.forget(lease.handle);
    if (isHandle(lease.handle)) handles.push_back(lease.handle);
  }
  if (handles.empty()) return {};
  const auto mine = Document().add("by", session_);
  const auto filter = Document()
                          .add("_id", ids("$in", handles))
                          .add(field::kState, state::kWaiting)
                          .add(field::kLeft, op("$elemMatch", mine));
  const auto statement =
      Document().add("q", filter).add("u", op("$pull", Document().add(field::kLeft, mine))).add("multi", true);
  const auto done = repeated([&] { return client_.updateAll(queue_.tasks, {&statement, 1}); });
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return {};
}

MongodbResult<void> MongodbSettle::releaseAll() {
  const auto filter = Document().add(field::kSession, session_).add(field::kState, state::kLeased);
  const auto statement =
      bothOf(updateStatement(filter, TaskUpdate::endLease(state::kWaiting)), Document().add("multi", true));
  LEPTIR_FAILPOINT("mongodb.close.before_send");
  const auto done = repeated([&] { return client_.updateAll(queue_.tasks, {&statement, 1}); });
  LEPTIR_FAILPOINT("mongodb.close.after_reply");
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  known_.clear();
  return {};
}

}  // namespace leptir::mongodb

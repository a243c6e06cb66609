#include "backends/mongodb/mongodb_acknowledge.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "backends/mongodb/lease_changes.h"
#include "backends/mongodb/lease_holders.h"
#include "backends/mongodb/repeated.h"
#include "base/escape.h"
#include "base/failpoint.h"

namespace leptir::mongodb {

void MongodbAcknowledge::remember(std::span<const LeasedTask> leased) {
  for (const auto& task : leased) known_.insert(task.lease.handle);
}

// True: the session has leased all of them, and settles them for the first time.
bool MongodbAcknowledge::eraseAndCheckKnown(std::span<const LeaseId> leases) {
  return std::ranges::count_if(leases, [this](const LeaseId& each) { return known_.erase(each.handle) == 0; }) == 0;
}

// The number of documents that were removed says whether all were ours. Tasks that this object has not leased are
// looked at before. Where a reply is lost, what is gone afterwards counts as acknowledged.
MongodbResult<std::vector<LeaseId>> MongodbAcknowledge::acknowledge(std::span<const LeaseId> leases) {
  std::vector<LeaseId> left(leases.begin(), leases.end());
  auto notOurs = dropUnusableLeases(left, std::identity());
  if (!eraseAndCheckKnown(left)) {
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
void MongodbAcknowledge::noteVanished(std::size_t tasks) {
  if (tasks == 0 || std::exchange(queue_.hasNotedVanished, true)) return;
  queue_.notices.push_back(fmt::format(
      "{}: leased tasks have vanished from the collection {} ({} now), so another program takes tasks from it: a PHP "
      "consumer takes whatever stands there, also what runs here; let it have a collection of its own "
      "(docs/guide/mongodb.md)",
      queue_.client->where(), base::inQuotes(queue_.tasks), tasks));
}

// Drops the leases that are not this session's, and returns them; `missing`: how tasks count that are not in the store.
MongodbResult<std::vector<LeaseId>> MongodbAcknowledge::keepOurs(std::vector<LeaseId>& leases, Missing missing) {
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
MongodbResult<std::int64_t> MongodbAcknowledge::remove(std::span<const LeaseId> leases) {
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
  const auto done = queue_.client->deleteAll(queue_.tasks, statements);
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return done->matched;
}

}  // namespace leptir::mongodb

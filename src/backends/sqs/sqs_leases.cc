#include "backends/sqs/sqs_leases.h"

#include <algorithm>
#include <set>
#include <utility>

#include "backends/sqs/message_note.h"
#include "backends/sqs/sqs_errors.h"
#include "backends/sqs/sqs_operations.h"
#include "base/failpoint.h"
#include "base/saturated.h"

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

// So long before its end a lease counts as over: a request must reach the service before that.
constexpr Duration kLeaseEndMargin = std::chrono::milliseconds(500);

std::vector<std::string> receiptsOf(const std::vector<HeldLease*>& leases) {
  std::vector<std::string> receipts;
  for (const auto* lease : leases) receipts.push_back(lease->receipt);
  return receipts;
}

}  // namespace

SqsLeases::SqsLeases(SqsClient& client, const SessionId& session, const Clock& clock)
    : client_(client), clock_(clock), table_(session, client.now()) {}

bool SqsLeases::isOver(const HeldLease& lease) const {
  return clock_.bootTime() + std::min(kLeaseEndMargin, duration_ / 10) >= lease.ends;
}

bool SqsLeases::canBeProlonged(const HeldLease& lease) const {
  return clock_.bootTime() - lease.received + visibility() <= kMaxLease;
}

std::vector<HeldLease*> SqsLeases::all() {
  auto leases = table_.all();
  std::erase_if(leases, [this](const HeldLease* lease) { return isOver(*lease); });
  return leases;
}

HeldLease* SqsLeases::take(ReceivedMessage message, const Counters& counters, BootTime sent) {
  if (message.receipt.size() > kMaxReceiptBytes) return nullptr;
  const auto ends = sent + duration_;
  auto* held = table_.findMessage(message.id);
  if (held != nullptr && isOver(*held)) {
    drop(*held);
  } else if (held != nullptr) {  // the service has delivered it twice
    held->receipt = std::move(message.receipt);
    held->received = clock_.bootTime();
    held->ends = ends;
    return nullptr;
  }
  const auto previous = previousLeaseIn(message.attributes);
  HeldLease lease{.messageId = std::move(message.id),
                  .receipt = std::move(message.receipt),
                  .body = std::move(message.body),
                  .counters = counters,
                  .others = attributesOfOthers(std::move(message.attributes)),
                  .received = clock_.bootTime(),
                  .ends = ends,
                  .previous = previous};
  if (isOver(lease)) return nullptr;
  return &table_.add(std::move(lease), client_.now());
}

Result<std::vector<LeaseId>> SqsLeases::renew(std::span<const LeaseId> held) {
  auto separated = separateOurs(held);
  if (!separated) return separated.error();
  auto lost = std::move(separated->notOurs);
  std::vector<HeldLease*> renewed, replaced;
  for (auto* lease : table_.all()) {
    if (isOver(*lease) || !canBeProlonged(*lease)) {
      if (std::ranges::count(lost, lease->id) == 0) lost.push_back(lease->id);
      drop(*lease);
    } else {
      (lease->isSentAnew ? replaced : renewed).push_back(lease);
    }
  }
  if (auto removed = remove(replaced); !removed) return removed;
  auto over = prolong(renewed);
  if (!over) return over.error();
  lost.insert(lost.end(), over->begin(), over->end());
  return lost;
}

// Returns the leases that are over, which it has removed from the table.
Result<std::vector<LeaseId>> SqsLeases::prolong(const std::vector<HeldLease*>& leases) {
  std::vector<VisibilityChange> changes;
  for (const auto* lease : leases) changes.push_back({lease->receipt, visibility()});
  const auto sent = clock_.bootTime();
  const auto outcomes = changeVisibilities(client_, changes);
  std::vector<LeaseId> over;
  std::optional<Error> failed;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    if (!outcomes[i]) {
      leases[i]->ends = sent + duration_;
    } else if (isLeaseOver(outcomes[i]->code)) {
      over.push_back(leases[i]->id);
    } else {
      failed = outcomes[i]->error;
    }
  }
  for (const auto& lease : over) table_.remove(lease);
  if (failed) return *failed;
  return over;
}

HeldLease SqsLeases::leaseOf(const LeaseId& lease, LeaseHandle handle) const {
  const auto age = std::max(Duration::zero(), base::saturatedSubtract(client_.now(), handle.received));
  return {.id = lease,
          .receipt = std::move(handle.receipt),
          .others = std::move(handle.others),
          .received = clock_.bootTime() - std::min(age, kMaxLease)};
}

Result<SqsLeases::SeparatedLeases> SqsLeases::separateOurs(std::span<const LeaseId> leases) {
  std::vector<HeldLease*> adopted;
  for (const auto& lease : leases) {
    if (auto handle = table_.readIfOurs(lease)) adopted.push_back(&table_.adopt(leaseOf(lease, std::move(*handle))));
  }
  if (!adopted.empty()) {
    if (const auto over = prolong(adopted); !over) {
      for (const auto* lease : adopted) table_.remove(LeaseId(lease->id));
      return over.error();
    }
  }
  SeparatedLeases separated;
  std::set<const HeldLease*> seen;
  for (const auto& lease : leases) {
    auto* found = table_.find(lease);
    const bool isOurs = found != nullptr && !isOver(*found) && seen.insert(found).second;
    separated.ours.push_back(isOurs ? found : nullptr);
    if (!isOurs) separated.notOurs.push_back(lease);
  }
  return separated;
}

Result<std::vector<LeaseId>> SqsLeases::forgetFinished(const std::vector<HeldLease*>& leases,
                                                       const std::vector<std::optional<EntryError>>& outcomes) {
  std::vector<LeaseId> over, done;
  std::optional<Error> failed;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const bool isOver = outcomes[i] && isLeaseOver(outcomes[i]->code);
    if (outcomes[i] && !isOver) {
      failed = outcomes[i]->error;
      continue;
    }
    (isOver ? over : done).push_back(leases[i]->id);
  }
  for (const auto& lease : over) table_.remove(lease);
  for (const auto& lease : done) table_.remove(lease);
  if (failed) return *failed;
  return over;
}

Result<std::vector<LeaseId>> SqsLeases::remove(const std::vector<HeldLease*>& leases) {
  if (!leases.empty()) LEPTIR_FAILPOINT("sqs.delete.before_send");
  const auto outcomes = deleteMessages(client_, receiptsOf(leases));
  if (!leases.empty()) LEPTIR_FAILPOINT("sqs.delete.after_reply");
  return forgetFinished(leases, outcomes);
}

Result<std::vector<LeaseId>> SqsLeases::giveBack(std::span<const GiveBackRequest> messages) {
  std::vector<HeldLease*> leases;
  std::vector<VisibilityChange> changes;
  for (const auto& [lease, delay] : messages) {
    const auto age = std::chrono::ceil<seconds>(clock_.bootTime() - lease->received);
    const auto most = std::max(seconds(0), std::chrono::floor<seconds>(kMaxLease) - age);
    changes.push_back({lease->receipt, std::clamp(delay, seconds(0), most)});
    leases.push_back(lease);
  }
  return forgetFinished(leases, changeVisibilities(client_, changes));
}

}  // namespace leptir::sqs

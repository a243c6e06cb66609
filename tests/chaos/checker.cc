#include "tests/chaos/checker.h"

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>

namespace leptir::chaos {
namespace {

// How long a run may go on after a standstill until the master has ended it (row P07), in ns: 250 ms and a grace of 200
// ms.
constexpr std::int64_t kEndAfterStandstill = 450'000'000;
constexpr auto kStillRuns = std::numeric_limits<std::int64_t>::max();

struct Run {
  std::uint64_t lease = 0;
  pid_t pid = 0;
  std::int64_t start = 0, end = kStillRuns;
  bool ended = false;  // the task came to its own end
};

using Runs = std::map<std::string, std::vector<Run>>;

void endOne(std::vector<Run>& runs, const LedgerLine& line) {
  for (auto& run : runs) {
    if (run.lease != line.lease || run.pid != line.pid || run.ended) continue;
    run.ended = true;
    run.end = line.bootNs;
    return;
  }
}

// The runs in the ledger. A run without an end line lasted until its process died.
Runs runsOf(const Evidence& evidence) {
  Runs runs;
  for (const auto& line : evidence.ledger) {
    if (line.mark == Mark::Start) runs[line.id].push_back({line.lease, line.pid, line.bootNs});
    if (line.mark == Mark::End) endOne(runs[line.id], line);
  }
  for (auto& [id, all] : runs) {
    for (auto& run : all) {
      const auto death = evidence.lastSeenAlive.find(run.pid);
      if (!run.ended && death != evidence.lastSeenAlive.end()) run.end = std::max(run.start, death->second);
    }
  }
  return runs;
}

bool anyEnded(const std::vector<Run>& runs) {
  return std::ranges::any_of(runs, &Run::ended);
}

std::string about(const std::string& id, const std::string& what) {
  return id + ": " + what;
}

class EvidenceCheck {
 public:
  explicit EvidenceCheck(const Evidence& evidence) : evidence_(evidence), runs_(runsOf(evidence)) {}

  Findings findings() {
    found_.tasks = evidence_.pushes.acknowledged.size();
    found_.orphans = evidence_.orphans;
    found_.broken = evidence_.brokenLines;
    for (const auto& id : evidence_.pushes.acknowledged) checkLoss(id);
    for (const auto& [id, runs] : runs_) checkRuns(id, runs);
    for (const auto& [id, record] : evidence_.records) checkRecord(id, record);
    for (const auto& growth : evidence_.growth) checkGrowth(growth);
    return std::move(found_);
  }

 private:
  const std::vector<Run>& runsOfTask(const std::string& id) const {
    static const std::vector<Run> kNone;
    const auto found = runs_.find(id);
    return found == runs_.end() ? kNone : found->second;
  }
  const RecordSeen* recordOf(const std::string& id) const {
    const auto found = evidence_.records.find(id);
    return found == evidence_.records.end() ? nullptr : &found->second;
  }
  bool inStore(const std::string& id) const { return evidence_.store.contains(id); }

  // A task that is not in the store must have ended, or have a record that says why it failed.
  void checkLoss(const std::string& id) {
    if (inStore(id) || anyEnded(runsOfTask(id))) return;
    const auto* record = recordOf(id);
    if (record == nullptr || !record->settled || record->succeeded) found_.lost.push_back(id);
  }

  void checkRuns(const std::string& id, const std::vector<Run>& runs) {
    if (!evidence_.pushes.sent.contains(id)) found_.phantom.push_back(id);
    if (runs.empty()) return found_.phantom.push_back(about(id, "ended without a beginning"));
    found_.duplicates += runs.size() - 1;
    auto inOrder = runs;
    std::ranges::sort(inOrder, {}, &Run::start);
    for (std::size_t i = 0; i + 1 < inOrder.size(); ++i) checkTwoRuns(id, inOrder[i], inOrder[i + 1]);
    if (!inStore(id) && anyEnded(runs) && recordOf(id) == nullptr)
      found_.metaMismatch.push_back(about(id, "ended, and has no record"));
  }

  void checkTwoRuns(const std::string& id, const Run& first, const Run& second) {
    if (second.start < first.end && !stoodStillMeanwhile(first, second)) found_.overlap.push_back(id);
    if (second.lease == first.lease) found_.stale.push_back(about(id, "one lease ran twice"));
    if (second.lease < first.lease) found_.stale.push_back(about(id, "an older lease ran after a newer one"));
  }

  // Whether one of the two processes was stopped while the other ran, and was ended shortly after it could go on.
  bool stoodStillMeanwhile(const Run& first, const Run& second) const {
    const auto until = std::min(first.end, second.end);
    return std::ranges::any_of(std::array{first.pid, second.pid}, [&](pid_t pid) {
      const auto still = evidence_.standstills.find(pid);
      return still != evidence_.standstills.end() && still->second.from <= second.start &&
             until <= still->second.to + kEndAfterStandstill;
    });
  }

  void checkRecord(const std::string& id, const RecordSeen& record) {
    const auto& runs = runsOfTask(id);
    if (runs.empty()) {
      if (record.succeeded) found_.metaMismatch.push_back(about(id, "succeeded without a run"));
      return;
    }
    if (!record.settled) {
      if (!inStore(id)) found_.metaMismatch.push_back(about(id, "is gone, and its record says that it runs"));
      return;
    }
    const auto newest = std::ranges::max(runs, {}, &Run::lease).lease;
    if (record.lease < newest && !inStore(id)) found_.stale.push_back(about(id, "an older lease had the last word"));
    const auto speaksOf = [&](const Run& run) { return run.lease == record.lease && run.ended; };
    if (record.succeeded && std::ranges::none_of(runs, speaksOf))
      found_.metaMismatch.push_back(about(id, "succeeded by its record, and that run has no end"));
  }

  void checkGrowth(const Growth& growth) {
    if (growth.descriptorsAfter > growth.descriptorsBefore)
      found_.growth.push_back(growth.who + ": descriptors " + std::to_string(growth.descriptorsBefore) + " to " +
                              std::to_string(growth.descriptorsAfter));
    if (growth.kilobytesAfter > growth.kilobytesBefore + growth.kilobytesAllowed)
      found_.growth.push_back(growth.who + ": memory " + std::to_string(growth.kilobytesBefore) + " to " +
                              std::to_string(growth.kilobytesAfter) + " KiB");
  }

  const Evidence& evidence_;
  const Runs runs_;
  Findings found_;
};

void list(std::ostream& out, const char* what, const std::vector<std::string>& all) {
  if (all.empty()) return;
  out << what << " (" << all.size() << "):";
  for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 10); ++i) out << ' ' << all[i] << ';';
  out << '\n';
}

}  // namespace

bool Findings::clean() const {
  return lost.empty() && phantom.empty() && overlap.empty() && stale.empty() && metaMismatch.empty() &&
         orphans.empty() && growth.empty() && broken.empty();
}

std::string Findings::describe() const {
  std::ostringstream out;
  list(out, "lost", lost);
  list(out, "phantom", phantom);
  list(out, "overlap", overlap);
  list(out, "stale accepted", stale);
  list(out, "meta mismatch", metaMismatch);
  list(out, "orphans", orphans);
  list(out, "growth", growth);
  list(out, "broken lines", broken);
  return out.str();
}

Findings check(const Evidence& evidence) {
  return EvidenceCheck(evidence).findings();
}

std::vector<double> recoveriesOf(const Evidence& evidence) {
  std::vector<double> milliseconds;
  for (auto& [id, runs] : runsOf(evidence)) {
    auto inOrder = runs;
    std::ranges::sort(inOrder, {}, &Run::start);
    for (std::size_t i = 0; i + 1 < inOrder.size(); ++i) {
      const bool died = !inOrder[i].ended && inOrder[i].end <= inOrder[i + 1].start;
      if (died) milliseconds.push_back(static_cast<double>(inOrder[i + 1].start - inOrder[i].end) / 1e6);
    }
  }
  return milliseconds;
}

}  // namespace leptir::chaos

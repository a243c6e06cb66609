// What the doctor says of the instances.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "base/duration_text.h"
#include "fleet/instance_card.h"
#include "operations/doctor.h"
#include "operations/fleet_entries.h"

namespace leptir::operations {
namespace {

using namespace std::chrono_literals;

// Sessions are renewed every 20 s (link/lease_times.h).
constexpr Duration kLateRenewal = 45s;
// A session without a card may be one that began or ended just now: it is looked at again after so long.
constexpr Duration kSecondCheckDelay = 2s;
constexpr std::size_t kMaxSessionsExamined = 1'000, kMaxInstancesListed = 5;

std::string shortName(const std::string& instance, const std::string& host, int pid) {
  return fmt::format("instance {} ({}:{})", instance.substr(0, 8), host.empty() ? "?" : host, pid);
}

class FleetDoctor {
 public:
  FleetDoctor(Stores& stores, Findings& findings) : stores_(stores), findings_(findings) {}

  void examine() {
    std::set<std::size_t> incomplete;
    for (std::size_t i = 0; i < stores_.queues.size(); ++i) {
      if (!examineBroker(i).empty()) incomplete.insert(i);
    }
    examineVersions();
    if (incomplete.empty()) return;
    std::this_thread::sleep_for(kSecondCheckDelay);
    for (const auto broker : incomplete) {
      for (const auto& session : sessionsWithoutCard(broker)) addWithoutCard(broker, session);
    }
  }

 private:
  // Returns the sessions without a card.
  std::vector<ListedSession> examineBroker(std::size_t broker) {
    const auto cards = cardsAt(stores_, broker);
    if (!cards) return {};
    for (const auto& card : *cards) examineCard(broker, card);
    return sessionsWithoutCard(broker);
  }

  void examineCard(std::size_t broker, const fleet::InstanceCard& card) {
    findings_.countExamined(2);
    versions_[card.version].insert(fmt::format("{}:{}", card.host, card.pid));
    const auto where = shortName(card.instance, card.host, card.pid);
    const auto late = card.written - card.renewed;
    if (card.renewed != Time() && late > kLateRenewal)
      findings_.add({FindingSeverity::Problem, "late-renewal", where,
                     fmt::format("it has not renewed its session at {} for {}: other instances will take over its "
                                 "tasks, and each runs twice",
                                 whereOf(stores_, broker), base::durationText(late)),
                     "see whether the store is slow or the machine has no processor time left (the log of the "
                     "instance says more)"});
    examineClock(where, card);
  }

  // A card lives for fleet::kCardLifetime by the clock of the store, so one that is there was written lately.
  void examineClock(const std::string& where, const fleet::InstanceCard& card) {
    const auto age = stores_.clock->now() - card.written;
    const bool isAhead = age < -kMinReportedClockDifference;
    if (!isAhead && age <= fleet::kCardLifetime + kMinReportedClockDifference) return;
    findings_.add({FindingSeverity::Warning, "clock-skew", where,
                   fmt::format("the clock of its machine is {} {} that of this machine: tasks expire at wrong times",
                               base::durationText(std::chrono::abs(age)), isAhead ? "ahead of" : "behind"),
                   "synchronise both clocks by NTP (timedatectl status)"});
  }

  void examineVersions() {
    findings_.countExamined();
    versions_.erase("");
    if (versions_.size() < 2) return;
    std::string text;
    for (const auto& [version, instances] : versions_) {
      text += fmt::format(
          "{}{} ({}{})", text.empty() ? "" : ", ", version,
          fmt::join(
              std::vector(instances.begin(), std::next(instances.begin(), static_cast<std::ptrdiff_t>(std::min(
                                                                              instances.size(), kMaxInstancesListed)))),
              ", "),
          instances.size() > kMaxInstancesListed ? ", …" : "");
    }
    findings_.add({FindingSeverity::Warning, "two-versions", "fleet", "instances of different versions run: " + text,
                   "restart the older ones once the new version is installed on their machines"});
  }

  std::vector<ListedSession> sessionsWithoutCard(std::size_t broker) {
    const auto keepsCards = askFleet(stores_, broker, [](FleetStore&) -> Result<bool> { return true; });
    if (!keepsCards) return {};
    auto sessions = askBroker(stores_, broker, [](SimpleBroker& store) {
      return store.keeper().listSessions({.offset = 0, .limit = kMaxSessionsExamined});
    });
    const auto cards = cardsAt(stores_, broker);
    if (!sessions || !cards) return {};
    findings_.countExamined(sessions->size());
    std::erase_if(*sessions, [&](const ListedSession& session) {
      return std::ranges::count(*cards, session.session.instance, &fleet::InstanceCard::instance) > 0;
    });
    return std::move(*sessions);
  }

  void addWithoutCard(std::size_t broker, const ListedSession& session) {
    const bool hasExpired = session.expiresIn == Duration::zero();
    findings_.add(
        {hasExpired ? FindingSeverity::Problem : FindingSeverity::Warning, hasExpired ? "late-renewal" : "no-card",
         shortName(session.session.instance, session.info.host, session.info.pid),
         fmt::format("it has {} at {} (leased tasks: {}), and has written no card for {}: it is stopped or hangs, "
                     "it died a moment ago, or its version writes no cards",
                     hasExpired ? "an expired session" : "a session", whereOf(stores_, broker), session.leasedTasks,
                     base::durationText(fleet::kCardLifetime)),
         "look at it on its machine: leptir status, and the state of its processes (ps)"});
  }

  Stores& stores_;
  Findings& findings_;
  std::map<std::string, std::set<std::string>> versions_;  // host:pid of the instances of each
};

}  // namespace

void examineFleet(Stores& stores, Findings& findings) {
  FleetDoctor(stores, findings).examine();
}

}  // namespace leptir::operations

// Decides whether a session may be claimed because its instance is dead, and says so in notices for the log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backends/sqlite/session_evidence.h"
#include "backends/sqlite/session_row.h"

namespace leptir::sqlite {

class SessionJudge {
 public:
  // Kills the remaining processes of a dead instance first, so that they do not work on a task while it runs a second
  // time. False: the instance lives, or may live.
  bool mayClaim(const SessionRow& session, const Evidence& evidence);

  // Adds a notice about the session's instance unless it is the last one about this session: recovery examines each
  // session every few seconds.
  void noteOnce(const SessionRow& session, const std::string& what);
  void note(std::string notice) { notices_.push_back(std::move(notice)); }
  std::vector<std::string> takeNotices() { return std::exchange(notices_, {}); }

 private:
  bool mayClaimFromDeadInstance(const SessionRow& session, const Evidence& evidence);
  bool killRemainingProcesses(const SessionRow& session, const Evidence& evidence);

  std::vector<std::string> notices_;
  std::map<std::int64_t, std::string> lastNotice_;  // the last notice about each session, by its number
};

}  // namespace leptir::sqlite

// What this process can tell of the instance that opened a session: whether it is dead, and whether its processes may
// be ended. The whole rule, with its reasons: docs/adr/proof-of-death.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace leptir {

// What a session's row says of where it was opened.
struct SessionOrigin {
  enum class File {
    This,        // the file that the row was read from
    Other,       // the row came along in a copy or a backup
    NotRecorded  // an earlier version of leptir opened it
  };
  std::string instance;
  File file = File::NotRecorded;
  std::int64_t lock = 0;  // inode of the instance's lock file then; 0: not recorded
  std::string boot;       // base/process_view.h; empty: not recorded
  std::string visible;
};

struct Evidence {
  enum class Verdict {
    Lives,
    CannotTell,     // it counts as alive; `reason` says why
    Dead,           // `reason` says how that is known
    NotOfThisFile,  // whether it lives or not: what it holds here is of no use to it
  };
  Verdict verdict = Verdict::CannotTell;
  std::string reason;
  bool mayEndProcesses = false;  // Dead: what it left on this machine
  UniqueFd lock;                 // Dead: the instance's lock, if there is one; keep it until the session is claimed
};

Evidence evidenceOf(const SessionOrigin& origin, const std::filesystem::path& database);

}  // namespace leptir

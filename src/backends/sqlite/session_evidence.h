// Whether the instance that opened a session is dead, as far as this process can tell, and whether its processes may be
// killed. The whole rule, with its reasons: docs/adr/proof-of-death.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace leptir::sqlite {

// Where a session was opened, as its row in leptir_sessions says.
struct SessionOrigin {
  enum class File {
    This,        // in the database file that the row was read from
    Other,       // in another file, of which this one is a copy or a backup
    NotRecorded  // opened by an earlier version of leptir
  };
  std::string instance;
  File file = File::NotRecorded;
  std::int64_t lock = 0;  // inode of the instance's lock file at that time; 0: not recorded
  std::string boot;       // boot id of its machine (base::ProcessView::boot); empty: not recorded
  std::string visible;    // what it could see in /proc (base::ProcessView::visible); empty: not recorded
};

struct Evidence {
  enum class Liveness {
    Alive,
    CannotTell,     // the instance counts as alive; `reason` says why
    Dead,           // `reason` says what proves it
    NotOfThisFile,  // even if it lives, it works on another file and cannot use its leases in this one
  };
  Liveness liveness = Liveness::CannotTell;
  std::string reason;
  bool mayKillProcesses = false;  // Dead: its remaining processes on this machine may be killed
  base::UniqueFd lock;            // Dead: the instance's lock, if there is one; keep it until the session is claimed
};

Evidence evidenceOf(const SessionOrigin& origin, const std::filesystem::path& database);

}  // namespace leptir::sqlite

// Reads the rows of leptir_sessions. Statements select its columns by the list here, whose order the enum follows.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/sqlite/session_evidence.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqlite {

class SqliteStatement;

// As SQL text (sql_text.h). The last but one: 1 if the session was opened in this file, 0 in another one, -1 unknown.
inline constexpr std::string_view kSessionColumns =
    "number, instance, epoch, state, host, pid, version, workers, lock, boot, visible,"
    " coalesce(file = {this_file}, -1), {is_superseded}";

enum class SessionColumn {
  Number,
  Instance,
  Epoch,  // counts the sessions of the instance; a renewal keeps it
  State,
  Host,
  Pid,
  Version,
  Workers,
  Lock,
  Boot,
  Visible,
  IsOfThisFile,
  IsSuperseded,
  AfterAll  // the first column that a statement adds
};

struct SessionRow {
  std::int64_t number = 0;
  std::uint64_t epoch = 0;
  std::int64_t state = 0;  // kSessionOpen, kSessionClaimed or kSessionEnded
  SessionInfo info;
  SessionOrigin origin;
  bool isSuperseded = false;  // the instance has opened a later session
};

// The row at which the statement stands.
SessionRow readSession(const SqliteStatement& row);

}  // namespace leptir::sqlite

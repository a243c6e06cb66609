#include "backends/sqlite/session_row.h"

#include "backends/sqlite/sqlite_statement.h"
#include "base/saturated.h"

namespace leptir::sqlite {
namespace {

SessionOrigin::File fileOf(std::int64_t isOfThisFile) {
  if (isOfThisFile < 0) return SessionOrigin::File::NotRecorded;
  return isOfThisFile == 0 ? SessionOrigin::File::Other : SessionOrigin::File::This;
}

}  // namespace

SessionRow readSession(const SqliteStatement& row) {
  const auto integer = [&row](SessionColumn column) { return row.integer(column); };
  const auto text = [&row](SessionColumn column) { return std::string(row.text(column)); };
  SessionInfo info{.host = text(SessionColumn::Host),
                   .pid = base::saturatedCast<int>(integer(SessionColumn::Pid)),
                   .version = text(SessionColumn::Version),
                   .workers = base::saturatedCast<int>(integer(SessionColumn::Workers))};
  SessionOrigin origin{.instance = text(SessionColumn::Instance),
                       .file = fileOf(integer(SessionColumn::IsOfThisFile)),
                       .lock = integer(SessionColumn::Lock),
                       .boot = text(SessionColumn::Boot),
                       .visible = text(SessionColumn::Visible)};
  return {.number = integer(SessionColumn::Number),
          .epoch = static_cast<std::uint64_t>(integer(SessionColumn::Epoch)),
          .state = integer(SessionColumn::State),
          .info = std::move(info),
          .origin = std::move(origin),
          .isSuperseded = integer(SessionColumn::IsSuperseded) != 0};
}

}  // namespace leptir::sqlite

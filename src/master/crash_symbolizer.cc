#include "master/crash_symbolizer.h"

#include <csignal>

#include "master/stack_symbolizer.h"

namespace leptir::master {
namespace {

constexpr Duration kMaxSymbolizingTime = std::chrono::seconds(1);

int writeStack(link::Slot& slot, std::size_t cell, const link::CrashReport& report) {
  slot.verdicts().writeSymbolizedStack(
      cell, link::encodeSymbolizedStack(describeException(report), {}));  // should resolving the stack take too long
  slot.verdicts().writeSymbolizedStack(cell,
                                       link::encodeSymbolizedStack(describeException(report), symbolizeStack(report)));
  return 0;
}

}  // namespace

std::optional<CrashSymbolizer> CrashSymbolizer::begin(MasterContext& context, link::Slot& slot, std::size_t cell,
                                                      std::shared_ptr<const link::CrashReport> report, BootTime now) {
  slot.verdicts().beginSymbolizing(cell);
  auto child = context.start("The crash symbolizer", [&context, &slot, cell, report = std::move(report)] {
    context.board.makeReadOnly();
    return writeStack(slot, cell, *report);
  });
  if (child) return CrashSymbolizer(std::move(*child), slot, cell, now + kMaxSymbolizingTime);
  slot.verdicts().endSymbolizing(cell);
  return std::nullopt;
}

void CrashSymbolizer::announceEnd() {
  slot_->verdicts().endSymbolizing(cell_);
}

bool CrashSymbolizer::killIfLate(BootTime now) {
  if (killed_ || now < until_) return false;
  child_.signal(SIGKILL);
  killed_ = true;
  return true;
}

}  // namespace leptir::master

#include "master/crash_symbolizer.h"

#include <csignal>

#include "master/stack_symbolizer.h"

namespace leptir::master {
namespace {

constexpr Duration kLongest = std::chrono::seconds(1);

int perform(link::Slot& slot, std::size_t cell, const link::CrashReport& words) {
  slot.writeSymbolizedStack(
      cell, link::encodeSymbolizedStack(describeException(words), {}));  // should resolving the stack take too long
  slot.writeSymbolizedStack(cell, link::encodeSymbolizedStack(describeException(words), symbolizeStack(words)));
  return 0;
}

}  // namespace

std::optional<CrashSymbolizer> CrashSymbolizer::begin(MasterContext& children, link::Slot& slot, std::size_t cell,
                                                      std::shared_ptr<const link::CrashReport> words, BootTime now) {
  slot.beginSymbolizing(cell);
  auto child = children.start("The crash symbolizer", [&children, &slot, cell, words = std::move(words)] {
    children.board.makeReadOnly();
    return perform(slot, cell, *words);
  });
  if (child) return CrashSymbolizer(std::move(*child), slot, cell, now + kLongest);
  slot.endSymbolizing(cell);
  return std::nullopt;
}

void CrashSymbolizer::end() {
  slot_->endSymbolizing(cell_);
}

bool CrashSymbolizer::tick(BootTime now) {
  if (killed_ || now < until_) return false;
  child_.signal(SIGKILL);
  killed_ = true;
  return true;
}

}  // namespace leptir::master

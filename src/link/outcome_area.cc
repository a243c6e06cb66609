#include "link/outcome_area.h"

#include <cassert>
#include <cstring>

#include "link/slot_layout.h"

namespace leptir::link {

char* OutcomeArea::bodyOf(std::size_t cell, bool large) const {
  return memory_ + (large ? kSlotLayout.largeOutcome : kSlotLayout.outcomeBodies + cell * kBodyStride);
}

void OutcomeArea::beginRun(std::size_t cell, BootTime now, int pid) {
  auto& header = workerPart(memory_).outcomes[cell];
  header.bytes = 0;
  header.cpuMicrosBefore = Duration::max().count();
  header.pid = pid;
  header.startedBoot = now.time_since_epoch().count();
}

void OutcomeArea::noteCpuTimeBefore(std::size_t cell, Duration cpuTime) {
  workerPart(memory_).outcomes[cell].cpuMicrosBefore = cpuTime.count();
}

bool OutcomeArea::write(std::size_t cell, std::string_view outcome) {
  assert(outcome.size() <= kLargeBodyBytes && "outcomes are cut to kMaxOutcomeBytes before they come here");
  const bool large = outcome.size() > kCellBodyBytes;
  if (large && !claimLargeArea(cell)) return false;
  const auto checksum = checksumOf(outcome);  // before the copy: a kill during the copy spoils the previous outcome
  std::memcpy(bodyOf(cell, large), outcome.data(), outcome.size());
  auto& header = workerPart(memory_).outcomes[cell];
  header.large = large;
  header.bytes = static_cast<std::uint32_t>(outcome.size());
  header.checksum = checksum;
  return true;
}

bool OutcomeArea::claimLargeArea(std::size_t cell) {
  auto& part = workerPart(memory_);
  const auto owner = part.largeOutcomeCell % kCells;
  const auto holder = wordIn(memory_, owner);
  const bool waits = holder.state == CellState::Done || holder.state == CellState::Died;
  if (waits && owner != cell && holder.generation + 1 == part.largeOutcomeGeneration) return false;
  part.largeOutcomeCell = cell;
  part.largeOutcomeGeneration = wordIn(memory_, cell).generation + 1;
  return true;
}

Result<std::string_view> OutcomeArea::read(std::size_t cell) const {
  const OutcomeHeader header = workerPart(memory_).outcomes[cell];
  const bool large = header.large != 0;
  if (header.bytes > (large ? kLargeBodyBytes : kCellBodyBytes))
    return Error(ErrorCode::Corrupt, "the outcome's size makes no sense");
  const std::string_view outcome(bodyOf(cell, large), header.bytes);
  if (checksumOf(outcome) != header.checksum) return Error(ErrorCode::Corrupt, "the outcome's checksum is wrong");
  return outcome;
}

BootTime OutcomeArea::startedBoot(std::size_t cell) const {
  return BootTime(Duration(workerPart(memory_).outcomes[cell].startedBoot));
}

Duration OutcomeArea::cpuTimeBefore(std::size_t cell) const {
  return Duration(workerPart(memory_).outcomes[cell].cpuMicrosBefore);
}

int OutcomeArea::workerPid(std::size_t cell) const {
  return workerPart(memory_).outcomes[cell].pid;
}

}  // namespace leptir::link

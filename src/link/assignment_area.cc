#include "link/assignment_area.h"

#include <cstring>
#include <string>

#include "base/utf8.h"
#include "link/slot_layout.h"

namespace leptir::link {

char* AssignmentArea::bodyOf(std::size_t cell, bool large) const {
  return memory_ + (large ? kSlotLayout.largeAssignment : kSlotLayout.assignmentBodies + cell * kBodyStride);
}

Result<void> AssignmentArea::write(std::size_t cell, const Assignment& assignment) {
  const auto& handle = assignment.lease.handle;
  const auto bytes = handle.size() + assignment.envelope.size();
  const bool large = needsLargeArea(handle.size(), assignment.envelope.size());
  if (bytes > kLargeBodyBytes)
    return Error(ErrorCode::TooLarge, "an envelope of " + std::to_string(bytes) + " bytes is too large for a slot");

  auto& header = assignmentPart(memory_).headers[cell];
  header.sequence = assignment.sequence;
  header.broker = assignment.broker;
  header.epoch = assignment.epoch;
  header.leaseNumber = assignment.lease.number;
  header.counters = assignment.counters;
  header.timeLimitMicros = assignment.timeLimit.count();
  header.assignedBoot = assignment.assigned.time_since_epoch().count();
  header.handleBytes = static_cast<std::uint32_t>(handle.size());
  header.envelopeBytes = static_cast<std::uint32_t>(assignment.envelope.size());
  header.large = large;
  header.needsFreshWorker = assignment.needsFreshWorker;
  header.settleStarts = 0;
  header.generation = wordIn(memory_, cell).generation;
  char* body = bodyOf(cell, large);
  handle.copy(body, handle.size());
  std::memcpy(body + handle.size(), assignment.envelope.data(), assignment.envelope.size());
  return {};
}

Assignment AssignmentArea::read(std::size_t cell) const {
  const auto& from = header(cell);
  Assignment assignment;
  assignment.sequence = from.sequence;
  assignment.broker = from.broker;
  assignment.epoch = from.epoch;
  assignment.lease = {from.leaseNumber, std::string(bodyOf(cell, from.large != 0), from.handleBytes)};
  assignment.counters = from.counters;
  assignment.timeLimit = Duration(from.timeLimitMicros);
  assignment.assigned = BootTime(Duration(from.assignedBoot));
  assignment.needsFreshWorker = from.needsFreshWorker != 0;
  assignment.envelope = envelope(cell);
  return assignment;
}

const AssignmentHeader& AssignmentArea::header(std::size_t cell) const {
  return assignmentPart(memory_).headers[cell];
}

std::string_view AssignmentArea::envelope(std::size_t cell) const {
  const auto& from = header(cell);
  return {bodyOf(cell, from.large != 0) + from.handleBytes, from.envelopeBytes};
}

std::uint32_t AssignmentArea::countSettleStart(std::size_t cell) {
  return ++assignmentPart(memory_).headers[cell].settleStarts;
}

void AssignmentArea::forgetSettleStarts(std::size_t cell) {
  assignmentPart(memory_).headers[cell].settleStarts = 0;
}

void AssignmentArea::forgetAllSettleStarts() {
  for (auto& header : assignmentPart(memory_).headers) header.settleStarts = 0;
}

void AssignmentArea::requestStop(std::size_t cell, StopReason reason, std::string_view by) {
  auto& request = assignmentPart(memory_).stopRequests[cell];
  const auto bytes = base::utf8Prefix(by, sizeof request.by - 1).size();
  std::memcpy(request.by, by.data(), bytes);
  request.by[bytes] = '\0';
  request.word = CellWord{CellState::Stopping, reason, wordIn(memory_, cell).generation}.pack();
}

StopReason AssignmentArea::stopRequestFor(std::size_t cell, CellWord word) const {
  const auto request = CellWord::unpack(assignmentPart(memory_).stopRequests[cell].word);
  const bool stands = request.state == CellState::Stopping && request.generation == word.generation;
  return stands ? request.reason : StopReason::None;
}

std::string_view AssignmentArea::stopRequestedBy(std::size_t cell) const {
  return assignmentPart(memory_).stopRequests[cell].by;
}

}  // namespace leptir::link

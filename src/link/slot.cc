#include "link/slot.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/utf8.h"
#include "link/slot_layout.h"

namespace leptir::link {

Result<Slot> Slot::create() {
  static_assert(sizeof(WorkerPart) <= kLayout.outcomeBodies);
  static_assert(sizeof(AssignmentPart) <= kLayout.assignmentBodies - kLayout.assignmentPart);
  static_assert(sizeof(VerdictPart) <= kLayout.symbolizedStacks - kLayout.verdictPart);
  void* memory =
      ::mmap(nullptr, kLayout.end, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return Error(ErrorCode::Unavailable, std::string("cannot map the memory of a slot: ") + std::strerror(errno));
  }
  // Keeps parameters and results of tasks out of the core files of workers.
  ::madvise(memory, kLayout.end, MADV_DONTDUMP);
  return Slot(memory);
}

Slot::Slot(Slot&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
Slot& Slot::operator=(Slot&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}
Slot::~Slot() {
  unmap();
}

void Slot::unmap() {
  if (memory_ != nullptr) ::munmap(std::exchange(memory_, nullptr), kLayout.end);
}

Result<void> Slot::confineToWorker() {
  // RLIMIT_AS counts mapped addresses, so the part that a worker never reads is unmapped.
  ::munmap(static_cast<char*>(memory_) + kLayout.symbolizedStacks, kLayout.end - kLayout.symbolizedStacks);
  char* readOnly = static_cast<char*>(memory_) + kLayout.assignmentPart;
  if (::mprotect(readOnly, kLayout.symbolizedStacks - kLayout.assignmentPart, PROT_READ) != 0) {
    return Error(ErrorCode::Internal, std::string("cannot make a slot read-only: ") + std::strerror(errno));
  }
  return {};
}

Slot::WorkerPart& Slot::workerPart() const {
  return *static_cast<WorkerPart*>(memory_);
}
Slot::AssignmentPart& Slot::assignmentPart() const {
  return *reinterpret_cast<AssignmentPart*>(static_cast<char*>(memory_) + kLayout.assignmentPart);
}
Slot::VerdictPart& Slot::verdictPart() const {
  return *reinterpret_cast<VerdictPart*>(static_cast<char*>(memory_) + kLayout.verdictPart);
}
char* Slot::outcomeBody(std::size_t cell) const {
  return static_cast<char*>(memory_) + kLayout.outcomeBodies + cell * kBodyStride;
}
char* Slot::assignmentBody(std::size_t cell) const {
  return static_cast<char*>(memory_) + kLayout.assignmentBodies + cell * kBodyStride;
}
char* Slot::largeOutcome() const {
  return static_cast<char*>(memory_) + kLayout.largeOutcome;
}
char* Slot::largeAssignment() const {
  return static_cast<char*>(memory_) + kLayout.largeAssignment;
}
char* Slot::symbolizedStackBody(std::size_t cell) const {
  return static_cast<char*>(memory_) + kLayout.symbolizedStacks + cell * kSymbolizedStackBytes;
}

CellWord Slot::word(std::size_t cell) const {
  return CellWord::unpack(workerPart().words[cell].load(std::memory_order_acquire));
}

bool Slot::change(std::size_t cell, CellWord from, CellWord to) {
  auto expected = from.pack();
  return workerPart().words[cell].compare_exchange_strong(expected, to.pack(), std::memory_order_seq_cst);
}

Result<void> Slot::writeAssignment(std::size_t cell, const Assignment& assignment) {
  const auto& handle = assignment.lease.handle;
  const auto bytes = handle.size() + assignment.envelope.size();
  const bool large = needsLargeArea(handle.size(), assignment.envelope.size());
  if (bytes > kLargeBodyBytes)
    return Error(ErrorCode::TooLarge, "an envelope of " + std::to_string(bytes) + " bytes is too large for a slot");

  auto& header = assignmentPart().headers[cell];
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
  header.settleTries = 0;
  header.generation = word(cell).generation;
  char* body = large ? largeAssignment() : assignmentBody(cell);
  handle.copy(body, handle.size());
  std::memcpy(body + handle.size(), assignment.envelope.data(), assignment.envelope.size());
  return {};
}

const AssignmentHeader& Slot::assignmentHeader(std::size_t cell) const {
  return assignmentPart().headers[cell];
}

std::uint32_t Slot::countSettleTry(std::size_t cell) {
  return ++assignmentPart().headers[cell].settleTries;
}

void Slot::forgetSettleTries(std::size_t cell) {
  assignmentPart().headers[cell].settleTries = 0;
}

void Slot::forgetSettleTries() {
  for (auto& header : assignmentPart().headers) header.settleTries = 0;
}

std::string_view Slot::envelopeIn(std::size_t cell) const {
  const auto& header = assignmentPart().headers[cell];
  return {(header.large ? largeAssignment() : assignmentBody(cell)) + header.handleBytes, header.envelopeBytes};
}

Assignment Slot::readAssignment(std::size_t cell) const {
  const auto& header = assignmentPart().headers[cell];
  const char* body = header.large ? largeAssignment() : assignmentBody(cell);
  Assignment assignment;
  assignment.sequence = header.sequence;
  assignment.broker = header.broker;
  assignment.epoch = header.epoch;
  assignment.lease = {header.leaseNumber, std::string(body, header.handleBytes)};
  assignment.counters = header.counters;
  assignment.timeLimit = Duration(header.timeLimitMicros);
  assignment.assigned = BootTime(Duration(header.assignedBoot));
  assignment.needsFreshWorker = header.needsFreshWorker != 0;
  assignment.envelope = envelopeIn(cell);
  return assignment;
}

void Slot::begin(std::size_t cell, BootTime now, int pid) {
  auto& header = workerPart().outcomes[cell];
  header.bytes = 0;
  header.cpuMicrosBefore = Duration::max().count();
  header.pid = pid;
  header.startedBoot = now.time_since_epoch().count();
}

bool Slot::writeOutcome(std::size_t cell, std::string_view outcome) {
  auto& part = workerPart();
  assert(outcome.size() <= kLargeBodyBytes && "outcomes are cut to kMaxOutcomeBytes before they come here");
  const bool large = outcome.size() > kCellBodyBytes;
  if (large) {
    const auto owner = part.largeOutcomeCell % kCells;
    const auto holder = word(owner);
    const bool waits = holder.state == CellState::Done || holder.state == CellState::Died;
    if (waits && owner != cell && holder.generation + 1 == part.largeOutcomeGeneration) return false;
    part.largeOutcomeCell = cell;
    part.largeOutcomeGeneration = word(cell).generation + 1;
  }
  const auto checksum = checksumOf(outcome);  // before the copy: a kill during the copy spoils the previous outcome
  std::memcpy(large ? largeOutcome() : outcomeBody(cell), outcome.data(), outcome.size());
  auto& header = part.outcomes[cell];
  header.large = large;
  header.bytes = static_cast<std::uint32_t>(outcome.size());
  header.checksum = checksum;
  return true;
}

Result<std::string_view> Slot::readOutcome(std::size_t cell) const {
  const OutcomeHeader header = workerPart().outcomes[cell];
  const bool large = header.large != 0;
  if (header.bytes > (large ? kLargeBodyBytes : kCellBodyBytes))
    return Error(ErrorCode::Corrupt, "the outcome's size makes no sense");
  const std::string_view outcome(large ? largeOutcome() : outcomeBody(cell), header.bytes);
  if (checksumOf(outcome) != header.checksum) return Error(ErrorCode::Corrupt, "the outcome's checksum is wrong");
  return outcome;
}

void Slot::noteCpuTimeBefore(std::size_t cell, Duration cpuTime) {
  workerPart().outcomes[cell].cpuMicrosBefore = cpuTime.count();
}

Duration Slot::cpuTimeBefore(std::size_t cell) const {
  return Duration(workerPart().outcomes[cell].cpuMicrosBefore);
}

int Slot::workerPid(std::size_t cell) const {
  return workerPart().outcomes[cell].pid;
}

BootTime Slot::startedBoot(std::size_t cell) const {
  return BootTime(Duration(workerPart().outcomes[cell].startedBoot));
}

void Slot::cancelRequest(std::size_t cell, StopReason reason, std::string_view by) {
  auto& request = assignmentPart().cancelRequests[cell];
  const auto bytes = base::utf8Prefix(by, sizeof request.by - 1).size();
  std::memcpy(request.by, by.data(), bytes);
  request.by[bytes] = '\0';
  request.word = CellWord{CellState::Stopping, reason, word(cell).generation}.pack();
}

StopReason Slot::cancelRequestFor(std::size_t cell, CellWord word) const {
  const auto request = CellWord::unpack(assignmentPart().cancelRequests[cell].word);
  const bool stands = request.state == CellState::Stopping && request.generation == word.generation;
  return stands ? request.reason : StopReason::None;
}

void Slot::writeKeptDescendants(const std::vector<base::ProcessInfo>& processes) {
  auto& part = workerPart();
  part.keptDescendantCount = 0;  // should the worker be killed during the copy
  const auto count = std::min(processes.size(), kMaxKeptDescendants);
  std::copy_n(processes.begin(), count, part.keptDescendants);
  part.keptDescendantCount.store(static_cast<std::uint32_t>(count), std::memory_order_release);
}

std::vector<base::ProcessInfo> Slot::readKeptDescendants() const {
  const auto& part = workerPart();
  const auto count =
      std::min<std::size_t>(part.keptDescendantCount.load(std::memory_order_acquire), kMaxKeptDescendants);
  return {part.keptDescendants, part.keptDescendants + count};
}

void Slot::writeProgress(double fraction, std::string_view text) {
  auto& progress = workerPart().progress;
  const base::SequenceLock::WriteGuard writing(progress.lock);
  progress.fraction = std::clamp(fraction, 0.0, 1.0);
  progress.text = text;
}

std::pair<double, std::string> Slot::readProgress() const {
  const auto& progress = workerPart().progress;
  double fraction = 0;
  std::string text;
  const bool whole = progress.lock.read([&] {
    fraction = progress.fraction.load();
    text = progress.text.load();
  });
  const bool makesSense = fraction >= 0 && fraction <= 1;  // a task may have overwritten it
  if (!whole || !makesSense) return {0, {}};
  return {fraction, std::move(text)};
}

std::atomic<std::uint32_t>& Slot::workerSleeps() {
  return workerPart().workerSleeps;
}
std::atomic<std::uint32_t>& Slot::workerReady() {
  return workerPart().workerReady;
}

std::atomic<std::uint32_t>& Slot::workerMustExit() {
  return verdictPart().workerMustExit;
}
bool Slot::mustWorkerExit() const {
  return verdictPart().workerMustExit.load() != 0;
}

std::optional<std::size_t> Slot::firstAssigned() const {
  std::optional<std::size_t> first;
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    if (word(cell).state != CellState::Assigned) continue;
    if (!first || assignmentHeader(cell).sequence < assignmentHeader(*first).sequence) first = cell;
  }
  return first;
}

std::optional<std::size_t> Slot::running() const {
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const auto state = word(cell).state;
    if (state == CellState::Executing || state == CellState::Stopping) return cell;
  }
  return std::nullopt;
}

}  // namespace leptir::link

#include "link/slot.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace leptir {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t roundUp(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

// An odd number of cache lines apart, so that the beginnings of bodies do not all compete for the same few sets of the
// caches.
constexpr std::size_t kBodyStride = kCellBodyBytes + 64;

// The master gives an autopsy a second; this is for a master that is late.
constexpr Duration kLongestAutopsy = std::chrono::seconds(3);

}  // namespace

struct Slot::WorkerPart {
  std::atomic<std::uint64_t> words[kCells];
  OutcomeHeader outcomes[kCells];
  alignas(64) std::atomic<std::uint32_t> workerSleeps;
  std::atomic<std::uint32_t> workerReady;
  // The cell whose outcome lies in the large area, and that cell's generation + 1; 0: nobody's.
  std::uint64_t largeOutcomeCell;
  std::uint64_t largeOutcomeGeneration;
  SlotProgress progress;
};

struct Slot::AssignmentPart {
  std::atomic<std::uint64_t> stderrCarried;
  AssignmentHeader headers[kCells];
};

struct Slot::VerdictPart {
  VerdictHeader verdicts[kCells];
};

namespace {

// Byte offsets of the parts. Worker-writable parts come first, then those that are read-only for it.
struct Layout {
  std::size_t workerPart, outcomeBodies, largeOutcome, lastWords;
  std::size_t assignmentPart, assignmentBodies, largeAssignment, verdictPart, autopsies;
  std::size_t end;
};

template <std::size_t WorkerBytes, std::size_t AssignmentBytes, std::size_t VerdictBytes>
constexpr Layout layOut() {
  Layout l{};
  l.workerPart = 0;
  l.outcomeBodies = roundUp(WorkerBytes);
  l.largeOutcome = l.outcomeBodies + roundUp(kCells * kBodyStride);
  l.lastWords = l.largeOutcome + roundUp(kLargeBodyBytes);
  l.assignmentPart = l.lastWords + roundUp(sizeof(LastWords));
  l.assignmentBodies = l.assignmentPart + roundUp(AssignmentBytes);
  l.largeAssignment = l.assignmentBodies + roundUp(kCells * kBodyStride);
  l.verdictPart = l.largeAssignment + roundUp(kLargeBodyBytes);
  l.autopsies = l.verdictPart + roundUp(VerdictBytes);
  l.end = l.autopsies + kCells * kAutopsyBytes;
  return l;
}

constexpr Layout kLayout = layOut<kCells * (8 + sizeof(OutcomeHeader)) + 64 * 8, kCells * sizeof(AssignmentHeader) + 64,
                                  kCells * sizeof(VerdictHeader)>();

}  // namespace

Result<Slot> Slot::create() {
  static_assert(sizeof(WorkerPart) <= kLayout.outcomeBodies);
  void* memory =
      ::mmap(nullptr, kLayout.end, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return Error(ErrorCode::Unavailable, std::string("shared memory of a slot: ") + std::strerror(errno));
  }
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
  char* readOnly = static_cast<char*>(memory_) + kLayout.assignmentPart;
  if (::mprotect(readOnly, kLayout.end - kLayout.assignmentPart, PROT_READ) != 0) {
    return Error(ErrorCode::Internal, std::string("mprotect: ") + std::strerror(errno));
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
char* Slot::autopsyBody(std::size_t cell) const {
  return static_cast<char*>(memory_) + kLayout.autopsies + cell * kAutopsyBytes;
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
    return Error(ErrorCode::TooLarge, "an envelope of " + std::to_string(bytes) + " bytes fits no slot");

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
  char* body = large ? largeAssignment() : assignmentBody(cell);
  std::memcpy(body, handle.data(), handle.size());
  std::memcpy(body + handle.size(), assignment.envelope.data(), assignment.envelope.size());
  return {};
}

const AssignmentHeader& Slot::assignmentHeader(std::size_t cell) const {
  return assignmentPart().headers[cell];
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
  assignment.envelope = std::string_view(body + header.handleBytes, header.envelopeBytes);
  return assignment;
}

void Slot::begin(std::size_t cell, BootTime now) {
  auto& header = workerPart().outcomes[cell];
  header.bytes = 0;
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
  std::memcpy(large ? largeOutcome() : outcomeBody(cell), outcome.data(), outcome.size());
  auto& header = part.outcomes[cell];
  header.large = large;
  header.bytes = static_cast<std::uint32_t>(outcome.size());
  header.checksum = checksumOf(outcome);
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

BootTime Slot::startedBoot(std::size_t cell) const {
  return BootTime(Duration(workerPart().outcomes[cell].startedBoot));
}

void Slot::writeVerdict(std::size_t cell, const Verdict& verdict) {
  auto& header = verdictPart().verdicts[cell];
  header.startedBoot = verdict.started.time_since_epoch().count();
  header.endedBoot = verdict.ended.time_since_epoch().count();
  header.pid = verdict.pid;
  header.signal = verdict.signal;
  header.exitCode = verdict.exitCode;
  header.cpuMicros = verdict.cpuTime.count();
  header.maxRssBytes = verdict.maxRss;
  header.lastWords = verdict.lastWords;
  header.oomKilled = verdict.oomKilled;
  header.sender = verdict.sender;
  header.faultAddress = verdict.faultAddress;
  header.stderrFrom = verdict.stderrFrom;
  header.stderrTo = verdict.stderrTo;
  header.autopsyBytes = 0;
  header.autopsy = static_cast<std::uint32_t>(AutopsyState::None);
}

Verdict Slot::readVerdict(std::size_t cell) const {
  const auto& header = verdictPart().verdicts[cell];
  Verdict verdict;
  verdict.reason = word(cell).reason;
  verdict.started = BootTime(Duration(header.startedBoot));
  verdict.ended = BootTime(Duration(header.endedBoot));
  verdict.pid = header.pid;
  verdict.signal = header.signal;
  verdict.exitCode = header.exitCode;
  verdict.cpuTime = Duration(header.cpuMicros);
  verdict.maxRss = header.maxRssBytes;
  verdict.lastWords = header.lastWords;
  verdict.oomKilled = header.oomKilled != 0;
  verdict.sender = header.sender;
  verdict.faultAddress = header.faultAddress;
  verdict.stderrFrom = header.stderrFrom;
  verdict.stderrTo = header.stderrTo;
  readAutopsy(cell, verdict);
  return verdict;
}

void Slot::readAutopsy(std::size_t cell, Verdict& verdict) const {
  const auto bytes = std::min<std::size_t>(verdictPart().verdicts[cell].autopsyBytes, kAutopsyBytes);
  std::string_view text(autopsyBody(cell), bytes);
  for (bool first = true; !text.empty(); first = false) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (first) {
      verdict.exception = line;
    } else {
      verdict.stack.emplace_back(line);
    }
  }
}

LastWords& Slot::lastWords() const {
  return *reinterpret_cast<LastWords*>(static_cast<char*>(memory_) + kLayout.lastWords);
}

void Slot::forgetLastWords() {
  lastWords().kind = LastWordsKind::None;
}

std::unique_ptr<LastWords> Slot::heardLastWords(int pid) const {
  const auto kind = std::atomic_ref(lastWords().kind).load(std::memory_order_acquire);
  if (kind == LastWordsKind::None || kind > LastWordsKind::Stopped) return nullptr;
  auto words = std::make_unique<LastWords>(lastWords());
  if (words->pid != pid) return nullptr;
  words->kind = kind;
  words->frames = std::min<std::uint32_t>(words->frames, kLastFrames);
  words->mapsBytes = std::min<std::uint32_t>(words->mapsBytes, kLastMapsBytes);
  words->exceptionType[kLastTextBytes - 1] = words->exceptionText[kLastTextBytes - 1] = '\0';
  return words;
}

void Slot::openAutopsy(std::size_t cell) {
  verdictPart().verdicts[cell].autopsy = static_cast<std::uint32_t>(AutopsyState::Underway);
}

void Slot::writeAutopsy(std::size_t cell, std::string_view text) {
  text = text.substr(0, kAutopsyBytes);
  std::memcpy(autopsyBody(cell), text.data(), text.size());
  verdictPart().verdicts[cell].autopsyBytes = static_cast<std::uint32_t>(text.size());
}

void Slot::closeAutopsy(std::size_t cell) {
  verdictPart().verdicts[cell].autopsy = static_cast<std::uint32_t>(AutopsyState::Done);
}

bool Slot::isAutopsyUnderway(std::size_t cell, BootTime now) const {
  const auto& header = verdictPart().verdicts[cell];
  return header.autopsy.load() == static_cast<std::uint32_t>(AutopsyState::Underway) &&
         now < BootTime(Duration(header.endedBoot)) + kLongestAutopsy;
}

std::atomic<std::uint64_t>& Slot::stderrCarried() const {
  return assignmentPart().stderrCarried;
}

std::string encodeAutopsy(std::string_view exception, const std::vector<std::string>& stack) {
  constexpr std::string_view kCut = "\n… (cut)";
  std::string text;
  const auto addLine = [&text](std::string_view line) {
    for (const char c : line) text += c == '\n' || c == '\0' ? ' ' : c;
  };
  addLine(exception);
  for (const auto& frame : stack) {
    const auto before = text.size();
    text += '\n';
    addLine(frame);
    if (text.size() + kCut.size() <= kAutopsyBytes) continue;
    text.resize(before);
    return text.append(kCut);
  }
  return text;
}

void Slot::writeProgress(double fraction, std::string_view text) {
  auto& progress = workerPart().progress;
  // Odd while it is written, also when an earlier worker was killed half way.
  const auto odd = (progress.version.load(std::memory_order_relaxed) + 1) | 1;
  progress.version.exchange(odd, std::memory_order_acq_rel);
  progress.fraction = std::clamp(fraction, 0.0, 1.0);
  const auto bytes = std::min(text.size(), sizeof progress.text - 1);
  std::memcpy(progress.text, text.data(), bytes);
  progress.text[bytes] = '\0';
  progress.version.store(odd + 1, std::memory_order_release);
}

std::pair<double, std::string> Slot::readProgress() const {
  const auto& progress = workerPart().progress;
  for (int tries = 0; tries < 100; ++tries) {
    const auto before = progress.version.load(std::memory_order_acquire);
    const double fraction = progress.fraction;
    const std::string text(progress.text, ::strnlen(progress.text, sizeof progress.text));
    std::atomic_thread_fence(std::memory_order_acquire);
    const bool whole = before % 2 == 0 && before == progress.version.load(std::memory_order_relaxed);
    if (whole && fraction >= 0 && fraction <= 1) return {fraction, text};
  }
  return {0, {}};
}

std::atomic<std::uint32_t>& Slot::workerSleeps() {
  return workerPart().workerSleeps;
}
std::atomic<std::uint32_t>& Slot::workerReady() {
  return workerPart().workerReady;
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

}  // namespace leptir

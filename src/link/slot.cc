#include "link/slot.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "link/slot_layout.h"

namespace leptir::link {

Result<Slot> Slot::create() {
  void* memory =
      ::mmap(nullptr, kSlotLayout.end, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return Error(ErrorCode::Unavailable, "cannot map the memory of a slot: " + base::errnoText(errno));
  // Keeps parameters and results of tasks out of the core files of workers.
  ::madvise(memory, kSlotLayout.end, MADV_DONTDUMP);
  return Slot(static_cast<char*>(memory));
}

void Slot::Unmap::operator()(char* memory) const {
  ::munmap(memory, kSlotLayout.end);
}

void Slot::unmap() {
  memory_.reset();
}

Result<void> Slot::confineToWorker() {
  // RLIMIT_AS counts mapped addresses, so the part that a worker never reads is unmapped.
  ::munmap(memory_.get() + kSlotLayout.symbolizedStacks, kSlotLayout.end - kSlotLayout.symbolizedStacks);
  char* readOnly = memory_.get() + kSlotLayout.assignmentPart;
  if (::mprotect(readOnly, kSlotLayout.symbolizedStacks - kSlotLayout.assignmentPart, PROT_READ) != 0)
    return Error(ErrorCode::Internal, "cannot make a slot read-only: " + base::errnoText(errno));
  return {};
}

CellWord Slot::word(std::size_t cell) const {
  return wordIn(memory_.get(), cell);
}

bool Slot::change(std::size_t cell, CellWord from, CellWord to) {
  auto expected = from.pack();
  auto& word = workerPart(memory_.get()).words[cell];
  return word.compare_exchange_strong(expected, to.pack(), std::memory_order_seq_cst);
}

CrashReport& Slot::crashReport() const {
  return *reinterpret_cast<CrashReport*>(memory_.get() + kSlotLayout.crashReport);
}

std::atomic<std::uint64_t>& Slot::stderrForwarded() const {
  return assignmentPart(memory_.get()).stderrForwarded;
}

void Slot::writeKeptDescendants(const std::vector<base::ProcessInfo>& processes) {
  auto& part = workerPart(memory_.get());
  part.keptDescendantCount = 0;  // should the worker be killed during the copy
  const auto count = std::min(processes.size(), kMaxKeptDescendants);
  std::copy_n(processes.begin(), count, part.keptDescendants);
  part.keptDescendantCount.store(static_cast<std::uint32_t>(count), std::memory_order_release);
}

std::vector<base::ProcessInfo> Slot::readKeptDescendants() const {
  const auto& part = workerPart(memory_.get());
  const auto count =
      std::min<std::size_t>(part.keptDescendantCount.load(std::memory_order_acquire), kMaxKeptDescendants);
  return {part.keptDescendants, part.keptDescendants + count};
}

void Slot::writeProgress(double fraction, std::string_view text) {
  auto& progress = workerPart(memory_.get()).progress;
  const base::SequenceLock::WriteGuard writing(progress.lock);
  progress.fraction = std::clamp(fraction, 0.0, 1.0);
  progress.text = text;
}

std::pair<double, std::string> Slot::readProgress() const {
  const auto& progress = workerPart(memory_.get()).progress;
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
  return workerPart(memory_.get()).workerSleeps;
}
std::atomic<std::uint32_t>& Slot::workerReady() {
  return workerPart(memory_.get()).workerReady;
}
std::atomic<std::uint32_t>& Slot::workerMustExit() {
  return verdictPart(memory_.get()).workerMustExit;
}
bool Slot::mustWorkerExit() const {
  return verdictPart(memory_.get()).workerMustExit.load() != 0;
}

}  // namespace leptir::link

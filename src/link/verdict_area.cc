#include "link/verdict_area.h"

#include <algorithm>
#include <cstring>

#include "link/assignment_area.h"
#include "link/slot_layout.h"

namespace leptir::link {
namespace {

// The master kills a crash symbolizer after a second; the dispatcher waits longer, since the master may be late.
constexpr Duration kMaxSymbolizingTime = std::chrono::seconds(3);

}  // namespace

char* VerdictArea::stackTextOf(std::size_t cell) const {
  return memory_ + kSlotLayout.symbolizedStacks + cell * kSymbolizedStackBytes;
}

void VerdictArea::write(std::size_t cell, const Verdict& verdict) {
  auto& header = verdictPart(memory_).verdicts[cell];
  header.startedBoot = verdict.started.time_since_epoch().count();
  header.endedBoot = verdict.ended.time_since_epoch().count();
  header.pid = verdict.pid;
  header.signal = verdict.signal;
  header.exitCode = verdict.exitCode;
  header.cpuMicros = verdict.cpuTime.count();
  header.maxRssBytes = verdict.maxRss;
  header.crashReportKind = verdict.crashReportKind;
  header.oomKilled = verdict.oomKilled;
  header.signalSender = verdict.signalSender;
  header.faultAddress = verdict.faultAddress;
  header.stderrFrom = verdict.stderrFrom;
  header.stderrTo = verdict.stderrTo;
  header.symbolizedStackBytes = 0;
  header.symbolizing = static_cast<std::uint32_t>(SymbolizingState::None);
}

Verdict VerdictArea::read(std::size_t cell) const {
  const auto& header = verdictPart(memory_).verdicts[cell];
  const auto word = wordIn(memory_, cell);
  const AssignmentArea assignments(memory_);
  Verdict verdict;
  verdict.reason = word.reason;
  verdict.started = BootTime(Duration(header.startedBoot));
  verdict.ended = BootTime(Duration(header.endedBoot));
  verdict.pid = header.pid;
  verdict.signal = header.signal;
  verdict.exitCode = header.exitCode;
  verdict.cpuTime = Duration(header.cpuMicros);
  verdict.maxRss = header.maxRssBytes;
  verdict.crashReportKind = header.crashReportKind;
  verdict.oomKilled = header.oomKilled != 0;
  verdict.signalSender = header.signalSender;
  verdict.faultAddress = header.faultAddress;
  verdict.stderrFrom = header.stderrFrom;
  verdict.stderrTo = header.stderrTo;
  if (assignments.stopRequestFor(cell, word) == StopReason::Cancel)
    verdict.cancelledBy = assignments.stopRequestedBy(cell);
  readSymbolizedStack(cell, verdict);
  return verdict;
}

void VerdictArea::readSymbolizedStack(std::size_t cell, Verdict& verdict) const {
  const auto bytes =
      std::min<std::size_t>(verdictPart(memory_).verdicts[cell].symbolizedStackBytes, kSymbolizedStackBytes);
  std::string_view text(stackTextOf(cell), bytes);
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

void VerdictArea::beginSymbolizing(std::size_t cell) {
  verdictPart(memory_).verdicts[cell].symbolizing = static_cast<std::uint32_t>(SymbolizingState::Underway);
}

void VerdictArea::writeSymbolizedStack(std::size_t cell, std::string_view text) {
  text = text.substr(0, kSymbolizedStackBytes);
  std::memcpy(stackTextOf(cell), text.data(), text.size());
  verdictPart(memory_).verdicts[cell].symbolizedStackBytes = static_cast<std::uint32_t>(text.size());
}

void VerdictArea::endSymbolizing(std::size_t cell) {
  verdictPart(memory_).verdicts[cell].symbolizing = static_cast<std::uint32_t>(SymbolizingState::Done);
}

bool VerdictArea::isSymbolizing(std::size_t cell, BootTime now) const {
  const auto& header = verdictPart(memory_).verdicts[cell];
  return header.symbolizing.load() == static_cast<std::uint32_t>(SymbolizingState::Underway) &&
         now < BootTime(Duration(header.endedBoot)) + kMaxSymbolizingTime;
}

std::string encodeSymbolizedStack(std::string_view exception, const std::vector<std::string>& stack) {
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
    if (text.size() + kCut.size() <= kSymbolizedStackBytes) continue;
    text.resize(before);
    return text.append(kCut);
  }
  return text;
}

}  // namespace leptir::link

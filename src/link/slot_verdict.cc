// The part of Slot that is about a worker that died: the verdict, its crash report, the symbolized stack.
#include <algorithm>
#include <cstring>

#include "link/slot_layout.h"

namespace leptir::link {
namespace {

// The master kills a crash symbolizer after a second; the dispatcher waits longer, since the master may be late.
constexpr Duration kLongestSymbolizing = std::chrono::seconds(3);

}  // namespace

void Slot::writeVerdict(std::size_t cell, const Verdict& verdict) {
  auto& header = verdictPart().verdicts[cell];
  header.startedBoot = verdict.started.time_since_epoch().count();
  header.endedBoot = verdict.ended.time_since_epoch().count();
  header.pid = verdict.pid;
  header.signal = verdict.signal;
  header.exitCode = verdict.exitCode;
  header.cpuMicros = verdict.cpuTime.count();
  header.maxRssBytes = verdict.maxRss;
  header.crashReport = verdict.crashReport;
  header.oomKilled = verdict.oomKilled;
  header.signalSender = verdict.signalSender;
  header.faultAddress = verdict.faultAddress;
  header.stderrFrom = verdict.stderrFrom;
  header.stderrTo = verdict.stderrTo;
  header.symbolizedStackBytes = 0;
  header.symbolizing = static_cast<std::uint32_t>(SymbolizingState::None);
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
  verdict.crashReport = header.crashReport;
  verdict.oomKilled = header.oomKilled != 0;
  verdict.signalSender = header.signalSender;
  verdict.faultAddress = header.faultAddress;
  verdict.stderrFrom = header.stderrFrom;
  verdict.stderrTo = header.stderrTo;
  if (cancelRequestFor(cell, word(cell)) == StopReason::Cancel)
    verdict.cancelledBy = assignmentPart().cancelRequests[cell].by;
  readSymbolizedStack(cell, verdict);
  return verdict;
}

void Slot::readSymbolizedStack(std::size_t cell, Verdict& verdict) const {
  const auto bytes = std::min<std::size_t>(verdictPart().verdicts[cell].symbolizedStackBytes, kSymbolizedStackBytes);
  std::string_view text(symbolizedStackBody(cell), bytes);
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

CrashReport& Slot::crashReport() const {
  return *reinterpret_cast<CrashReport*>(static_cast<char*>(memory_) + kLayout.crashReport);
}

void Slot::clearCrashReport() {
  crashReport().kind = CrashReportKind::None;
}

std::unique_ptr<CrashReport> Slot::copyCrashReport(int pid) const {
  const auto kind = std::atomic_ref(crashReport().kind).load(std::memory_order_acquire);
  if (kind == CrashReportKind::None || kind > CrashReportKind::Stopped) return nullptr;
  auto words = std::make_unique<CrashReport>(crashReport());
  if (words->pid != pid) return nullptr;
  words->kind = kind;
  words->frames = std::min<std::uint32_t>(words->frames, kMaxCrashFrames);
  words->mapsBytes = std::min<std::uint32_t>(words->mapsBytes, kCrashMapsBytes);
  words->exceptionType[kCrashTextBytes - 1] = words->exceptionText[kCrashTextBytes - 1] = '\0';
  return words;
}

void Slot::beginSymbolizing(std::size_t cell) {
  verdictPart().verdicts[cell].symbolizing = static_cast<std::uint32_t>(SymbolizingState::Underway);
}

void Slot::writeSymbolizedStack(std::size_t cell, std::string_view text) {
  text = text.substr(0, kSymbolizedStackBytes);
  std::memcpy(symbolizedStackBody(cell), text.data(), text.size());
  verdictPart().verdicts[cell].symbolizedStackBytes = static_cast<std::uint32_t>(text.size());
}

void Slot::endSymbolizing(std::size_t cell) {
  verdictPart().verdicts[cell].symbolizing = static_cast<std::uint32_t>(SymbolizingState::Done);
}

bool Slot::isSymbolizing(std::size_t cell, BootTime now) const {
  const auto& header = verdictPart().verdicts[cell];
  return header.symbolizing.load() == static_cast<std::uint32_t>(SymbolizingState::Underway) &&
         now < BootTime(Duration(header.endedBoot)) + kLongestSymbolizing;
}

std::atomic<std::uint64_t>& Slot::stderrForwarded() const {
  return assignmentPart().stderrForwarded;
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

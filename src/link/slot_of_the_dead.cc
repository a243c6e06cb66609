// What a slot says of a worker that died: the verdict, its last words, the autopsy.
#include <algorithm>
#include <cstring>

#include "link/slot_layout.h"

namespace leptir {
namespace {

// The master gives an autopsy a second; this is for a master that is late.
constexpr Duration kLongestAutopsy = std::chrono::seconds(3);

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
  if (wishFor(cell, word(cell)) == StopReason::Cancel) verdict.cancelledBy = assignmentPart().wishes[cell].by;
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

}  // namespace leptir

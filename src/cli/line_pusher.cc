#include "cli/line_pusher.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <map>

#include "base/task_id.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/push_line.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostLines = 1000;
constexpr std::size_t kMostBytes = std::size_t{4} << 20;
// A producer that has paused this long waits for something; one that goes on and on gets its tasks pushed meanwhile.
constexpr auto kPause = 20ms;
constexpr auto kLongestWait = 100ms;

}  // namespace

LinePusher::LinePusher(Broker& broker, NameCheck& names, IdPrinter printer, PushOptions defaults)
    : broker_(broker),
      names_(names),
      printer_(printer),
      defaults_(std::move(defaults)),
      reader_(STDIN_FILENO, kMaxEnvelopeBytes),
      showsProgress_(::isatty(STDERR_FILENO) == 1) {}

int LinePusher::run() {
  while (!outputFailed_) {
    switch (reader_.next(batch_.empty() ? LineReader::kAsLongAsItTakes : kPause)) {
      case LineReader::Event::Line:
        take(reader_.line());
        if (isFull()) pushBatch();
        break;
      case LineReader::Event::TooLong:
        complain(reader_.number(), "longer than " + std::to_string(kMaxEnvelopeBytes) + " bytes, the largest envelope");
        break;
      case LineReader::Event::Pause:
        pushBatch();
        break;
      case LineReader::Event::Failed:
        failToRead();
        [[fallthrough]];
      case LineReader::Event::End:
        pushBatch();
        return finish();
    }
  }
  return finish();
}

void LinePusher::take(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  auto task = parsePushLine(line, defaults_);
  if (!task) return complain(reader_.number(), task.error().message());
  if (const auto warning = names_.warningAbout(task->name); !warning.empty()) {
    printError("leptir push: line {}: {}", reader_.number(), warning);
  }
  const bool hasOwnId = !task->options.id.empty();
  if (!hasOwnId) task->options.id = makeTaskId(systemClock());
  if (batch_.empty()) batchBegan_ = std::chrono::steady_clock::now();
  batchBytes_ += line.size();
  batch_.push_back({reader_.number(), std::move(*task), hasOwnId});
}

bool LinePusher::isFull() const {
  return batch_.size() >= kMostLines || batchBytes_ >= kMostBytes ||
         (!batch_.empty() && std::chrono::steady_clock::now() - batchBegan_ >= kLongestWait);
}

// Each broker gets its part by itself: one that is down or refuses something is no harm to the others.
void LinePusher::pushBatch() {
  std::map<std::size_t, Lines> parts;
  for (auto& line : batch_) {
    const auto broker = broker_.brokerFor(line.task.options);
    if (broker) {
      parts[*broker].push_back(&line);
    } else {
      complain(line.number, broker.error().message());
    }
  }
  for (const auto& [broker, lines] : parts) {
    pushPart(lines);
    nameTheBuried(broker, lines);
  }
  printPushed();
  batch_.clear();
  batchBytes_ = 0;
  if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed " << std::flush;
}

void LinePusher::pushPart(const Lines& lines) {
  std::vector<TaskToPush> tasks;
  for (const auto* line : lines) tasks.push_back(line->task);
  if (const auto ids = broker_.pushTasks(tasks); ids) {
    for (auto* line : lines) line->pushed = true;
  } else if (ids.error().code() == ErrorCode::Unavailable) {
    const auto first = std::to_string(lines.front()->number), last = std::to_string(lines.back()->number);
    failure_ = fail(ids.error().in(lines.size() > 1 ? "lines " + first + " to " + last : "line " + first));
    bad_ += lines.size();
  } else {
    pushOneByOne(lines);  // one of them is refused: the others are not to suffer
  }
}

void LinePusher::pushOneByOne(const Lines& lines) {
  for (auto* line : lines) {
    const auto id = broker_.pushTask(line->task);
    if (!id) complain(line->number, id.error().message());
    line->pushed = id.has_value();
  }
}

// One question for all: to look for each task would search the queue for those that have run already.
void LinePusher::nameTheBuried(std::size_t broker, const Lines& lines) {
  std::vector<std::string> ids;
  for (const auto* line : lines) {
    if (line->pushed && line->hasOwnId) ids.push_back(line->task.options.id);
  }
  const auto buried = whyBuried(broker_, broker, ids);
  if (buried.empty()) return;
  for (auto* line : lines) {
    const auto why = buried.find(line->task.options.id);
    if (!line->pushed || why == buried.end()) continue;
    complain(line->number, why->second);
    line->pushed = false;
  }
}

// In the order of the lines.
void LinePusher::printPushed() {
  std::vector<std::string> ids;
  for (const auto& line : batch_) {
    if (line.pushed) ids.push_back(line.task.options.id);
  }
  pushed_ += ids.size();
  if (!printer_.print(ids)) outputFailed_ = true;
}

void LinePusher::complain(std::size_t line, const std::string& why) {
  ++bad_;
  printError("leptir push: line {}: {}", line, why);
}

void LinePusher::failToRead() {
  failure_ = kPartlyDone;
  printError("leptir push: cannot read standard input: {}", std::strerror(reader_.error()));
}

int LinePusher::finish() const {
  if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed, " << bad_ << " not\n";
  if (outputFailed_) {
    printError("leptir push: the lines after line {} were not pushed", reader_.number());
    return kPartlyDone;
  }
  return failure_ != kDone ? failure_ : bad_ > 0 ? kPartlyDone : kDone;
}

}  // namespace leptir

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
#include "leptir/spi/broker_task.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxLinesPerPush = 1000;
constexpr std::size_t kMaxBytesPerPush = std::size_t{4} << 20;
// The lines of a batch are pushed when no further line came for kQuietBeforePush, since the producer may wait for their
// ids, and at the latest kMaxLineWait after the first of them.
constexpr auto kQuietBeforePush = 20ms;
constexpr auto kMaxLineWait = 100ms;

}  // namespace

LinePusher::LinePusher(Broker& broker, NameCheck& names, PushObserver& observer, PushOptions defaults)
    : broker_(broker),
      names_(names),
      observer_(observer),
      defaults_(std::move(defaults)),
      reader_(STDIN_FILENO, kMaxEnvelopeBytes),
      showsProgress_(::isatty(STDERR_FILENO) == 1) {}

int LinePusher::run() {
  while (!outputFailed_) {
    switch (reader_.next(batch_.empty() ? LineReader::kNoTimeout : kQuietBeforePush)) {
      case LineReader::Event::Line:
        addLine(reader_.line());
        if (mustPushBatch()) pushBatch();
        break;
      case LineReader::Event::TooLong:
        reportBadLine(reader_.number(),
                      "longer than " + std::to_string(kMaxEnvelopeBytes) + " bytes, the largest envelope");
        break;
      case LineReader::Event::Pause:
        pushBatch();
        break;
      case LineReader::Event::Failed:
        reportReadError();
        [[fallthrough]];
      case LineReader::Event::End:
        pushBatch();
        return finish();
    }
  }
  return finish();
}

void LinePusher::addLine(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  auto task = parsePushLine(line, defaults_);
  if (!task) return reportBadLine(reader_.number(), task.error().message());
  if (const auto warning = names_.warningAbout(task->name); !warning.empty()) {
    printError("leptir push: line {}: {}", reader_.number(), warning);
  }
  const bool hasOwnId = !task->options.id.empty();
  if (!hasOwnId) task->options.id = base::makeTaskId(systemClock());
  if (batch_.empty()) batchBegan_ = std::chrono::steady_clock::now();
  batchBytes_ += line.size();
  batch_.push_back({reader_.number(), std::move(*task), hasOwnId});
}

bool LinePusher::mustPushBatch() const {
  return batch_.size() >= kMaxLinesPerPush || batchBytes_ >= kMaxBytesPerPush ||
         (!batch_.empty() && std::chrono::steady_clock::now() - batchBegan_ >= kMaxLineWait);
}

// Pushes to each broker separately: a broker that is down or refuses a task does not affect the tasks for the others.
void LinePusher::pushBatch() {
  std::map<std::size_t, Lines> parts;
  for (auto& line : batch_) {
    const auto broker = broker_.brokerFor(line.task.options);
    if (broker) {
      parts[*broker].push_back(&line);
    } else {
      reportBadLine(line.number, broker.error().message());
    }
  }
  for (const auto& [broker, lines] : parts) {
    announceOwnIds(lines);
    pushPart(lines);
    reportBuriedTasks(broker, lines);
  }
  reportPushed();
  batch_.clear();
  batchBytes_ = 0;
  if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed " << std::flush;
}

void LinePusher::announceOwnIds(const Lines& lines) {
  std::vector<std::string> ids;
  for (const auto* line : lines) {
    if (line->hasOwnId) ids.push_back(line->task.options.id);
  }
  observer_.beforePush(ids);
}

void LinePusher::pushPart(const Lines& lines) {
  std::vector<TaskToPush> tasks;
  for (const auto* line : lines) tasks.push_back(line->task);
  if (const auto ids = broker_.pushTasks(tasks); ids) {
    for (auto* line : lines) line->pushed = true;
  } else if (ids.error().code() == ErrorCode::Unavailable) {
    const auto first = std::to_string(lines.front()->number), last = std::to_string(lines.back()->number);
    failure_ = fail(ids.error().in(lines.size() > 1 ? "lines " + first + " to " + last : "line " + first));
    rejected_ += lines.size();
  } else {
    pushOneByOne(lines);  // the store refused the batch because of one task: push the other tasks
  }
}

void LinePusher::pushOneByOne(const Lines& lines) {
  for (auto* line : lines) {
    const auto id = broker_.pushTask(line->task);
    if (!id) reportBadLine(line->number, id.error().message());
    line->pushed = id.has_value();
  }
}

// Asks the store once for all ids: looking for each task would search the whole queue for tasks that have run already.
void LinePusher::reportBuriedTasks(std::size_t broker, const Lines& lines) {
  std::vector<std::string> ids;
  for (const auto* line : lines) {
    if (line->pushed && line->hasOwnId) ids.push_back(line->task.options.id);
  }
  const auto buried = buriedWarnings(broker_, broker, ids);
  if (buried.empty()) return;
  for (auto* line : lines) {
    const auto why = buried.find(line->task.options.id);
    if (!line->pushed || why == buried.end()) continue;
    reportBadLine(line->number, why->second);
    line->pushed = false;
  }
}

// Reports the ids in the order of the input lines.
void LinePusher::reportPushed() {
  std::vector<std::string> ids;
  for (const auto& line : batch_) {
    if (line.pushed) ids.push_back(line.task.options.id);
  }
  pushed_ += ids.size();
  if (!observer_.afterPush(ids)) outputFailed_ = true;
}

void LinePusher::reportBadLine(std::size_t line, const std::string& why) {
  ++rejected_;
  printError("leptir push: line {}: {}", line, why);
}

void LinePusher::reportReadError() {
  failure_ = base::kExitPartlyDone;
  printError("leptir push: cannot read standard input: {}", std::strerror(reader_.error()));
}

int LinePusher::finish() const {
  if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed, " << rejected_ << " not\n";
  if (outputFailed_) {
    printError("leptir push: the lines after line {} were not pushed", reader_.number());
    return base::kExitPartlyDone;
  }
  return failure_ != base::kExitDone ? failure_ : rejected_ > 0 ? base::kExitPartlyDone : base::kExitDone;
}

}  // namespace leptir::cli

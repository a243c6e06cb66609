// leptir push
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/task_id.h"
#include "cli/commands.h"
#include "cli/push_input.h"

namespace leptir {
namespace {

constexpr std::size_t kBatch = 1000;

void print(const std::vector<std::string>& ids, bool quiet) {
  if (quiet) return;
  std::string lines;
  for (const auto& id : ids) lines += id + '\n';
  std::cout << lines << std::flush;
}

Result<TaskToPush> taskOf(const PushCommand& command) {
  TaskToPush task{.name = command.name};
  auto parameters = parseParameters(command.json, command.parameters);
  if (!parameters) return parameters.error();
  task.parameters = std::move(*parameters);
  task.options.delay = parseDelay(command.delaySeconds).value_or(Duration{});
  task.options.priority = command.priority;
  task.options.timeLimitSeconds = command.timeLimit;
  task.options.id = command.id;
  task.options.broker = command.broker;
  if (!command.at.empty()) {
    auto time = parseTime(command.at);
    if (!time) return time.error();
    task.options.timeOfExecution = *time;
  }
  return task;
}

int pushOne(Broker& broker, const PushCommand& command) {
  auto task = taskOf(command);
  if (!task) {
    std::cerr << "leptir push: " << task.error().message() << "\nTry: leptir push --help\n";
    return kUsage;
  }
  for (std::uint64_t left = command.number; left > 0;) {
    const auto batch = std::min<std::uint64_t>(left, kBatch);
    auto ids = broker.pushTasks(std::vector<TaskToPush>(batch, *task));
    if (!ids) return fail(ids.error());
    print(*ids, command.quiet);
    left -= batch;
  }
  return kDone;
}

// Reads lines, pushes the good ones in batches and names the bad ones. Ids are made here, so that what is pushed again
// is added once.
class LinePusher {
 public:
  LinePusher(Broker& broker, const PushCommand& command) : broker_(broker), command_(command) {}

  int run() {
    std::string line;
    while (std::getline(std::cin, line)) {
      ++line_;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      take(line);
      if (batch_.size() >= kBatch) pushBatch();
    }
    pushBatch();
    if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed, " << bad_ << " not\n";
    return failure_ != kDone ? failure_ : bad_ > 0 ? kPartlyDone : kDone;
  }

 private:
  struct Line {
    std::size_t number = 0;
    TaskToPush task;
    bool pushed = false;
  };
  using Lines = std::vector<Line*>;

  void take(const std::string& line) {
    auto task = parsePushLine(line);
    if (!task) return complain(line_, task.error());
    if (task->options.broker.empty()) task->options.broker = command_.broker;
    if (task->options.id.empty()) task->options.id = makeTaskId(systemClock());
    batch_.push_back({line_, std::move(*task)});
  }

  // Each broker gets its part by itself: one that is down or refuses something is no harm to the others.
  void pushBatch() {
    std::map<std::size_t, Lines> parts;
    for (auto& line : batch_) {
      const auto broker = broker_.brokerFor(line.task.options);
      if (broker) {
        parts[*broker].push_back(&line);
      } else {
        complain(line.number, broker.error());
      }
    }
    for (const auto& [broker, lines] : parts) pushPart(lines);
    printPushed();
    batch_.clear();
    if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed " << std::flush;
  }

  void pushPart(const Lines& lines) {
    std::vector<TaskToPush> tasks;
    for (const auto* line : lines) tasks.push_back(line->task);
    if (const auto ids = broker_.pushTasks(tasks); ids) {
      for (auto* line : lines) line->pushed = true;
    } else if (ids.error().code() == ErrorCode::Unavailable) {
      const auto range =
          "lines " + std::to_string(lines.front()->number) + " to " + std::to_string(lines.back()->number);
      failure_ = fail(ids.error().in(lines.size() > 1 ? range : "line " + std::to_string(lines.front()->number)));
      bad_ += lines.size();
    } else {
      pushOneByOne(lines);  // one of them is refused: the others are not to suffer
    }
  }

  void pushOneByOne(const Lines& lines) {
    for (auto* line : lines) {
      const auto id = broker_.pushTask(line->task);
      if (!id) complain(line->number, id.error());
      line->pushed = id.has_value();
    }
  }

  // In the order of the lines.
  void printPushed() {
    std::vector<std::string> ids;
    for (const auto& line : batch_) {
      if (line.pushed) ids.push_back(line.task.options.id);
    }
    pushed_ += ids.size();
    print(ids, command_.quiet);
  }

  void complain(std::size_t line, const Error& error) {
    ++bad_;
    std::cerr << "leptir push: line " << line << ": " << error.message() << '\n';
  }

  Broker& broker_;
  const PushCommand& command_;
  std::vector<Line> batch_;
  std::size_t line_ = 0, pushed_ = 0, bad_ = 0;
  int failure_ = kDone;
  const bool showsProgress_ = ::isatty(STDERR_FILENO) == 1;
};

}  // namespace

int runCommand(const PushCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  auto broker = openBroker(*config);
  if (!broker) return failStore(broker.error());
  return command.fromStdin ? LinePusher(*broker, command).run() : pushOne(*broker, command);
}

}  // namespace leptir

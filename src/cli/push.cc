// leptir push
#include <unistd.h>

#include <algorithm>
#include <iostream>

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

// Reads lines, pushes the good ones in batches and names the bad ones.
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
  void take(const std::string& line) {
    auto task = parsePushLine(line);
    if (!task) return complain(line_, task.error());
    if (task->options.broker.empty()) task->options.broker = command_.broker;
    batch_.push_back(std::move(*task));
    lines_.push_back(line_);
  }

  void pushBatch() {
    if (batch_.empty()) return;
    if (auto ids = broker_.pushTasks(batch_); ids) {
      pushed_ += ids->size();
      print(*ids, command_.quiet);
    } else if (ids.error().code() == ErrorCode::Unavailable) {
      failure_ = fail(ids.error());
      bad_ += batch_.size();
    } else {
      pushOneByOne();  // one of them is refused: the others are not to suffer
    }
    batch_.clear();
    lines_.clear();
    if (showsProgress_) std::cerr << "\r" << pushed_ << " pushed " << std::flush;
  }

  void pushOneByOne() {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      auto id = broker_.pushTask(batch_[i]);
      if (!id) {
        complain(lines_[i], id.error());
        continue;
      }
      ++pushed_;
      print({*id}, command_.quiet);
    }
  }

  void complain(std::size_t line, const Error& error) {
    ++bad_;
    std::cerr << "leptir push: line " << line << ": " << error.message() << '\n';
  }

  Broker& broker_;
  const PushCommand& command_;
  std::vector<TaskToPush> batch_;
  std::vector<std::size_t> lines_;
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

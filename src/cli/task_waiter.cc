#include "cli/task_waiter.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <utility>

#include "base/exit_code.h"
#include "base/id_list.h"
#include "base/saturated.h"
#include "cli/id_printer.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "cli/record_text.h"
#include "leptir/task_record.h"

namespace leptir::cli {
namespace {

constexpr auto kLongWaitThreshold = std::chrono::seconds(1);

std::string formatRecord(const Json& record, RecordStyle style) {
  switch (style) {
    case RecordStyle::Nothing:
      return {};
    case RecordStyle::WholeJson:
      return jsonForOutput(record, 2) + '\n';
    case RecordStyle::WholeText:
      return recordText(record);
    case RecordStyle::JsonLines:
      return jsonForOutput(record) + '\n';
    case RecordStyle::TextLines:
      return recordLine(record) + '\n';
  }
  return {};
}

}  // namespace

TaskWaiter::TaskWaiter(MetaStorage storages, RecordStyle style, std::string infoCommand)
    : storages_(std::move(storages)),
      style_(style),
      infoCommand_(std::move(infoCommand)),
      showsProgress_(::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 0),
      signals_(wake_),
      watcher_(storages_),
      thread_([this] {
        run();
        threadEnded_.set_value();
      }) {}

TaskWaiter::~TaskWaiter() {
  if (thread_.joinable()) finish(Duration::zero());
}

void TaskWaiter::beforePush(std::span<const std::string> ids) {
  if (ids.empty()) return;
  auto records = storages_.loadMetaInfos(ids);
  if (!records) return;  // the thread reports that the storage cannot be used
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if ((*records)[i]) previous_[ids[i]] = std::move(*(*records)[i]);
  }
}

bool TaskWaiter::afterPush(const std::vector<std::string>& ids) {
  const std::lock_guard lock(mutex_);
  newcomers_.insert(newcomers_.end(), ids.begin(), ids.end());
  wake_.ring();
  return !isOutputBroken_;
}

int TaskWaiter::finish(Duration longest, const std::function<void()>& whenLong) {
  {
    const std::lock_guard lock(mutex_);
    deadline_ = base::saturatedAdd(systemClock().bootTime(), longest);
  }
  wake_.ring();
  if (threadEnded_.get_future().wait_for(kLongWaitThreshold) == std::future_status::timeout) whenLong();
  thread_.join();
  if (showsProgress_) std::cerr << '\n';
  if (isOutputBroken_) return base::kExitPartlyDone;
  if (!waitedFor_.empty()) printError("leptir push: the time of --wait is over; not finished yet: {}", remainingText());
  if (failed_ > 0) return base::kExitPartlyDone;
  return waitedFor_.empty() ? base::kExitDone : base::kExitNotOver;
}

void TaskWaiter::run() {
  for (bool isLast = false; !isLast;) {
    addNewcomers();
    if (signals_.caught() != 0) endBySignal();
    const auto left = timeLeft();
    isLast = left <= Duration::zero();
    if (isLast) watcher_.checkAllNext();
    for (const auto& ended : watcher_.wait(left, wake_)) report(ended);
    reportStoreError();
    isLast = isLast || isFinished();
  }
}

// Without end while more tasks may be pushed.
Duration TaskWaiter::timeLeft() const {
  const std::lock_guard lock(mutex_);
  return base::saturatedSubtract(deadline_.value_or(BootTime::max()), systemClock().bootTime());
}

// An id that is waited for already was in the queue, so the push added no further task.
void TaskWaiter::addNewcomers() {
  const std::lock_guard lock(mutex_);
  for (auto& id : std::exchange(newcomers_, {})) {
    if (!waitedFor_.insert(id).second) continue;
    const auto earlier = previous_.extract(id);
    watcher_.add(std::move(id), earlier ? earlier.mapped() : Json());
  }
}

bool TaskWaiter::isFinished() const {
  const std::lock_guard lock(mutex_);
  return isOutputBroken_ || (deadline_ && newcomers_.empty() && waitedFor_.empty());
}

void TaskWaiter::report(const meta::RecordWatcher::EndedTask& ended) {
  waitedFor_.erase(ended.id);
  ++(hasSucceeded(ended.record) ? succeeded_ : failed_);
  if (!writeOutput(formatRecord(ended.record, style_))) {
    printError("leptir push: cannot write to standard output: {}; tasks that are not over go on", std::strerror(errno));
    const std::lock_guard lock(mutex_);
    isOutputBroken_ = true;
  }
  showProgress();
}

// Once for each new error, since the wait goes on.
void TaskWaiter::reportStoreError() {
  const auto error = watcher_.storeError() ? watcher_.storeError()->message() : std::string();
  if (error != lastStoreError_ && !error.empty()) printError("leptir push: {}; trying again", error);
  lastStoreError_ = error;
}

void TaskWaiter::showProgress() const {
  if (showsProgress_)
    std::cerr << "\r" << succeeded_ + failed_ << " over, " << waitedFor_.size() << " not " << std::flush;
}

void TaskWaiter::endBySignal() {
  if (waitedFor_.empty()) {
    printError("leptir push: interrupted; no task was being waited for");
  } else {
    printError("leptir push: no longer waiting for {}", remainingText());
  }
  signals_.endProcess();
}

std::string TaskWaiter::remainingText() const {
  const std::vector<std::string> ids(waitedFor_.begin(), waitedFor_.end());
  const auto tasks = (ids.size() == 1 ? "task " : std::to_string(ids.size()) + " tasks: ") + base::idList(ids);
  return tasks + (ids.size() == 1 ? ", which goes on; to look at it: " : "; they go on; to look at one: ") +
         infoCommand_ + " " + (ids.size() == 1 ? ids.front() : "ID");
}

}  // namespace leptir::cli

// `push --wait`: waits for the pushed tasks in a thread of its own, and prints the record of each as soon as it is
// over, also while further tasks are pushed.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "cli/push_observer.h"
#include "cli/stop_signals.h"
#include "leptir/meta_storage.h"
#include "meta/record_watcher.h"

namespace leptir::cli {

// How records are printed: WholeJson and WholeText as `info` prints them, for a single task; JsonLines, TextLines:
// one line for each task.
enum class RecordStyle { Nothing, WholeJson, WholeText, JsonLines, TextLines };

// One thread at a time, in the thread that made it.
class TaskWaiter final : public PushObserver {
 public:
  // `infoCommand` is what the user runs to look at a task: "leptir info --config=f". INT and TERM end the process from
  // now on with a message that names the tasks that go on.
  TaskWaiter(MetaStorage storages, RecordStyle style, std::string infoCommand);
  ~TaskWaiter() override;

  void beforePush(std::span<const std::string> ids) override;
  bool afterPush(const std::vector<std::string>& ids) override;

  // Waits until all tasks are over, at most `longest`, and returns the exit status. Calls `whenLong` in this thread if
  // that takes longer than a second. Call it once, after the last push.
  int finish(Duration longest, const std::function<void()>& whenLong = [] {});

 private:
  // The thread that waits.
  void run();
  void addNewcomers();
  Duration timeLeft() const;
  bool isFinished() const;
  void report(const meta::RecordWatcher::EndedTask& ended);
  void reportStoreError();
  void showProgress() const;
  [[noreturn]] void endBySignal();
  // Names the tasks that are not over, and the command that shows them.
  std::string remainingText() const;

  MetaStorage storages_;
  const RecordStyle style_;
  const std::string infoCommand_;
  const bool showsProgress_;
  Wake wake_;
  StopSignals signals_;

  // Only the thread that waits uses these until it has ended.
  meta::RecordWatcher watcher_;
  std::set<std::string> waitedFor_;
  std::size_t succeeded_ = 0, failed_ = 0;
  std::string lastStoreError_;

  mutable std::mutex mutex_;              // guards all below
  std::map<std::string, Json> previous_;  // records of earlier tasks with the same ids
  std::vector<std::string> newcomers_;
  std::optional<BootTime> deadline_;  // empty: more tasks may be pushed
  bool isOutputBroken_ = false;

  std::promise<void> threadEnded_;  // set when the thread that waits ends
  std::thread thread_;
};

}  // namespace leptir::cli

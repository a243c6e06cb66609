#include "cli/store_wait.h"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

#include "base/escape.h"
#include "cli/terminal.h"

namespace leptir::cli {
namespace {

std::function<void(const std::string&)> writerToTerminal() {
  if (!terminalOf(STDERR_FILENO).movesCursor) return {};
  return [](const std::string& text) { std::cerr << text << std::flush; };
}

}  // namespace

// Its thread waits for the moment at which a store has taken too long. Without a terminal there is no thread.
class StoreWait::Line {
 public:
  Line(std::function<void(const std::string&)> write, Duration showAfter)
      : write_(std::move(write)), showAfter_(showAfter) {
    if (write_) thread_ = std::thread([this] { run(); });
  }
  ~Line() { end(); }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      stopRequested_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void setStore(const std::string& store) {
    if (!write_) return;
    const std::lock_guard lock(mutex_);
    if (std::exchange(isShown_, false)) write_("\r\x1b[K");
    store_ = store;
    ++change_;
    changed_.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopRequested_) {
      const auto change = change_;
      const auto hasChanged = [&] { return stopRequested_ || change_ != change; };
      const bool isLate = !changed_.wait_for(lock, showAfter_, hasChanged);
      if (isLate && !store_.empty()) {
        write_(fmt::format("waiting for {} …", base::escaped(store_)));
        isShown_ = true;
      }
      if (isLate) changed_.wait(lock, hasChanged);
    }
  }

  const std::function<void(const std::string&)> write_;
  const Duration showAfter_;
  std::mutex mutex_;  // guards the members below, except the thread, and calls of write_
  std::condition_variable changed_;
  std::string store_;  // that is being opened; empty: none
  int change_ = 0;     // counts the changes of store_
  bool isShown_ = false;
  bool stopRequested_ = false;
  std::thread thread_;
};

StoreWait::StoreWait() : StoreWait(writerToTerminal()) {}

StoreWait::StoreWait(std::function<void(const std::string&)> write, Duration showAfter)
    : line_(std::make_shared<Line>(std::move(write), showAfter)) {}

StoreWait::~StoreWait() {
  line_->end();
}

std::function<void(const std::string&)> StoreWait::onOpening() const {
  return [line = line_](const std::string& store) { line->setStore(store); };
}

}  // namespace leptir::cli

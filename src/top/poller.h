// Asks one store again and again, in a thread of its own: a store that hangs delays nothing else.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "leptir/clock.h"

namespace leptir::top {

// What became of a question to a store.
enum class AskResult { Answered, Failed };

class Poller {
 public:
  // `ask` asks the store and keeps the answer; only the poller's thread calls it. After each call the poller waits for
  // the interval, or nine times as long as the call took if that is more: a store that is slow already spends at most a
  // tenth of its time on this screen. A store that failed is asked again after as long as the call took: it does no
  // work for this screen, and the operator waits for it to come back.
  Poller(std::function<AskResult()> ask, Duration interval);
  // Waits for the running call.
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Any thread. The next call comes at once, or right after the running one.
  void askNow();
  void setInterval(Duration interval);
  // Ends the thread, and waits at most so long for the running call. Returns whether the thread has ended.
  bool end(Duration maxWait);

 private:
  void run();
  bool waitForNext(Duration pause);

  const std::function<AskResult()> ask_;
  std::mutex mutex_;  // guards the members below
  std::condition_variable changed_;
  Duration interval_;
  bool isAskRequested_ = false, isEnding_ = false, hasEnded_ = false;
  std::thread thread_;  // last: it uses the others
};

// Blocks all signals in the calling thread that another process may send, so that they reach the thread of the screen.
void leaveSignalsToOtherThreads();

}  // namespace leptir::top

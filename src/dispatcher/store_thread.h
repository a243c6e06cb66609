// The thread that alone uses one store. It opens the store and works with it; after an error it closes the store and
// tries again, with growing pauses. Each Feeder and each MetaWriter has one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <thread>

#include "base/backoff.h"
#include "dispatcher/inbox.h"
#include "dispatcher/question_answers.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/spi/wake.h"
#include "link/shared_page.h"

namespace leptir::dispatcher {

// Whether a store thread may move the records out of their batches, or must leave them for other meta storages.
enum class RecordUse { Move, Copy };

// What all store threads of a dispatcher share; it outlives them.
struct StoreThreadContext {
  Inbox& inbox;
  link::SharedPage& page;
  const Logger& logger;
  const Clock& clock;
  RecordUse recordUse = RecordUse::Copy;
  const AnswerSources* answers = nullptr;  // null, in tests: no question is answered
  // Called in a store thread, once: its store is required and can never be used as configured.
  std::function<void(const Error&)> onUnusable;
};

// Whether a turn completed an operation of its store: only that proves that the store works.
enum class Turn { UsedTheStore, OnlyWaited };

// What a store thread does with its store. All functions are called in that thread.
class StoreWork {
 public:
  // The whole run of the thread: calls StoreThread::step() for as long as there is something to do.
  virtual void run() = 0;

  virtual bool isOpen() const = 0;
  virtual Result<void> openStore() = 0;
  // Does what is to be done now, or waits for it. After an error the store is closed, opened again and asked again, so
  // every operation in it can be repeated.
  virtual Result<Turn> turn() = 0;
  // Closes what is open, after an error of turn() or open().
  virtual void closeStore() = 0;

  // The store is unavailable: reports what waits for it.
  virtual void reportUnavailable() = 0;
  // The store still fails, and the time for stopping is over: nothing is tried any more.
  virtual void giveUp(const Error& why) = 0;

 protected:
  ~StoreWork() = default;
};

struct StoreThreadOptions {
  const char* threadName = "";  // for top -H and profilers; at most 15 characters
  std::string store;            // as log lines name it: "broker x"
  bool isRequired = true;       // the dispatcher cannot go on without it
  Duration worksAgainAfter{};   // how long turns must succeed until a store that failed counts as available again
  Duration patience{};          // how long a stopping thread tries a store that is down
};

enum class Patience {
  AsConfigured,  // StoreThreadOptions::patience
  OneTry,
};

// The owner of the work has it as its last member: its constructor starts the thread, which uses all other members, and
// its destructor stops it and joins it.
class StoreThread {
 public:
  StoreThread(const StoreThreadContext& context, StoreThreadOptions options, StoreWork& work);
  ~StoreThread();

  // --- called by any thread

  void wake() { wake_.ring(); }
  // When the thread last made progress.
  BootTime lastBeat() const { return BootTime(Duration(beat_.load())); }
  bool isStopping() const { return stopBy_.load() != kNotStopping; }

  // --- called by the thread of the owner

  // Asks the thread to end. A second call can only shorten the time that the first one has set.
  void stop(Patience patience = Patience::AsConfigured);

  // --- called by the work, in the thread

  // Opens the store if it is not open, and lets the work take one turn. After an error it pauses.
  void step();
  // The store could never be opened, and its configuration is the reason: step() only waits.
  bool isUnusable() const { return isUnusable_; }
  // The last turns failed.
  bool isFailing() const { return backoff_.failures() > 0; }
  // To be called between operations that may take long.
  void beat() { beat_ = context_.clock.bootTime().time_since_epoch().count(); }
  // Waits until wake() is called, but at most a few seconds, so that the beat goes on.
  void waitFor(Duration longest);
  // For stores that wait themselves (BrokerSession::popBrokerTasks).
  Wake& bell() { return wake_; }

 private:
  static constexpr std::int64_t kNotStopping = std::numeric_limits<std::int64_t>::max();

  void run();
  Result<void> open();
  void openFailed(const Error& why);
  void turnFailed(const Error& why);
  void noteThatItWorks();
  Duration noteFailure(const Error& why);
  void pause(Duration longest);
  bool giveUpIfDue(const Error& why);
  void becomeUnusable(const Error& why);

  const StoreThreadContext& context_;
  const StoreThreadOptions options_;
  StoreWork& work_;

  Wake wake_;
  std::atomic<std::int64_t> beat_;                  // BootTime in microseconds
  std::atomic<std::int64_t> stopBy_{kNotStopping};  // BootTime in microseconds

  // Used by the thread only.
  bool hasWorked_ = false;  // the store could be opened once as configured: then it is tried again after any error
  bool isUnusable_ = false;
  std::int64_t giveUpAt_ = kNotStopping;  // stopBy_ as it was when this step began: a step after stop() is a last try
  BootTime openedAt_{};
  base::Backoff backoff_;
  Duration pause_{};        // after the last failure
  BootTime pausedUntil_{};  // when it is over, unless wake() ends it
  std::thread thread_;      // last: it uses all other members
};

}  // namespace leptir::dispatcher

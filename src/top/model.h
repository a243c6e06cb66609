// What the screen knows. Threads of the model ask the stores; the thread of the screen only takes snapshots and leaves
// requests, and never waits for a store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leptir/operations.h"
#include "leptir/spi/wake.h"
#include "top/action.h"
#include "top/snapshot.h"

namespace leptir::top {

// Operations on one part of the stores.
struct Source {
  std::string name{};  // as the screen names it
  std::shared_ptr<Operations> operations{};
};

// Each source is asked by a thread of its own, so one that hangs does not delay the others.
struct Sources {
  std::vector<Source> queues{};              // one for each broker
  std::optional<Source> records{};           // none: there is no meta storage, so no failures are known
  std::shared_ptr<Operations> everything{};  // for pages about one task, and for actions
};

inline constexpr Duration kDefaultPollInterval = std::chrono::seconds(2);

class Model {
 public:
  struct Options {
    Duration interval = kDefaultPollInterval;
    // The text of a page about one task.
    std::function<std::string(const TaskDetails&, Time)> textOfTask{};
    const Clock* clock = &systemClock();
  };

  // Begins to ask. Rings `changed` after every answer; it must outlive the model.
  Model(Sources sources, Options options, Wake& changed);
  // Waits for the running questions.
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // None of these waits for a store. Any thread.
  Snapshot snapshot() const;
  void setInterval(Duration interval);
  void askNow();
  // What a page shows. The model asks for it again at each interval (for a stack only once), until openTaskText, list
  // or stopAskingForPage is called next.
  void openTaskText(TaskTextQuery textQuery);
  void list(TaskQuery query);
  void stopAskingForPage();
  // Counts the tasks that an action on many would change; the snapshot has the answer with this `countId`.
  void count(std::uint64_t countId, Action action);
  // Actions are done one after the other, in the order of the calls.
  void act(Action action);
  // A sentence that is shown as news.
  void notice(const std::string& text);
  // Ends all threads; an action on many tasks stops after its slice. Waits at most so long for running questions, and
  // for a running action. Returns whether all have ended: if not, a store does not answer, and the process can only end
  // without the destructor.
  bool end(Duration maxPollWait, Duration maxActionWait);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace leptir::top

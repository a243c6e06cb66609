// What `push` does with the ids of the tasks that it pushes: prints them (IdPrinter), or waits for the tasks
// (TaskWaiter).
#pragma once

#include <span>
#include <string>
#include <vector>

namespace leptir::cli {

class PushObserver {
 public:
  virtual ~PushObserver() = default;

  // Called before tasks are pushed whose ids the user chose, so that there may have been earlier tasks with these ids.
  virtual void beforePush(std::span<const std::string>) {}
  // Called after a push. False: standard output could not be written, and stderr says so; push nothing more.
  virtual bool afterPush(const std::vector<std::string>& ids) = 0;
};

}  // namespace leptir::cli

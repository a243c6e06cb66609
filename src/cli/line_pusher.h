// `push --stdin`: reads lines from stdin, pushes the valid ones in batches and reports the others on stderr.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "cli/line_reader.h"
#include "cli/push_observer.h"
#include "cli/push_warnings.h"
#include "leptir/broker.h"

namespace leptir::cli {

class LinePusher {
 public:
  // `defaults` are the options of lines that do not set them. The objects of the other arguments must outlive this one.
  LinePusher(Broker& broker, NameCheck& names, PushObserver& observer, PushOptions defaults);

  // Runs until the input ends; returns the exit status.
  int run();

 private:
  // A line that is to be pushed. A missing id is made before the first attempt to push, so that a second attempt cannot
  // add the task twice.
  struct Line {
    std::size_t number = 0;
    TaskToPush task;
    bool hasOwnId = false;
    bool pushed = false;
  };
  using Lines = std::vector<Line*>;

  void addLine(std::string_view line);
  bool mustPushBatch() const;
  void pushBatch();
  void pushPart(const Lines& lines);
  void pushOneByOne(const Lines& lines);
  void reportBuriedTasks(std::size_t broker, const Lines& lines);
  void announceOwnIds(const Lines& lines);
  void reportPushed();
  void reportBadLine(std::size_t line, const std::string& why);
  void reportReadError();
  int finish() const;

  Broker& broker_;
  NameCheck& names_;
  PushObserver& observer_;
  PushOptions defaults_;
  LineReader reader_;
  std::vector<Line> batch_;
  std::size_t batchBytes_ = 0;
  std::chrono::steady_clock::time_point batchBegan_;
  std::size_t pushed_ = 0, rejected_ = 0;
  int failure_ = base::kExitDone;
  bool outputFailed_ = false;
  bool showsProgress_;
};

}  // namespace leptir::cli

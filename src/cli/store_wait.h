// Says which store a command waits for: a line on stderr, on a terminal only, once the store has taken a second. The
// line is removed when the store has answered or failed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "leptir/clock.h"

namespace leptir::cli {

inline constexpr Duration kShowStoreWaitAfter = std::chrono::seconds(1);

class StoreWait {
 public:
  StoreWait();
  // For tests: `write` gets what is written to the terminal, from any thread; empty: there is no terminal.
  explicit StoreWait(std::function<void(const std::string&)> write, Duration showAfter = kShowStoreWaitAfter);
  ~StoreWait();

  // For Operations::Options::onOpening and config::Stores. It may outlive the object.
  std::function<void(const std::string&)> onOpening() const;

 private:
  class Line;
  std::shared_ptr<Line> line_;
};

}  // namespace leptir::cli

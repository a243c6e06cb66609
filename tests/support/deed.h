// For tests: a task whose code is a function.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "leptir/run_main.h"

namespace leptir {

class Deed final : public BaseTask {
 public:
  explicit Deed(std::function<void(TaskContext&)> deed) : deed_(std::move(deed)) {}

 private:
  ExitStatus doJob() override {
    deed_(context());
    return ExitStatus::Success;
  }
  std::function<void(TaskContext&)> deed_;
};

inline void addDeed(Program& program, const std::string& name, std::function<void(TaskContext&)> deed) {
  program.tasks.addFactory(name, [deed = std::move(deed)] { return std::make_unique<Deed>(deed); });
}

}  // namespace leptir

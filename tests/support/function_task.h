// For tests: a task that runs a given function.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "leptir/run_main.h"

namespace leptir {

class FunctionTask final : public BaseTask {
 public:
  explicit FunctionTask(std::function<void(TaskContext&)> body) : body_(std::move(body)) {}

 private:
  ExitStatus doJob() override {
    body_(context());
    return ExitStatus::Success;
  }
  std::function<void(TaskContext&)> body_;
};

inline void addFunctionTask(Program& program, const std::string& name, std::function<void(TaskContext&)> body) {
  program.tasks.addFactory(name, [body = std::move(body)] { return std::make_unique<FunctionTask>(body); });
}

}  // namespace leptir

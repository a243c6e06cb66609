// Which tasks this program can run, by name. Filled in main, before runMain; nothing registers itself behind your back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "leptir/base_task.h"

namespace leptir {

// Makes one task object; its parameters are set afterwards. May throw: the task's run then counts as thrown.
using TaskFactory = std::function<std::unique_ptr<BaseTask>()>;

// Filled by one thread; afterwards any thread may read.
class TaskRegistry {
 public:
  // A class with doJob. std::invalid_argument: the name is empty, longer than 255 bytes or taken: that is a mistake in
  // main.
  template <std::derived_from<BaseTask> Task>
  void add(std::string name) {
    addFactory(std::move(name), [] { return std::make_unique<Task>(); });
  }
  // A function over typed parameters: `[](const Resize&, TaskContext&)`, which may return an ExitStatus (else:
  // Success), or a Json for the record's `result`. Parameters that do not fit are an InputError.
  template <class Parameters, class Function>
    requires std::is_invocable_v<Function, const Parameters&, TaskContext&>
  void add(std::string name, Function function);

  void addFactory(std::string name, TaskFactory factory);

  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Null for a name that is not there. PHP class names match with or without one leading backslash.
  const TaskFactory* find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, TaskFactory, std::less<>> factories_;
};

namespace internal {

template <class Parameters, class Function>
class TypedTask final : public BaseTask {
 public:
  explicit TypedTask(Function function) : function_(std::move(function)) {}

 private:
  ExitStatus doJob() override {
    const auto parameters = this->template parameters<Parameters>();
    using Answer = std::invoke_result_t<Function, const Parameters&, TaskContext&>;
    if constexpr (std::is_same_v<Answer, ExitStatus>) {
      return function_(parameters, context());
    } else if constexpr (std::is_void_v<Answer>) {
      function_(parameters, context());
    } else {
      setResult(function_(parameters, context()));
    }
    return ExitStatus::Success;
  }

  Function function_;
};

}  // namespace internal

template <class Parameters, class Function>
  requires std::is_invocable_v<Function, const Parameters&, TaskContext&>
void TaskRegistry::add(std::string name, Function function) {
  addFactory(std::move(name),
             [function] { return std::make_unique<internal::TypedTask<Parameters, Function>>(function); });
}

// noop, sleep (`seconds`), error, exception, crash (segmentation fault), hang (ignores every signal it can): for trying
// things out, as the seed had.
void addTestTasks(TaskRegistry& tasks);

}  // namespace leptir

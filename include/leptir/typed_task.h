// TypedTask: the task class that TaskRegistry::add makes from a function, with static_asserts that explain which types
// cannot be used.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "leptir/base_task.h"

namespace leptir::internal {

template <class Function, class Parameters>
concept TaskFunction = std::is_invocable_v<Function&, const Parameters&, TaskContext&>;

// The types that a task's function may return. Numbers, bools, enumerations and pointers convert to Json too, but are
// rejected: it would be unclear whether they are an exit status or a result.
template <class Returned>
concept TaskReturnType = std::is_void_v<Returned> || std::same_as<std::remove_cvref_t<Returned>, ExitStatus> ||
                         (std::is_class_v<std::remove_cvref_t<Returned>> && std::constructible_from<Json, Returned>);

template <class Parameters, class Function>
class TypedTask final : public BaseTask {
 public:
  explicit TypedTask(Function function) : function_(std::move(function)) {}

 private:
  ExitStatus doJob() override {
    const auto parameters = this->template parameters<Parameters>();
    using Returned = std::invoke_result_t<Function&, const Parameters&, TaskContext&>;
    if constexpr (std::is_void_v<Returned>) {
      function_(parameters, context());
    } else if constexpr (std::same_as<std::remove_cvref_t<Returned>, ExitStatus>) {
      return function_(parameters, context());
    } else {
      setResult(function_(parameters, context()));
    }
    return ExitStatus::Success;
  }

  Function function_;
};

// True if a TypedTask can be made from these types; otherwise a static_assert explains why not.
template <class Parameters, class Function>
constexpr bool checkTypedTask() {
  constexpr bool isReadable = checkReadableFromJson<Parameters>();
  static_assert(TaskFunction<Function, Parameters>,
                "leptir: a task's function takes two parameters: [](const Parameters&, leptir::TaskContext&)");
  static_assert(std::copy_constructible<Function>,
                "leptir: a task's function must be copyable, since each run gets a copy of its own: capture a "
                "std::shared_ptr instead of a std::unique_ptr");
  if constexpr (TaskFunction<Function, Parameters>) {
    static_assert(TaskReturnType<std::invoke_result_t<Function&, const Parameters&, TaskContext&>>,
                  "leptir: a task's function returns nothing, a leptir::ExitStatus, or a leptir::Json for the record's "
                  "`result`; a bool or a number says neither");
    return isReadable && std::copy_constructible<Function> &&
           TaskReturnType<std::invoke_result_t<Function&, const Parameters&, TaskContext&>>;
  }
  return false;
}

// True if TaskRegistry can add the class `Task` without a function; otherwise a static_assert explains why not.
template <class Task>
constexpr bool checkTaskClass() {
  constexpr bool isTask = std::derived_from<Task, BaseTask>;
  static_assert(isTask,
                "leptir: add<Task>(name) takes a class that derives publicly from leptir::BaseTask; a struct of "
                "parameters needs a function too: add<Parameters>(name, function)");
  static_assert(!isTask || !std::is_abstract_v<Task>,
                "leptir: this task class is abstract: override `leptir::ExitStatus doJob()`");
  static_assert(!isTask || std::is_abstract_v<Task> || std::default_initializable<Task>,
                "leptir: a task class needs a default constructor, since each run makes an object of its own");
  return isTask && std::default_initializable<Task>;
}

}  // namespace leptir::internal

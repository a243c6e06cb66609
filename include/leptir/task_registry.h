// Which tasks this program can run, by name. Filled in main, before runMain; nothing registers itself behind your back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "leptir/base_task.h"
#include "leptir/typed_task.h"

namespace leptir {

// Makes one task object; its parameters are set afterwards. May throw: the task's run then counts as thrown.
using TaskFactory = std::function<std::unique_ptr<BaseTask>()>;

// Filled by one thread; afterwards any thread may read.
class TaskRegistry {
 public:
  // A class with doJob. A name that is empty, longer than 255 bytes or taken is a mistake in main: the task is not
  // added, and runMain refuses to run with a sentence that names it (see mistakes()).
  template <class Task>
  void add(std::string name);
  // A function over typed parameters: `[](const Resize&, TaskContext&)`, which may return nothing, an ExitStatus, or a
  // Json for the record's `result`. Parameters that do not fit are an InputError, which names the parameter. Without a
  // type they are the JSON object: `add("x", [](const Json&, TaskContext&) {…})`.
  template <class Parameters = Json, class Function>
  void add(std::string name, Function function);

  void addFactory(std::string name, TaskFactory factory);

  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Null for a name that is not there. PHP class names match with or without one leading backslash.
  const TaskFactory* find(std::string_view name) const;
  std::vector<std::string> names() const;
  // One sentence for each task that could not be added.
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  std::map<std::string, TaskFactory, std::less<>> factories_;
  std::vector<std::string> mistakes_;
};

template <class Task>
void TaskRegistry::add(std::string name) {
  if constexpr (internal::checkTaskClass<Task>()) {
    addFactory(std::move(name), [] { return std::make_unique<Task>(); });
  }
}

template <class Parameters, class Function>
void TaskRegistry::add(std::string name, Function function) {
  if constexpr (internal::checkTypedTask<Parameters, Function>()) {
    addFactory(std::move(name),
               [function] { return std::make_unique<internal::TypedTask<Parameters, Function>>(function); });
  }
}

// noop, sleep (`seconds`), fail, throw, crash (segmentation fault), hang (ignores every signal it can): for trying
// things out, as PHP leptir had.
void addTestTasks(TaskRegistry& tasks);

}  // namespace leptir

// TaskRegistry: the tasks that a program can run, by name. main fills it before it calls runMain; no task registers
// itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/base_task.h"
#include "leptir/typed_task.h"

namespace leptir {

// Makes a task object; the caller sets its parameters afterwards. When it throws, the run of the task fails with that
// exception.
using TaskFactory = std::function<std::unique_ptr<BaseTask>()>;

// One thread fills it; afterwards any thread may read it.
class TaskRegistry {
 public:
  // Adds a class that derives from BaseTask. A name that is empty, longer than 255 bytes or already used is not added;
  // runMain then fails with the sentence that mistakes() has about it.
  template <class Task>
  void add(std::string name);
  // Adds a function with typed parameters: `[](const Resize&, TaskContext&)`. It returns nothing, an ExitStatus, or a
  // Json for `result` of the record. A run whose parameters do not fit the type fails with an InputError that names the
  // parameter. Without a type, the function gets the JSON object: `add("x", [](const Json&, TaskContext&) {…})`.
  template <class Parameters = Json, class Function>
  void add(std::string name, Function function);

  void addFactory(std::string name, TaskFactory factory);

  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // The factory of a task; null when no task has this name. A PHP class name matches with or without one leading
  // backslash.
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

// Adds the tasks noop, sleep (parameter `seconds`), fail, throw, crash (segmentation fault) and hang (ignores every
// signal that can be ignored), with which users can try leptir.
void addTestTasks(TaskRegistry& tasks);
// Whether addTestTasks adds a task of this name.
bool isTestTask(std::string_view name);

}  // namespace leptir

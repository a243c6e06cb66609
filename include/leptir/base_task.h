// The base class of a task: users derive from it and override doJob.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leptir/json.h"
#include "leptir/outcome.h"
#include "leptir/parameters.h"
#include "leptir/task_context.h"
#include "leptir/task_error.h"

namespace leptir::task {
class Executor;
}

namespace leptir {

// A task: its parameters, and the code that a worker process runs with them. leptir catches and records everything that
// doJob throws. Only one thread at a time may use a task. An application pushes an object of this class (setData, then
// Broker::pushTask); the worker makes another object of the same class and runs it.
class BaseTask {
 public:
  BaseTask();
  virtual ~BaseTask();
  BaseTask(const BaseTask&) = delete;
  BaseTask& operator=(const BaseTask&) = delete;

  // The name under which this task is pushed: the name of its class ("SlowTask", "app::Resize"), unless setName set
  // another name.
  std::string name() const;
  void setName(std::string name) { name_ = std::move(name); }

  // The parameters: a JSON object. setData throws InputError for any value but an object, null or an empty list (PHP
  // writes an object without members as an empty list).
  const Json& getData() const;
  void setData(Json data);
  // The parameters as JSON text. Unless setData replaced them, these are the pushed bytes, with numbers of any size and
  // the order of the keys unchanged.
  std::string getDataText() const;

  // A JSON object whose members are added to the record of this run and replace standard fields of the same name.
  // Called once, after afterFinish.
  virtual Json getAdditionalMetaInfo();

  // The last state, and all states, that changeState set; as in PHP leptir. Mainly for unit tests of tasks.
  std::string getLastState() const { return context_.lastState(); }
  const std::vector<std::string>& getExecutionFlow() const { return context_.executionFlow(); }

 protected:
  // The work itself. Its return value becomes `retC` of the record.
  virtual ExitStatus doJob() = 0;
  // Runs before doJob. When it throws, doJob does not run.
  virtual void beforeStart() {}
  // Runs after doJob, also when doJob or beforeStart threw.
  virtual void afterFinish() {}

  // The value of one parameter. If it is missing or null, `defaultValue`; without a default they throw InputError. If
  // it has another type they throw InputError, which names the parameter, its type and the requested type. getFloat
  // also accepts an integer (PHP writes 10.0 as 10); no other type is converted.
  std::int64_t getInt(std::string_view name, std::optional<std::int64_t> defaultValue = {}) const;
  double getFloat(std::string_view name, std::optional<double> defaultValue = {}) const;
  bool getBool(std::string_view name, std::optional<bool> defaultValue = {}) const;
  std::string getString(std::string_view name, std::optional<std::string> defaultValue = {}) const;
  // A list or an object: PHP's array is both.
  Json getArray(std::string_view name, std::optional<Json> defaultValue = {}) const;
  // All parameters as a struct, as parametersAs (parameters.h) reads it. Throws InputError when they do not fit.
  template <class T>
  T parameters() const;

  // The functions of TaskContext, which documents each of them.
  void addResponseLine(std::string line) { context_.addResponseLine(std::move(line)); }
  void setResult(const Json& result) { context_.setResult(result); }
  double getExecutionTime() const;  // seconds
  void logInfo(std::string_view message) const { context_.logInfo(message); }
  void logError(std::string_view message) const { context_.logError(message); }
  void logWarning(std::string_view message) const { context_.logWarning(message); }
  void logDebug(std::string_view message) const { context_.logDebug(message); }
  void changeState(std::string state) { context_.changeState(std::move(state)); }
  void progress(double fraction, std::string_view text = {}) const { context_.progress(fraction, text); }
  ExitStatus retryAfter(Duration delay, std::string reason = {}) {
    return context_.retryAfter(delay, std::move(reason));
  }
  ExitStatus discard(std::string reason) { return context_.discard(std::move(reason)); }
  const StopToken& stopToken() const { return context_.stopToken(); }
  int attempt() const { return context_.attempt(); }
  std::uint64_t fence() const { return context_.fence(); }
  const std::string& traceparent() const { return context_.traceparent(); }
  TaskContext& context() { return context_; }

 private:
  friend class task::Executor;  // runs tasks
  friend class Broker;          // pushes tasks
  void attach(TaskContext context) { context_ = std::move(context); }

  // Sets the parameters as the JSON text of an object. getData parses it at its first call: many tasks never call it.
  void setDataText(std::string_view object) {
    dataText_ = object;
    dataIsParsed_ = false;
  }
  [[noreturn]] void throwParameterError(const Json& value, std::string_view name, std::string_view expected) const;

  std::string name_;
  mutable Json data_;
  mutable bool dataIsParsed_ = true;  // false: dataText_ has not been parsed into data_ yet
  std::string dataText_;              // the pushed bytes; empty: setData set data_
  TaskContext context_;
};

template <class T>
T BaseTask::parameters() const {
  return parametersAs<T>(getData());
}

}  // namespace leptir

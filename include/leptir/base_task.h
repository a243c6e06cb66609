// What users write: a class with doJob.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "leptir/json.h"
#include "leptir/outcome.h"
#include "leptir/task_context.h"
#include "leptir/task_error.h"

namespace leptir {

// One task: parameters, and the code that runs with them in a worker process of its own. Everything that doJob throws
// is caught and recorded. One thread at a time. The same class is pushed (setData, then Broker::pushTask) and run.
class BaseTask {
 public:
  BaseTask();
  virtual ~BaseTask();
  BaseTask(const BaseTask&) = delete;
  BaseTask& operator=(const BaseTask&) = delete;

  // The name that it is pushed under: the class's own name ("SlowTask", "app::Resize") unless setName gave another.
  std::string name() const;
  void setName(std::string name) { name_ = std::move(name); }

  // The parameters: a JSON object. setData with anything but an object, null or an empty list throws InputError.
  const Json& getData() const;
  void setData(Json data);
  // The same as JSON text: byte for byte as they were pushed, numbers of any size and the order of the keys included,
  // unless setData replaced them.
  std::string getDataText() const;

  // Merged into the meta record over the standard fields; a JSON object. Called once, after afterFinish.
  virtual Json getAdditionalMetaInfo() { return Json::object(); }

  // PHP leptir's, mainly for unit tests of tasks.
  std::string getLastState() const { return context_->lastState(); }
  const std::vector<std::string>& getExecutionFlow() const { return context_->executionFlow(); }

 protected:
  // The work itself. What it returns becomes `retC`.
  virtual ExitStatus doJob() = 0;
  // Before doJob; when it throws, doJob is left out.
  virtual void beforeStart() {}
  // After doJob, also when that or beforeStart threw.
  virtual void afterFinish() {}

  // A parameter. Missing or null: `defaultValue`, or InputError when there is none. Another type: InputError, which
  // names the parameter, what it is and what was asked for. getFloat takes an integer too (PHP writes 10.0 as 10);
  // nothing else is converted.
  std::int64_t getInt(std::string_view name, std::optional<std::int64_t> defaultValue = {}) const;
  double getFloat(std::string_view name, std::optional<double> defaultValue = {}) const;
  bool getBool(std::string_view name, std::optional<bool> defaultValue = {}) const;
  std::string getString(std::string_view name, std::optional<std::string> defaultValue = {}) const;
  // A list or an object: PHP's array is both.
  Json getArray(std::string_view name, std::optional<Json> defaultValue = {}) const;
  // All parameters as a struct that nlohmann's from_json knows. InputError when they do not fit.
  template <class T>
  T parameters() const;

  // See TaskContext for each of these.
  void addResponseLine(std::string line) { context_->addResponseLine(std::move(line)); }
  void setResult(const Json& result) { context_->setResult(result); }
  double getExecutionTime() const;  // seconds
  void logInfo(std::string_view message) const { context_->logInfo(message); }
  void logError(std::string_view message) const { context_->logError(message); }
  void logWarning(std::string_view message) const { context_->logWarning(message); }
  void logDebug(std::string_view message) const { context_->logDebug(message); }
  void changeState(std::string state) { context_->changeState(std::move(state)); }
  void progress(double fraction, std::string_view text = {}) const { context_->progress(fraction, text); }
  ExitStatus retryAfter(Duration delay, std::string reason = {}) {
    return context_->retryAfter(delay, std::move(reason));
  }
  ExitStatus discard(std::string reason) { return context_->discard(std::move(reason)); }
  const StopToken& stopToken() const { return context_->stopToken(); }
  int attempt() const { return context_->attempt(); }
  std::uint64_t fence() const { return context_->fence(); }
  TaskContext& context() { return *context_; }

 private:
  friend class Executor;  // runs it
  friend class Broker;    // pushes it
  void attach(std::unique_ptr<TaskContext> context) { context_ = std::move(context); }

  // An object as JSON text, read when somebody first asks for it: many tasks never do.
  void setDataText(std::string_view object) {
    dataText_ = object;
    dataIsRead_ = false;
  }
  [[noreturn]] void refuse(const Json& value, std::string_view name, std::string_view asked) const;

  std::string name_;
  mutable Json data_ = Json::object();
  mutable bool dataIsRead_ = true;  // false: dataText_ has not become data_ yet
  std::string dataText_;            // as pushed; empty: setData gave data_
  std::unique_ptr<TaskContext> context_;
};

namespace internal {

// The type has what nlohmann's get needs: the macro or a from_json function, and a default constructor.
template <class T>
concept ReadableFromJson = requires(const Json& json) {
  { json.get<T>() } -> std::same_as<T>;
};
// The type has what the constructor of Json needs: the macro or a to_json function.
template <class T>
concept WritableToJson = std::constructible_from<Json, const T&>;

// Whether a number stands in it that a signed integer of 64 bits does not hold.
bool holdsLargeNumber(const Json& json);
// InputError when a conversion made another integer of a large number: nlohmann casts without a word. `became` is what
// the struct says as JSON.
void refuseChangedNumbers(const Json& given, const Json& became, const std::string& name = {});

// InputError in the words of nlohmann's exception, and the name of the parameter that `fits` refuses.
[[noreturn]] void throwInputError(const Json& data, const nlohmann::json::exception& error,
                                  const std::function<void(const Json&)>& read);

}  // namespace internal

// Converts a task's parameters to a struct that nlohmann's from_json knows. InputError when they do not fit, with the
// name of the parameter.
template <class T>
T parametersAs(const Json& data) {
  static_assert(internal::ReadableFromJson<T>,
                "leptir: no task parameters can be read into this type: give the struct the macro "
                "NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Type, members...), or a from_json function, and a "
                "default constructor");
  if constexpr (internal::ReadableFromJson<T>) {
    try {
      T parameters = data.get<T>();
      if constexpr (internal::WritableToJson<T>) {
        if (internal::holdsLargeNumber(data)) internal::refuseChangedNumbers(data, Json(parameters));
      }
      return parameters;
    } catch (const nlohmann::json::exception& error) {
      internal::throwInputError(data, error, [](const Json& changed) { static_cast<void>(changed.get<T>()); });
    }
  }
}

template <class T>
T BaseTask::parameters() const {
  return parametersAs<T>(getData());
}

}  // namespace leptir

#include "task/unfit_parameter.h"

#include <utility>
#include <vector>

#include "leptir/base_task.h"
#include "task/push_hint.h"

namespace leptir::task {
namespace {

// With more parameters than structs usually have members, the search would take too long.
constexpr std::size_t kMaxParameters = 100;

class UnfitParameterFinder {
 public:
  UnfitParameterFinder(const Json& data, const std::string& error, const ReadParameters& read)
      : data_(data), error_(error), read_(read) {}

  // Reads the data again without one parameter at a time. Without the rejected parameter the error changes. It also
  // changes without a required parameter that is read earlier, to "key 'NAME' not found". Among required parameters,
  // the rejected one is read last: if two are left out, the error names the one that is read first.
  std::string find() {
    std::string last;
    for (const auto& name : namesOf(data_)) {
      const auto without = errorWithout({name});
      if (without == error_) continue;
      if (!isMissing(without, name)) return name;
      if (last.empty() || isMissing(errorWithout({last, name}), last)) last = name;
    }
    return last;
  }

 private:
  static std::vector<std::string> namesOf(const Json& data) {
    std::vector<std::string> names;
    for (const auto& entry : data.items()) names.push_back(entry.key());
    return names;
  }

  static bool isMissing(const std::string& error, const std::string& name) {
    return error.find("key '" + name + "' not found") != std::string::npos;
  }

  // The error of reading the data without these parameters; empty if it can be read.
  std::string errorWithout(const std::vector<std::string>& names) {
    std::vector<Json> values;
    for (const auto& name : names) values.push_back(std::exchange(data_[name], nullptr));
    for (const auto& name : names) data_.erase(name);
    auto error = readError(data_);
    for (std::size_t i = 0; i < names.size(); ++i) data_[names[i]] = std::move(values[i]);
    return error;
  }

  std::string readError(const Json& data) const {
    try {
      read_(data);
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  Json data_;
  const std::string& error_;
  const ReadParameters& read_;
};

// A hint for a value that was pushed as text and would fit as JSON, such as a number; otherwise empty.
std::string hintFor(const std::string& name, const Json& value, const std::string& error) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return {};
  const auto json = parseNonStringJson(*text);
  const bool wouldFit = error.find(std::string("must be ") + json.type_name()) != std::string::npos;
  return wouldFit ? pushHint(name, *text) : std::string();
}

}  // namespace

std::string findUnfitParameter(const Json& data, const std::string& error, const ReadParameters& read) {
  if (!data.is_object() || data.size() > kMaxParameters) return {};
  return UnfitParameterFinder(data, error, read).find();
}

}  // namespace leptir::task

namespace leptir::internal {

void throwInputError(const Json& data, const nlohmann::json::exception& error, const task::ReadParameters& read) {
  const std::string all = error.what();
  // "[json.exception.type_error.302] type must be …"
  const auto number = all.find("] ");
  auto message = "Parameters do not fit: " + (number == std::string::npos ? all : all.substr(number + 2));
  const bool namesOne = all.find("key '") != std::string::npos;
  if (const auto name = namesOne ? std::string() : task::findUnfitParameter(data, all, read); !name.empty())
    message += ". Parameter: " + name + task::hintFor(name, data[name], all);
  throw InputError(message);
}

}  // namespace leptir::internal

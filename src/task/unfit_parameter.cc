#include "task/unfit_parameter.h"

#include <exception>
#include <utility>
#include <vector>

namespace leptir::task {
namespace {

// With more parameters than structs usually have members, the search would take too long.
constexpr std::size_t kMaxSearchedParameters = 100;

class UnfitParameterFinder {
 public:
  UnfitParameterFinder(const Json& data, const std::string& error, internal::ReadParametersFunction read)
      : data_(data), error_(error), read_(read) {}

  // Reads the data again without one parameter at a time. Without the rejected parameter the error changes. It also
  // changes without a required parameter that is read earlier, to "key 'NAME' not found". Among required parameters,
  // the rejected one is read last: if two are left out, the error names the one that is read first.
  std::string find() {
    std::string last;
    for (const auto& name : namesOf(data_)) {
      const auto without = errorWithout({name});
      if (without == error_) continue;
      if (!reportsMissing(without, name)) return name;
      if (last.empty() || reportsMissing(errorWithout({last, name}), last)) last = name;
    }
    return last;
  }

 private:
  static std::vector<std::string> namesOf(const Json& data) {
    std::vector<std::string> names;
    for (const auto& entry : data.items()) names.push_back(entry.key());
    return names;
  }

  static bool reportsMissing(const std::string& error, const std::string& name) {
    return error.find("key '" + name + "' not found") != std::string::npos;
  }

  // The error of reading the data without these parameters; empty if it can be read.
  std::string errorWithout(const std::vector<std::string>& names) {
    std::vector<Json> values;
    for (const auto& name : names) values.push_back(std::exchange(data_[name], nullptr));
    for (const auto& name : names) data_.erase(name);
    auto error = errorOfReading(data_);
    for (std::size_t i = 0; i < names.size(); ++i) data_[names[i]] = std::move(values[i]);
    return error;
  }

  std::string errorOfReading(const Json& data) const {
    try {
      read_(data);
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  Json data_;
  const std::string& error_;
  const internal::ReadParametersFunction read_;
};

}  // namespace

std::string findUnfitParameter(const Json& data, const std::string& error, internal::ReadParametersFunction read) {
  if (!data.is_object() || data.size() > kMaxSearchedParameters) return {};
  return UnfitParameterFinder(data, error, read).find();
}

}  // namespace leptir::task

#include "leptir/task_registry.h"

#include "base/task_names.h"

namespace leptir {
namespace {

std::string_view withoutLeadingBackslash(std::string_view name) {
  if (name.starts_with('\\')) name.remove_prefix(1);
  return name;
}

}  // namespace

void TaskRegistry::addFactory(std::string name, TaskFactory factory) {
  name = withoutLeadingBackslash(name);
  if (name.empty()) {
    mistakes_.emplace_back("a task was added without a name");
  } else if (name.size() > base::kMaxTaskNameBytes) {
    mistakes_.push_back("the task name '" + name + "' is longer than 255 bytes");
  } else if (const auto checked = base::checkTaskName(name); !checked) {
    mistakes_.push_back("a task cannot be added: " + checked.error().message());
  } else if (factories_.contains(name)) {
    mistakes_.push_back("the task name '" + name + "' was added twice: give one of the two tasks another name");
  } else {
    factories_.emplace(std::move(name), std::move(factory));
  }
}

const TaskFactory* TaskRegistry::find(std::string_view name) const {
  const auto found = factories_.find(withoutLeadingBackslash(name));
  return found == factories_.end() ? nullptr : &found->second;
}

std::vector<std::string> TaskRegistry::names() const {
  std::vector<std::string> names;
  names.reserve(factories_.size());
  for (const auto& [name, factory] : factories_) names.push_back(name);
  return names;
}

}  // namespace leptir

#include "leptir/task_registry.h"

#include <stdexcept>

namespace leptir {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

std::string_view withoutLeadingBackslash(std::string_view name) {
  if (name.starts_with('\\')) name.remove_prefix(1);
  return name;
}

}  // namespace

void TaskRegistry::addFactory(std::string name, TaskFactory factory) {
  name = withoutLeadingBackslash(name);
  if (name.empty()) throw std::invalid_argument("a task needs a name");
  if (name.size() > kMaxNameBytes) throw std::invalid_argument("the task name " + name + " is longer than 255 bytes");
  const auto [place, isNew] = factories_.try_emplace(std::move(name), std::move(factory));
  if (!isNew) throw std::invalid_argument("two tasks are named " + place->first);
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

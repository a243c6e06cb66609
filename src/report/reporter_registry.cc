#include "leptir/reporter_registry.h"

#include <utility>

#include "base/escape.h"
#include "base/task_names.h"

namespace leptir {
namespace {

template <class Kinds>
std::vector<std::string> namesIn(const Kinds& kinds) {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds) names.push_back(name);
  return names;
}

template <class Kinds>
const ReporterKind* findIn(const Kinds& kinds, std::string_view name) {
  const auto found = kinds.find(name);
  return found == kinds.end() ? nullptr : &found->second;
}

}  // namespace

void ReporterRegistry::addFactory(std::string name, ReporterFactory factory, ReporterOptionsCheck check) {
  if (name.empty()) {
    mistakes_.push_back("an error reporter was added without a name: add<Reporter>(\"Application.ErrorReporting\")");
  } else if (!base::checkTaskName(name)) {
    mistakes_.push_back("the name of an error reporter is 1 to 255 bytes without control characters: rename " +
                        base::inQuotes(name));
  } else if (reporters_.contains(name)) {
    mistakes_.push_back("two error reporters have the name " + base::inQuotes(name) + ": rename one of them");
  } else {
    reporters_.emplace(std::move(name), ReporterKind{std::move(factory), std::move(check)});
  }
}

void ReporterRegistry::addBuiltIn(std::string type, ReporterFactory factory, ReporterOptionsCheck check) {
  builtIns_.insert_or_assign(std::move(type), ReporterKind{std::move(factory), std::move(check)});
}

const ReporterKind* ReporterRegistry::find(std::string_view name) const {
  return findIn(reporters_, name);
}
const ReporterKind* ReporterRegistry::findBuiltIn(std::string_view type) const {
  return findIn(builtIns_, type);
}

std::vector<std::string> ReporterRegistry::names() const {
  return namesIn(reporters_);
}
std::vector<std::string> ReporterRegistry::builtInTypes() const {
  return namesIn(builtIns_);
}

}  // namespace leptir

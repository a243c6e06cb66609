#include "leptir/reporter_registry.h"

#include <utility>

#include "base/escape.h"

namespace leptir {

void ReporterRegistry::addFactory(std::string name, ReporterFactory factory) {
  if (name.empty()) {
    mistakes_.push_back("an error reporter was added without a name: add<Reporter>(\"Application.ErrorReporting\")");
  } else if (!factories_.try_emplace(name, std::move(factory)).second) {
    mistakes_.push_back("two error reporters have the name " + base::inQuotes(name) + ": rename one of them");
  }
}

const ReporterFactory* ReporterRegistry::find(const std::string& name) const {
  const auto found = factories_.find(name);
  return found == factories_.end() ? nullptr : &found->second;
}

std::vector<std::string> ReporterRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories_) names.push_back(name);
  return names;
}

}  // namespace leptir

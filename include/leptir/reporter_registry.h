// ReporterRegistry: the error reporters of a program, by the names that `error_reporting: - class: NAME` has for them.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "leptir/error_reporter.h"

namespace leptir {

// Makes a reporter from the `options` of its entry in the configuration (an object, perhaps empty). It is called in the
// process that runs the reporters; an exception that it throws is logged and the report is lost.
using ReporterFactory = std::function<std::unique_ptr<ErrorReporter>(const Json& options)>;

// One thread fills it, before any configuration is read.
class ReporterRegistry {
 public:
  // Adds a class that derives from ErrorReporter. It is constructed from the options if it has such a constructor,
  // otherwise without parameters. A name that is empty or already there is not added; runMain then fails with the
  // sentence that mistakes() has about it.
  template <std::derived_from<ErrorReporter> Reporter>
  void add(std::string name) {
    addFactory(std::move(name), [](const Json& options) -> std::unique_ptr<ErrorReporter> {
      if constexpr (std::constructible_from<Reporter, const Json&>) {
        return std::make_unique<Reporter>(options);
      } else {
        return std::make_unique<Reporter>();
      }
    });
  }
  void addFactory(std::string name, ReporterFactory factory);

  // Null: no reporter has this name.
  const ReporterFactory* find(const std::string& name) const;
  // In alphabetical order.
  std::vector<std::string> names() const;
  // One sentence for each reporter that could not be added.
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  std::map<std::string, ReporterFactory> factories_;
  std::vector<std::string> mistakes_;
};

}  // namespace leptir

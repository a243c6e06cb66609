// ReporterRegistry: the error reporters of a program, by the names that `error_reporting: - class: NAME` has for them.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leptir/error_reporter.h"
#include "leptir/result.h"

namespace leptir {

// Makes a reporter from the `options` of its entry in the configuration (an object, perhaps empty). It is called in the
// process that runs the reporters; an exception that it throws is logged and the report is lost.
using ReporterFactory = std::function<std::unique_ptr<ErrorReporter>(const Json& options)>;
// Checks such options when a configuration is read, in any process; makes no connection. Invalid: the message names the
// wrong option and says what is expected, but no secret value.
using ReporterOptionsCheck = std::function<Result<void>(const Json& options)>;

struct ReporterKind {
  ReporterFactory make{};
  ReporterOptionsCheck check{};  // may be empty: all options are accepted
};

// A reporter class can check its options: `static leptir::Result<void> checkOptions(const leptir::Json& options)`.
template <class Reporter>
concept ChecksOptions = requires(const Json& options) {
  { Reporter::checkOptions(options) } -> std::convertible_to<Result<void>>;
};

// One thread fills it, before any configuration is read.
class ReporterRegistry {
 public:
  // Adds a class that derives from ErrorReporter. It is constructed from the options if it has such a constructor,
  // otherwise without parameters. A name that is empty, longer than 255 bytes or already there is not added; runMain
  // then fails with the sentence that mistakes() has about it.
  template <std::derived_from<ErrorReporter> Reporter>
  void add(std::string name) {
    addFactory(
        std::move(name),
        [](const Json& options) -> std::unique_ptr<ErrorReporter> {
          if constexpr (std::constructible_from<Reporter, const Json&>) {
            return std::make_unique<Reporter>(options);
          } else {
            return std::make_unique<Reporter>();
          }
        },
        makeOptionsCheck<Reporter>());
  }
  void addFactory(std::string name, ReporterFactory factory, ReporterOptionsCheck check = {});
  // One of leptir's own reporters, which the configuration names by `type` instead of `class`.
  void addBuiltIn(std::string type, ReporterFactory factory, ReporterOptionsCheck check);

  // Null: no reporter has this name.
  const ReporterKind* find(std::string_view name) const;
  const ReporterKind* findBuiltIn(std::string_view type) const;
  // In alphabetical order.
  std::vector<std::string> names() const;
  std::vector<std::string> builtInTypes() const;
  // One sentence for each reporter that could not be added.
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  using Kinds = std::map<std::string, ReporterKind, std::less<>>;
  template <class Reporter>
  static ReporterOptionsCheck makeOptionsCheck() {
    if constexpr (ChecksOptions<Reporter>) return [](const Json& options) { return Reporter::checkOptions(options); };
    return {};
  }

  Kinds reporters_;
  Kinds builtIns_;
  std::vector<std::string> mistakes_;
};

}  // namespace leptir

// ConfiguredReporter: one entry of `error_reporting`, for the process that runs the reporters.
#pragma once

#include <string>

#include "leptir/json.h"
#include "leptir/reporter_registry.h"

namespace leptir::report {

struct ConfiguredReporter {
  std::string name;  // unique among the entries
  ReporterFactory make;
  Json options = Json::object();
};

}  // namespace leptir::report

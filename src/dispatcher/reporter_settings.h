// What the dispatcher knows of an error reporter: one entry of `error_reporting`.
#pragma once

#include <string>

#include "leptir/clock.h"
#include "report/redaction.h"

namespace leptir::dispatcher {

struct ReporterSettings {
  std::string name;
  Duration timeLimit = std::chrono::seconds(30);  // for one report; zero: none
  report::Redaction redaction{};                  // of what it gets
};

}  // namespace leptir::dispatcher

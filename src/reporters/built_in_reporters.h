// The error reporters that leptir brings along: the configuration names them by `type` instead of `class`.
#pragma once

#include "leptir/reporter_registry.h"

namespace leptir::reporters {

// Adds them all by ReporterRegistry::addBuiltIn. runMain calls it before any configuration is read. An application that
// only pushes does not: it neither checks nor runs reporters.
void addBuiltInReporters(ReporterRegistry& reporters);

}  // namespace leptir::reporters

// The JSON document that the error reporter `http` posts. docs/guide/error-services.md shows one.
#pragma once

#include <string>

#include "reporters/reported_error.h"

namespace leptir::reporters {

// `reportId` is the same in each try to send this report, so that the receiver can drop repetitions.
std::string httpDocument(const ReportedError& error, const std::string& reportId);

}  // namespace leptir::reporters
